package ipctest

import (
	"errors"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Descriptors that nobody asks for are closed, whichever way they are not asked
// for: the other end of what was passed sees its end.
var strayScenarios = []Scenario{
	{
		Name:  "stray/data",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			for _, take := range []func(b *ipc.Conn){
				func(b *ipc.Conn) { hear(t, tr, b, "AB\xccCD") },
				func(b *ipc.Conn) { hear(t, tr, b, "AB\xcc"); hear(t, tr, b, "CD") },
				func(b *ipc.Conn) { hear(t, tr, b, "A"); hear(t, tr, b, "B\xcc"); hear(t, tr, b, "CD") },
				func(b *ipc.Conn) { hear(t, tr, b, "AB"); hear(t, tr, b, "\xcc"); hear(t, tr, b, "CD") },
				func(b *ipc.Conn) { ok(t, b.Skip(5, later(tr))) },
				func(b *ipc.Conn) { hear(t, tr, b, "A"); ok(t, b.Skip(2, later(tr))); hear(t, tr, b, "CD") },
				func(b *ipc.Conn) {
					p := make([]byte, 1)
					ok(t, b.RecvList([]ipc.Buf{{Bytes: p}, {Skip: 3}, {Bytes: p}}, later(tr)))
				},
			} {
				a, b := pair(t, tr)
				fd, far := parcel(t, tr)
				say(t, tr, a, "AB")
				ok(t, a.SendFD(fd, later(tr)))
				ok(t, fd.Close())
				say(t, tr, a, "CD")
				take(b)
				hearEnd(t, tr, far)
				works(t, tr, a, b)
				ok(t, far.Abort())
			}
		},
	},
	{
		// A foreign sender puts several with a plain message.
		Name:  "stray/foreign",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			x, y, err := tr.Pair()
			ok(t, err)
			c := adopt(t, tr, x)
			for _, take := range []func(){
				func() { hear(t, tr, c, "plain") },
				func() { ok(t, c.Skip(5, later(tr))) },
			} {
				var fds [3]transport.FD
				var far [3]*ipc.Conn
				for i := range fds {
					fds[i], far[i] = parcel(t, tr)
				}
				_, err := y.Send([][]byte{[]byte("plain")}, fds[:], later(tr))
				ok(t, err)
				for _, fd := range fds {
					ok(t, fd.Close())
				}
				take()
				for _, f := range far {
					hearEnd(t, tr, f)
					ok(t, f.Abort())
				}
			}
			ok(t, y.Close())
		},
	},
	{
		// One that was asked for comes, its companions are closed.
		Name:  "stray/companions",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			x, y, err := tr.Pair()
			ok(t, err)
			c := adopt(t, tr, x)
			fd1, far1 := parcel(t, tr)
			fd2, far2 := parcel(t, tr)
			_, err = y.Send([][]byte{{0xcc}}, []transport.FD{fd1, fd2}, later(tr))
			ok(t, err)
			ok(t, fd1.Close())
			ok(t, fd2.Close())
			d := must(ipc.FromFD(tr, must(c.RecvFD(later(tr)))(t)))(t)
			works(t, tr, d, far1)
			hearEnd(t, tr, far2)
			ok(t, y.Close())
		},
	},
	{
		// The receiver leaves before, or while, one is in its read-ahead; or it
		// discards one in its orderly close.
		Name:  "stray/leaves",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			for _, leave := range []func(a, b *ipc.Conn){
				func(a, b *ipc.Conn) { ok(t, b.Abort()) },
				func(a, b *ipc.Conn) { hear(t, tr, b, "A"); ok(t, b.Abort()) },
				func(a, b *ipc.Conn) {
					ok(t, a.Done())
					ok(t, b.Close(later(tr)))
				},
				func(a, b *ipc.Conn) {
					ok(t, a.Done())
					hear(t, tr, b, "A")
					ok(t, b.Close(later(tr)))
				},
				func(a, b *ipc.Conn) { t.Want(b.Close(soon(tr)), Close, syscall.ETIMEDOUT) },
				func(a, b *ipc.Conn) {
					hear(t, tr, b, "A")
					t.Want(b.Send(make([]byte, flood), transport.Immediate), Send, syscall.ETIMEDOUT)
					t.Want(b.Close(later(tr)), Close, syscall.ECONNRESET)
				},
				func(a, b *ipc.Conn) {
					t.Want(b.Recv(make([]byte, 5), soon(tr)), Recv, syscall.ETIMEDOUT)
				},
			} {
				a, b := pair(t, tr)
				fd, far := parcel(t, tr)
				say(t, tr, a, "AB")
				ok(t, a.SendFD(fd, later(tr)))
				ok(t, fd.Close())
				leave(a, b)
				hearGone(t, tr, far)
				a.Abort()
				b.Abort()
			}
		},
	},
	{
		// Nobody has accepted it, and nobody will.
		Name:  "stray/unaccepted",
		Needs: []Ability{Descriptors},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			fd, far := parcel(t, tr)
			ok(t, c.SendFD(fd, later(tr)))
			ok(t, fd.Close())
			ok(t, l.Close())
			hearGone(t, tr, far)
			ok(t, c.Abort())
		},
	},
}

// hearGone asserts that the other end of far is closed. In which way depends on
// the system: a socket that was closed on its way may count as left unread.
func hearGone(t T, tr transport.Transport, far *ipc.Conn) {
	t.Helper()
	err := far.Recv(make([]byte, 1), later(tr))
	if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the descriptor was not closed: %s", describe(err))
	}
	ok(t, far.Abort())
}
