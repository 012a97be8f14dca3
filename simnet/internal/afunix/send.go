package afunix

import "syscall"

// MaxFDs is how many descriptors one message carries (SCM_MAX_FD).
const MaxFDs = 253

// Send queues bufs, as one message, for the peer (sendmsg(2)). It may take only
// a part, which is no failure. fds go with the first byte, and nowhere if there
// is none.
//
// Errors: EBADF, ENOTSOCK; EINVAL for more than 253 descriptors, EBADF for one
// that is not open; ENOTCONN; EPIPE if either side shut this direction down, or
// the peer is gone, also for no bytes; EAGAIN; ETOOMANYREFS.
func (k *Kernel) Send(p ProcID, d Desc, bufs [][]byte, fds []Desc) (n int, errno syscall.Errno, woken []Waiter) {
	pr, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, errno, nil
	}
	if len(fds) > 0 {
		if errno := k.collect(pr, fds); errno != 0 {
			return 0, errno, nil
		}
	}
	return k.send(pr, s, bufs, fds)
}

// send is Send of what collect has collected, if there are fds.
func (k *Kernel) send(pr *process, s *socket, bufs [][]byte, fds []Desc) (n int, errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	peer := s.peer
	if peer == nil {
		return 0, syscall.ENOTCONN, nil
	}
	if s.shut&shutSend != 0 {
		return 0, syscall.EPIPE, nil
	}
	total := 0
	for _, b := range bufs {
		total += len(b)
	}
	var at cursor
	for n < total {
		// The check comes before the charge, so that a message may overshoot the
		// buffer (sock_alloc_send_pskb).
		if s.outq >= s.sndbuf {
			errno = syscall.EAGAIN
			break
		}
		if len(fds) > 0 && n == 0 && k.tooManyInFlight(pr) {
			errno = syscall.ETOOMANYREFS
		} else if peer.shut&shutRecv != 0 {
			// It was shut before it was connected: otherwise this side knows.
			errno = syscall.EPIPE
		}
		if errno != 0 {
			k.room(s) // the kernel has made the piece, and now frees it
			break
		}
		// "Keep two messages in the pipe so it schedules better."
		size := min(total-n, s.sndbuf/2-64, maxPiece)
		e := piece{left: int32(size), charge: int32(charge(size))}
		if len(fds) > 0 && n == 0 {
			e.rights = k.attach(pr)
		}
		peer.rq.push(&k.pool, e)
		if len(bufs) == 1 {
			peer.rq.write(bufs[0][n : n+size])
		} else {
			at.copy(&peer.rq, bufs, size)
		}
		s.outq += int(e.charge)
		k.wake(peer, In)
		n += size
	}
	if n > 0 {
		errno = 0
	}
	if len(k.woken) == 0 {
		return n, errno, nil
	}
	return n, errno, k.ready()
}

// A cursor is how far a Send has come in its buffers.
type cursor struct{ buf, off int }

// copy takes the next n bytes.
func (c *cursor) copy(q *queue, bufs [][]byte, n int) {
	for n > 0 {
		b := bufs[c.buf][c.off:]
		if len(b) > n {
			b = b[:n]
			c.off += n
		} else {
			c.buf++
			c.off = 0
		}
		q.write(b)
		n -= len(b)
	}
}

// collect looks up what a message is to carry (net/core/scm.c, scm_fp_copy).
func (k *Kernel) collect(pr *process, fds []Desc) syscall.Errno {
	if len(fds) > MaxFDs {
		return syscall.EINVAL
	}
	k.scratch = k.scratch[:0]
	for _, d := range fds {
		if uint(d) >= uint(len(pr.files)) || pr.files[d] == nil {
			return syscall.EBADF
		}
		k.scratch = append(k.scratch, pr.files[d])
	}
	return 0
}

// attach makes of what was collected the rights of a piece.
func (k *Kernel) attach(pr *process) *rights {
	r := k.pool.right()
	r.uid = pr.uid
	for _, f := range k.scratch {
		f.refs++
		f.flight++
		r.files = append(r.files, f)
	}
	k.inflight[r.uid] += len(r.files) // unix_add_edges
	return r
}

// landed gives up the references of rights that are no longer in flight
// (unix_del_edges, scm_destroy).
func (k *Kernel) landed(r *rights) {
	k.inflight[r.uid] -= len(r.files)
	for _, f := range r.files {
		f.flight--
		k.put(f)
	}
	k.pool.putRights(r)
}
