package afunix

import "syscall"

// Sever cuts a connection in two, as a fault: "connection reset by peer" although
// neither end did anything. No kernel does that to a socket by itself. It leaves
// both ends as if the connection had been two all along, joined by a process in
// the middle that passed everything on, and which was killed with something
// unread from either side: what had arrived can be read, then comes ECONNRESET,
// once, then the end of the stream, and to send is EPIPE (unix_release_sock). The
// names and credentials of the other end are reported as before, since those of
// the middle are not what anybody asks for.
//
// The far end may still wait to be accepted; it comes out of Accept like that.
// The caller's own end is told first. Errors: EBADF, ENOTSOCK; ENOTCONN without a
// peer that lives.
func (k *Kernel) Sever(p ProcID, d Desc) (errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return errno, nil
	}
	return k.sever(s)
}

func (k *Kernel) sever(s *socket) (errno syscall.Errno, woken []Waiter) {
	peer := s.peer
	if peer == nil || peer.dead {
		return syscall.ENOTCONN, nil
	}
	s.peer, peer.peer = k.standIn(peer), k.standIn(s)
	k.reset(s)
	k.reset(peer)
	return 0, k.ready()
}

// standIn makes the dead peer that a severed socket has in place of s: it bears
// the name, and is charged with what s had sent.
func (k *Kernel) standIn(s *socket) *socket {
	t := k.newSocket(&process{uid: s.uid, gid: s.gid}, s.typ)
	t.shut, t.dead, t.name = shutBoth, true, s.name
	t.outq, s.outq = s.outq, 0
	return t
}

// reset tells a socket that its peer is gone with something unread, and that it
// was paid back what it had sent.
func (k *Kernel) reset(s *socket) {
	s.shut, s.err = shutBoth, syscall.ECONNRESET
	k.wake(s, In|Out)
}
