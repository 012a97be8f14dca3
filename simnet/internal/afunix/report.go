package afunix

// What is here is asked about sockets by ID, whoever has descriptors of them, by
// who reports on a whole machine: what waits for what, and what is left over.

// alive returns a socket that exists: one with a description, or an embryo.
func (k *Kernel) alive(id ID) *socket {
	if i := uint(id) - 1; i < uint(k.top) {
		// Of the dead, and of those that are free, nothing is left but their names.
		if s := k.socks[i]; s.file != nil || s.peer != nil {
			return s
		}
	}
	return nil
}

// PeerID returns the other end of a connection, if it lives, accepted or not.
func (k *Kernel) PeerID(id ID) (peer ID, ok bool) {
	s := k.alive(id)
	if s == nil || s.peer == nil || s.peer.dead {
		return 0, false
	}
	return s.peer.id, true
}

// Holders appends the processes that have a descriptor of a socket, in ascending
// order. There is none for one that waits to be accepted, or that travels in a
// message. It goes through their tables until it has found all.
func (k *Kernel) Holders(dst []ProcID, id ID) []ProcID {
	s := k.alive(id)
	if s == nil || s.file == nil {
		return dst
	}
	missing := s.file.refs - s.file.flight
	for _, p := range k.procs {
		if missing == 0 {
			break
		}
		if p == nil {
			continue
		}
		before := missing
		for _, f := range p.files {
			if f == s.file {
				missing--
			}
		}
		if missing < before {
			dst = append(dst, p.id)
		}
	}
	return dst
}
