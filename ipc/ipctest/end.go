package ipctest

import (
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Rules 1 to 3: how a direction ends. That deadlines and cancellation end it is
// in block.go.
var endScenarios = []Scenario{
	{
		Name: "end/stays",
		Main: func(t T, tr transport.Transport) {
			a, b := met(t, tr, "s")
			say(t, tr, a, "abc")
			ok(t, a.Abort())
			hear(t, tr, b, "abc")
			p := make([]byte, 1)
			for range 3 {
				t.Want(b.Recv(p, later(tr)), Recv, syscall.EPIPE)
				t.Want(b.RecvList([]ipc.Buf{{Bytes: p}}, later(tr)), RecvList, syscall.EPIPE)
				t.Want(b.Skip(1, later(tr)), Recv, syscall.EPIPE)
			}
			ok(t, b.Close(later(tr))) // the end of the stream is no failure
		},
	},
	{
		Name: "end/unfinished",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			say(t, tr, a, "abc")
			ok(t, a.Done())
			t.Want(b.Recv(make([]byte, 5), later(tr)), Recv, syscall.EPIPE)
			t.Want(b.Recv(make([]byte, 1), later(tr)), Recv, syscall.EPIPE) // "abc" is lost
			works(t, tr, b, a)
			ok(t, b.Close(later(tr)))
		},
	},
	{
		Name: "end/peer-gone",
		Main: func(t T, tr transport.Transport) {
			a, b := met(t, tr, "s")
			say(t, tr, b, "last words")
			ok(t, b.Abort())
			t.Want(a.Send([]byte("x"), later(tr)), Send, syscall.ECONNRESET)
			t.Want(a.SendList([][]byte{[]byte("x")}, later(tr)), SendList, syscall.ECONNRESET)
			hear(t, tr, a, "last words")
			hearEnd(t, tr, a)
			t.Want(a.Close(later(tr)), Close, syscall.ECONNRESET) // sending had failed
		},
	},
	{
		// A peer that leaves without having read everything says so, after all
		// that it had to say.
		Name: "end/peer-did-not-read",
		Main: func(t T, tr transport.Transport) {
			for _, recv := range []struct {
				call Call
				one  func(c *ipc.Conn) error
			}{
				{Recv, func(c *ipc.Conn) error { return c.Recv(make([]byte, 1), later(tr)) }},
				{RecvList, func(c *ipc.Conn) error { return c.RecvList([]ipc.Buf{{Bytes: make([]byte, 1)}}, later(tr)) }},
			} {
				a, b := met(t, tr, "s-"+string(recv.call))
				say(t, tr, b, "last words")
				say(t, tr, a, "unread")
				ok(t, b.Abort())
				hear(t, tr, a, "last words")
				t.Want(recv.one(a), recv.call, syscall.ECONNRESET)
				t.Want(recv.one(a), recv.call, syscall.ECONNRESET)
				t.Want(a.Send([]byte("x"), later(tr)), Send, syscall.ECONNRESET)
				t.Want(a.Close(later(tr)), Close, syscall.ECONNRESET)
			}
		},
	},
	{
		// A sender that is blocked when its peer leaves.
		Name: "end/peer-leaves-sender",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			join := aside(t, tr, "send", func() {
				t.Want(a.Send(make([]byte, flood), later(tr)), Send, syscall.ECONNRESET)
			})
			pause(tr)
			ok(t, b.Abort())
			join()
		},
	},
	{
		// Refusals end nothing.
		Name: "end/refusals",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			t.Want(a.SendList(nil, later(tr)), SendList, syscall.EINVAL)
			t.Want(a.RecvList(nil, later(tr)), RecvList, syscall.EINVAL)
			t.Want(a.Skip(-1, later(tr)), Recv, syscall.EINVAL)
			t.Want(a.SendFD(nil, later(tr)), SendFD, syscall.EBADF)
			works(t, tr, a, b)
			works(t, tr, b, a)
		},
	},
}
