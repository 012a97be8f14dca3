package ipctest

import (
	"io/fs"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// What is left of a process that was killed.

// kill kills a process and waits for its end: until then it may still hold
// what it held.
func kill(t T, tr transport.Transport, p Process) {
	t.Helper()
	ok(t, p.Kill())
	ok(t, p.Wait(later(tr)))
}

// linger is how a role waits to be killed.
func linger(t T, tr transport.Transport) {
	tr.Sleep(later(tr))
	t.Error("was not killed")
}

var killScenarios = []Scenario{
	{
		// In the middle of a message: what there was of it is lost.
		Name:  "kill/mid-message",
		Needs: []Ability{Kill},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			victim := t.Start("victim", ProcessConfig{})
			s := must(l.Accept(later(tr)))(t)
			hear(t, tr, s, "first")
			join := aside(t, tr, "recv", func() {
				t.Want(s.Recv(make([]byte, 10), later(tr)), Recv, syscall.EPIPE)
			})
			pause(tr)
			kill(t, tr, victim)
			ok(t, victim.Kill()) // which changes nothing
			join()
			t.Want(s.Recv(make([]byte, 1), later(tr)), Recv, syscall.EPIPE)
			t.Want(s.Send([]byte("x"), later(tr)), Send, syscall.ECONNRESET)
			t.Want(s.Close(later(tr)), Close, syscall.ECONNRESET)
			ok(t, l.Close())
		},
		Roles: []NamedRole{{"victim", func(t T, tr transport.Transport) {
			c := reach(t, tr, "s")
			say(t, tr, c, "firstseco")
			linger(t, tr)
			ok(t, c.Abort())
		}}},
	},
	{
		// With something unread.
		Name:  "kill/unread",
		Needs: []Ability{Kill},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			victim := t.Start("victim", ProcessConfig{})
			s := must(l.Accept(later(tr)))(t)
			say(t, tr, s, "never read")
			hear(t, tr, s, "ready")
			kill(t, tr, victim)
			t.Want(s.Recv(make([]byte, 1), later(tr)), Recv, syscall.ECONNRESET)
			t.Want(s.Close(later(tr)), Close, syscall.ECONNRESET)
			ok(t, l.Close())
		},
		Roles: []NamedRole{{"victim", readyVictim}},
	},
	{
		// While one sends to it that has filled its buffer.
		Name:  "kill/sender",
		Needs: []Ability{Kill},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			victim := t.Start("victim", ProcessConfig{})
			s := must(l.Accept(later(tr)))(t)
			hear(t, tr, s, "ready")
			join := aside(t, tr, "send", func() {
				t.Want(s.Send(make([]byte, flood), later(tr)), Send, syscall.ECONNRESET)
			})
			pause(tr)
			kill(t, tr, victim)
			join()
			ok(t, l.Close())
		},
		Roles: []NamedRole{{"victim", readyVictim}},
	},
	{
		// The handshake of an orderly close has no partner any more.
		Name:  "kill/closing",
		Needs: []Ability{Kill},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			victim := t.Start("victim", ProcessConfig{})
			s := must(l.Accept(later(tr)))(t)
			hear(t, tr, s, "ready")
			say(t, tr, s, "never read")
			join := aside(t, tr, "close", func() { t.Want(s.Close(later(tr)), Close, syscall.ECONNRESET) })
			pause(tr)
			kill(t, tr, victim)
			join()
			ok(t, l.Close())
		},
		Roles: []NamedRole{{"victim", readyVictim}},
	},
	{
		// A listener leaves its file, and resets what it did not accept.
		Name:  "kill/listener",
		Needs: []Ability{Kill},
		Main: func(t T, tr transport.Transport) {
			victim := t.Start("victim", ProcessConfig{})
			c := reach(t, tr, "s")
			kill(t, tr, victim)
			t.Want(c.Recv(make([]byte, 1), later(tr)), Recv, syscall.ECONNRESET)
			_, err := ipc.Connect(tr, t.Path("s"), later(tr))
			t.Want(err, Connect, syscall.ECONNREFUSED)
			_, err = ipc.Listen(tr, t.Path("s"), 1, transport.ListenConfig{Unlink: true})
			t.Want(err, Listen, syscall.EADDRINUSE)
			ok(t, tr.Remove(t.Path("s")))
			ok(t, listen(t, tr, "s", 1, transport.ListenConfig{}).Close())
		},
		Roles: []NamedRole{{"victim", func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{Unlink: true})
			linger(t, tr)
			ok(t, l.Close())
		}}},
	},
	{
		// Descriptors that were passed to it are closed with it.
		Name:  "kill/passed",
		Needs: []Ability{Kill, Descriptors},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			victim := t.Start("victim", ProcessConfig{})
			s := must(l.Accept(later(tr)))(t)
			fd, far := parcel(t, tr)
			ok(t, s.SendFD(fd, later(tr)))
			ok(t, fd.Close())
			hear(t, tr, s, "got it")
			_, err := far.RecvFD(tr.Now())
			t.Want(err, RecvFD, syscall.ETIMEDOUT) // it lives
			fd, far = parcel(t, tr)
			ok(t, s.SendFD(fd, later(tr))) // this one it will not receive
			ok(t, fd.Close())
			kill(t, tr, victim)
			hearGone(t, tr, far)
			ok(t, l.Close())
		},
		Roles: []NamedRole{{"victim", func(t T, tr transport.Transport) {
			c := reach(t, tr, "s")
			fd := must(c.RecvFD(later(tr)))(t)
			say(t, tr, c, "got it")
			linger(t, tr)
			ok(t, fd.Close())
			ok(t, c.Abort())
		}}},
	},
}

// readyVictim connects, says so, and receives nothing.
func readyVictim(t T, tr transport.Transport) {
	c := reach(t, tr, "s")
	say(t, tr, c, "ready")
	linger(t, tr)
	ok(t, c.Abort())
}

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
