//go:build unix

package realunix

import (
	"sync"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// A sleeper blocks one goroutine on something that is not a socket. Sleepers
// are reused: a Wait on a notifier allocates nothing.
type sleeper struct {
	node  node
	woken chan struct{} // by what is waited for; room for one
	kick  chan struct{} // by the view; room for one
	timer *time.Timer
}

var sleepers = sync.Pool{New: func() any {
	s := &sleeper{woken: make(chan struct{}, 1), kick: make(chan struct{}, 1)}
	s.node.kick = func() {
		select {
		case s.kick <- struct{}{}:
		default:
		}
	}
	s.timer = time.NewTimer(time.Hour)
	s.timer.Stop()
	return s
}}

func newSleeper() *sleeper { return sleepers.Get().(*sleeper) }

// free gives s back. Nobody may hold it any more.
func (s *sleeper) free() {
	select {
	case <-s.woken:
	default:
	}
	select {
	case <-s.kick:
	default:
	}
	sleepers.Put(s)
}

// wait blocks until woken (0), the deadline (ETIMEDOUT) or the cancellation of
// t (ECANCELED). woken is looked at first.
func (s *sleeper) wait(t *Transport, woken <-chan struct{}, deadline time.Time) syscall.Errno {
	t.watch(&s.node)
	defer t.unwatch(&s.node)
	var expired <-chan time.Time
	if !deadline.IsZero() {
		s.timer.Reset(time.Until(deadline))
		defer s.timer.Stop() // Go 1.23: no stale tick is left behind
		expired = s.timer.C
	}
	for {
		select {
		case <-woken:
			return 0
		default:
		}
		if t.canceled.Load() {
			return syscall.ECANCELED
		}
		select {
		case <-woken:
			return 0
		case <-s.kick:
		case <-expired:
			return syscall.ETIMEDOUT
		}
	}
}

// pause sleeps for d or until the deadline, whichever is earlier. It returns
// ETIMEDOUT, without sleeping, if the deadline has passed.
func (t *Transport) pause(d time.Duration, deadline time.Time) syscall.Errno {
	now := time.Now()
	if transport.Expired(deadline, now) {
		return syscall.ETIMEDOUT
	}
	s := newSleeper()
	defer s.free()
	if errno := s.wait(t, nil, transport.Earlier(now.Add(d), deadline)); errno != syscall.ETIMEDOUT {
		return errno
	}
	return 0
}
