package afunix

import "syscall"

// Flags of Recv.
type Flags uint8

// Peek leaves everything where it is (MSG_PEEK). Descriptors are received all
// the same.
const Peek Flags = 1

// Recv reads into bufs, and descriptors into fds (recvmsg(2)). 0 bytes without
// an errno, for buffers of at least one, are the end of the stream. A read ends
// with the message whose descriptors it received, nfd of them. cut says that
// some were lost (MSG_CTRUNC), because fds had no room or the process none.
//
// Errors: EBADF, ENOTSOCK; EINVAL for a socket that was never connected;
// ECONNRESET, once, after all data; EAGAIN.
func (k *Kernel) Recv(p ProcID, d Desc, bufs [][]byte, fds []Desc, flags Flags) (n, nfd int, cut bool, errno syscall.Errno, woken []Waiter) {
	pr, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, 0, false, errno, nil
	}
	return k.recv(pr, s, bufs, fds, flags)
}

func (k *Kernel) recv(pr *process, s *socket, bufs [][]byte, fds []Desc, flags Flags) (n, nfd int, cut bool, errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	if s.state != connected {
		return 0, 0, false, syscall.EINVAL, nil
	}
	if s.rq.npieces == 0 {
		return 0, 0, false, s.nothing(), nil
	}
	var got *rights
	if flags&Peek != 0 {
		n, got = s.rq.look(bufs)
	} else {
		n, got = k.take(s, bufs)
	}
	if got != nil {
		nfd, cut = k.receive(pr, got, fds)
		if flags&Peek == 0 {
			k.landed(got)
			k.reap()
		}
	}
	if len(k.woken) == 0 {
		return n, nfd, cut, 0, nil
	}
	return n, nfd, cut, 0, k.ready()
}

// Read is Recv as read(2) does it: the same but for nothing to read into, which
// is 0 whatever the state (net/socket.c, sock_read_iter).
func (k *Kernel) Read(p ProcID, d Desc, buf []byte) (n int, errno syscall.Errno, woken []Waiter) {
	if len(buf) == 0 {
		_, _, errno := k.socket(p, d)
		return 0, errno, nil
	}
	k.one[0] = buf
	n, _, _, errno, woken = k.Recv(p, d, k.one[:], nil, 0)
	k.one[0] = nil
	return n, errno, woken
}

// nothing is the answer of an empty queue: the error, which is told once
// (sock_error), then the end of the stream, then EAGAIN
// (unix_stream_read_generic).
func (s *socket) nothing() syscall.Errno {
	if s.err != 0 {
		errno := s.err
		s.err = 0
		return errno
	}
	if s.shut&shutRecv != 0 {
		return 0
	}
	return syscall.EAGAIN
}

// take reads. It goes on from message to message until bufs are full or the
// queue is empty, but not beyond a message whose descriptors it took. The rest
// of a message whose descriptors were taken before is bytes like any other.
func (k *Kernel) take(s *socket, bufs [][]byte) (n int, got *rights) {
	q := &s.rq
	if e := q.front(); q.npieces == 1 && len(bufs) == 1 && len(bufs[0]) >= int(e.left) {
		// All there is, into a buffer that has room for it: the same in fewer steps.
		n, got = int(e.left), e.rights
		q.peek(bufs[0][:n], 0)
		e.left, e.rights = 0, nil
		k.refund(s.peer, e)
		q.npieces = 0
		q.drop(&k.pool)
		return n, got
	}
	for i, off := 0, 0; ; {
		e := q.front()
		for e.left > 0 && i < len(bufs) {
			b := bufs[i][off:]
			if len(b) > int(e.left) {
				b = b[:e.left]
				off += len(b)
			} else {
				i, off = i+1, 0
			}
			q.peek(b, 0)
			q.skip(e, len(b))
			n += len(b)
		}
		if e.rights != nil {
			// Even by a read of no bytes.
			got, e.rights = e.rights, nil
		}
		if e.left > 0 {
			return n, got
		}
		k.refund(s.peer, e)
		q.next()
		if q.npieces == 0 {
			q.drop(&k.pool)
			return n, got
		}
		for i < len(bufs) && off == len(bufs[i]) {
			i, off = i+1, 0
		}
		if got != nil || i == len(bufs) {
			return n, got
		}
	}
}

// refund gives the sender, dead or alive, back what a piece has cost. Only whole
// pieces are paid back (sock_wfree).
func (k *Kernel) refund(sender *socket, e *piece) {
	sender.outq -= int(e.charge)
	k.room(sender)
}

// room wakes a sender that was paid back, if it could poll for writing with one
// byte more on its account: sock_wfree holds the last byte back until it has
// called unix_write_space. So a sender whom that one byte keeps from a quarter of
// its buffer sleeps on although poll(2) would say that it may write.
func (k *Kernel) room(sender *socket) {
	if (sender.outq+2)*4 <= sender.sndbuf {
		k.wake(sender, Out)
	}
}

// look copies what take would read. It does not stop where bufs are full: it
// goes on, with nothing to copy, to the first message with descriptors, and
// receives those (unix_stream_read_generic, "goto again").
func (q *queue) look(bufs [][]byte) (n int, got *rights) {
	end := 0
	for i := range q.npieces {
		e := q.at(i)
		end += int(e.left)
		if e.rights != nil {
			got = e.rights
			break
		}
	}
	for _, b := range bufs {
		b = b[:min(len(b), end-n)]
		q.peek(b, n)
		n += len(b)
	}
	return n, got
}

// receive installs as many of the descriptors as the caller has room for and the
// process numbers (net/core/scm.c, scm_detach_fds).
func (k *Kernel) receive(pr *process, r *rights, fds []Desc) (nfd int, cut bool) {
	for _, f := range r.files {
		if nfd == len(fds) {
			return nfd, true
		}
		d, errno := pr.free(0)
		if errno != 0 {
			return nfd, true
		}
		fds[nfd] = pr.install(d, f)
		nfd++
	}
	return nfd, false
}

// Unread returns how many bytes can be read (SIOCINQ). Errors: EBADF, ENOTSOCK,
// EINVAL for a listener.
func (k *Kernel) Unread(p ProcID, d Desc) (int, syscall.Errno) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, errno
	}
	if s.state == listening {
		return 0, syscall.EINVAL
	}
	return s.rq.nbytes, 0
}

// RecvSize returns how many bytes a Recv with room for n would return now, with
// Peek or without. It is 0 wherever that would return none, for whatever reason.
func (k *Kernel) RecvSize(p ProcID, d Desc, n int) int {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0
	}
	return s.rq.upTo(n)
}

// upTo is how many of n bytes take and look come to: those up to the end of the
// first message with descriptors.
func (q *queue) upTo(n int) int {
	got := 0
	for i := 0; i < q.npieces && got < n; i++ {
		e := q.at(i)
		got += int(e.left)
		if e.rights != nil {
			break
		}
	}
	return min(got, n)
}

// Charged returns what the socket is charged with for what the peer has not
// read, the kernel's overhead included (SIOCOUTQ). Errors: EBADF, ENOTSOCK.
func (k *Kernel) Charged(p ProcID, d Desc) (int, syscall.Errno) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, errno
	}
	return s.outq, 0
}
