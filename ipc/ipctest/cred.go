package ipctest

import (
	"errors"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Who is at the other end, and who may be.
var credScenarios = []Scenario{
	{
		// A pair's peer is the process itself; each side of a connection is told
		// about the other, who says the same of himself.
		Name:  "cred/peer",
		Needs: []Ability{PeerCred},
		Main: func(t T, tr transport.Transport) {
			credOf(t, tr, ProcessConfig{})
		},
		Roles: []NamedRole{{"client", meetServer}},
	},
	{
		Name:  "cred/other-user",
		Needs: []Ability{PeerCred, OtherUser},
		Main: func(t T, tr transport.Transport) {
			cred := credOf(t, tr, ProcessConfig{UID: OtherUID})
			if cred.UID != OtherUID || cred.GID != OtherUID {
				t.Errorf("the client is %+v, want user and group %d", cred, OtherUID)
			}
			if own := ownCred(t, tr); own.PID == cred.PID && own.PID != -1 {
				t.Errorf("another process has the same ID %d", own.PID)
			}
		},
		Roles: []NamedRole{{"client", meetServer}},
	},
	{
		// The identity is that at the time of connecting, also when the peer is
		// gone.
		Name:  "cred/gone",
		Needs: []Ability{PeerCred},
		Main: func(t T, tr transport.Transport) {
			a, b := met(t, tr, "s")
			ok(t, b.Abort())
			if got, want := must(a.PeerCred())(t), ownCred(t, tr); got != want {
				t.Errorf("the peer was %+v, want %+v", got, want)
			}
		},
	},
	{
		// A peer that is not allowed is closed, and the same Accept goes on to
		// the one that is.
		Name:  "cred/allow",
		Needs: []Ability{PeerCred, OtherUser, SocketMode},
		Main: func(t T, tr transport.Transport) {
			l := listen(t, tr, "s", 4, transport.ListenConfig{Mode: 0o666, AllowUID: []int{OtherUID}})
			var s *ipc.Conn
			join := aside(t, tr, "accept", func() { s = must(l.Accept(later(tr)))(t) })
			refused(t, tr, "s")
			other := t.Start("other", ProcessConfig{UID: OtherUID})
			join()
			hear(t, tr, s, "other")
			ok(t, s.Close(later(tr)))
			ok(t, other.Wait(later(tr)))

			// The limit survives a hand-over only if it is asked for again.
			fd := must(l.Dup())(t)
			ok(t, l.Close())
			own := ownCred(t, tr).UID
			l = must(ipc.ListenerFromFD(tr, fd, transport.ListenConfig{AllowUID: []int{own}}))(t)
			c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			s = must(l.Accept(later(tr)))(t)
			works(t, tr, c, s)
			ok(t, l.Close())
		},
		Roles: []NamedRole{{"other", func(t T, tr transport.Transport) {
			c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			say(t, tr, c, "other")
			ok(t, c.Close(later(tr)))
		}}},
	},
	{
		// Turning peers away takes no longer than the deadline allows.
		Name:  "cred/nobody",
		Needs: []Ability{PeerCred},
		Main: func(t T, tr transport.Transport) {
			own := ownCred(t, tr).UID
			l := listen(t, tr, "s", 4, transport.ListenConfig{AllowUID: []int{own + 1, own + 2}})
			deadline := soon(tr)
			join := aside(t, tr, "accept", func() {
				_, err := l.Accept(deadline)
				t.Want(err, Accept, syscall.ETIMEDOUT)
				t.OnTime(tr, deadline)
			})
			c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
			join()
			_, err := l.Accept(transport.Immediate)
			t.Want(err, Accept, syscall.ETIMEDOUT)
			turnedAway(t, tr, c)
			ok(t, l.Close())
		},
	},
}

// meetServer tells the server who this process is and is told who the server is.
func meetServer(t T, tr transport.Transport) {
	c := reach(t, tr, "s")
	exchangeCred(t, tr, c)
	ok(t, c.Close(later(tr)))
}

// credOf starts a client, is the other side of it, and returns who it is.
func credOf(t T, tr transport.Transport, cfg ProcessConfig) transport.Cred {
	t.Helper()
	l := listen(t, tr, "s", 1, transport.ListenConfig{})
	ok(t, tr.Chmod(t.Path("s"), 0o666))
	client := t.Start("client", cfg)
	s := must(l.Accept(later(tr)))(t)
	cred := exchangeCred(t, tr, s)
	ok(t, s.Close(later(tr)))
	ok(t, l.Close())
	ok(t, client.Wait(later(tr)))
	return cred
}

func exchangeCred(t T, tr transport.Transport, c *ipc.Conn) transport.Cred {
	t.Helper()
	ok(t, c.Send(encode(ownCred(t, tr)), later(tr)))
	p := make([]byte, 12)
	ok(t, c.Recv(p, later(tr)))
	peer := must(c.PeerCred())(t)
	if got := encode(peer); string(got) != string(p) {
		t.Errorf("the peer is %x by the system and %x by its own word", got, p)
	}
	return peer
}

func encode(c transport.Cred) []byte {
	var p []byte
	for _, id := range []int{c.PID, c.UID, c.GID} {
		p = append(p, byte(id>>24), byte(id>>16), byte(id>>8), byte(id))
	}
	return p
}

// refused connects and asserts that it is turned away.
func refused(t T, tr transport.Transport, name string) {
	t.Helper()
	turnedAway(t, tr, must(ipc.Connect(tr, t.Path(name), later(tr)))(t))
}

func turnedAway(t T, tr transport.Transport, c *ipc.Conn) {
	t.Helper()
	err := c.Recv(make([]byte, 1), later(tr))
	if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a peer that is not allowed: %s", describe(err))
	}
	ok(t, c.Abort())
}
