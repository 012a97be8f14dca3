package ipc

import (
	"syscall"
	"time"
)

// Send sends all of p, or fails. It blocks while the peer's buffer is full.
// After a failure it is unknown how much was sent, and nothing more can be.
//
// A p of no bytes succeeds without touching the socket, if the direction is
// usable. p is not kept.
//
// Errors: EPIPE after Done; ECONNRESET if the peer is gone, and after an
// earlier failure; ETIMEDOUT, ECANCELED; EBUSY while another task sends; EBADF.
func (c *Conn) Send(p []byte, deadline time.Time) error {
	if err := c.beginSend("send"); err != nil {
		return err
	}
	if len(p) == 0 {
		c.leaveSend()
		return nil
	}
	c.sbufs[0] = p
	n, err := c.tc.Send(c.sbufs[:], nil, deadline)
	c.sbufs[0] = nil
	return c.endSend("send", n, len(p), err)
}

// enterSend claims the sending direction of an open connection.
func (c *Conn) enterSend(op string) error {
	if c == nil {
		return fail(op, "", syscall.EBADF, notOpen)
	}
	claimed := c.send.claim()
	switch {
	case !c.stage.isOpen():
		if claimed {
			c.leaveSend()
		}
		return fail(op, "", syscall.EBADF, notOpen)
	case !claimed:
		return fail(op, "", syscall.EBUSY, "another task is sending")
	}
	return nil
}

// leaveSend gives it back.
func (c *Conn) leaveSend() { c.send.release() }

// beginSend claims the sending direction for a call that goes to the socket.
func (c *Conn) beginSend(op string) error {
	if err := c.enterSend(op); err != nil {
		return err
	}
	if errno := c.send.state.admit(); errno != 0 {
		detail := "done already"
		if errno != syscall.EPIPE {
			detail = "an earlier send failed"
		}
		return c.refuseSend(op, errno, detail)
	}
	return nil
}

// refuseSend ends a send that did not reach the socket.
func (c *Conn) refuseSend(op string, errno syscall.Errno, detail string) error {
	err := fail(op, c.path(), errno, detail)
	c.leaveSend()
	return err
}

// endSend ends a send of total bytes to which the transport answered n and err.
func (c *Conn) endSend(op string, n, total int, err error) error {
	if err == nil && n == total {
		c.leaveSend()
		return nil
	}
	errno, detail := syscall.EIO, "the transport sent a part and no error"
	if err != nil {
		errno, detail = cause(err)
	}
	if errno == syscall.EPIPE {
		detail = "the peer is gone"
	}
	c.send.state, errno = c.send.state.sent(n > 0, errno)
	return c.refuseSend(op, errno, detail)
}
