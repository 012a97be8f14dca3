package ipc

import (
	"syscall"
	"time"

	"example.com/brine/transport"
)

// fdByte is what libdill's ipc_sendfd sends with a descriptor. A descriptor
// cannot travel without a byte.
var fdByte = [1]byte{0xcc}

// SendFD passes a descriptor to the peer, in the stream after what was sent
// before and before what is sent later. It is carried by one byte of value
// 0xcc, which a peer that receives it as data will see. The peer gets a
// duplicate; the caller keeps fd, and may close it once SendFD has returned.
//
// Errors are those of Send; EBADF also for an fd that is nil, closed or of
// another transport; ENOTSUP where the transport cannot pass descriptors;
// ETOOMANYREFS if too many are on their way.
func (c *Conn) SendFD(fd transport.FD, deadline time.Time) error {
	if err := c.beginSend("sendfd"); err != nil {
		return err
	}
	if fd == nil {
		return c.refuseSend("sendfd", syscall.EBADF, "no descriptor")
	}
	c.sbufs[0], c.sfds[0] = fdByte[:], fd
	n, err := c.tc.Send(c.sbufs[:], c.sfds[:], deadline)
	c.sbufs[0], c.sfds[0] = nil, nil
	return c.endSend("sendfd", n, len(fdByte), err)
}

// RecvFD receives a descriptor that the peer passed at this point of the
// stream, and blocks until there is one. The caller owns it.
//
// Of the byte that carries it only the descriptor counts, not the value, as in
// libdill. If a foreign sender attached several, the first is returned and the
// others are closed.
//
// Errors are those of Recv; EPROTO if the next byte carries no descriptor, and
// EMFILE if the process had no room for it. Both end the direction like any
// failure: the byte, or the descriptor, is gone. ENOTSUP where the transport
// cannot pass descriptors; nothing is consumed then.
func (c *Conn) RecvFD(deadline time.Time) (transport.FD, error) {
	if err := c.beginRecv("recvfd"); err != nil {
		return nil, err
	}
	if c.noFDs {
		return nil, c.endRecv("recvfd", false, syscall.ENOTSUP)
	}
	if c.start == c.end {
		if _, err := c.read(nil, true, deadline); err != nil {
			return nil, c.endRecv("recvfd", false, err)
		}
	}
	fd, err := c.nextFD()
	return fd, c.endRecv("recvfd", true, err)
}

// nextFD consumes the first byte of the read-ahead for its descriptor.
func (c *Conn) nextFD() (transport.FD, error) {
	last := c.start == c.end-1
	fd, lost := c.rfds[0], c.lost
	if last {
		c.rfds[0] = nil // it is the caller's now
	}
	c.advance(1)
	switch {
	case last && fd != nil:
		return fd, nil
	case last && lost:
		return nil, fail("", "", syscall.EMFILE, "a descriptor arrived and was lost")
	}
	return nil, fail("", "", syscall.EPROTO, "the next byte carries no descriptor")
}
