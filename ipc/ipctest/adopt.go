package ipctest

import (
	"io/fs"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Rule 10.
var adoptScenarios = []Scenario{
	{
		Name: "adopt/conn",
		Main: func(t T, tr transport.Transport) {
			fd, far := parcel(t, tr)
			c := must(ipc.FromFD(tr, fd))(t)
			works(t, tr, c, far)
			works(t, tr, far, c)
			t.Want(c.Recv(make([]byte, 1), transport.Immediate), Recv, syscall.ETIMEDOUT) // it does not block
			expect(t, fd.Close(), "close of what was adopted", syscall.EBADF)
			_, err := ipc.FromFD(tr, fd)
			t.Want(err, FromFD, syscall.EBADF)
			ok(t, c.Abort())
			hearEnd(t, tr, far) // no second descriptor is left
		},
	},
	{
		Name: "adopt/listener",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			fd := must(l.Dup())(t)
			l2 := must(ipc.ListenerFromFD(tr, fd, transport.ListenConfig{}))(t)
			expect(t, fd.Close(), "close of what was adopted", syscall.EBADF)
			_, err := ipc.ListenerFromFD(tr, fd, transport.ListenConfig{})
			t.Want(err, ListenerFromFD, syscall.EBADF)
			ok(t, l.Close())
			c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t) // it listens as long as one does
			s := must(l2.Accept(later(tr)))(t)
			works(t, tr, c, s)
			if got, want := l2.Addr(), transport.Addr(t.Path("s")); got != want {
				t.Errorf("the name is %q, want %q", got, want)
			}
			_, err = l2.Accept(transport.Immediate)
			t.Want(err, Accept, syscall.ETIMEDOUT)
			ok(t, l2.Close())
			_, err = ipc.Connect(tr, t.Path("s"), later(tr))
			t.Want(err, Connect, syscall.ECONNREFUSED)
		},
	},
	{
		// What is of another kind is refused and stays the caller's.
		Name: "adopt/kinds",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			lfd := must(l.Dup())(t)
			cfd, far := parcel(t, tr)
			file := must(tr.Lock(t.Path("lock"), later(tr)))(t)
			cfg := transport.ListenConfig{}
			for _, fd := range []transport.FD{lfd, file} {
				_, err := ipc.FromFD(tr, fd)
				t.Want(err, FromFD, syscall.EINVAL)
			}
			for _, fd := range []transport.FD{cfd, file} {
				_, err := ipc.ListenerFromFD(tr, fd, cfg)
				t.Want(err, ListenerFromFD, syscall.EINVAL)
			}
			for _, cfg := range []transport.ListenConfig{{Mode: fs.FileMode(0o600)}, {Unlink: true}, {Takeover: true}} {
				_, err := ipc.ListenerFromFD(tr, lfd, cfg)
				t.Want(err, ListenerFromFD, syscall.EINVAL)
			}
			closed := must(l.Dup())(t)
			ok(t, closed.Close())
			for _, fd := range []transport.FD{nil, closed, alien{}} {
				_, err := ipc.FromFD(tr, fd)
				t.Want(err, FromFD, syscall.EBADF)
				_, err = ipc.ListenerFromFD(tr, fd, cfg)
				t.Want(err, ListenerFromFD, syscall.EBADF)
			}
			ok(t, file.Close())
			c := must(ipc.FromFD(tr, cfd))(t)
			works(t, tr, c, far)
			ok(t, must(ipc.ListenerFromFD(tr, lfd, cfg))(t).Close())
			ok(t, l.Close())
		},
	},
}
