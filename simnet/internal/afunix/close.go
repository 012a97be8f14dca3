package afunix

import "syscall"

// Close closes a descriptor, and with the last one of a description that,
// too. Errors: EBADF.
func (k *Kernel) Close(p ProcID, d Desc) (errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	pr, _, errno := k.desc(p, d)
	if errno != 0 {
		return errno, nil
	}
	k.put(pr.remove(d))
	k.reap()
	return 0, k.ready()
}

// put gives up a reference. If it was the last, reap releases the file. If only
// messages in flight are left, reap sees whether they can be received.
func (k *Kernel) put(f *file) {
	f.refs--
	switch {
	case f.refs == 0:
		k.closing = append(k.closing, f)
	case f.refs == f.flight && f.sock != nil:
		k.suspects = append(k.suspects, f)
	}
}

// reap releases the files whose last reference is gone. What they in turn held
// (descriptors in messages that nobody will read) is released in further rounds,
// each from the last to the first, as task_work_run does.
func (k *Kernel) reap() {
	for len(k.closing) > 0 || k.collectCircles() {
		k.closing, k.releasing = k.releasing[:0], k.closing
		for i := len(k.releasing) - 1; i >= 0; i-- {
			k.release(k.releasing[i])
			k.releasing[i] = nil
		}
	}
}

func (k *Kernel) release(f *file) {
	switch {
	case f.sock != nil:
		s := f.sock
		k.bury(s, false)
	case f.node != nil:
		if f.node.lock == f {
			k.unlock(f.node)
		}
		k.tree.unref(f.node)
	}
	k.nfiles--
	k.pool.putFile(f)
}

// bury ends the life of a socket (unix_release_sock). Its peer can neither read
// nor write from then on, and is told by ECONNRESET if anything was lost: bytes
// that s did not read, or, if s is an embryo, that nobody ever accepted.
func (k *Kernel) bury(s *socket, embryo bool) {
	k.forget(s)
	if s.state == listening {
		k.wake(s, Slot)
	}
	s.state, s.shut, s.dead, s.file = unconnected, shutBoth, true, nil
	peer := s.peer
	s.peer = nil
	if peer != nil && !peer.dead {
		peer.shut = shutBoth
		if s.rq.npieces > 0 || embryo {
			peer.err = syscall.ECONNRESET
		}
		k.wake(peer, In|Out)
	}
	k.flush(s, peer)
	for s.pending != nil {
		e := s.pending
		s.pending, e.next = e.next, nil
		k.bury(e, true)
	}
	switch {
	case peer == nil:
		k.freeSocket(s)
	case peer.dead: // and kept by s alone
		k.freeSocket(peer)
		k.freeSocket(s)
	}
}

// flush throws away what a socket has not read.
func (k *Kernel) flush(s, peer *socket) {
	for s.rq.npieces > 0 {
		e := s.rq.front()
		if e.rights != nil {
			k.landed(e.rights)
		}
		k.refund(peer, e)
		s.rq.discard(e)
		s.rq.next()
	}
	s.rq.drop(&k.pool)
}

// forget takes a socket's name out of the namespaces. The file stays.
func (k *Kernel) forget(s *socket) {
	if s.node != nil {
		s.node.sock = nil
		k.tree.unref(s.node)
		s.node = nil
	}
	if s.entered {
		k.leave(s)
	}
}
