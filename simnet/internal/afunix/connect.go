package afunix

import "syscall"

// Connect connects a socket to the listener at name. EAGAIN means that the
// queue of the listener full has no room. On failure the socket is as before.
//
// Errors, in this order: EBADF, ENOTSOCK; EINVAL for a name of no or more than
// 108 bytes; ENFILE; those of a path; EACCES without write permission on the
// file; ECONNREFUSED where nobody listens, EPROTOTYPE for a socket of another
// type; EAGAIN; EISCONN for a connected socket, EINVAL for one that listens.
func (k *Kernel) Connect(p ProcID, d Desc, name string) (full ID, errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	pr, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, errno, nil
	}
	if name == "" || len(name) > maxName {
		return 0, syscall.EINVAL, nil
	}
	if errno := k.moreSockets(1); errno != 0 {
		return 0, errno, nil
	}
	l, errno := k.listener(pr, s.typ, name)
	if errno != 0 {
		return 0, errno, nil
	}
	switch {
	case l.state != listening || l.shut&shutRecv != 0:
		return 0, syscall.ECONNREFUSED, nil
	case l.full():
		return l.id, syscall.EAGAIN, nil
	// What the socket itself is comes last (unix_stream_connect).
	case s.state == connected:
		return 0, syscall.EISCONN, nil
	case s.state == listening:
		return 0, syscall.EINVAL, nil
	}
	e := k.newSocket(pr, Stream)
	e.state, s.state = connected, connected
	e.peer, s.peer = s, e
	e.name = l.name
	e.cred = pr.cred()
	s.cred = l.cred
	if l.last != nil && l.npending > 0 {
		l.last.next = e
	} else {
		l.pending = e
	}
	l.last = e
	l.npending++
	k.wake(l, In)
	return 0, 0, k.ready()
}

// listener finds what has a name (unix_find_other).
func (k *Kernel) listener(pr *process, typ Type, name string) (*socket, syscall.Errno) {
	if name[0] == 0 {
		if s := k.abstract(name, typ); s != nil {
			return s, 0
		}
		return nil, syscall.ECONNREFUSED
	}
	n, errno := k.find(pr, pathOf(name), followed)
	if errno != 0 {
		return nil, errno
	}
	// Whatever it is (unix_find_bsd).
	if errno := k.tree.permits(pr, n, mayWrite); errno != 0 {
		return nil, errno
	}
	switch {
	case n.sock == nil:
		return nil, syscall.ECONNREFUSED
	case n.sock.typ != typ:
		return nil, syscall.EPROTOTYPE
	}
	return n.sock, 0
}
