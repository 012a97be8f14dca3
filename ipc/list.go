package ipc

import (
	"syscall"
	"time"
)

// SendList sends all of the buffers of list, in order, as one Send would: in
// one call of the transport, and all of it or failure. Empty buffers in it are
// fine. Neither list nor its buffers are kept.
//
// Errors are those of Send, and EINVAL for an empty list.
func (c *Conn) SendList(list [][]byte, deadline time.Time) error {
	if err := c.beginSend("send"); err != nil {
		return err
	}
	if len(list) == 0 {
		return c.refuseSend("send", syscall.EINVAL, "empty list")
	}
	total := totalOf(list)
	if total == 0 {
		c.leaveSend()
		return nil
	}
	n, err := c.tc.Send(list, nil, deadline)
	return c.endSend("send", n, total, err)
}

func totalOf(list [][]byte) (n int) {
	for _, p := range list {
		n += len(p)
	}
	return n
}

// A Buf is one element of a list to receive into: Bytes to be filled, or, if
// Bytes is nil, a number of bytes to skip.
type Buf struct {
	Bytes []byte
	Skip  int
}

// RecvList fills and skips the elements of list, in order, as one receive: all
// of it, or failure.
//
// Errors are those of Recv, and EINVAL for an empty list and for an element
// with both Bytes and Skip, or a negative Skip. The list is looked at as a whole
// before anything is received.
func (c *Conn) RecvList(list []Buf, deadline time.Time) error {
	if err := c.beginRecv("recv"); err != nil {
		return err
	}
	if flaw := flawOf(list); flaw != "" {
		return c.refuseRecv("recv", syscall.EINVAL, flaw)
	}
	moved := false
	for i := range list {
		var n int
		var err error
		if b := &list[i]; b.Bytes != nil {
			n, err = c.take(b.Bytes, deadline)
		} else {
			n, err = c.pass(b.Skip, deadline)
		}
		moved = moved || n > 0
		if err != nil {
			return c.endRecv("recv", moved, err)
		}
	}
	return c.endRecv("recv", moved, nil)
}

// flawOf says what is wrong with a list, or "".
func flawOf(list []Buf) string {
	if len(list) == 0 {
		return "empty list"
	}
	for i := range list {
		switch b := &list[i]; {
		case b.Skip < 0:
			return "negative length to skip"
		case b.Bytes != nil && b.Skip != 0:
			return "a buffer and a length to skip in one element"
		}
	}
	return ""
}
