package ipctest

import (
	"io/fs"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Permissions. The same call of the same user is refused and then works, and
// only a mode has changed in between.

// asOther plays a role as another user and waits for it.
func asOther(t T, tr transport.Transport, role string) {
	t.Helper()
	ok(t, t.Start(role, ProcessConfig{UID: OtherUID}).Wait(later(tr)))
}

func connectTo(name string) Role {
	return func(t T, tr transport.Transport) {
		c := must(ipc.Connect(tr, t.Path(name), later(tr)))(t)
		ok(t, c.Close(later(tr)))
	}
}

func cannotConnectTo(name string) Role {
	return func(t T, tr transport.Transport) {
		_, err := ipc.Connect(tr, t.Path(name), later(tr))
		t.Want(err, Connect, syscall.EACCES)
	}
}

// admit accepts one connection while a role is played as another user.
func admit(t T, tr transport.Transport, l *ipc.Listener, role string) {
	t.Helper()
	join := aside(t, tr, "accept", func() {
		ok(t, must(l.Accept(later(tr)))(t).Close(later(tr)))
	})
	asOther(t, tr, role)
	join()
}

var accessScenarios = []Scenario{
	{
		Name:  "access/connect",
		Needs: []Ability{OtherUser},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			for _, mode := range []fs.FileMode{0o600, 0o755, 0o775, 0o774} {
				ok(t, tr.Chmod(t.Path("s"), mode))
				asOther(t, tr, "refused")
			}
			for _, mode := range []fs.FileMode{0o666, 0o002} { // only w counts
				ok(t, tr.Chmod(t.Path("s"), mode))
				admit(t, tr, l, "admitted")
			}
			ok(t, l.Close())
		},
		Roles: []NamedRole{{"refused", cannotConnectTo("s")}, {"admitted", connectTo("s")}},
	},
	{
		Name:  "access/listen",
		Needs: []Ability{OtherUser},
		Scene: []Node{{Name: "dir", Mode: fs.ModeDir | 0o755}},
		Main: func(t T, tr transport.Transport) {
			asOther(t, tr, "refused")
			ok(t, tr.Chmod(t.Path("dir"), 0o777))
			asOther(t, tr, "admitted")
		},
		Roles: []NamedRole{
			{"refused", func(t T, tr transport.Transport) {
				_, err := ipc.Listen(tr, t.Path("dir/s"), 1, transport.ListenConfig{})
				t.Want(err, Listen, syscall.EACCES)
				_, err = ipc.Listen(tr, t.Path("dir/s"), 1, transport.ListenConfig{Takeover: true})
				t.Want(err, Listen, syscall.EACCES)
			}},
			{"admitted", func(t T, tr transport.Transport) {
				ok(t, listen(t, tr, "dir/s", 1, transport.ListenConfig{}).Close())
				ok(t, listen(t, tr, "dir/s", 1, transport.ListenConfig{Takeover: true}).Close())
			}},
		},
	},
	{
		Name:  "access/search",
		Needs: []Ability{OtherUser},
		Scene: []Node{{Name: "dir", Mode: fs.ModeDir | 0o700}},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "dir/s", 4, transport.ListenConfig{})
			ok(t, tr.Chmod(t.Path("dir/s"), 0o666))
			asOther(t, tr, "refused")
			asOther(t, tr, "no-listener")
			ok(t, tr.Chmod(t.Path("dir"), 0o711))
			admit(t, tr, l, "admitted")
			ok(t, l.Close())
		},
		Roles: []NamedRole{
			{"refused", cannotConnectTo("dir/s")},
			{"no-listener", cannotConnectTo("dir/missing")}, // and not told that it is missing
			{"admitted", connectTo("dir/s")},
		},
	},
	{
		Name:  "access/lock",
		Needs: []Ability{OtherUser},
		Main: func(t T, tr transport.Transport) {
			ok(t, must(tr.Lock(t.Path("lock"), later(tr)))(t).Close()) // makes it with mode 0600
			asOther(t, tr, "refused")
			ok(t, tr.Chmod(t.Path("lock"), 0o666))
			asOther(t, tr, "admitted")
		},
		Roles: []NamedRole{
			{"refused", func(t T, tr transport.Transport) {
				_, err := tr.Lock(t.Path("lock"), later(tr))
				expect(t, err, "lock", syscall.EACCES)
			}},
			{"admitted", func(t T, tr transport.Transport) {
				ok(t, must(tr.Lock(t.Path("lock"), later(tr)))(t).Close())
			}},
		},
	},
}
