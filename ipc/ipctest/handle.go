package ipctest

import (
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// A handle that is nil, of zero value or closed is EBADF everywhere, and nothing
// panics.
var handleScenarios = []Scenario{
	{
		Name: "handle/conn",
		Main: func(t T, tr transport.Transport) {
			aborted, b := pair(t, tr)
			closed, c := pair(t, tr)
			ok(t, b.Abort())
			ok(t, c.Abort())
			ok(t, aborted.Abort())
			ok(t, closed.Close(later(tr)))
			for _, c := range []*ipc.Conn{nil, new(ipc.Conn), aborted, closed} {
				deadConn(t, tr, c)
			}
		},
	},
	{
		Name: "handle/listener",
		Main: func(t T, tr transport.Transport) {
			closed := listen(t, tr, "s", 1, transport.ListenConfig{})
			ok(t, closed.Close())
			for _, l := range []*ipc.Listener{nil, new(ipc.Listener), closed} {
				_, err := l.Accept(later(tr))
				t.Want(err, Accept, syscall.EBADF)
				t.Want(l.AcceptMem(new(ipc.Conn), later(tr)), AcceptMem, syscall.EBADF)
				_, err = l.Dup()
				expect(t, err, "dup", syscall.EBADF)
				t.Want(l.Close(), Close, syscall.EBADF)
				if l != closed && l.Addr() != "" {
					t.Errorf("a listener that never was has the name %q", l.Addr())
				}
			}
		},
	},
}

func deadConn(t T, tr transport.Transport, c *ipc.Conn) {
	d := later(tr)
	p := []byte("x")
	t.Want(c.Send(p, d), Send, syscall.EBADF)
	t.Want(c.SendList([][]byte{p}, d), SendList, syscall.EBADF)
	t.Want(c.Recv(p, d), Recv, syscall.EBADF)
	t.Want(c.RecvList([]ipc.Buf{{Bytes: p}}, d), RecvList, syscall.EBADF)
	t.Want(c.Skip(1, d), Recv, syscall.EBADF)
	t.Want(c.SendFD(nil, d), SendFD, syscall.EBADF)
	_, err := c.RecvFD(d)
	t.Want(err, RecvFD, syscall.EBADF)
	t.Want(c.Done(), Done, syscall.EBADF)
	expect(t, c.Attach(tr), "attach", syscall.EBADF)
	_, err = c.PeerCred()
	expect(t, err, "peercred", syscall.EBADF)
	c.LocalAddr()
	c.RemoteAddr()
	t.Want(c.Close(d), Close, syscall.EBADF)
	t.Want(c.Abort(), Abort, syscall.EBADF)
}
