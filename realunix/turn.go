//go:build unix

package realunix

import (
	"sync"
	"sync/atomic"
)

// A turn is the right to operate in one direction of a socket. It passes from
// holder to holder in the order in which they asked.
//
// state is 0 when the turn is free, 1 when it is held and 2 when it is held
// and others are queued; it is 2 if and only if queue is not empty, except for
// moments in which mu is held.
type turn struct {
	state atomic.Uint32
	mu    sync.Mutex
	queue []*queued
}

// A queued call waits for its turn. granted and kicked have room for one
// message; granted is sent to once, by the holder before.
type queued struct {
	granted chan struct{}
	kicked  chan struct{} // look around: closed, cancelled, a deadline moved, the holder parked
	late    atomic.Bool   // its deadline has passed: it wants to know when the holder parks
}

func (q *queued) kick() {
	select {
	case q.kicked <- struct{}{}:
	default:
	}
}

// take takes the turn if it is free.
func (t *turn) take() bool { return t.state.CompareAndSwap(0, 1) }

// enqueue takes the turn if it is free (and then returns nil), or else queues
// up for it.
func (t *turn) enqueue() *queued {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		if t.take() {
			return nil
		}
		if t.state.Load() == 2 || t.state.CompareAndSwap(1, 2) {
			q := &queued{granted: make(chan struct{}, 1), kicked: make(chan struct{}, 1)}
			t.queue = append(t.queue, q)
			return q
		}
	}
}

// give passes the turn on, or frees it.
func (t *turn) give() {
	if t.state.CompareAndSwap(1, 0) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) == 0 { // the last one has left in between
		t.state.Store(0)
		return
	}
	q := t.queue[0]
	n := copy(t.queue, t.queue[1:])
	t.queue[n] = nil
	t.queue = t.queue[:n]
	if n == 0 {
		t.state.Store(1)
	}
	q.granted <- struct{}{}
}

// leave takes q out of the queue. It reports false if q has been granted the
// turn in the meantime.
func (t *turn) leave(q *queued) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, o := range t.queue {
		if o == q {
			t.queue = append(t.queue[:i], t.queue[i+1:]...)
			if len(t.queue) == 0 {
				t.state.Store(1)
			}
			return true
		}
	}
	return false
}

// kick makes every queued call look around.
func (t *turn) kick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, q := range t.queue {
		q.kick()
	}
}

// kickLate makes those look around whose deadline has passed.
func (t *turn) kickLate() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, q := range t.queue {
		if q.late.Load() {
			q.kick()
		}
	}
}
