package ipctest

import (
	"io/fs"
	"strings"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Names: what listen and connect make of them.

// A naming is a name and what the two calls answer, 0 for success.
type naming struct {
	name            string
	listen, connect syscall.Errno
}

// In the scene, live is a listener, stale the file of one that was closed.
var namings = []naming{
	{"missing/s", syscall.ENOENT, syscall.ENOENT},
	{"file/s", syscall.ENOTDIR, syscall.ENOTDIR},
	{"live/s", syscall.ENOTDIR, syscall.ENOTDIR},
	{"loop/s", syscall.ELOOP, syscall.ELOOP},
	{"missing/", syscall.ENOENT, syscall.ENOENT},
	{"live/", syscall.EADDRINUSE, syscall.ENOTDIR},
	{"file", syscall.EADDRINUSE, syscall.ECONNREFUSED},
	{"dir", syscall.EADDRINUSE, syscall.ECONNREFUSED},
	{"stale", syscall.EADDRINUSE, syscall.ECONNREFUSED},
	{"live", syscall.EADDRINUSE, 0},
	{"to-live", syscall.EADDRINUSE, 0},
	{"to-dir/../live", syscall.EADDRINUSE, 0},
	{"to-dir/s", 0, syscall.ENOENT},
	{"to-stale", syscall.EADDRINUSE, syscall.ECONNREFUSED},
	{"dangling", syscall.EADDRINUSE, syscall.ENOENT},
	{"loop", syscall.EADDRINUSE, syscall.ELOOP},
	{"to-long", syscall.EADDRINUSE, syscall.ENAMETOOLONG},
	{"to-long/s", syscall.ENAMETOOLONG, syscall.ENAMETOOLONG},
}

var pathScenarios = []Scenario{
	{
		Name: "path/kinds",
		Scene: []Node{
			{Name: "file", Mode: 0o644},
			{Name: "dir", Mode: fs.ModeDir | 0o755},
			{Name: "loop", Mode: fs.ModeSymlink, Target: "loop"},
			{Name: "dangling", Mode: fs.ModeSymlink, Target: "nobody"},
			{Name: "to-live", Mode: fs.ModeSymlink, Target: "live"},
			{Name: "to-stale", Mode: fs.ModeSymlink, Target: "to-stale2"},
			{Name: "to-stale2", Mode: fs.ModeSymlink, Target: "stale"},
			{Name: "to-dir", Mode: fs.ModeSymlink, Target: "dir"},
			{Name: "to-long", Mode: fs.ModeSymlink, Target: strings.Repeat("n", 256)},
		},
		Main: func(t T, tr transport.Transport) {
			ok(t, listen(t, tr, "stale", 1, transport.ListenConfig{}).Close())
			live := listen(t, tr, "live", 10, transport.ListenConfig{})
			for _, n := range namings {
				c, err := ipc.Connect(tr, t.Path(n.name), later(tr))
				answer(t, n.name, err, Connect, n.connect)
				if err == nil {
					ok(t, must(live.Accept(later(tr)))(t).Abort())
					ok(t, c.Abort())
				}
			}
			for _, n := range namings {
				l, err := ipc.Listen(tr, t.Path(n.name), 1, transport.ListenConfig{})
				answer(t, n.name, err, Listen, n.listen)
				if err == nil {
					ok(t, l.Close())
				}
			}
			ok(t, live.Close())
		},
	},
	{
		Name: "path/forms",
		Main: func(t T, tr transport.Transport) {
			for _, c := range []struct {
				what, path string
				errno      syscall.Errno
			}{
				{"an empty path", "", syscall.ENOENT},
				{"a NUL", t.Path("a\x00b"), syscall.EINVAL},
				{"a NUL at the end", t.Path("a\x00"), syscall.EINVAL},
				{"108 bytes", filled(t.Path("n"), 108), syscall.ENAMETOOLONG},
				{"300 bytes", filled(t.Path("n"), 300), syscall.ENAMETOOLONG},
				{"an abstract name of 108 bytes", filled("@n", 108), syscall.ENAMETOOLONG},
			} {
				_, err := ipc.Listen(tr, c.path, 1, transport.ListenConfig{})
				answer(t, c.what, err, Listen, c.errno)
				_, err = ipc.Connect(tr, c.path, later(tr))
				answer(t, c.what, err, Connect, c.errno)
			}
		},
	},
	{
		Name:  "path/longest",
		Needs: []Ability{LongPaths},
		Main: func(t T, tr transport.Transport) {
			longest := filled(t.Path("n"), 107)
			for _, cfg := range []transport.ListenConfig{{Unlink: true}, {Takeover: true, Unlink: true}} {
				l := must(ipc.Listen(tr, longest, 1, cfg))(t)
				ok(t, must(ipc.Connect(tr, longest, later(tr)))(t).Abort())
				if l.Addr() != transport.Addr(longest) {
					t.Errorf("the name is %q", l.Addr())
				}
				ok(t, l.Close())
			}
		},
	},
	{
		// Rule 11, and what a ListenConfig cannot be.
		Name: "path/listen-arguments",
		Main: func(t T, tr transport.Transport) {
			_, err := ipc.Listen(tr, t.Path("s"), -1, transport.ListenConfig{})
			t.Want(err, Listen, syscall.EINVAL)
			_, err = ipc.Listen(tr, t.Path("s"), 1, transport.ListenConfig{Mode: fs.ModeSetuid | 0o600})
			t.Want(err, Listen, syscall.EINVAL)
			_, err = ipc.Connect(tr, t.Path("s"), later(tr))
			t.Want(err, Connect, syscall.ENOENT) // nothing was made
		},
	},
	{
		// A file that lies about without its listener.
		Name: "path/stale",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			ok(t, l.Close())
			_, err := ipc.Connect(tr, t.Path("s"), later(tr))
			t.Want(err, Connect, syscall.ECONNREFUSED)
			_, err = ipc.Listen(tr, t.Path("s"), 1, transport.ListenConfig{})
			t.Want(err, Listen, syscall.EADDRINUSE)
			ok(t, tr.Remove(t.Path("s")))
			l = listen(t, tr, "s", 1, transport.ListenConfig{})
			ok(t, must(ipc.Connect(tr, t.Path("s"), later(tr)))(t).Abort())
			ok(t, l.Close())
		},
	},
	{
		Name: "path/removed",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			a := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			ok(t, tr.Remove(t.Path("s")))
			_, err := ipc.Connect(tr, t.Path("s"), later(tr))
			t.Want(err, Connect, syscall.ENOENT)
			b := must(l.Accept(later(tr)))(t) // what was pending is unaffected
			works(t, tr, a, b)
			l2 := listen(t, tr, "s", 1, transport.ListenConfig{})
			ok(t, l.Close())
			ok(t, must(ipc.Connect(tr, t.Path("s"), later(tr)))(t).Abort())
			ok(t, l2.Close())
		},
	},
	{
		Name:  "path/abstract",
		Needs: []Ability{Abstract},
		Main: func(t T, tr transport.Transport) {
			name := "@" + t.Path("s")
			l := must(ipc.Listen(tr, name, 1, transport.ListenConfig{}))(t)
			_, err := ipc.Listen(tr, name, 1, transport.ListenConfig{})
			t.Want(err, Listen, syscall.EADDRINUSE)
			_, err = ipc.Connect(tr, name+"\x00", later(tr)) // the length counts
			t.Want(err, Connect, syscall.ECONNREFUSED)
			a := must(ipc.Connect(tr, name, later(tr)))(t)
			b := must(l.Accept(later(tr)))(t)
			if got := b.LocalAddr(); got != transport.Addr(name) || !got.Abstract() {
				t.Errorf("the name is %q, want %q", got, name)
			}
			works(t, tr, a, b)
			ok(t, l.Close())
			_, err = ipc.Connect(tr, name, later(tr))
			t.Want(err, Connect, syscall.ECONNREFUSED)
			// The name is free at once, also while b lives.
			l = must(ipc.Listen(tr, name, 1, transport.ListenConfig{Takeover: true, Unlink: true}))(t)
			ok(t, l.Close())
			_, err = ipc.Listen(tr, name, 1, transport.ListenConfig{Mode: 0o600})
			t.Want(err, Listen, syscall.EINVAL)
			_, err = ipc.Connect(tr, t.Path("s.lock"), later(tr))
			t.Want(err, Connect, syscall.ENOENT) // no lock file was made either
		},
	},
}

// filled returns path made n bytes long.
func filled(path string, n int) string {
	return path + strings.Repeat("n", n-len(path))
}

// answer asserts what a call made of a name.
func answer(t T, what string, err error, call Call, errno syscall.Errno) {
	t.Helper()
	if errno != 0 {
		t.Logf("%s: %s", what, describe(err))
		t.Want(err, call, errno)
	} else if err != nil {
		t.Errorf("%s %s: %v", call, what, err)
	}
}
