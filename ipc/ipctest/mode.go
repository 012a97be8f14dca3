package ipctest

import (
	"io/fs"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// ListenConfig.Mode.
var modeScenarios = []Scenario{
	{
		Name:  "mode/exact",
		Needs: []Ability{OtherUser, SocketMode},
		Main: func(t T, tr transport.Transport) {
			cfg := transport.ListenConfig{Unlink: true}
			for _, c := range []struct {
				mode fs.FileMode
				role string
			}{{0o600, "refused"}, {0o660, "refused"}, {0o666, "admitted"}, {0o777, "admitted"}, {0o622, "admitted"}} {
				cfg.Mode = c.mode
				l := listen(t, tr, "s", 4, cfg)
				if c.role == "admitted" {
					admit(t, tr, l, c.role)
				} else {
					asOther(t, tr, c.role)
				}
				ok(t, l.Close())
				cfg.Takeover = !cfg.Takeover
			}
		},
		Roles: []NamedRole{{"refused", cannotConnectTo("s")}, {"admitted", connectTo("s")}},
	},
	{
		// A mode takes nobody's place.
		Name:  "mode/in-use",
		Needs: []Ability{SocketMode},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{Mode: 0o600})
			_, err := ipc.Listen(tr, t.Path("s"), 1, transport.ListenConfig{Mode: 0o666})
			t.Want(err, Listen, syscall.EADDRINUSE)
			a := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			b := must(l.Accept(later(tr)))(t)
			if got, want := b.LocalAddr(), transport.Addr(t.Path("s")); got != want {
				t.Errorf("the name is %q, want %q", got, want)
			}
			works(t, tr, a, b)
			ok(t, l.Close())
			_, err = ipc.Listen(tr, t.Path("missing/s"), 1, transport.ListenConfig{Mode: 0o600})
			t.Want(err, Listen, syscall.ENOENT)
		},
	},
}
