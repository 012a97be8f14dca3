package ipctest

import (
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

// encounter starts the role "victim" and accepts its connection.
func encounter(t T, tr transport.Transport) (*ipc.Listener, Process, *ipc.Conn) {
	t.Helper()
	l := listen(t, tr, "s", 1, transport.ListenConfig{})
	victim := t.Start("victim", ProcessConfig{})
	return l, victim, must(l.Accept(later(tr)))(t)
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
			l, victim, s := encounter(t, tr)
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
			l, victim, s := encounter(t, tr)
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
			l, victim, s := encounter(t, tr)
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
			l, victim, s := encounter(t, tr)
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
			l, victim, s := encounter(t, tr)
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
