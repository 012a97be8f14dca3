package afunix

import "syscall"

// Listen makes a bound socket listen, or changes the backlog of one that does;
// nothing that waits already is dropped. backlog+1 connections can wait; a
// negative backlog, like one that is too large, is Config.SoMaxConn. Errors:
// EBADF, ENOTSOCK; EINVAL for a socket without a name or with a connection.
func (k *Kernel) Listen(p ProcID, d Desc, backlog int) (errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	pr, s, errno := k.socket(p, d)
	if errno != 0 {
		return errno, nil
	}
	if uint(backlog) > uint(k.cfg.SoMaxConn) { // net/socket.c, __sys_listen
		backlog = k.cfg.SoMaxConn
	}
	if s.name == "" || s.state == connected {
		return syscall.EINVAL, nil
	}
	if backlog > s.backlog {
		k.wake(s, Slot)
	}
	s.backlog = backlog
	s.state = listening
	s.cred = pr.cred() // for those who connect (unix_listen, update_peercred)
	return 0, k.ready()
}

// full reports whether a listener's queue has no room. One more than backlog
// finds a place (unix_recvq_full).
func (s *socket) full() bool { return s.npending > s.backlog }

// Accept takes the connection that has waited longest, whose client may be gone.
//
// Errors: EBADF; EMFILE, which comes before the rest because the number is taken
// first (net/socket.c, __sys_accept4_file); ENOTSOCK; EINVAL if the socket does
// not listen; EAGAIN, also after SHUT_RD.
func (k *Kernel) Accept(p ProcID, d Desc) (conn Desc, errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	pr, f, errno := k.desc(p, d)
	if errno != 0 {
		return -1, errno, nil
	}
	n, errno := pr.free(0)
	if errno != 0 {
		return -1, errno, nil
	}
	s := f.sock
	if s == nil {
		return -1, syscall.ENOTSOCK, nil
	}
	if errno := k.moreFiles(pr, 1); errno != 0 {
		return -1, errno, nil
	}
	if s.state != listening {
		return -1, syscall.EINVAL, nil
	}
	e := s.pending
	if e == nil {
		return -1, syscall.EAGAIN, nil
	}
	s.pending, e.next = e.next, nil
	s.npending--
	e.uid, e.gid = pr.uid, pr.gid
	k.wake(s, Slot)
	return pr.install(n, k.open(e)), 0, k.ready()
}
