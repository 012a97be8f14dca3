package ipctest

import (
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Who removes a listener's file.
var unlinkScenarios = []Scenario{
	{
		Name: "unlink/own",
		Main: func(t T, tr transport.Transport) {
			for _, takeover := range []bool{false, true} {
				l := listen(t, tr, "s", 1, transport.ListenConfig{Unlink: true, Takeover: takeover})
				c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
				s := must(l.Accept(later(tr)))(t)
				ok(t, l.Close())
				_, err := ipc.Connect(tr, t.Path("s"), later(tr))
				t.Want(err, Connect, syscall.ENOENT)
				works(t, tr, c, s)
			}
		},
	},
	{
		Name: "unlink/successor",
		Main: func(t T, tr transport.Transport) {
			first := listen(t, tr, "s", 1, transport.ListenConfig{Unlink: true})
			ok(t, tr.Remove(t.Path("s")))
			second := listen(t, tr, "s", 1, transport.ListenConfig{Unlink: true})
			ok(t, first.Close())
			ok(t, must(ipc.Connect(tr, t.Path("s"), later(tr)))(t).Abort())

			ok(t, tr.Rename(t.Path("s"), t.Path("moved")))
			third := listen(t, tr, "s", 1, transport.ListenConfig{})
			ok(t, second.Close())
			ok(t, must(ipc.Connect(tr, t.Path("s"), later(tr)))(t).Abort())
			ok(t, third.Close())
		},
	},
	{
		Name: "unlink/gone",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{Unlink: true})
			ok(t, tr.Remove(t.Path("s")))
			ok(t, l.Close())
		},
	},
	{
		// A descriptor that was handed out may serve on.
		Name: "unlink/handed-over",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{Unlink: true})
			fd := must(l.Dup())(t)
			ok(t, l.Close())
			c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			l = must(ipc.ListenerFromFD(tr, fd, transport.ListenConfig{}))(t)
			s := must(l.Accept(later(tr)))(t)
			works(t, tr, c, s)
			ok(t, l.Close())
			_, err := ipc.Connect(tr, t.Path("s"), later(tr))
			t.Want(err, Connect, syscall.ECONNREFUSED) // it was not the one who made the file
		},
	},
}
