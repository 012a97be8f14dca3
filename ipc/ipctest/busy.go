package ipctest

import (
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Rule 6, and what happens when a connection is closed under a call.

// sends and recvs are the calls of each direction, so made that they block on a
// connection whose peer does nothing.
var sends = []struct {
	call Call
	do   func(c *ipc.Conn, fd transport.FD, deadline time.Time) error
}{
	{Send, func(c *ipc.Conn, _ transport.FD, d time.Time) error { return c.Send(make([]byte, flood), d) }},
	{SendList, func(c *ipc.Conn, _ transport.FD, d time.Time) error {
		return c.SendList([][]byte{nil, make([]byte, flood), []byte("x")}, d)
	}},
	{SendFD, func(c *ipc.Conn, fd transport.FD, d time.Time) error { return c.SendFD(fd, d) }},
}

var recvs = []struct {
	call Call
	do   func(c *ipc.Conn, deadline time.Time) error
}{
	{Recv, func(c *ipc.Conn, d time.Time) error { return c.Recv(make([]byte, 1), d) }},
	{RecvList, func(c *ipc.Conn, d time.Time) error {
		return c.RecvList([]ipc.Buf{{Skip: 1}, {Bytes: make([]byte, 2)}}, d)
	}},
	{Recv, func(c *ipc.Conn, d time.Time) error { return c.Skip(1, d) }},
	{RecvFD, func(c *ipc.Conn, d time.Time) error { _, err := c.RecvFD(d); return err }},
}

var busyScenarios = []Scenario{
	{
		Name:  "busy/second-sender",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			fd, _ := parcel(t, tr)
			for _, first := range sends {
				a, b := stuffed(t, tr, tr)
				join := aside(t, tr, string(first.call), func() {
					err := persist(tr, func() error { return first.do(a, fd, later(tr)) })
					if err != nil {
						t.Errorf("%s, which was first: %v", first.call, err)
					}
				})
				inside(t, tr, probeSend(a))
				for _, second := range sends {
					t.Want(second.do(a, fd, later(tr)), second.call, syscall.EBUSY)
				}
				t.Want(a.Done(), Done, syscall.EBUSY)
				works(t, tr, b, a) // the other direction is free
				drained := aside(t, tr, "drain", func() { drain(t, tr, b) })
				join()
				ok(t, a.Done())
				drained()
				ok(t, b.Close(later(tr)))
				ok(t, a.Close(later(tr)))
			}
			ok(t, fd.Close())
		},
	},
	{
		Name:  "busy/second-receiver",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			for _, first := range recvs {
				fd, _ := parcel(t, tr)
				a, b := pair(t, tr)
				join := aside(t, tr, string(first.call), func() {
					err := persist(tr, func() error { return first.do(a, later(tr)) })
					if err != nil {
						t.Errorf("%s, which was first: %v", first.call, err)
					}
				})
				inside(t, tr, probeRecv(a))
				for _, second := range recvs {
					t.Want(second.do(a, later(tr)), second.call, syscall.EBUSY)
				}
				works(t, tr, a, b)
				if first.call == RecvFD {
					ok(t, b.SendFD(fd, later(tr)))
				} else {
					say(t, tr, b, "abc")
				}
				join()
				ok(t, fd.Close())
				ok(t, a.Abort())
				ok(t, b.Abort())
			}
		},
	},
	{
		// Close that finds a task at work closes at once and says so.
		Name:  "busy/close",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			underCall(t, tr, func(c *ipc.Conn) { t.Want(c.Close(later(tr)), Close, syscall.EBUSY) })
		},
	},
	{
		Name:  "busy/abort",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			underCall(t, tr, func(c *ipc.Conn) { ok(t, c.Abort()) })
		},
	},
	{
		Name: "busy/abort-closing",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			join := aside(t, tr, "close", func() {
				if err := a.Close(later(tr)); err == nil {
					t.Error("close succeeded though the peer did not")
				}
			})
			pause(tr)
			a.Abort() // may find it closed
			join()
			hearEnd(t, tr, b)
			t.Want(a.Abort(), Abort, syscall.EBADF)
		},
	},
	{
		Name: "busy/close-accepting",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			join := aside(t, tr, "accept", func() {
				_, err := l.Accept(later(tr))
				t.Want(err, Accept, syscall.EBADF)
			})
			pause(tr)
			ok(t, l.Close())
			join()
		},
	},
	{
		// A listener may be used by any number of tasks.
		Name: "busy/acceptors",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 8, transport.ListenConfig{})
			var joins []func()
			for range 4 {
				joins = append(joins, aside(t, tr, "accept", func() {
					c := must(l.Accept(later(tr)))(t)
					say(t, tr, c, "hello")
					ok(t, c.Abort())
				}))
			}
			for range joins {
				c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
				hear(t, tr, c, "hello")
				ok(t, c.Abort())
			}
			for _, join := range joins {
				join()
			}
			ok(t, l.Close())
		},
	},
}

// underCall has closing done to a connection while each of the blocking calls is
// inside it.
func underCall(t T, tr transport.Transport, closing func(*ipc.Conn)) {
	fd, _ := parcel(t, tr)
	for _, s := range sends {
		a, b := stuffed(t, tr, tr)
		join := aside(t, tr, string(s.call), func() {
			t.Want(persist(tr, func() error { return s.do(a, fd, later(tr)) }), s.call, syscall.EBADF)
		})
		inside(t, tr, probeSend(a))
		closing(a)
		join()
		drain(t, tr, b)
		t.Want(a.Abort(), Abort, syscall.EBADF)
	}
	for _, r := range recvs {
		a, b := pair(t, tr)
		join := aside(t, tr, string(r.call), func() {
			t.Want(persist(tr, func() error { return r.do(a, later(tr)) }), r.call, syscall.EBADF)
		})
		inside(t, tr, probeRecv(a))
		closing(a)
		join()
		hearEnd(t, tr, b)
		t.Want(a.Abort(), Abort, syscall.EBADF)
	}
	ok(t, fd.Close())
}

// drain receives until the end of the stream.
func drain(t T, tr transport.Transport, c *ipc.Conn) {
	t.Helper()
	t.Want(c.Skip(4*flood, later(tr)), Recv, syscall.EPIPE)
}
