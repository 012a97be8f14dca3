package ipc

import (
	"io"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// Done half-closes the connection: after having received everything, the peer
// gets EPIPE. Receiving goes on. It never blocks and is never cancelled, and so
// takes no deadline, unlike libdill's.
//
// Errors: EPIPE the second time; ECONNRESET after a failed send; EBUSY while
// another task sends; EBADF.
func (c *Conn) Done() error {
	if err := c.beginSend("done"); err != nil {
		return err
	}
	if errno, detail := c.halfClose(); errno != 0 {
		return c.refuseSend("done", errno, detail)
	}
	c.leaveSend()
	return nil
}

// halfClose ends the sending direction, which is claimed and usable.
func (c *Conn) halfClose() (errno syscall.Errno, detail string) {
	if err := c.tc.CloseWrite(); err != nil {
		errno, detail = cause(err)
	}
	c.send.state, errno = c.send.state.shut(errno)
	return errno, detail
}

// Close ends the connection in an orderly way: it does what Done does, unless
// that was done, then receives and discards until the peer has half-closed or
// closed too. Success means that the peer has either received everything or
// closed without wanting to. It blocks until the peer answers.
//
// The connection is closed afterwards, whatever Close returns.
//
// Errors: ECONNRESET if a call in either direction has failed before, or the
// peer closed without reading everything; ETIMEDOUT, also while the peer goes
// on sending; ECANCELED; EBADF. EBUSY if another task is in a call on the
// connection: then nothing orderly is possible, it is closed at once, and that
// call fails with EBADF.
func (c *Conn) Close(deadline time.Time) error {
	if c == nil || !c.stage.isOpen() {
		return fail("close", "", syscall.EBADF, notOpen)
	}
	sending, receiving := c.send.claim(), c.recv.claim()
	var err error
	switch {
	case !c.stage.isOpen():
		err = fail("close", "", syscall.EBADF, notOpen)
	case !sending || !receiving:
		err = fail("close", "", syscall.EBUSY, "another task is using the connection; closed at once")
	default:
		if errno, detail := c.handshake(deadline); errno != 0 {
			err = fail("close", c.path(), errno, detail)
		}
	}
	won := c.stage.beginClose()
	if won {
		c.base.Close() // nothing that it could report is of use to anyone
	}
	if sending {
		c.leaveSend()
	}
	if receiving {
		c.leaveRecv()
	}
	if won {
		c.sweep()
		c.stage.v.Store(stageClosed)
	}
	return err
}

// handshake is the orderly end, with both directions claimed.
func (c *Conn) handshake(deadline time.Time) (syscall.Errno, string) {
	half, rest, errno := closing(c.send.state, c.recv.state)
	if errno != 0 {
		return errno, "an earlier call failed"
	}
	if half {
		if errno, detail := c.halfClose(); errno != 0 {
			return errno, detail
		}
	}
	if rest {
		if err := c.drain(deadline); err != io.EOF {
			return cause(err)
		}
	}
	return 0, ""
}

// A drain looks at the clock, and rests, whenever it has discarded drainBatch
// bytes.
//
// It has to look because the transport does not while there is something to
// read, and a peer that sends without end would keep us for ever. A batch is
// more than the buffers of a socket hold, as Linux sizes them, so that what had
// arrived before the deadline is discarded whatever the deadline. It has to rest
// because time may stand still while there is work, as in a simulation, where
// the deadline would never come otherwise.
const (
	drainBatch = 512 << 10
	drainRest  = time.Millisecond
)

// drain receives and discards until an error, io.EOF in the good case.
func (c *Conn) drain(deadline time.Time) error {
	c.discard()
	for batch := 0; ; {
		if _, err := c.read(nil, false, deadline); err != nil {
			return err
		}
		batch += c.end
		c.discard()
		if batch < drainBatch || deadline.IsZero() {
			continue
		}
		batch = 0
		now := c.tr.Now()
		if transport.Expired(deadline, now) {
			return fail("", "", syscall.ETIMEDOUT, "the peer goes on sending")
		}
		if err := c.tr.Sleep(transport.Earlier(deadline, now.Add(drainRest))); err != nil {
			return err
		}
	}
}

// Abort closes the connection at once, as libdill's hclose does. It may be
// called at any time by any task: calls that are blocked on the connection fail
// with EBADF. What was sent is still delivered; a peer that sent what was not
// received, and not read ahead either, is told by ECONNRESET.
//
// Errors: EBADF if it was not open.
func (c *Conn) Abort() error {
	if c == nil || !c.stage.beginClose() {
		return fail("abort", "", syscall.EBADF, notOpen)
	}
	err := c.base.Close()
	c.sweep()
	c.stage.v.Store(stageClosed)
	if err != nil {
		return rewrap("abort", "", err)
	}
	return nil
}
