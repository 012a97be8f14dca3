package ipctest

import (
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Rule 8.
var listScenarios = []Scenario{
	{
		Name: "list/pieces",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			ok(t, a.SendList([][]byte{[]byte("A"), nil, []byte("BCD"), {}, []byte("E")}, later(tr)))
			ok(t, a.SendList([][]byte{[]byte("FGH")}, later(tr)))
			p, q := make([]byte, 2), make([]byte, 4)
			ok(t, b.RecvList([]ipc.Buf{{Bytes: p}, {}, {Bytes: q}}, later(tr)))
			if string(p) != "AB" || string(q) != "CDEF" {
				t.Errorf("received %q and %q", p, q)
			}
			hear(t, tr, b, "GH")
		},
	},
	{
		Name: "list/skip",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			say(t, tr, a, "0123456789")
			ok(t, b.Skip(2, later(tr)))
			p, q := make([]byte, 1), make([]byte, 2)
			ok(t, b.RecvList([]ipc.Buf{{Skip: 1}, {Bytes: p}, {Skip: 2}, {Bytes: q}, {Skip: 1}}, later(tr)))
			if string(p) != "3" || string(q) != "67" {
				t.Errorf("received %q and %q", p, q)
			}
			hear(t, tr, b, "9")

			sent := pattern(300000) // more than any read-ahead
			join := aside(t, tr, "send", func() { ok(t, a.Send(sent, later(tr))) })
			got := make([]byte, 100000)
			ok(t, b.Skip(100000, later(tr)))
			ok(t, b.RecvList([]ipc.Buf{{Skip: 99999}, {Bytes: got[:50000]}, {Bytes: got[50000:]}}, later(tr)))
			same(t, got, sent[199999:299999])
			ok(t, b.Skip(1, later(tr)))
			join()
		},
	},
	{
		// Nothing is sent or consumed by what is malformed.
		Name: "list/malformed",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			t.Want(a.SendList(nil, later(tr)), SendList, syscall.EINVAL)
			t.Want(a.SendList([][]byte{}, later(tr)), SendList, syscall.EINVAL)
			say(t, tr, a, "abc")
			p := make([]byte, 1)
			t.Want(b.RecvList(nil, later(tr)), RecvList, syscall.EINVAL)
			t.Want(b.RecvList([]ipc.Buf{}, later(tr)), RecvList, syscall.EINVAL)
			t.Want(b.RecvList([]ipc.Buf{{Bytes: p}, {Skip: -1}}, later(tr)), RecvList, syscall.EINVAL)
			t.Want(b.RecvList([]ipc.Buf{{Bytes: p, Skip: 1}}, later(tr)), RecvList, syscall.EINVAL)
			t.Want(b.Skip(-1, later(tr)), Recv, syscall.EINVAL)
			hear(t, tr, b, "abc")
			works(t, tr, b, a)
		},
	},
	{
		// The deadline is one for the whole list.
		Name: "list/deadline",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			say(t, tr, a, "abc")
			deadline := soon(tr)
			list := []ipc.Buf{{Bytes: make([]byte, 2)}, {Skip: 2}}
			t.Want(b.RecvList(list, deadline), RecvList, syscall.ETIMEDOUT)
			t.OnTime(tr, deadline)
			t.Want(b.RecvList(list, later(tr)), RecvList, syscall.ECONNRESET)
			deadline = soon(tr)
			t.Want(a.SendList([][]byte{[]byte("d"), make([]byte, flood)}, deadline), SendList, syscall.ETIMEDOUT)
			t.OnTime(tr, deadline)
			t.Want(a.SendList([][]byte{[]byte("d")}, later(tr)), SendList, syscall.ECONNRESET)
		},
	},
	{
		Name: "list/end",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			say(t, tr, a, "abc")
			ok(t, a.Done())
			t.Want(a.SendList([][]byte{[]byte("d")}, later(tr)), SendList, syscall.EPIPE)
			list := []ipc.Buf{{Bytes: make([]byte, 2)}, {Skip: 2}}
			t.Want(b.RecvList(list, later(tr)), RecvList, syscall.EPIPE)
			t.Want(b.RecvList(list, later(tr)), RecvList, syscall.EPIPE)
		},
	},
}
