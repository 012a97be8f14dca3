package ipctest

import (
	"io/fs"
	"syscall"

	"example.com/brine/transport"
)

// Locks of files.
var lockScenarios = []Scenario{
	{
		Name: "lock/contention",
		Main: func(t T, tr transport.Transport) {
			path := t.Path("lock")
			lock := must(tr.Lock(path, transport.Immediate))(t)
			start := tr.Now()
			_, err := tr.Lock(path, start)
			expect(t, err, "lock", syscall.ETIMEDOUT)
			t.OnTime(tr, start)
			deadline := soon(tr)
			_, err = tr.Lock(path, deadline)
			expect(t, err, "lock", syscall.ETIMEDOUT)
			t.OnTime(tr, deadline)
			ok(t, must(tr.Lock(t.Path("other"), transport.Immediate))(t).Close())

			v, cancel := view(tr)
			join := aside(t, tr, "cancelled", func() {
				_, err := v.Lock(path, later(tr))
				expect(t, err, "lock", syscall.ECANCELED)
			})
			pause(tr)
			cancel()
			join()
			join = aside(t, tr, "lock", func() { ok(t, must(tr.Lock(path, later(tr)))(t).Close()) })
			pause(tr)
			ok(t, lock.Close())
			join()
			ok(t, tr.Remove(path)) // it is still there
		},
	},
	{
		Name: "lock/processes",
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			holder := t.Start("holder", ProcessConfig{})
			s := must(l.Accept(later(tr)))(t)
			hear(t, tr, s, "held")
			_, err := tr.Lock(t.Path("lock"), soon(tr))
			expect(t, err, "lock", syscall.ETIMEDOUT)
			say(t, tr, s, "release")
			lock := must(tr.Lock(t.Path("lock"), later(tr)))(t)
			ok(t, lock.Close())
			ok(t, holder.Wait(later(tr)))
			ok(t, l.Close())
		},
		Roles: []NamedRole{{"holder", func(t T, tr transport.Transport) {
			c := reach(t, tr, "s")
			lock := must(tr.Lock(t.Path("lock"), later(tr)))(t)
			say(t, tr, c, "held")
			hear(t, tr, c, "release")
			ok(t, lock.Close())
			ok(t, c.Abort())
		}}},
	},
	{
		Name:  "lock/death",
		Needs: []Ability{Kill},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{})
			holder := t.Start("holder", ProcessConfig{})
			s := must(l.Accept(later(tr)))(t)
			hear(t, tr, s, "held")
			_, err := tr.Lock(t.Path("lock"), transport.Immediate)
			expect(t, err, "lock", syscall.ETIMEDOUT)
			join := aside(t, tr, "lock", func() { ok(t, must(tr.Lock(t.Path("lock"), later(tr)))(t).Close()) })
			pause(tr)
			ok(t, holder.Kill())
			join()
			ok(t, holder.Wait(later(tr)))
			ok(t, l.Close())
		},
		Roles: []NamedRole{{"holder", func(t T, tr transport.Transport) {
			c := reach(t, tr, "s")
			lock := must(tr.Lock(t.Path("lock"), later(tr)))(t)
			say(t, tr, c, "held")
			linger(t, tr)
			ok(t, lock.Close())
			ok(t, c.Abort())
		}}},
	},
	{
		Name: "lock/names",
		Scene: []Node{
			{Name: "file", Mode: 0o644},
			{Name: "to-file", Mode: fs.ModeSymlink, Target: "file"},
			{Name: "dangling", Mode: fs.ModeSymlink, Target: "nobody"},
		},
		Main: func(t T, tr transport.Transport) {
			for _, c := range []struct {
				name  string
				errno syscall.Errno
			}{
				{"to-file", syscall.ELOOP},
				{"dangling", syscall.ELOOP},
				{"missing/lock", syscall.ENOENT},
				{"file/lock", syscall.ENOTDIR},
			} {
				_, err := tr.Lock(t.Path(c.name), transport.Immediate)
				expect(t, err, "lock "+c.name, c.errno)
			}
			lock := must(tr.Lock(t.Path("file"), transport.Immediate))(t)
			ok(t, lock.Close())
			expect(t, lock.Close(), "close again", syscall.EBADF)
		},
	},
}
