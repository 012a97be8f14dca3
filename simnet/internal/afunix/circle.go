package afunix

// Sockets can travel in messages to each other, and when the last descriptor of
// each is closed, nobody can receive them any more although each is still
// referred to. The kernel has a garbage collector for those circles, which it
// starts when a socket is closed and which runs a little later (unix_gc). Here it
// runs at once.

// collectCircles throws away the messages of circles that nobody can receive, if
// one can have come up since the last time. It reports whether there is
// something to release.
//
// What can have been the last of a circle is a socket that only messages refer
// to, and that leads to itself; nearly always there is none.
func (k *Kernel) collectCircles() bool {
	found := false
	for i, f := range k.suspects {
		k.suspects[i] = nil
		if !found && f.refs > 0 && f.refs == f.flight && f.sock != nil {
			found = f.sock.circular()
		}
	}
	k.suspects = k.suspects[:0]
	if !found {
		return false
	}
	received := k.receivable()
	for _, s := range k.socks[:k.top] {
		if s.file == nil || received[s] {
			continue
		}
		// All of them, not only those with descriptors (unix_collect_skb); so that
		// the peers of those that will be closed find nothing lost.
		if s.peer != nil {
			k.flush(s, s.peer)
		}
		for e := s.pending; e != nil; e = e.next {
			k.flush(e, e.peer)
		}
	}
	return len(k.closing) > 0
}

// receivable returns the sockets that have a descriptor, or can be received from
// one that has.
func (k *Kernel) receivable() map[*socket]bool {
	seen := map[*socket]bool{}
	for _, s := range k.socks[:k.top] {
		if s.file != nil && s.file.refs > s.file.flight {
			s.leadsTo(nil, seen)
		}
	}
	return seen
}

// circular reports whether a socket can be received from itself.
func (s *socket) circular() bool {
	seen := map[*socket]bool(nil) // made only if there is something in flight
	return s.carries(func(t *socket) bool {
		if seen == nil {
			seen = map[*socket]bool{}
		}
		return t.leadsTo(s, seen)
	})
}

// carries reports whether f is true of a socket that can be received from s.
func (s *socket) carries(f func(*socket) bool) bool {
	for i := range s.rq.npieces {
		if r := s.rq.at(i).rights; r != nil {
			for _, file := range r.files {
				if file.sock != nil && f(file.sock) {
					return true
				}
			}
		}
	}
	for e := s.pending; e != nil; e = e.next {
		if e.carries(f) {
			return true
		}
	}
	return false
}

// leadsTo reports whether target is s, or waits to be accepted from s, or can be
// received from s, or any of it from what can be received from s. seen is what
// need not be looked at again.
func (s *socket) leadsTo(target *socket, seen map[*socket]bool) bool {
	if s == target {
		return true
	}
	if seen[s] {
		return false
	}
	seen[s] = true
	for e := s.pending; e != nil; e = e.next {
		if e == target {
			return true
		}
	}
	return s.carries(func(t *socket) bool { return t.leadsTo(target, seen) })
}

// Cyclic reports whether sending fds on d would close a circle of sockets that
// can only be received from each other. It is for who compares with a kernel
// whose collector runs when it likes.
func (k *Kernel) Cyclic(p ProcID, d Desc, fds []Desc) bool {
	pr, s, errno := k.socket(p, d)
	if errno != 0 || s.peer == nil || k.collect(pr, fds) != 0 {
		return false
	}
	seen := map[*socket]bool{}
	for _, f := range k.scratch {
		if f.sock != nil && f.sock.leadsTo(s.peer, seen) {
			return true
		}
	}
	return false
}
