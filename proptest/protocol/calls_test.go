package protocol

import (
	"errors"
	"slices"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// never is a deadline that does not come.
var never time.Time

// within returns a deadline in so many milliseconds; 0 is at once.
func (x *side) within(ms int) time.Time {
	return until(x.tr, ms)
}

func (x *side) send(p []byte, deadline time.Time) error {
	x.s.Helper()
	return x.sending("send", [][]byte{p}, "", deadline, func() error { return x.c.Send(p, deadline) })
}

func (x *side) sendList(list [][]byte, deadline time.Time) error {
	x.s.Helper()
	flaw := ""
	if len(list) == 0 {
		flaw = "EINVAL"
	}
	return x.sending("send", list, flaw, deadline, func() error { return x.c.SendList(list, deadline) })
}

// sending is a send. flaw is the errno of arguments that no connection would
// take.
func (x *side) sending(op string, bufs [][]byte, flaw string, deadline time.Time, do func() error) error {
	x.s.Helper()
	m := x.begin(op, deadline)
	size := 0
	for _, p := range bufs {
		size += len(p)
	}
	v, ok := x.admit(&x.out)
	if errno, bad := transport.ParseErrno(flaw); ok && bad {
		v, ok = verdict{errno}, false
	} else if ok && size == 0 {
		v, ok = verdict{0}, false
	}
	if !ok {
		err := do()
		m.deadline = m.start // it has not waited
		x.judge(&m, err, v)
		return err
	}
	x.out.inside = true
	x.sends++
	x.flow.Sending(bufs...)
	err := do()
	x.out.inside = false
	if err == nil {
		x.flow.Sent(size)
	} else {
		x.flow.Failed()
	}
	x.judge(&m, err, x.sendVerdict(&m))
	x.out.settle(err, false)
	return err
}

// sendFD passes a descriptor that is good.
func (x *side) sendFD(fd transport.FD, deadline time.Time) error {
	x.s.Helper()
	_, _, offered := x.flow.Offsets()
	if _, ok := x.admit(&x.out); ok {
		x.tokens = append(x.tokens, offered)
	}
	return x.sending("sendfd", [][]byte{{0xcc}}, "", deadline, func() error { return x.c.SendFD(fd, deadline) })
}

// sendBadFD passes one that is none, or closed.
func (x *side) sendBadFD(fd transport.FD, deadline time.Time) error {
	x.s.Helper()
	m := x.begin("sendfd", deadline)
	v, ok := x.admit(&x.out)
	if ok {
		x.out.inside = true
		v = verdict{syscall.EBADF}.also(fd != nil && m.canceled, syscall.ECANCELED)
	}
	err := x.c.SendFD(fd, deadline)
	if ok {
		x.out.inside = false
		v = v.also(fd != nil && x.canceling, syscall.ECANCELED)
		x.out.settle(err, false)
	}
	m.deadline = m.start
	x.judge(&m, err, v)
	return err
}

func (x *side) recv(p []byte, deadline time.Time) error {
	x.s.Helper()
	return x.receiving("recv", []ipc.Buf{{Bytes: p}}, false, deadline, func() error { return x.c.Recv(p, deadline) })
}

func (x *side) skip(n int, deadline time.Time) error {
	x.s.Helper()
	return x.receiving("skip", []ipc.Buf{{Skip: n}}, n < 0, deadline, func() error { return x.c.Skip(n, deadline) })
}

func (x *side) recvList(list []ipc.Buf, deadline time.Time) error {
	x.s.Helper()
	flawed := len(list) == 0 || slices.ContainsFunc(list, func(b ipc.Buf) bool {
		return b.Skip < 0 || b.Bytes != nil && b.Skip != 0
	})
	return x.receiving("recv", list, flawed, deadline, func() error { return x.c.RecvList(list, deadline) })
}

// receiving is a receive, which may be flawed.
func (x *side) receiving(op string, list []ipc.Buf, flawed bool, deadline time.Time, do func() error) error {
	x.s.Helper()
	m := x.begin(op, deadline)
	size := 0
	for _, b := range list {
		size += len(b.Bytes) + b.Skip
	}
	v, ok := x.admit(&x.in)
	if ok && flawed {
		v, ok = verdict{syscall.EINVAL}, false
	} else if ok && size == 0 {
		v, ok = verdict{0}, false
	}
	if !ok {
		err := do()
		m.deadline = m.start
		x.judge(&m, err, v)
		return err
	}
	x.in.inside = true
	err := do()
	x.in.inside = false
	x.judge(&m, err, x.recvVerdict(&m, int64(size)))
	end := errors.Is(err, syscall.EPIPE)
	x.in.settle(err, end)
	switch {
	case err == nil:
		for _, b := range list {
			if b.Bytes != nil {
				x.peer.flow.Received(b.Bytes)
			} else {
				x.peer.flow.Skipped(b.Skip)
			}
		}
	case end:
		x.peer.flow.Ended(size)
	}
	return err
}

// recvFD receives a descriptor, if the next byte has one.
func (x *side) recvFD(deadline time.Time) (transport.FD, error) {
	x.s.Helper()
	m := x.begin("recvfd", deadline)
	v, ok := x.admit(&x.in)
	if !ok {
		fd, err := x.c.RecvFD(deadline)
		m.deadline = m.start
		x.judge(&m, err, v)
		return fd, err
	}
	received, _, _ := x.peer.flow.Offsets()
	x.in.inside = true
	fd, err := x.c.RecvFD(deadline)
	x.in.inside = false
	v = x.recvVerdict(&m, 1)
	if i := slices.Index(v, 0); i >= 0 && !slices.Contains(x.peer.tokens, received) {
		v[i] = syscall.EPROTO
	}
	x.judge(&m, err, v)
	end := errors.Is(err, syscall.EPIPE)
	x.in.settle(err, end)
	switch {
	case err == nil:
		x.peer.flow.Received([]byte{0xcc})
	case end:
		x.peer.flow.Ended(1)
	}
	return fd, err
}

func (x *side) done() error {
	x.s.Helper()
	m := x.begin("done", never)
	v, ok := x.admit(&x.out)
	if ok {
		x.ending, x.out.inside = true, true
	}
	err := x.c.Done()
	if ok {
		x.out.inside = false
		v = verdict{0}.also(x.leaving > 0 || x.gone, syscall.EBADF)
		if err == nil {
			x.out.state = ended
		}
	}
	m.deadline = m.start
	x.judge(&m, err, v)
	return err
}

func (x *side) close(deadline time.Time) error {
	x.s.Helper()
	m := x.begin("close", deadline)
	var v verdict
	handshake := false
	switch {
	case x.gone:
		v = verdict{syscall.EBADF}
	case x.leaving > 0:
		v = verdict{syscall.EBADF, syscall.EBUSY}
	case x.out.inside || x.in.inside:
		v = verdict{syscall.EBUSY}
	case x.out.state == failed || x.in.state == failed:
		v = verdict{syscall.ECONNRESET}
	default:
		handshake = true
	}
	x.leaving++
	x.ending = true
	if handshake {
		x.out.inside, x.in.inside = true, true
	}
	err := x.c.Close(deadline)
	if handshake {
		x.out.inside, x.in.inside = false, false
		v = x.closeVerdict(&m)
	} else {
		m.deadline = m.start
		v = v.also(x.leaving > 1, syscall.EBADF)
	}
	x.judge(&m, err, v)
	x.leaving--
	if err == nil {
		x.orderly = true
	}
	x.gone = x.gone || x.leaving == 0 || !errors.Is(err, syscall.EBADF)
	return err
}

func (x *side) abort() error {
	x.s.Helper()
	m := x.begin("abort", never)
	v := verdict{0}
	if x.gone {
		v = verdict{syscall.EBADF}
	}
	v = v.also(x.leaving > 0, syscall.EBADF)
	busy := x.in.inside || x.leaving > 0
	x.leaving++
	x.ending = true
	err := x.c.Abort()
	m.deadline = m.start
	x.leaving--
	if err == nil {
		x.leave(busy)
	}
	x.gone = x.gone || x.leaving == 0
	path := x.path
	x.path = "" // abort has none
	x.judge(&m, err, v.also(x.leaving > 0, syscall.EBADF))
	x.path = path
	return err
}

// attach moves the side to a view that is not cancelled.
func (x *side) attach(tr transport.Transport) error {
	x.s.Helper()
	m := x.begin("attach", never)
	v, ok := verdict(nil), false
	switch {
	case x.gone:
		v = verdict{syscall.EBADF}
	case x.leaving > 0:
		v = verdict{syscall.EBADF, syscall.EBUSY}
	case x.out.inside || x.in.inside:
		v = verdict{syscall.EBUSY}
	default:
		ok = true
		x.out.inside, x.in.inside = true, true
	}
	err := x.c.Attach(tr)
	if ok {
		x.out.inside, x.in.inside = false, false
		v = verdict{0}.also(x.leaving > 0 || x.gone, syscall.EBADF)
	}
	m.deadline = m.start
	x.judge(&m, err, v)
	if err == nil {
		x.tr, x.canceling, x.canceled = tr, false, false
		x.moved = true
	}
	return err
}

// cancel cancels the view in which the side was made. It may have been moved to
// another, and may be while that goes on.
func (x *side) cancel(cancel func()) {
	x.canceling = !x.moved
	cancel()
	x.canceled = !x.moved
}

// kill kills the side's process; it returns unless that is the caller's own.
func (x *side) kill(p interface{ Kill() }) {
	x.dying, x.ending = true, true
	busy := x.in.inside || x.leaving > 0
	p.Kill()
	if !x.gone {
		x.leave(busy || x.in.inside || x.leaving > 0)
	}
}
