package ipctest

import (
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// The forms that build in storage the caller owns.
var memScenarios = []Scenario{
	{
		Name: "mem/reuse",
		Main: func(t T, tr transport.Transport) {
			var a, b ipc.Conn
			var l ipc.Listener
			for range 2 {
				ok(t, ipc.ListenMem(&l, tr, t.Path("s"), 1, transport.ListenConfig{Unlink: true}))
				ok(t, ipc.ConnectMem(&a, tr, t.Path("s"), later(tr)))
				ok(t, l.AcceptMem(&b, later(tr)))
				works(t, tr, &a, &b)
				ok(t, a.Abort())
				ok(t, b.Close(later(tr)))

				ok(t, ipc.PairMem(&a, &b, tr))
				say(t, tr, &a, "left in the read-ahead")
				hear(t, tr, &b, "left")
				ok(t, b.Abort())
				ok(t, a.Abort())

				x, y, err := tr.Pair()
				ok(t, err)
				ok(t, ipc.FromFDMem(&a, tr, descriptor(t, x)))
				ok(t, ipc.FromFDMem(&b, tr, descriptor(t, y)))
				works(t, tr, &a, &b)
				// A failure leaves nothing behind in the storage.
				t.Want(a.Recv(make([]byte, 1), transport.Immediate), Recv, syscall.ETIMEDOUT)
				ok(t, a.Abort())
				ok(t, b.Abort())

				fd := must(l.Dup())(t)
				ok(t, l.Close())
				ok(t, ipc.ListenerFromFDMem(&l, tr, fd, transport.ListenConfig{}))
				ok(t, ipc.ConnectMem(&a, tr, t.Path("s"), later(tr)))
				ok(t, a.Abort())
				ok(t, l.Close())
				ok(t, tr.Remove(t.Path("s"))) // it stays after Dup
			}
		},
	},
	{
		Name: "mem/none",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			x, _, err := tr.Pair()
			ok(t, err)
			wrongStorage(t, tr, nil, nil, nil, l, descriptor(t, x))
			var c ipc.Conn
			t.Want(ipc.PairMem(&c, nil, tr), PairMem, syscall.EINVAL)
			t.Want(ipc.PairMem(nil, &c, tr), PairMem, syscall.EINVAL)
			t.Want(ipc.PairMem(&c, &c, tr), PairMem, syscall.EINVAL)
			deadConn(t, tr, &c)
			ok(t, ipc.ConnectMem(&c, tr, t.Path("s"), later(tr))) // it is still good
			ok(t, c.Abort())
		},
	},
	{
		Name: "mem/in-use",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			a, b := pair(t, tr)
			x, _, err := tr.Pair()
			ok(t, err)
			wrongStorage(t, tr, a, b, l, l, descriptor(t, x))
			works(t, tr, a, b)
			works(t, tr, b, a)
		},
	},
	{
		// Storage is in use for as long as a call is inside, and free after a
		// failure.
		Name: "mem/failure",
		Main: func(t T, tr transport.Transport) {
			var c ipc.Conn
			var l ipc.Listener
			t.Want(ipc.ConnectMem(&c, tr, t.Path("absent"), later(tr)), Connect, syscall.ENOENT)
			t.Want(ipc.ListenMem(&l, tr, t.Path("absent/s"), 1, transport.ListenConfig{}), Listen, syscall.ENOENT)
			t.Want(ipc.FromFDMem(&c, tr, nil), FromFD, syscall.EBADF)
			t.Want(ipc.ListenerFromFDMem(&l, tr, nil, transport.ListenConfig{}), ListenerFromFD, syscall.EBADF)
			deadConn(t, tr, &c)
			ok(t, ipc.ListenMem(&l, tr, t.Path("s"), 1, transport.ListenConfig{}))
			t.Want(l.AcceptMem(&c, transport.Immediate), Accept, syscall.ETIMEDOUT)
			ok(t, ipc.ConnectMem(&c, tr, t.Path("s"), later(tr)))
			ok(t, c.Abort())
			ok(t, l.Close())
		},
	},
	{
		Name: "mem/no-transport",
		Main: func(t T, tr transport.Transport) {
			_, _, err := ipc.Pair(nil)
			t.Want(err, Pair, syscall.EINVAL)
			_, err = ipc.Connect(nil, t.Path("s"), later(tr))
			t.Want(err, Connect, syscall.EINVAL)
			_, err = ipc.Listen(nil, t.Path("s"), 1, transport.ListenConfig{})
			t.Want(err, Listen, syscall.EINVAL)
			fd, _ := parcel(t, tr)
			_, err = ipc.FromFD(nil, fd)
			t.Want(err, FromFD, syscall.EINVAL)
			_, err = ipc.ListenerFromFD(nil, fd, transport.ListenConfig{})
			t.Want(err, ListenerFromFD, syscall.EINVAL)
			ok(t, fd.Close())
		},
	},
}

// wrongStorage asserts that a, b and l0 are refused by every form. l works, and
// fd stays the caller's.
func wrongStorage(t T, tr transport.Transport, a, b *ipc.Conn, l0, l *ipc.Listener, fd transport.FD) {
	t.Helper()
	cfg := transport.ListenConfig{}
	t.Want(ipc.ListenMem(l0, tr, t.Path("other"), 1, cfg), ListenMem, syscall.EINVAL)
	t.Want(ipc.ConnectMem(a, tr, t.Path("s"), later(tr)), ConnectMem, syscall.EINVAL)
	t.Want(l.AcceptMem(a, later(tr)), AcceptMem, syscall.EINVAL)
	t.Want(ipc.PairMem(a, b, tr), PairMem, syscall.EINVAL)
	t.Want(ipc.PairMem(new(ipc.Conn), b, tr), PairMem, syscall.EINVAL)
	t.Want(ipc.FromFDMem(a, tr, fd), FromFDMem, syscall.EINVAL)
	lfd := must(l.Dup())(t)
	t.Want(ipc.ListenerFromFDMem(l0, tr, lfd, cfg), ListenerFromFDMem, syscall.EINVAL)
	ok(t, fd.Close())
	ok(t, lfd.Close())
	_, err := l.Accept(transport.Immediate)
	t.Want(err, Accept, syscall.ETIMEDOUT) // nobody has connected
}
