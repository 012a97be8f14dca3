package ipctest

import (
	"errors"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Rule 5. Its deadline and its cancellation are in block.go too.
var closeScenarios = []Scenario{
	{
		// Success means that the peer has everything: the server closes first
		// and the client counts.
		Name: "close/delivers",
		Main: func(t T, tr transport.Transport) {
			client := t.Start("client", ProcessConfig{})
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			s := must(l.Accept(later(tr)))(t)
			ok(t, s.Send(pattern(500000), later(tr)))
			ok(t, s.Close(later(tr)))
			ok(t, l.Close())
			ok(t, client.Wait(later(tr)))
		},
		Roles: []NamedRole{{"client", func(t T, tr transport.Transport) {
			s := reach(t, tr, "s")
			pause(tr)
			got := make([]byte, 500000)
			ok(t, s.Recv(got, later(tr)))
			same(t, got, pattern(500000))
			hearEnd(t, tr, s)
			ok(t, s.Close(later(tr)))
		}}},
	},
	{
		Name: "close/both-at-once",
		Main: func(t T, tr transport.Transport) {
			a, b := met(t, tr, "s")
			say(t, tr, a, "never received")
			say(t, tr, b, "nor is this")
			join := aside(t, tr, "close", func() { ok(t, a.Close(later(tr))) })
			ok(t, b.Close(later(tr)))
			join()
			t.Want(a.Close(later(tr)), Close, syscall.EBADF)
			t.Want(a.Abort(), Abort, syscall.EBADF)
		},
	},
	{
		// What arrives while it waits is discarded, more than a buffer of it.
		Name: "close/discards",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			join := aside(t, tr, "close", func() { ok(t, a.Close(later(tr))) })
			ok(t, b.Send(make([]byte, flood), later(tr)))
			hearEnd(t, tr, b)
			ok(t, b.Close(later(tr)))
			join()
		},
	},
	{
		Name: "close/after-done",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			ok(t, a.Done())
			ok(t, b.Done())
			ok(t, a.Close(later(tr)))
			ok(t, b.Close(later(tr)))
		},
	},
	{
		// The peer closes without a handshake: that is its conscious decision,
		// unless it left something unread.
		Name: "close/peer-aborts",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			say(t, tr, b, "x")
			ok(t, b.Abort())
			ok(t, a.Close(later(tr)))

			a, b = pair(t, tr)
			say(t, tr, a, "unread")
			ok(t, b.Abort())
			t.Want(a.Close(later(tr)), Close, syscall.ECONNRESET)
			t.Want(a.Close(later(tr)), Close, syscall.EBADF)
		},
	},
	{
		// What was read ahead counts as received: nobody can give it back to the
		// socket, whose being empty is what tells a peer that it was. How much that
		// is, is the backend's affair, but it has an end.
		Name: "close/read-ahead",
		Main: func(t T, tr transport.Transport) {
			for _, size := range []int{2, 5000} {
				for _, ask := range []struct {
					call Call
					do   func(a *ipc.Conn) error
				}{
					{Recv, func(a *ipc.Conn) error { return a.Recv(make([]byte, 1), later(tr)) }},
					{Close, func(a *ipc.Conn) error { return a.Close(later(tr)) }},
				} {
					a, b := pair(t, tr)
					ok(t, a.Send(pattern(size), later(tr)))
					ok(t, b.Skip(1, later(tr)))
					ok(t, b.Abort())
					switch err := ask.do(a); {
					case size > 2 || errors.Is(err, syscall.ECONNRESET):
						t.Want(err, ask.call, syscall.ECONNRESET)
					case ask.call == Recv:
						t.Want(err, Recv, syscall.EPIPE)
					default:
						ok(t, err)
					}
					if ask.call == Recv {
						ok(t, a.Abort())
					}
				}
			}
		},
	},
	{
		// In case of error, too, the socket is gone afterwards.
		Name: "close/in-any-case",
		Main: func(t T, tr transport.Transport) {
			for _, c := range []struct {
				errno syscall.Errno
				spoil func(a, b *ipc.Conn)
			}{
				{syscall.ETIMEDOUT, func(a, b *ipc.Conn) {}},
				{syscall.ECONNRESET, func(a, b *ipc.Conn) {
					t.Want(a.Recv(make([]byte, 1), transport.Immediate), Recv, syscall.ETIMEDOUT)
				}},
				{syscall.ECONNRESET, func(a, b *ipc.Conn) {
					t.Want(a.Send(make([]byte, flood), transport.Immediate), Send, syscall.ETIMEDOUT)
					ok(t, b.Skip(1000, later(tr)))
				}},
			} {
				a, b := pair(t, tr)
				c.spoil(a, b)
				deadline := soon(tr)
				t.Want(a.Close(deadline), Close, c.errno)
				if c.errno == syscall.ETIMEDOUT {
					t.OnTime(tr, deadline)
				}
				t.Want(a.Send([]byte("x"), later(tr)), Send, syscall.EBADF)
				t.Want(a.Close(later(tr)), Close, syscall.EBADF)
				t.Want(b.Skip(2*flood, later(tr)), Recv, syscall.EPIPE)
			}
		},
	},
	{
		// libdill's own: who floods a peer that never reads and at last gives up
		// is told. The peer, which discards while it waits for an end that does
		// not come, is told as well.
		Name: "close/flooded",
		Main: func(t T, tr transport.Transport) {
			client := t.Start("client", ProcessConfig{})
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			s := must(l.Accept(later(tr)))(t)
			pause(tr)
			deadline := soon(tr)
			t.Want(s.Close(deadline), Close, syscall.ETIMEDOUT)
			t.OnTime(tr, deadline)
			ok(t, l.Close())
			ok(t, client.Wait(later(tr)))
		},
		Roles: []NamedRole{{"client", func(t T, tr transport.Transport) {
			s := reach(t, tr, "s")
			p := make([]byte, 64<<10)
			for end := later(tr); !transport.Expired(end, tr.Now()); {
				if err := s.Send(p, end); err != nil {
					t.Want(err, Send, syscall.ECONNRESET)
					t.Want(s.Close(later(tr)), Close, syscall.ECONNRESET)
					return
				}
			}
			t.Error("the peer never closed")
		}}},
	},
	{
		// Also where the buffer is never empty, because several send at once.
		Name: "close/flooded-by-many",
		Main: func(t T, tr transport.Transport) {
			x, y, err := tr.Pair()
			ok(t, err)
			var joins []func()
			for range 3 {
				c := must(ipc.FromFD(tr, must(y.Dup())(t)))(t)
				joins = append(joins, aside(t, tr, "flood", func() {
					p := make([]byte, 64<<10)
					for end := later(tr); !transport.Expired(end, tr.Now()); {
						if err := c.Send(p, end); err != nil {
							t.Want(err, Send, syscall.ECONNRESET)
							return
						}
					}
					t.Error("the peer never closed")
				}))
			}
			ok(t, y.Close())
			a := adopt(t, tr, x)
			pause(tr)
			deadline := soon(tr)
			t.Want(a.Close(deadline), Close, syscall.ETIMEDOUT)
			t.OnTime(tr, deadline)
			for _, join := range joins {
				join()
			}
		},
	},
	{
		// A listener's close is immediate, and a connection that it accepted
		// does not notice.
		Name: "close/listener",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			a := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			b := must(l.Accept(later(tr)))(t)
			ok(t, l.Close())
			t.Want(l.Close(), Close, syscall.EBADF)
			_, err := l.Accept(later(tr))
			t.Want(err, Accept, syscall.EBADF)
			if _, err := ipc.Connect(tr, t.Path("s"), later(tr)); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("connect to what was closed: %s", describe(err))
			}
			works(t, tr, a, b)
			works(t, tr, b, a)
		},
	},
}
