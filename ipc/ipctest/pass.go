package ipctest

import (
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Passing descriptors: where they arrive, and that they work.
var passScenarios = []Scenario{
	{
		// libdill's own: between two messages.
		Name:  "pass/between",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			fd, far := parcel(t, tr)
			say(t, tr, a, "before")
			ok(t, a.SendFD(fd, later(tr)))
			ok(t, fd.Close()) // it remained the sender's
			say(t, tr, a, "after")
			hear(t, tr, b, "before")
			got := must(b.RecvFD(later(tr)))(t)
			hear(t, tr, b, "after")
			c := must(ipc.FromFD(tr, got))(t)
			works(t, tr, c, far)
			works(t, tr, far, c)
			ok(t, c.Abort())
			hearEnd(t, tr, far)
		},
	},
	{
		// To another process, and through one that reads ahead.
		Name:  "pass/process",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			server := t.Start("server", ProcessConfig{})
			c := reach(t, tr, "s")
			fd, far := parcel(t, tr)
			lfd := must(listen(t, tr, "s2", 1, transport.ListenConfig{}).Dup())(t)
			say(t, tr, c, "ABCDE")
			ok(t, c.SendFD(fd, later(tr)))
			ok(t, c.SendFD(lfd, later(tr)))
			say(t, tr, c, "FGHIJ")
			ok(t, fd.Close())
			ok(t, lfd.Close())
			hear(t, tr, far, "from the server")
			s := must(ipc.Connect(tr, t.Path("s2"), later(tr)))(t)
			hear(t, tr, s, "accepted")
			hearEnd(t, tr, c)
			ok(t, c.Close(later(tr)))
			ok(t, server.Wait(later(tr)))
		},
		Roles: []NamedRole{{"server", func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			c := must(l.Accept(later(tr)))(t)
			hear(t, tr, c, "A")
			pause(tr) // so that all of it is there
			hear(t, tr, c, "BC")
			hear(t, tr, c, "DE")
			x := must(ipc.FromFD(tr, must(c.RecvFD(later(tr)))(t)))(t)
			l2 := must(ipc.ListenerFromFD(tr, must(c.RecvFD(later(tr)))(t), transport.ListenConfig{}))(t)
			hear(t, tr, c, "F")
			hear(t, tr, c, "GHIJ")
			say(t, tr, x, "from the server")
			s := must(l2.Accept(later(tr)))(t)
			say(t, tr, s, "accepted")
			ok(t, c.Close(later(tr)))
			ok(t, s.Abort())
			ok(t, x.Abort())
			ok(t, l2.Close())
			ok(t, l.Close())
		}}},
	},
	{
		Name:  "pass/many",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			var far [10]*ipc.Conn
			for i := range far {
				var fd transport.FD
				fd, far[i] = parcel(t, tr)
				say(t, tr, a, "<>"[i%2:i%2+1])
				ok(t, a.SendFD(fd, later(tr)))
				ok(t, fd.Close())
			}
			for i := range far {
				hear(t, tr, b, "<>"[i%2:i%2+1])
				c := must(ipc.FromFD(tr, must(b.RecvFD(later(tr)))(t)))(t)
				works(t, tr, c, far[i])
				ok(t, c.Abort())
			}
		},
	},
	{
		// A receiver that is blocked gets what comes.
		Name:  "pass/blocked",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			fd, far := parcel(t, tr)
			join := aside(t, tr, "recvfd", func() {
				c := must(ipc.FromFD(tr, must(b.RecvFD(later(tr)))(t)))(t)
				works(t, tr, c, far)
			})
			pause(tr)
			ok(t, a.SendFD(fd, later(tr)))
			join()
		},
	},
	{
		// On the wire it is one byte of value 0xcc, as libdill has it.
		Name:  "pass/wire",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			x, y, err := tr.Pair()
			ok(t, err)
			c := adopt(t, tr, x)
			fd, far := parcel(t, tr)
			ok(t, c.SendFD(fd, later(tr)))
			buf, fds := make([]byte, 8), make([]transport.FD, 3)
			n, nfd, err := y.Recv([][]byte{buf}, fds, later(tr))
			ok(t, err)
			if n != 1 || nfd != 1 || buf[0] != 0xcc {
				t.Fatalf("%d bytes, the first %#x, with %d descriptors", n, buf[0], nfd)
			}
			// And back again.
			if _, err := y.Send([][]byte{{0xcc}}, fds[:1], later(tr)); err != nil {
				t.Fatal(err)
			}
			d := must(ipc.FromFD(tr, must(c.RecvFD(later(tr)))(t)))(t)
			works(t, tr, d, far)
			ok(t, y.Close())
		},
	},
	{
		Name:  "pass/end",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			fd, _ := parcel(t, tr)
			a, b := pair(t, tr)
			ok(t, a.SendFD(fd, later(tr)))
			ok(t, a.Done())
			t.Want(a.SendFD(fd, later(tr)), SendFD, syscall.EPIPE)
			ok(t, must(b.RecvFD(later(tr)))(t).Close())
			for range 2 {
				_, err := b.RecvFD(later(tr))
				t.Want(err, RecvFD, syscall.EPIPE)
			}

			a, b = pair(t, tr)
			say(t, tr, b, "unread")
			ok(t, a.Abort())
			t.Want(b.SendFD(fd, later(tr)), SendFD, syscall.ECONNRESET)
			t.Want(b.SendFD(fd, later(tr)), SendFD, syscall.ECONNRESET)
			_, err := b.RecvFD(later(tr))
			t.Want(err, RecvFD, syscall.ECONNRESET)
			ok(t, fd.Close())
		},
	},
	{
		// A plain byte where a descriptor should be.
		Name:  "pass/none",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			fd, far := parcel(t, tr)
			for _, ahead := range []bool{false, true} {
				a, b := pair(t, tr)
				say(t, tr, a, "01")
				ok(t, a.SendFD(fd, later(tr)))
				if ahead {
					hear(t, tr, b, "0")
				}
				_, err := b.RecvFD(later(tr))
				t.Want(err, RecvFD, syscall.EPROTO)
				_, err = b.RecvFD(later(tr))
				t.Want(err, RecvFD, syscall.ECONNRESET)
				works(t, tr, b, a)
				t.Want(b.Close(later(tr)), Close, syscall.ECONNRESET)
				ok(t, a.Abort())
			}
			ok(t, fd.Close())
			hearEnd(t, tr, far) // also the one that was on its way is closed
		},
	},
	{
		Name: "pass/refused",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			closed, _ := parcel(t, tr)
			ok(t, closed.Close())
			for _, fd := range []transport.FD{nil, closed, alien{}} {
				t.Want(a.SendFD(fd, later(tr)), SendFD, syscall.EBADF)
			}
			works(t, tr, a, b) // refusals end nothing
			ok(t, a.Done())
		},
	},
	{
		// A transport that cannot pass descriptors says so, and goes on.
		Name: "pass/unsupported",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, plain{tr})
			fd, _ := parcel(t, tr)
			t.Want(a.SendFD(fd, later(tr)), SendFD, syscall.ENOTSUP)
			works(t, tr, a, b)
			_, err := b.RecvFD(later(tr))
			t.Want(err, RecvFD, syscall.ENOTSUP)
			works(t, tr, a, b)
			say(t, tr, a, "x")
			_, err = b.RecvFD(later(tr))
			t.Want(err, RecvFD, syscall.ENOTSUP)
			hear(t, tr, b, "x")
			ok(t, fd.Close())
		},
	},
	{
		// Of what a file is, a descriptor passes all: a lock lives as long as one
		// descriptor of it, whoever has it.
		Name:  "pass/lock",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			lock := must(tr.Lock(t.Path("lock"), later(tr)))(t)
			ok(t, a.SendFD(lock, later(tr)))
			ok(t, lock.Close())
			_, err := tr.Lock(t.Path("lock"), transport.Immediate)
			expect(t, err, "lock", syscall.ETIMEDOUT)
			lock = must(b.RecvFD(later(tr)))(t)
			_, err = tr.Lock(t.Path("lock"), transport.Immediate)
			expect(t, err, "lock", syscall.ETIMEDOUT)
			ok(t, lock.Close())
			ok(t, must(tr.Lock(t.Path("lock"), transport.Immediate))(t).Close())
		},
	},
}

// alien is a descriptor of no transport.
type alien struct{}

func (alien) Close() error { return nil }

// plain is a transport whose connections cannot pass descriptors.
type plain struct{ transport.Transport }

func (p plain) Pair() (transport.Conn, transport.Conn, error) {
	a, b, err := p.Transport.Pair()
	if err != nil {
		return nil, nil, err
	}
	return plainConn{a}, plainConn{b}, nil
}

type plainConn struct{ transport.Conn }

func (c plainConn) Recv(bufs [][]byte, fds []transport.FD, deadline time.Time) (int, int, error) {
	if len(fds) > 0 {
		return 0, 0, &transport.Error{Op: "recv", Err: syscall.ENOTSUP}
	}
	return c.Conn.Recv(bufs, nil, deadline)
}

func (c plainConn) Send(bufs [][]byte, fds []transport.FD, deadline time.Time) (int, error) {
	if len(fds) > 0 {
		return 0, &transport.Error{Op: "send", Err: syscall.ENOTSUP}
	}
	return c.Conn.Send(bufs, nil, deadline)
}
