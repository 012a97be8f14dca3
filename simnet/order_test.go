package simnet_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// inOrder starts calls one after the other, each when the one before is blocked.
func inOrder(n int, call func(i int)) {
	for i := range n {
		go call(i)
		synctest.Wait()
	}
}

// heard takes n numbers, as they come, from tasks that are woken one at a time.
func heard(t *testing.T, order chan int, n int) {
	t.Helper()
	got := make([]int, 0, n)
	for range n {
		got = append(got, <-order)
	}
	if !slices.IsSorted(got) {
		t.Errorf("served in the order %v", got)
	}
}

// TestOrder has calls of every direction served first come, first served, also
// those of several processes that share a socket.
func TestOrder(t *testing.T) {
	const tasks = 5
	order := func() chan int { return make(chan int, tasks) }
	for what, story := range map[string]func(t *testing.T, w *simnet.World, p, q *simnet.Process){
		"recv": func(t *testing.T, w *simnet.World, p, q *simnet.Process) {
			a, b, err := p.Pair()
			ok(t, err)
			inOrder(tasks, func(i int) {
				buf := make([]byte, 1)
				if _, _, err := a.Recv([][]byte{buf}, nil, never); err != nil || buf[0] != byte(i) {
					t.Errorf("task %d: %d, %v", i, buf[0], err)
				}
			})
			must(b.Send([][]byte{{0, 1}, {2, 3, 4}}, nil, never))(t)
			synctest.Wait()
		},
		"send": func(t *testing.T, w *simnet.World, p, q *simnet.Process) {
			a, b, err := p.Pair()
			ok(t, err)
			const size = 300_000
			inOrder(tasks, func(i int) {
				if n, err := a.Send([][]byte{slices.Repeat([]byte{byte(i)}, size)}, nil, never); n != size || err != nil {
					t.Errorf("task %d: %d, %v", i, n, err)
				}
			})
			_, err = a.Send(bytes("x"), nil, transport.Immediate)
			want(t, "jump the queue", err, syscall.ETIMEDOUT)
			all := make([]byte, 0, tasks*size)
			for buf := make([]byte, 10_000); len(all) < tasks*size; {
				n, _, err := b.Recv([][]byte{buf}, nil, never)
				ok(t, err)
				all = append(all, buf[:n]...)
			}
			if !slices.IsSorted(all) {
				t.Error("messages are interleaved")
			}
		},
		"accept": func(t *testing.T, w *simnet.World, p, q *simnet.Process) {
			l := must(p.Listen("/run/l", tasks, transport.ListenConfig{}))(t)
			c, s := connected(t, q, p)
			must(s.Send(bytes("l"), []transport.FD{must(l.Dup())(t)}, never))(t)
			fds := make([]transport.FD, 1)
			if _, nfd, err := c.Recv(bytes("x"), fds, never); nfd != 1 || err != nil {
				t.Fatal(nfd, err)
			}
			shared := must(q.AdoptListener(fds[0], transport.ListenConfig{}))(t)
			got := order()
			inOrder(tasks, func(i int) {
				from := l
				if i%2 == 1 {
					from = shared
				}
				if _, err := from.Accept(never); err != nil {
					t.Error(err)
				}
				got <- i
			})
			for range tasks {
				must(p.Dial("/run/l", never))(t)
				synctest.Wait()
			}
			heard(t, got, tasks)
		},
		"dial": func(t *testing.T, w *simnet.World, p, q *simnet.Process) {
			l := must(p.Listen("/run/s", 0, transport.ListenConfig{}))(t)
			must(q.Dial("/run/s", never))(t)
			got := order()
			inOrder(tasks, func(i int) {
				if _, err := []*simnet.Process{p, q}[i%2].Dial("/run/s", never); err != nil {
					t.Error(err)
				}
				got <- i
			})
			for range tasks {
				must(l.Accept(never))(t)
				synctest.Wait()
			}
			heard(t, got, tasks)
		},
		"lock": func(t *testing.T, w *simnet.World, p, q *simnet.Process) {
			held := must(p.Lock("/run/lock", never))(t)
			got := order()
			inOrder(tasks, func(i int) {
				fd, err := []*simnet.Process{q, p}[i%2].Lock("/run/lock", never)
				if err != nil {
					t.Error(err)
					return
				}
				got <- i
				time.Sleep(time.Second)
				fd.Close()
			})
			ok(t, held.Close())
			heard(t, got, tasks)
			time.Sleep(time.Second) // for the last to close its own
		},
		"wait": func(t *testing.T, w *simnet.World, p, q *simnet.Process) {
			n := p.NewNotifier()
			got := order()
			inOrder(tasks, func(i int) {
				ok(t, n.Wait(never))
				got <- i
			})
			for range tasks {
				n.Notify()
				synctest.Wait()
			}
			heard(t, got, tasks)
		},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := simnet.NewWorld(simnet.Config{})
				story(t, w, w.Process("p"), w.Process("q"))
			})
		})
	}
}

// TestDialFollows has a Dial wait for room at one listener and get it at another,
// which has taken the first one's name.
func TestDialFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := simnet.NewWorld(simnet.Config{})
		p := w.Process("p")
		must(p.Listen("/run/old", 0, transport.ListenConfig{}))(t)
		must(p.Dial("/run/old", never))(t)
		l := must(p.Listen("/run/new", 0, transport.ListenConfig{}))(t)
		over := make(chan error)
		go func() {
			_, err := p.Dial("/run/old", never)
			over <- err
		}()
		synctest.Wait()
		ok(t, p.Rename("/run/new", "/run/old"))
		ok(t, <-over)
		must(l.Accept(transport.Immediate))(t)

		go func() {
			must(p.Dial("/run/old", never))(t)
			_, err := p.Dial("/run/old", never)
			over <- err
		}()
		synctest.Wait()
		ok(t, w.Remove("/run/old"))
		want(t, "dial what is gone", <-over, syscall.ENOENT)
	})
}

// TestHeldDescriptor closes a descriptor that a blocked Send has yet to send.
func TestHeldDescriptor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := simnet.NewWorld(simnet.Config{}).Process("p")
		a, b, err := p.Pair()
		ok(t, err)
		parcel, far, err := p.Pair()
		ok(t, err)
		fd := must(parcel.Dup())(t)
		ok(t, parcel.Close())
		filled, err := a.Send([][]byte{make([]byte, 1<<20)}, nil, transport.Immediate)
		want(t, "fill", err, syscall.ETIMEDOUT)
		over := make(chan error)
		go func() {
			_, err := a.Send(bytes("with"), []transport.FD{fd}, never)
			over <- err
		}()
		synctest.Wait()
		ok(t, fd.Close())
		want(t, "close again", fd.Close(), syscall.EBADF)
		for got := 0; got < filled; {
			n, _, err := b.Recv([][]byte{make([]byte, filled-got)}, nil, never)
			ok(t, err)
			got += n
		}
		ok(t, <-over)
		fds := make([]transport.FD, 1)
		n, nfd, err := b.Recv(bytes("1234"), fds, never)
		if n != 1 || nfd != 1 || err != nil {
			t.Fatal(n, nfd, err)
		}
		c := must(p.Adopt(fds[0]))(t)
		must(c.Send(bytes("x"), nil, never))(t)
		if n, _, err := far.Recv(bytes("y"), nil, never); n != 1 || err != nil {
			t.Error(n, err)
		}
	})
}

// TestPassedOn has a call in a run that was woken pass on what it does not use up
// to one that waits for the same, and not to whoever else dials or locks.
func TestPassedOn(t *testing.T) {
	for what, build := range map[string]func(w *simnet.World, first, p, q, s *simnet.Process){
		"room for two": func(w *simnet.World, first, p, q, s *simnet.Process) {
			l := must(s.Listen("/run/s", 1, transport.ListenConfig{}))(t)
			must(p.Dial("/run/s", never))(t)
			must(p.Dial("/run/s", never))(t)
			must(s.Listen("/run/other", 0, transport.ListenConfig{}))(t)
			must(p.Dial("/run/other", never))(t)
			first.Background("main", func() { first.Dial("/run/other", never) })
			for _, p := range []*simnet.Process{p, q} {
				p.Go("main", func() { p.Dial("/run/s", never) })
			}
			s.Go("main", func() {
				s.Sleep(s.Now().Add(time.Second))
				must(l.Accept(never))(t)
				must(l.Accept(never))(t)
			})
		},
		"a lock that one cannot take": func(w *simnet.World, first, p, q, s *simnet.Process) {
			held := must(s.Lock("/run/lock", never))(t)
			must(s.Lock("/run/other", never))(t)
			first.Background("main", func() { first.Lock("/run/other", never) })
			for _, p := range []*simnet.Process{p, q} {
				p.Go("main", func() { p.Lock("/run/lock", never) })
			}
			s.Go("main", func() {
				s.Sleep(s.Now().Add(time.Second))
				ok(t, p.SetNOFILE(0))
				ok(t, held.Close())
			})
		},
	} {
		for seed := range uint64(20) {
			res := simnet.Run(simnet.Config{Chooser: simnet.Random(seed)}, func(w *simnet.World) {
				build(w, w.Process("first"), w.Process("p"), w.Process("q"), w.Process("s"))
			})
			if res.Err != nil {
				t.Errorf("%s, seed %d: %v", what, seed, res.Err)
			}
		}
	}
}

// TestOrderInRun has the calls of one direction of one process's socket served in a
// run in the order in which they came, whatever else has woken them: the process
// was paused meanwhile, or the deadline of the second passes as the first is
// woken.
func TestOrderInRun(t *testing.T) {
	for what, deed := range map[string]func(p, q *simnet.Process, b transport.Conn){
		"resume": func(p, q *simnet.Process, b transport.Conn) {
			ok(t, p.Pause())
			must(b.Send(bytes("12"), nil, never))(t)
			ok(t, p.Resume())
		},
		"deadline": func(p, q *simnet.Process, b transport.Conn) {
			must(b.Send(bytes("12"), nil, never))(t)
		},
	} {
		for seed := range uint64(20) {
			var got []string
			res := simnet.Run(simnet.Config{Chooser: simnet.Random(seed)}, func(w *simnet.World) {
				got = nil
				p, q := w.Process("p"), w.Process("q")
				a, b, err := p.Pair()
				ok(t, err)
				until := p.Now().Add(time.Minute)
				for i, deadline := range []time.Time{never, until} {
					p.Go("recv", func() {
						p.Sleep(p.Now().Add(time.Duration(i + 1)))
						buf := []byte{'-'}
						a.Recv([][]byte{buf}, nil, deadline)
						got = append(got, fmt.Sprint(i, " ", string(buf)))
					})
				}
				q.Go("main", func() {
					q.Sleep(q.Now().Add(time.Second))
					deed(p, q, b)
				})
				if what == "deadline" {
					ok(t, w.Order("q/main 2 jump 1m0s"))
				}
			})
			if res.Err != nil {
				t.Fatal(what, seed, res.Err, res.Trace)
			}
			slices.Sort(got)
			if s := strings.Join(got, ", "); s != "0 1, 1 2" && (what != "deadline" || s != "0 1, 1 -") {
				t.Errorf("%s, seed %d: %s", what, seed, s)
			}
		}
	}
}

// TestKeptBack has a Send that was kept back by another of its process go on when
// that one is over, although there is less room than the kernel tells of, and
// another process waits before both.
func TestKeptBack(t *testing.T) {
	res := simnet.Run(simnet.Config{SendBuffer: 4608}, func(w *simnet.World) {
		p, q, r := w.Process("p"), w.Process("q"), w.Process("r")
		c, s := connected(t, r, r)
		ours := share(t, r, p, c)
		theirs := share(t, r, q, c)
		// Pieces of 768 bytes: after the sixth the buffer is full.
		for range 6 {
			must(c.Send(bytes("x"), nil, never))(t)
		}
		q.Background("first", func() { theirs.Send(bytes("1"), nil, never) })
		p.Go("second", func() {
			p.Sleep(p.Now().Add(1))
			view, cancel := p.WithCancel(context.Background())
			p.AfterFunc("cancel", p.Now().Add(time.Minute), cancel)
			_, err := must(view.Attach(ours))(t).Send(bytes("2"), nil, never)
			want(t, "second", err, syscall.ECANCELED)
		})
		p.Go("third", func() {
			p.Sleep(p.Now().Add(2))
			must(ours.Send(bytes("3"), nil, never))(t)
		})
		r.Go("main", func() {
			r.Sleep(r.Now().Add(time.Second))
			if n, _, err := s.Recv(bytes("1"), nil, never); n != 1 || err != nil {
				t.Error(n, err)
			}
		})
	})
	ok(t, res.Err)
}

// share gives a process a connection of another.
func share(t *testing.T, from, to *simnet.Process, c transport.Conn) transport.Conn {
	t.Helper()
	return must(to.Adopt(passed(t, from, to, must(c.Dup())(t))))(t)
}

// passed gives a process a descriptor of another.
func passed(t *testing.T, from, to *simnet.Process, fd transport.FD) transport.FD {
	t.Helper()
	sender, receiver := connected(t, from, to)
	must(sender.Send(bytes("x"), []transport.FD{fd}, never))(t)
	fds := make([]transport.FD, 1)
	if _, nfd, err := receiver.Recv(bytes("x"), fds, never); nfd != 1 || err != nil {
		t.Fatal(nfd, err)
	}
	ok(t, sender.Close())
	ok(t, receiver.Close())
	return fds[0]
}

// TestKilledAwake has what had woken a process that is killed then go to another
// which shares the socket, without a question: of the dead nobody can be woken.
func TestKilledAwake(t *testing.T) {
	asked := 0
	res := simnet.Run(simnet.Config{Chooser: counting{simnet.KindWake, &asked}}, func(w *simnet.World) {
		p, q, r := w.Process("p"), w.Process("q"), w.Process("r")
		a, b, err := r.Pair()
		ok(t, err)
		for i, p := range []*simnet.Process{p, p, q} {
			c := share(t, r, p, a)
			p.Go("recv", func() {
				p.Sleep(p.Now().Add(time.Duration(i + 1)))
				c.Recv(bytes("1"), nil, never)
			})
		}
		r.Go("main", func() {
			r.Sleep(r.Now().Add(time.Second))
			must(b.Send(bytes("x"), nil, never))(t)
			p.Kill()
		})
	})
	ok(t, res.Err)
	if asked != 1 { // at the Send
		t.Errorf("asked %d times", asked)
	}
}

// counting is calm, and counts the questions of a kind.
type counting struct {
	kind simnet.Kind
	n    *int
}

func (c counting) Choose(p *simnet.Point) int {
	if p.Kind == c.kind {
		*c.n++
	}
	return 0
}
