package transport

import (
	"sync"
	"syscall"
	"time"
)

// A Queue passes items from tasks to tasks of one process, first in, first out.
// It has no limit. Any task may call its methods.
//
// To wait for one of several things, start a task for each of them and let them
// push into one queue.
type Queue[T any] struct {
	tr Transport

	// gate is never notified. A Wait(Immediate) on it fails with ECANCELED in a
	// cancelled view and with ETIMEDOUT in any other, and so tells one from the
	// other without taking a token from anybody.
	gate Notifier

	// Between two calls: 0 <= owed <= count, and if a Pop is on the list of
	// first, then owed == count. A Push serves the first on the list: it takes
	// it off and owes it an item, which stays where it is in the ring, so that
	// the order is kept if that Pop turns out to be cancelled.
	mu          sync.Mutex // never held across a call of the transport
	ring        []T        // items, from head on, around the end; the other slots are zero
	head, count int
	owed        int
	first, last *popper // calls of Pop that wait and are not served, in order
	free        *popper // linked by next
}

// A popper is what a blocked Pop waits on. It is used again and again. Its
// notifier may hold a token that came too late for the Pop it was meant for.
type popper struct {
	n          Notifier
	served     bool // it is owed an item, and off the list
	prev, next *popper
}

// NewQueue returns an empty queue. Its Pop is cancelled with the view tr.
func NewQueue[T any](tr Transport) *Queue[T] {
	return &Queue[T]{tr: tr, gate: tr.NewNotifier()}
}

// Push appends v to the queue and wakes the Pop that has waited longest. It
// does not block and is not cancelled.
func (q *Queue[T]) Push(v T) {
	q.mu.Lock()
	if q.count == len(q.ring) {
		q.grow()
	}
	i := q.head + q.count
	if i >= len(q.ring) {
		i -= len(q.ring)
	}
	q.ring[i] = v
	q.count++
	w := q.serve()
	q.mu.Unlock()
	if w != nil {
		w.n.Notify()
	}
}

// Pop takes the oldest item, and blocks until there is one or the deadline has
// passed. What waits is served first come, first served.
//
// It looks at cancellation first, then at the queue, and then at the deadline:
// an item that is there is delivered whatever the deadline, and stays in the
// queue if the view is cancelled.
//
// Errors: ECANCELED when the view that the queue was made in is cancelled, even
// if there are items; ETIMEDOUT. A Pop that fails has taken nothing.
func (q *Queue[T]) Pop(deadline time.Time) (T, error) {
	var zero T
	if err := q.gate.Wait(Immediate); err != nil && Errno(err) != syscall.ETIMEDOUT {
		return zero, failAs("pop", err)
	}
	q.mu.Lock()
	for q.count == q.owed && q.free == nil {
		q.mu.Unlock()
		w := &popper{n: q.tr.NewNotifier()}
		role(w.n, "queue", nil)
		q.mu.Lock()
		w.next, q.free = q.free, w
	}
	if q.count > q.owed {
		v := q.take()
		q.mu.Unlock()
		return v, nil
	}
	w := q.enlist()
	q.mu.Unlock()

	err := w.n.Wait(deadline)
	q.mu.Lock()
	for err == nil && !w.served { // a token that came too late for another Pop
		q.mu.Unlock()
		err = w.n.Wait(deadline)
		q.mu.Lock()
	}
	if !w.served {
		q.strike(w)
		q.release(w)
		q.mu.Unlock()
		return zero, failAs("pop", err)
	}
	q.owed--
	q.release(w)
	if err == nil || Errno(err) == syscall.ETIMEDOUT { // the item was there in time
		v := q.take()
		q.mu.Unlock()
		return v, nil
	}
	next := q.serve()
	q.mu.Unlock()
	if next != nil {
		next.n.Notify()
	}
	return zero, failAs("pop", err)
}

// Len returns how many items could be taken at once. What has been promised to
// a Pop that waits is not counted.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count - q.owed
}

// The rest is called with mu held.

// grow doubles the ring.
func (q *Queue[T]) grow() {
	ring := make([]T, max(8, 2*len(q.ring)))
	n := copy(ring, q.ring[q.head:])
	copy(ring[n:], q.ring[:q.head])
	q.ring, q.head = ring, 0
}

// take removes the oldest item, of which there must be one.
func (q *Queue[T]) take() T {
	var zero T
	v := q.ring[q.head]
	q.ring[q.head] = zero // the queue must not keep alive what it handed out
	q.head++
	if q.head == len(q.ring) {
		q.head = 0
	}
	q.count--
	return v
}

// serve owes an item to the Pop that has waited longest, if one waits and an
// item is free. The caller notifies it after unlocking.
func (q *Queue[T]) serve() *popper {
	w := q.first
	if w == nil || q.count == q.owed {
		return nil
	}
	q.strike(w)
	w.served = true
	q.owed++
	return w
}

// enlist puts a free popper at the end of the list.
func (q *Queue[T]) enlist() *popper {
	w := q.free
	q.free = w.next
	w.prev, w.next = q.last, nil
	if q.last == nil {
		q.first = w
	} else {
		q.last.next = w
	}
	q.last = w
	return w
}

// strike takes w off the list.
func (q *Queue[T]) strike(w *popper) {
	if w.prev == nil {
		q.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		q.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.prev, w.next = nil, nil
}

// release makes w, which is off the list, free for the next Pop.
func (q *Queue[T]) release(w *popper) {
	w.served = false
	w.next, q.free = q.free, w
}
