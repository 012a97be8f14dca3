package ipctest

import (
	"context"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Every call that blocks, each brought to its deadline and to cancellation.

// A wait is a call in a situation in which it blocks.
type wait struct {
	name  string
	call  Call
	needs []Ability
	// set brings the situation about. What blocks belongs to view, everything
	// else to tr. after asserts what is left when block has failed.
	set func(t T, tr, view transport.Transport) (block func(deadline time.Time) error, after func())
}

func waits() []wait {
	list := []wait{
		{name: "accept", call: Accept, set: func(t T, tr, view transport.Transport) (func(time.Time) error, func()) {
			l := listen(t, view, "s", 1, transport.ListenConfig{Unlink: true})
			return func(d time.Time) error { _, err := l.Accept(d); return err },
				func() {
					c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
					s, err := l.Accept(later(tr)) // a failed accept ends nothing, a cancelled view does
					if err == nil {
						works(t, tr, s, c)
						ok(t, s.Abort())
					} else {
						t.Want(err, Accept, syscall.ECANCELED)
					}
					ok(t, c.Abort())
					ok(t, l.Close())
				}
		}},
		{name: "connect", call: Connect, set: func(t T, tr, view transport.Transport) (func(time.Time) error, func()) {
			l := listen(t, tr, "s", 0, transport.ListenConfig{Unlink: true})
			kept := crowd(t, tr, "s")
			return func(d time.Time) error { _, err := ipc.Connect(view, t.Path("s"), d); return err },
				func() {
					// Nothing of the connection that failed is left in the backlog.
					for _, c := range kept {
						s := must(l.Accept(later(tr)))(t)
						works(t, tr, s, c)
						ok(t, s.Abort())
					}
					_, err := l.Accept(transport.Immediate)
					t.Want(err, Accept, syscall.ETIMEDOUT)
					ok(t, l.Close())
				}
		}},
		{name: "close", call: Close, set: func(t T, tr, view transport.Transport) (func(time.Time) error, func()) {
			a, b := split(t, view, tr)
			say(t, tr, a, "abc")
			return a.Close,
				func() {
					t.Want(a.Abort(), Abort, syscall.EBADF)
					hear(t, tr, b, "abc")
					hearEnd(t, tr, b)
					ok(t, b.Close(later(tr)))
				}
		}},
	}
	for i, s := range sends {
		list = append(list, wait{name: []string{"send", "sendlist", "sendfd"}[i], call: s.call, needs: fdNeeds(s.call),
			set: func(t T, tr, view transport.Transport) (func(time.Time) error, func()) {
				a, b := stuffed(t, view, tr)
				fd, far := parcel(t, tr)
				return func(d time.Time) error { return s.do(a, fd, d) },
					func() {
						ok(t, a.Attach(tr))
						t.Want(s.do(a, fd, later(tr)), s.call, syscall.ECONNRESET)
						works(t, tr, b, a)
						t.Want(a.Close(later(tr)), Close, syscall.ECONNRESET)
						ok(t, fd.Close())
						hearEnd(t, tr, far)
					}
			}})
	}
	for i, r := range recvs {
		list = append(list, wait{name: []string{"recv", "recvlist", "skip", "recvfd"}[i], call: r.call, needs: fdNeeds(r.call),
			set: func(t T, tr, view transport.Transport) (func(time.Time) error, func()) {
				a, b := split(t, view, tr)
				return func(d time.Time) error { return r.do(a, d) },
					func() {
						ok(t, a.Attach(tr))
						say(t, tr, b, "abc")
						t.Want(r.do(a, later(tr)), r.call, syscall.ECONNRESET)
						works(t, tr, a, b)
						t.Want(a.Close(later(tr)), Close, syscall.ECONNRESET)
					}
			}})
	}
	return list
}

func fdNeeds(c Call) []Ability {
	if c == SendFD || c == RecvFD {
		return []Ability{Descriptors}
	}
	return nil
}

var blockScenarios = blocking()

// blocking makes three scenarios of each wait.
func blocking() []Scenario {
	var list []Scenario
	for _, w := range waits() {
		scenario := func(name string, main Role) {
			list = append(list, Scenario{Name: name + "/" + w.name, Needs: w.needs, Main: main})
		}
		scenario("deadline", func(t T, tr transport.Transport) {
			block, after := w.set(t, tr, tr)
			deadline := soon(tr)
			t.Want(block(deadline), w.call, syscall.ETIMEDOUT)
			t.OnTime(tr, deadline)
			after()

			block, after = w.set(t, tr, tr)
			start := tr.Now()
			t.Want(block(start), w.call, syscall.ETIMEDOUT)
			t.OnTime(tr, start)
			after()
		})
		scenario("cancel", func(t T, tr transport.Transport) {
			v, cancel := view(tr)
			block, after := w.set(t, tr, v)
			join := aside(t, tr, w.name, func() {
				err := block(later(tr))
				t.Want(err, w.call, syscall.ECANCELED)
			})
			pause(tr)
			cancel()
			join()
			after()
		})
		scenario("cancelled", func(t T, tr transport.Transport) {
			v, cancel := view(tr)
			block, after := w.set(t, tr, v)
			cancel()
			start := tr.Now()
			t.Want(block(later(tr)), w.call, syscall.ECANCELED)
			t.OnTime(tr, start)
			after()
		})
	}
	return list
}

// Views: who is cancelled with whom.
var attachScenarios = []Scenario{
	{
		// A call that could be carried out at once is not.
		Name: "cancel/comes-first",
		Main: func(t T, tr transport.Transport) {
			v, cancel := view(tr)
			a, b := split(t, v, tr)
			l := listen(t, v, "s", 1, transport.ListenConfig{})
			c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			fd, _ := parcel(t, tr)
			lfd := must(l.Dup())(t)
			say(t, tr, b, "abc")
			cancel()
			cancel()
			p := make([]byte, 1)
			t.Want(a.Recv(p, later(tr)), Recv, syscall.ECANCELED)
			t.Want(a.Send(p, later(tr)), Send, syscall.ECANCELED)
			_, err := l.Accept(later(tr))
			t.Want(err, Accept, syscall.ECANCELED)
			_, err = ipc.Listen(v, t.Path("s2"), 1, transport.ListenConfig{})
			t.Want(err, Listen, syscall.ECANCELED)
			_, err = ipc.Connect(v, t.Path("s"), later(tr))
			t.Want(err, Connect, syscall.ECANCELED)
			_, _, err = ipc.Pair(v)
			t.Want(err, Pair, syscall.ECANCELED)
			_, err = ipc.FromFD(v, fd)
			t.Want(err, FromFD, syscall.ECANCELED)
			_, err = ipc.ListenerFromFD(v, lfd, transport.ListenConfig{})
			t.Want(err, ListenerFromFD, syscall.ECANCELED)
			_, err = v.Lock(t.Path("lock"), later(tr))
			expect(t, err, "lock", syscall.ECANCELED)
			expect(t, v.Sleep(later(tr)), "sleep", syscall.ECANCELED)
			expect(t, v.Go("task", func() {}), "go", syscall.ECANCELED)

			// What cleans up works.
			ok(t, fd.Close())
			ok(t, lfd.Close())
			ok(t, a.Abort())
			ok(t, l.Close())
			ok(t, v.Remove(t.Path("s")))
			t.Want(c.Recv(p, later(tr)), Recv, syscall.ECONNRESET)
			t.Want(b.Recv(p, later(tr)), Recv, syscall.ECONNRESET) // a left "abc" unread
			d, e := pair(t, v.WithoutCancel())
			works(t, tr, d, e)
		},
	},
	{
		Name: "cancel/done",
		Main: func(t T, tr transport.Transport) {
			v, cancel := view(tr)
			a, b := split(t, v, tr)
			cancel()
			ok(t, a.Done()) // it does not block
			hearEnd(t, tr, b)
			t.Want(a.Close(later(tr)), Close, syscall.ECANCELED)
		},
	},
	{
		// An accepted connection that was handed to a group ends with it, its
		// listener does not.
		Name: "cancel/attach",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			s := must(l.Accept(later(tr)))(t)
			g := transport.NewGroup(tr)
			ok(t, s.Attach(g.Transport()))
			ok(t, g.Go("serve", func(tr transport.Transport) {
				t.Want(s.Recv(make([]byte, 1), later(tr)), Recv, syscall.ECANCELED)
			}))
			pause(tr)
			ok(t, g.Stop(later(tr)))
			_, err := l.Accept(soon(tr))
			t.Want(err, Accept, syscall.ETIMEDOUT)

			// Back in the wider view, the half that did not fail goes on.
			ok(t, s.Attach(tr))
			works(t, tr, s, c)
			t.Want(s.Recv(make([]byte, 1), later(tr)), Recv, syscall.ECONNRESET)
			ok(t, s.Abort())
			ok(t, l.Close())
		},
	},
	{
		// What a view made ends with the view that it was derived from.
		Name: "cancel/nested",
		Main: func(t T, tr transport.Transport) {
			outer, cancelOuter := view(tr)
			inner, cancelInner := view(outer)
			a, b := split(t, outer, inner)
			join := aside(t, tr, "inner", func() {
				t.Want(b.Recv(make([]byte, 1), later(tr)), Recv, syscall.ECANCELED)
			})
			pause(tr)
			cancelInner()
			join()
			ok(t, b.Attach(tr))
			works(t, tr, b, a)
			join = aside(t, tr, "outer", func() {
				t.Want(a.Recv(make([]byte, 1), later(tr)), Recv, syscall.ECANCELED)
			})
			pause(tr)
			cancelOuter()
			join()
		},
	},
	{
		Name: "cancel/attach-busy",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			join := aside(t, tr, "recv", func() {
				ok(t, persist(tr, func() error { return a.Recv(make([]byte, 1), later(tr)) }))
			})
			inside(t, tr, probeRecv(a))
			expect(t, a.Attach(tr), "attach", syscall.EBUSY)
			say(t, tr, b, "x")
			join()
			expect(t, a.Attach(nil), "attach", syscall.EINVAL)
			ok(t, a.Attach(tr))
			works(t, tr, a, b)
		},
	},
	{
		Name: "cancel/no-context",
		Main: func(t T, tr transport.Transport) {
			var none context.Context
			v, cancel := tr.WithCancel(none)
			defer cancel()
			_, _, err := ipc.Pair(v)
			t.Want(err, Pair, syscall.EINVAL)
			_, err = ipc.Connect(v, t.Path("s"), later(tr))
			t.Want(err, Connect, syscall.EINVAL)
			_, err = ipc.Listen(v, t.Path("s"), 1, transport.ListenConfig{})
			t.Want(err, Listen, syscall.EINVAL)
			expect(t, v.Sleep(soon(tr)), "sleep", syscall.EINVAL)
		},
	},
}
