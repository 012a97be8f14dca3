package ipctest

import (
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// What arrives: all of it, in order, in whatever pieces.
var streamScenarios = []Scenario{
	{
		Name: "stream/exchange",
		Main: func(t T, tr transport.Transport) {
			client := t.Start("client", ProcessConfig{})
			l := listen(t, tr, "s", 10, transport.ListenConfig{})
			s := must(l.Accept(later(tr)))(t)
			say(t, tr, s, "ABC")
			hear(t, tr, s, "DEFGH")
			ok(t, s.Close(later(tr)))
			ok(t, l.Close())
			ok(t, client.Wait(later(tr)))
		},
		Roles: []NamedRole{{"client", func(t T, tr transport.Transport) {
			s := reach(t, tr, "s")
			hear(t, tr, s, "ABC")
			say(t, tr, s, "DE")
			say(t, tr, s, "FGH")
			hearEnd(t, tr, s)
			ok(t, s.Close(later(tr)))
		}}},
	},
	{
		Name: "stream/names",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			a := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			b := must(l.Accept(later(tr)))(t)
			path := transport.Addr(t.Path("s"))
			for _, c := range []struct {
				who       string
				got, want transport.Addr
			}{
				{"listener", l.Addr(), path},
				{"client's own", a.LocalAddr(), ""},
				{"client's peer", a.RemoteAddr(), path},
				{"server's own", b.LocalAddr(), path},
				{"server's peer", b.RemoteAddr(), ""},
			} {
				if c.got != c.want {
					t.Errorf("%s name is %q, want %q", c.who, c.got, c.want)
				}
			}
			ok(t, tr.Rename(t.Path("s"), t.Path("moved")))
			if b.LocalAddr() != path {
				t.Errorf("after a rename the name is %q", b.LocalAddr())
			}
			c := must(ipc.Connect(tr, t.Path("moved"), later(tr)))(t)
			ok(t, c.Abort())
			ok(t, l.Close())
			ok(t, a.Abort())
			ok(t, b.Abort())
		},
	},
	{
		// One sender and one receiver on each side, all at once.
		Name: "stream/both-ways",
		Main: func(t T, tr transport.Transport) {
			a, b := met(t, tr, "s")
			sent := pattern(1<<20 + 17)
			flow := func(name string, from, to *ipc.Conn) (join func()) {
				join1 := aside(t, tr, name+"-send", func() { ok(t, from.Send(sent, later(tr))) })
				join2 := aside(t, tr, name+"-recv", func() {
					got := make([]byte, len(sent))
					ok(t, to.Recv(got[:1], later(tr)))
					ok(t, to.Recv(got[1:100000], later(tr)))
					ok(t, to.Recv(got[100000:], later(tr)))
					same(t, got, sent)
				})
				return func() { join1(); join2() }
			}
			there, back := flow("there", a, b), flow("back", b, a)
			there()
			back()
			join := aside(t, tr, "close", func() { ok(t, a.Close(later(tr))) })
			ok(t, b.Close(later(tr)))
			join()
		},
	},
	{
		// Small receives out of what came together, and one receive out of many
		// small sends: a reader-ahead must lose and repeat nothing.
		Name: "stream/boundaries",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			sent := pattern(9000)
			ok(t, a.Send(sent, later(tr)))
			got := make([]byte, len(sent))
			for rest, n := got, 1; len(rest) > 0; n = n*3 + 1 {
				n = min(n, len(rest))
				ok(t, b.Recv(rest[:n], later(tr)))
				rest = rest[n:]
			}
			same(t, got, sent)
			clear(got)
			join := aside(t, tr, "recv", func() { ok(t, b.Recv(got[:900], later(tr))) })
			for i := 0; i < 900; i += 9 {
				ok(t, a.Send(sent[i:i+9], later(tr)))
			}
			join()
			same(t, got[:900], sent[:900])
			ok(t, a.Abort())
			hearEnd(t, tr, b)
		},
	},
	{
		// Rule 7.
		Name: "stream/nothing",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			none := [][]byte{nil, {}}
			ok(t, a.Send(nil, transport.Immediate))
			ok(t, a.SendList(none, transport.Immediate))
			ok(t, a.Recv([]byte{}, transport.Immediate))
			ok(t, a.RecvList([]ipc.Buf{{}, {Bytes: []byte{}}}, transport.Immediate))
			ok(t, a.Skip(0, transport.Immediate))
			works(t, tr, a, b)

			ok(t, b.Abort()) // the socket is not touched, so nobody notices
			ok(t, a.Send(nil, transport.Immediate))
			ok(t, a.Recv(nil, transport.Immediate))
			t.Want(a.Send([]byte("x"), later(tr)), Send, syscall.ECONNRESET)
			t.Want(a.Send(nil, transport.Immediate), Send, syscall.ECONNRESET)
			hearEnd(t, tr, a)
			t.Want(a.Recv(nil, transport.Immediate), Recv, syscall.EPIPE)
			ok(t, a.Abort())
			t.Want(a.Send(nil, transport.Immediate), Send, syscall.EBADF)
			t.Want(a.Recv(nil, transport.Immediate), Recv, syscall.EBADF)

			a, b = pair(t, tr)
			ok(t, a.Done())
			t.Want(a.Send(nil, transport.Immediate), Send, syscall.EPIPE)
			t.Want(b.Recv(make([]byte, 1), later(tr)), Recv, syscall.EPIPE)
		},
	},
}
