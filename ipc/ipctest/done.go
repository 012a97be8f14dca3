package ipctest

import (
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Rule 4. That Done after a failed send is ECONNRESET is in time/partial-send.
var doneScenarios = []Scenario{
	{
		Name: "done/reply",
		Main: func(t T, tr transport.Transport) {
			server := t.Start("server", ProcessConfig{})
			s := reach(t, tr, "s")
			say(t, tr, s, "question")
			ok(t, s.Done())
			t.Want(s.Done(), Done, syscall.EPIPE)
			t.Want(s.Send([]byte("x"), later(tr)), Send, syscall.EPIPE)
			t.Want(s.SendList([][]byte{[]byte("x")}, later(tr)), SendList, syscall.EPIPE)
			hear(t, tr, s, "answer")
			hearEnd(t, tr, s)
			t.Want(s.Done(), Done, syscall.EPIPE)
			ok(t, s.Close(later(tr)))
			ok(t, server.Wait(later(tr)))
		},
		Roles: []NamedRole{{"server", func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			s := must(l.Accept(later(tr)))(t)
			hear(t, tr, s, "question")
			hearEnd(t, tr, s)
			say(t, tr, s, "answer")
			ok(t, s.Close(later(tr)))
			ok(t, l.Close())
		}}},
	},
	{
		// It neither waits for a full buffer nor loses what is in it.
		Name: "done/full",
		Main: func(t T, tr transport.Transport) {
			x, y, err := tr.Pair()
			ok(t, err)
			sent := pattern(flood)
			n, _ := x.Send([][]byte{sent}, nil, transport.Immediate)
			a, b := adopt(t, tr, x), adopt(t, tr, y)
			ok(t, a.Done())
			got := make([]byte, n)
			ok(t, b.Recv(got, later(tr)))
			same(t, got, sent[:n])
			hearEnd(t, tr, b)
		},
	},
	{
		Name: "done/wakes-receiver",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			join := aside(t, tr, "recv", func() { hearEnd(t, tr, b) })
			pause(tr)
			ok(t, a.Done())
			join()
			works(t, tr, b, a)
		},
	},
	{
		Name: "done/peer-gone",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			ok(t, b.Abort())
			ok(t, a.Done())
			t.Want(a.Send([]byte("x"), later(tr)), Send, syscall.EPIPE) // this side's doing, not the peer's
			ok(t, a.Close(later(tr)))
		},
	},
	{
		Name: "done/last-words",
		Main: func(t T, tr transport.Transport) {
			a, b := met(t, tr, "s")
			ok(t, a.SendList([][]byte{[]byte("la"), nil, []byte("st")}, later(tr)))
			ok(t, a.Done())
			p := make([]byte, 2)
			ok(t, b.RecvList([]ipc.Buf{{Bytes: p}, {Skip: 2}}, later(tr)))
			if string(p) != "la" {
				t.Errorf("received %q", p)
			}
			hearEnd(t, tr, b)
			join := aside(t, tr, "close", func() { ok(t, a.Close(later(tr))) })
			ok(t, b.Close(later(tr)))
			join()
		},
	},
}
