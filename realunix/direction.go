//go:build unix

package realunix

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// A direction is what blocked calls of one direction of a socket share.
//
// Only the holder of the turn operates, and only the holder parks in the
// runtime's poller. Whoever wants the holder to look around (a moved deadline,
// a cancelled view, Close) kicks it: sets the poller's deadline to the past.
type direction struct {
	turn turn

	spins bool // a reader of a stream: it may retry before it parks

	// Of the holder of the turn alone.
	try    func(fd int) syscall.Errno // the operation; EAGAIN if it would block
	park   func(uintptr) bool         // try, as the poller wants it
	raw    syscall.RawConn            // the poller; nil until a call parks
	last   syscall.Errno              // what park's try answered
	tries  int                        // how often park has tried in this call
	parks  bool                       // the last call parked, so the next is expected to
	node   node                       // in the holder's view, while it is blocked
	spin   spin
	asked  bool // spin.near is known, as far as SO_PEERCRED tells
	single bool // see alone
	calls  uint // see alone

	parked atomic.Bool // the holder is in the poller, or about to be; set with mu held

	mu    sync.Mutex
	write bool      // which of the poller's deadlines is this direction's
	cap   time.Time // zero: none
	armed time.Time // the poller's deadline; zero: none
	file  *os.File  // set before parked is
}

// A socket is a descriptor with its two directions. A listener accepts in the
// reading one.
type socket struct {
	*desc  // apart, because a cleanup must not hold what it waits for
	rd, wr direction
}

func (s *socket) init(d *desc) {
	s.desc = d
	s.wr.write = true
}

// shutAll closes the socket for further calls and ends those that are blocked.
// It reports false if the socket is closed already.
func (s *socket) shutAll() bool {
	if !s.shut() {
		return false
	}
	s.rd.kickAll()
	s.wr.kickAll()
	return true
}

// past is a deadline of the poller's that has gone by.
var past = time.Unix(1, 0)

// kick makes the holder, if it is parked, look around.
func (d *direction) kick() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.parked.Load() {
		d.arm(past)
	}
}

// kickAll makes every blocked call of the direction look around.
func (d *direction) kickAll() {
	d.kick()
	d.turn.kick()
}

// arm sets the poller's deadline. d.mu is held.
func (d *direction) arm(t time.Time) {
	d.armed = t
	if d.write {
		d.file.SetWriteDeadline(t)
	} else {
		d.file.SetReadDeadline(t)
	}
}

func (d *direction) setCap(t time.Time) {
	d.mu.Lock()
	d.cap = t
	d.mu.Unlock()
	d.kickAll()
}

// expired reports whether deadline, or the direction's cap, has passed.
func (d *direction) expired(deadline time.Time) bool {
	d.mu.Lock()
	deadline = transport.Earlier(deadline, d.cap)
	d.mu.Unlock()
	return !deadline.IsZero() && transport.Expired(deadline, time.Now())
}

// enter takes the direction's turn, waiting for it if it must. EAGAIN means
// that the deadline has passed while the holder is parked: the caller does not
// have the turn, but may look for itself what can be done at once.
func (s *socket) enter(d *direction, t *Transport, deadline time.Time) syscall.Errno {
	if d.turn.take() {
		return 0
	}
	q := d.turn.enqueue()
	if q == nil {
		return 0
	}
	errno := s.queue(d, q, t, deadline)
	if errno != 0 && !d.turn.leave(q) {
		// It was granted in the same moment. Whether to use it is decided as if
		// it had come first, save for what outranks the operation.
		if errno == syscall.EAGAIN {
			return 0
		}
		d.turn.give()
	}
	return errno
}

func (s *socket) queue(d *direction, q *queued, t *Transport, deadline time.Time) syscall.Errno {
	n := node{kick: q.kick}
	t.watch(&n)
	defer t.unwatch(&n)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		switch {
		case s.closed():
			return syscall.EBADF
		case t.canceled.Load():
			return syscall.ECANCELED
		}
		d.mu.Lock()
		eff := transport.Earlier(deadline, d.cap)
		d.mu.Unlock()
		var expired <-chan time.Time
		if !eff.IsZero() {
			if left := time.Until(eff); left > 0 {
				timer.Reset(left)
				expired = timer.C
			} else {
				// If the holder is not parked it is about to give the turn on or
				// to park, and wakes this call either way.
				q.late.Store(true)
				if d.parked.Load() {
					return syscall.EAGAIN
				}
			}
		}
		select {
		case <-q.granted:
			return 0
		case <-q.kicked:
		case <-expired:
		}
	}
}

// operate is for the holder of the turn, once d.try is set: it returns the
// first answer other than EAGAIN, or why there will be none.
func (s *socket) operate(d *direction, t *Transport, deadline time.Time) syscall.Errno {
	spins := d.spins && !t.cfg.NoSpin
	// The poller wants to be reset before the try whose EAGAIN it is to outlast
	// (it reports edges), so a call that parks tries twice. One that is
	// expected to park goes to the poller at once and is spared the first.
	if !d.parks {
		if errno := d.try(s.fd); errno != syscall.EAGAIN {
			return errno
		}
		if d.expired(deadline) {
			return syscall.ETIMEDOUT
		}
		if spins {
			if errno := s.retry(d, t); errno != syscall.EAGAIN {
				return errno
			}
		}
	}
	if d.raw == nil {
		if errno := s.register(d); errno != 0 {
			return errno
		}
	}
	spins = spins && !d.alone()
	var start time.Time
	if spins {
		start = time.Now()
	}
	d.tries = 0
	t.watch(&d.node)
	errno := s.wait(d, t, deadline)
	t.unwatch(&d.node)
	parked := d.tries > 1
	if parked && spins && errno == 0 {
		d.spin.parked(time.Since(start))
	}
	d.parks = parked && d.spin.mode == idle
	return errno
}

// register makes the direction ready for its first park.
func (s *socket) register(d *direction) syscall.Errno {
	file, raw, err := s.poller()
	if err != nil {
		return errnoOf(err)
	}
	d.mu.Lock()
	d.file = file
	d.mu.Unlock()
	d.raw = raw
	d.park = func(fd uintptr) bool {
		d.tries++
		d.last = d.try(int(fd))
		return d.last != syscall.EAGAIN
	}
	d.node.kick = d.kick
	return 0
}

func (s *socket) wait(d *direction, t *Transport, deadline time.Time) syscall.Errno {
	for {
		if errno := s.prepare(d, t, deadline); errno != 0 {
			if errno == syscall.ETIMEDOUT {
				// What came in the last moment is still delivered.
				if e := d.try(s.fd); e != syscall.EAGAIN {
					return e
				}
			}
			return errno
		}
		if d.turn.state.Load() == 2 {
			d.turn.kickLate()
		}
		var err error
		if d.write {
			err = d.raw.Write(d.park)
		} else {
			err = d.raw.Read(d.park)
		}
		if err == nil {
			d.parked.Store(false)
			return d.last
		}
		if !os.IsTimeout(err) {
			d.parked.Store(false)
			return errnoOf(err)
		}
		// The poller has to be armed anew, also if the wall clock was set back
		// since and what it was armed with seems to lie ahead.
		d.mu.Lock()
		d.armed = past
		d.mu.Unlock()
	}
}

// prepare looks around and arms the poller. A kick that comes after it, but
// before the poller is entered, is not lost: the poller's deadline has passed
// then.
func (s *socket) prepare(d *direction, t *Transport, deadline time.Time) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.parked.Store(false)
	switch {
	case s.closed():
		return syscall.EBADF
	case t.canceled.Load():
		return syscall.ECANCELED
	}
	eff := transport.Earlier(deadline, d.cap)
	if !eff.IsZero() || !d.armed.IsZero() {
		now := time.Now()
		if transport.Expired(eff, now) {
			return syscall.ETIMEDOUT
		}
		// A deadline that is armed already and earlier than need be costs one
		// idle round when it passes; arming costs on every call.
		if transport.Expired(d.armed, now) || !eff.IsZero() && (d.armed.IsZero() || eff.Before(d.armed)) {
			d.arm(eff)
		}
	}
	d.parked.Store(true)
	return 0
}
