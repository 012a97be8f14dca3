package ipctest

import (
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Connections that nobody has accepted. That connect meets its deadline at a
// full backlog is in block.go.
var backlogScenarios = []Scenario{
	{
		Name:  "backlog/count",
		Needs: []Ability{LinuxBacklog},
		Main: func(t T, tr transport.Transport) {
			for backlog, name := range []string{"s0", "s1", "s2", "s3"} {
				l := listen(t, tr, name, backlog, transport.ListenConfig{})
				kept := crowd(t, tr, name)
				if len(kept) != backlog+1 {
					t.Errorf("a backlog of %d keeps %d connections", backlog, len(kept))
				}
				ok(t, kept[0].Abort()) // which does not make room
				if n := len(crowd(t, tr, name)); n != 0 {
					t.Errorf("%d more connections for one that left", n)
				}
				for i, c := range kept {
					s := must(l.Accept(later(tr)))(t)
					if i > 0 {
						works(t, tr, c, s) // in the order in which they came
					}
					ok(t, s.Abort())
				}
				ok(t, l.Close())
			}
		},
	},
	{
		Name: "backlog/room",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 0, transport.ListenConfig{})
			kept := crowd(t, tr, "s")
			start := tr.Now()
			_, err := ipc.Connect(tr, t.Path("s"), start)
			t.Want(err, Connect, syscall.ETIMEDOUT)
			t.OnTime(tr, start)
			var c *ipc.Conn
			join := aside(t, tr, "connect", func() {
				c = must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
				say(t, tr, c, "at last")
			})
			pause(tr)
			for range kept {
				ok(t, must(l.Accept(later(tr)))(t).Abort())
			}
			s := must(l.Accept(later(tr)))(t)
			hear(t, tr, s, "at last")
			join()
			works(t, tr, s, c)
			ok(t, l.Close())
			for _, k := range kept {
				ok(t, k.Abort())
			}
		},
	},
	{
		// A listener that closes turns away those who wait for room.
		Name: "backlog/listener-leaves",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 0, transport.ListenConfig{})
			kept := crowd(t, tr, "s")
			join := aside(t, tr, "connect", func() {
				_, err := ipc.Connect(tr, t.Path("s"), later(tr))
				t.Want(err, Connect, syscall.ECONNREFUSED)
			})
			pause(tr)
			ok(t, l.Close())
			join()
			for _, k := range kept {
				t.Want(k.Recv(make([]byte, 1), later(tr)), Recv, syscall.ECONNRESET)
				ok(t, k.Abort())
			}
		},
	},
	{
		// Connections that a listener leaves behind unaccepted are reset, whether
		// they have sent anything or not.
		Name: "backlog/reset",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			var c [4]*ipc.Conn
			for i := range c {
				c[i] = must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			}
			say(t, tr, c[1], "hello")
			ok(t, c[2].Done())
			ok(t, l.Close())
			p := make([]byte, 1)
			for _, c := range c[:3] {
				t.Want(c.Recv(p, later(tr)), Recv, syscall.ECONNRESET)
				t.Want(c.Recv(p, later(tr)), Recv, syscall.ECONNRESET)
			}
			t.Want(c[0].Send(p, later(tr)), Send, syscall.ECONNRESET)
			t.Want(c[1].Close(later(tr)), Close, syscall.ECONNRESET)
			t.Want(c[2].Send(p, later(tr)), Send, syscall.EPIPE)
			t.Want(c[3].Close(later(tr)), Close, syscall.ECONNRESET)
		},
	},
	{
		// Who left before he was accepted is accepted all the same.
		Name: "backlog/gone",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			say(t, tr, c, "was here")
			ok(t, c.Abort())
			s := must(l.Accept(later(tr)))(t)
			hear(t, tr, s, "was here")
			hearEnd(t, tr, s)
			ok(t, s.Close(later(tr)))
			ok(t, l.Close())
		},
	},
	{
		// Data, and even a whole conversation's end, before accept.
		Name: "backlog/early-data",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			say(t, tr, c, "early")
			ok(t, c.Done())
			s := must(l.Accept(later(tr)))(t)
			hear(t, tr, s, "early")
			hearEnd(t, tr, s)
			join := aside(t, tr, "close", func() { ok(t, s.Close(later(tr))) })
			ok(t, c.Close(later(tr)))
			join()
			ok(t, l.Close())
		},
	},
}
