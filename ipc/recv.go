package ipc

import (
	"io"
	"syscall"
	"time"
)

// Recv receives exactly len(p) bytes into p, or fails. It blocks until they
// are there. After a failure the bytes that had been received are lost, and
// nothing more can be received.
//
// A p of no bytes succeeds without touching the socket, if the direction is
// usable. Descriptors that were passed with the bytes are closed. p is not
// kept.
//
// Errors: EPIPE at the end of the stream and from then on; ECONNRESET if the
// peer closed without reading everything, and after an earlier failure;
// ETIMEDOUT, ECANCELED; EBUSY while another task receives; EBADF.
func (c *Conn) Recv(p []byte, deadline time.Time) error {
	if err := c.beginRecv("recv"); err != nil {
		return err
	}
	moved, err := c.take(p, deadline)
	return c.endRecv("recv", moved > 0, err)
}

// Skip receives n bytes and forgets them, as libdill's brecv does without a
// buffer. Errors are those of Recv, and EINVAL for a negative n.
func (c *Conn) Skip(n int, deadline time.Time) error {
	if err := c.beginRecv("skip"); err != nil {
		return err
	}
	if n < 0 {
		return c.refuseRecv("skip", syscall.EINVAL, "negative length")
	}
	moved, err := c.pass(n, deadline)
	return c.endRecv("skip", moved > 0, err)
}

// take fills p, and returns how much of it was filled before a failure.
func (c *Conn) take(p []byte, deadline time.Time) (moved int, err error) {
	if c.start < c.end && len(p) > 0 {
		moved = copy(p, c.ahead[c.start:c.end])
		c.advance(moved)
	}
	for moved < len(p) {
		n, err := c.read(p[moved:], false, deadline)
		if err != nil {
			return moved, err
		}
		moved += n
	}
	return moved, nil
}

// pass skips n bytes, and returns how many were skipped before a failure. The
// read-ahead is where they are read to.
func (c *Conn) pass(n int, deadline time.Time) (moved int, err error) {
	for moved < n {
		if c.start == c.end {
			if _, err := c.read(nil, false, deadline); err != nil {
				return moved, err
			}
		}
		k := min(n-moved, c.end-c.start)
		c.advance(k)
		moved += k
	}
	return moved, nil
}

// advance consumes n bytes of the read-ahead as data. A descriptor that belongs
// to one of them, which can only be the last, goes with it.
func (c *Conn) advance(n int) {
	if c.start += n; c.start == c.end {
		c.discard()
	}
}

// discard empties the read-ahead and closes the descriptor in it.
func (c *Conn) discard() {
	c.start, c.end, c.lost = 0, 0, false
	if fd := c.rfds[0]; fd != nil {
		c.rfds[0] = nil
		fd.Close()
	}
}

// read reads into p, and what is there beyond it into the read-ahead, which is
// empty. It returns how many bytes went into p: at least one unless p is empty,
// in which case at least one went into the read-ahead. With needFD it reads
// nothing if no descriptors can be received.
func (c *Conn) read(p []byte, needFD bool, deadline time.Time) (int, error) {
	c.rbufs[0], c.rbufs[1] = p, c.ahead[:]
	bufs := c.rbufs[:]
	if len(p) == 0 {
		bufs = bufs[1:]
	}
	n, nfd, err := c.readList(bufs, needFD, deadline)
	c.rbufs[0] = nil
	if nfd == 0 {
		c.rfds[0] = nil
	}
	if err == nil && n == 0 {
		err = io.ErrNoProgress // against the transport's contract; do not spin
	}
	if err != nil {
		// Bytes with EMFILE are good. All that is wrong is that a descriptor,
		// perhaps one nobody wants, is missing at the last of them.
		if errno, _ := cause(err); errno != syscall.EMFILE || n == 0 {
			c.discard()
			return 0, err
		}
		c.lost = nfd == 0
	}
	if n <= len(p) {
		c.discard() // the last byte was received as data
		return n, nil
	}
	c.end = n - len(p)
	return len(p), nil
}

// readList asks for a descriptor too, and, unless needFD, does without if the
// transport has none.
func (c *Conn) readList(bufs [][]byte, needFD bool, deadline time.Time) (n, nfd int, err error) {
	if !c.noFDs {
		n, nfd, err = c.tc.Recv(bufs, c.rfds[:], deadline)
		if err == nil || n > 0 || needFD || !unsupported(err) {
			return n, nfd, err
		}
	}
	n, _, err = c.tc.Recv(bufs, nil, deadline)
	if err == nil || !unsupported(err) {
		c.noFDs = true // it was the descriptor, and nothing else
	}
	return n, 0, err
}

func unsupported(err error) bool {
	errno, _ := cause(err)
	return errno == syscall.ENOTSUP
}

// enterRecv claims the receiving direction of an open connection.
func (c *Conn) enterRecv(op string) error {
	if c == nil {
		return fail(op, "", syscall.EBADF, notOpen)
	}
	claimed := c.recv.claim()
	switch {
	case !c.stage.isOpen():
		if claimed {
			c.leaveRecv()
		}
		return fail(op, "", syscall.EBADF, notOpen)
	case !claimed:
		return fail(op, "", syscall.EBUSY, "another task is receiving")
	}
	return nil
}

// leaveRecv gives it back. If the connection was closed meanwhile, whoever
// closed it could not touch what belongs to the receiver, and left it to us.
func (c *Conn) leaveRecv() {
	c.recv.release()
	if c.stage.v.Load() >= stageClosing {
		c.sweep()
	}
}

// sweep closes the descriptor in the read-ahead of a closed connection, unless
// a receiver is inside, who will do so when he leaves.
func (c *Conn) sweep() {
	if c.recv.claim() {
		c.discard()
		c.recv.release()
	}
}

// beginRecv claims the receiving direction for a call that takes from it.
func (c *Conn) beginRecv(op string) error {
	if err := c.enterRecv(op); err != nil {
		return err
	}
	if errno := c.recv.state.admit(); errno != 0 {
		detail := "end of stream"
		if errno != syscall.EPIPE {
			detail = "an earlier receive failed"
		}
		return c.refuseRecv(op, errno, detail)
	}
	return nil
}

// refuseRecv ends a receive with an error that is settled.
func (c *Conn) refuseRecv(op string, errno syscall.Errno, detail string) error {
	err := fail(op, c.path(), errno, detail)
	c.leaveRecv()
	return err
}

// endRecv ends a receive that failed with err, after bytes had been moved or
// not, or succeeded.
func (c *Conn) endRecv(op string, moved bool, err error) error {
	if err == nil {
		c.leaveRecv()
		return nil
	}
	var errno syscall.Errno
	detail := "end of stream"
	if err != io.EOF {
		errno, detail = cause(err)
	}
	c.recv.state, errno = c.recv.state.received(moved, err == io.EOF, errno)
	if c.recv.state != usable {
		c.discard() // nobody can receive it any more
	}
	return c.refuseRecv(op, errno, detail)
}
