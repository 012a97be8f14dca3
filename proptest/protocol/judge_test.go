package protocol

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// judge fails the run unless an answer is among those that the rules leave, and
// came when it had to.
func (x *side) judge(m *moment, err error, v verdict) {
	x.s.Helper()
	if !v.allows(err) {
		x.s.Fatalf("%s: %s: %s; by the rules: %s", x.name, m.op, answer(err), v)
	}
	x.shape(m, err)
	x.punctual(m, transport.Errno(err))
}

// shape is about the error itself: the operation, and the path unless the call
// was turned away at the door.
func (x *side) shape(m *moment, err error) {
	x.s.Helper()
	if err == nil {
		return
	}
	var te *transport.Error
	if !errors.As(err, &te) || !errors.Is(err, te.Err) {
		x.s.Fatalf("%s: %s: error %#v has no errno to be found", x.name, m.op, err)
	}
	path := x.path
	if te.Err == syscall.EBADF && te.Path == "" || te.Err == syscall.EBUSY {
		path = ""
	}
	if te.Op != m.op || te.Path != path {
		x.s.Fatalf("%s: %s at %q: the error is %q: operation %q, path %q", x.name, m.op, path, err, te.Op, te.Path)
	}
}

// punctual is about when a call has returned: not before its deadline with
// ETIMEDOUT, and, while time passes only when nobody can run, not a nanosecond
// after it with anything.
func (x *side) punctual(m *moment, errno syscall.Errno) {
	x.s.Helper()
	now, d := x.tr.Now(), m.deadline
	if errno == syscall.ETIMEDOUT && !transport.Expired(d, now) {
		x.s.Fatalf("%s: %s: timed out %v before its deadline", x.name, m.op, d.Sub(now))
	}
	if x.env.late || d.IsZero() {
		return
	}
	if d.Before(m.start) {
		d = m.start
	}
	if now.After(d) {
		x.s.Fatalf("%s: %s: returned %v after its deadline", x.name, m.op, now.Sub(d))
	}
}

// check fails the run unless an answer is among those that are left.
func check(s *proptest.Sim, what string, err error, v verdict) {
	s.Helper()
	if !v.allows(err) {
		s.Fatalf("%s: %s; by the rules: %s", what, answer(err), v)
	}
}

func (v verdict) allows(err error) bool {
	errno := transport.Errno(err)
	return slices.Contains(v, errno) && (err == nil || errno != 0)
}

func answer(err error) string {
	if err == nil {
		return "success"
	}
	return err.Error()
}

// String returns the answers for reading.
func (v verdict) String() string {
	var names []string
	for _, e := range v {
		name := transport.ErrnoName(e)
		if e == 0 {
			name = "success"
		} else if name == "" {
			name = fmt.Sprint(int(e))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// mayTimeOut reports whether a call that could not be carried out may say so by
// now.
func (x *side) mayTimeOut(m *moment) bool { return transport.Expired(m.deadline, x.tr.Now()) }

// sendVerdict is what a send of something may be answered that had reached the
// socket.
func (x *side) sendVerdict(m *moment) verdict {
	v := verdict{}.also(x.leaving > 0 || x.gone, syscall.EBADF)
	if m.canceled {
		return append(v, syscall.ECANCELED)
	}
	v = v.also(x.canceling, syscall.ECANCELED).also(x.env.memory, syscall.ENOBUFS, syscall.ENOMEM)
	if m.peerGone {
		return append(v, syscall.ECONNRESET)
	}
	return v.also(true, 0).
		also(x.mayTimeOut(m) && !x.roomy(), syscall.ETIMEDOUT).
		also(x.env.reset || x.peer.left(), syscall.ECONNRESET)
}

// roomy reports whether all that the side has ever sent fits into its buffer, so
// that what can be sent at once is, whatever the deadline.
func (x *side) roomy() bool {
	_, _, offered := x.flow.Offsets()
	return !x.env.small && offered <= 16<<10 && x.sends <= 64
}

// recvVerdict is the same for a receive of size bytes.
func (x *side) recvVerdict(m *moment, size int64) verdict {
	v := verdict{}.also(x.leaving > 0 || x.gone, syscall.EBADF)
	if m.canceled {
		// What was read ahead needs no socket.
		return v.also(true, syscall.ECANCELED).also(m.possible >= size, 0)
	}
	v = v.also(x.canceling, syscall.ECANCELED)
	if m.waiting >= size { // whatever the deadline, and whatever has become of the peer
		return append(v, 0)
	}
	return v.also(!m.peerOver || m.possible >= size, 0).
		also(x.mayTimeOut(m) && !m.peerOver, syscall.ETIMEDOUT).
		also((x.peer.ending || x.peer.left()) && !m.spoiled, syscall.EPIPE).
		also(x.cut(), syscall.ECONNRESET)
}

// closeVerdict is the same for a close with both directions good.
func (x *side) closeVerdict(m *moment) verdict {
	v := verdict{}.also(x.leaving > 1 || x.gone, syscall.EBADF) // somebody else was faster
	if x.in.state == ended {
		return append(v, 0)
	}
	if m.canceled {
		return append(v, syscall.ECANCELED)
	}
	return v.also(x.canceling, syscall.ECANCELED).
		also((x.peer.ending || x.peer.left()) && !m.spoiled, 0).
		also(x.mayTimeOut(m) && !m.peerOver, syscall.ETIMEDOUT).
		also(x.cut(), syscall.ECONNRESET)
}
