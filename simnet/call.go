package simnet

import (
	"sync/atomic"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// A kind says what a blocked call is to do.
type kind uint8

const (
	toRecv kind = iota
	toSend
	toAccept
	toDial
	toLock
	toWait  // for a notifier's token
	toSleep // for nothing but its deadline
)

// A call is one that is blocked. From wait to end it stands in a queue and
// among the blocked of its view, and is carried out by whoever makes it possible;
// afterwards only its results are looked at, by its goroutine. It is used again
// and again, so that blocking allocates nothing.
type call struct {
	w     *World
	woken chan struct{} // room for one
	timer *clock.Timer  // made when first needed
	armed bool          // the timer may yet fire
	spare bool          // it is a queue's
	idle  uint32        // 1 for a spare that is not in use; set by free, without mu

	// In a run, where it is its task's, and woken and timer are not used.
	task    *task
	awake   bool // the task is runnable, to try again
	timeout bool // the deadline has passed
	lax     bool // the deadline is not looked at yet
	alarm   alarm

	kind     kind
	blocked  bool // from wait to end
	view     *Transport
	deadline time.Time
	cap      *time.Time // the direction's of its socket; nil if there is none
	link     *call      // in World.ready
	timed    bool       // from prepare to wait: it has a deadline, and this is now
	now      time.Time

	queue        *queue
	prev, next   *call // in queue
	vprev, vnext *call // in view.calls

	s    *socket  // of toRecv, toSend, toAccept
	a    *accepts // of toAccept
	bufs [][]byte
	fds  []transport.FD
	path string
	id   afunix.ID // what toDial and toLock wait for
	on   *reporter // of toWait, in a run

	// Results.
	errno  syscall.Errno
	n, nfd int
	cut    bool
	size   int // that toSend is to reach
	d      afunix.Desc
	peer   string
}

func newCall(w *World) *call {
	return &call{w: w, woken: make(chan struct{}, 1)}
}

// A queue is a list of blocked calls in the order in which they came. spare is
// for the next one, if it is idle: on most sockets one call at a time is blocked.
type queue struct{ first, last, spare *call }

func (q *queue) add(c *call) {
	c.queue, c.prev, c.next = q, q.last, nil
	if q.last == nil {
		q.first = c
	} else {
		q.last.next = c
	}
	q.last = c
}

// waits reports whether a call of a process is in the queue, behind which
// another has to wait. If the calls of a queue are served at once, as in free
// mode, nothing is there while anyone's is; otherwise they may yet have to run.
func (q *queue) waits(p *Process) bool {
	for c := q.first; c != nil; c = c.next {
		if c.view.p == p {
			return true
		}
	}
	return false
}

func (q *queue) remove(c *call) {
	if c.prev == nil {
		q.first = c.next
	} else {
		c.prev.next = c.next
	}
	if c.next == nil {
		q.last = c.prev
	} else {
		c.next.prev = c.prev
	}
	c.queue, c.prev, c.next = nil, nil, nil
}

// prepare returns a call of view v for the caller to say what it is to do, and
// then to pass it to wait. It returns nil if the deadline, or the cap, has passed.
// The caller holds mu.
func (w *World) prepare(v *Transport, kind kind, q *queue, deadline time.Time, cap *time.Time) *call {
	timed := !deadline.IsZero() || cap != nil && !cap.IsZero()
	var now time.Time
	if timed {
		eff := deadline
		if cap != nil {
			eff = transport.Earlier(deadline, *cap)
		}
		if now = w.now(); transport.Expired(eff, now) {
			return nil
		}
	}
	c := q.spare
	switch {
	case w.sched != nil:
		c = w.sched.callOf(w)
	case c == nil:
		c = w.calls.Get().(*call)
		c.spare, q.spare = true, c
	case atomic.LoadUint32(&c.idle) != 0:
		c.idle = 0 // nobody else looks at it until free
	default:
		c = w.calls.Get().(*call)
	}
	c.queue, c.kind, c.view, c.deadline, c.cap = q, kind, v, deadline, cap
	if c.timed = timed; timed {
		c.now = now
	}
	c.errno, c.n, c.nfd, c.cut = 0, 0, 0, false
	return c
}

// wait queues a call up, releases mu and blocks until the call is over. The
// caller looks at the results and then calls free.
func (w *World) wait(c *call) {
	w.enqueue(c)
	if w.sched != nil {
		w.sched.await(c)
		return
	}
	w.unlock()
	<-c.woken
}

func (w *World) enqueue(c *call) {
	c.blocked = true
	w.blocked++
	c.queue.add(c)
	if w.sched != nil && c.s != nil && c.queue.first == c {
		w.sched.want(c.s)
	}
	c.view.addCall(c)
	if c.timed {
		w.arm(c, c.effective(), c.now)
	}
}

// free gives a call back that is over. What it referred to must not be kept.
func (w *World) free(c *call) {
	c.bufs, c.fds = nil, nil
	if c.task != nil {
		return
	}
	if c.spare {
		atomic.StoreUint32(&c.idle, 1)
		return
	}
	c.view, c.cap, c.s, c.a, c.path, c.peer = nil, nil, nil, nil, "", ""
	w.calls.Put(c)
}

// end ends a blocked call with its results. The caller holds mu.
func (w *World) end(c *call, errno syscall.Errno) {
	c.errno = errno
	c.blocked = false
	w.blocked--
	if c.kind == toSend && c.next != nil {
		// The next was kept back by this one, not by the buffer: there may be room
		// for it without the event that tells of much room.
		switch {
		case c.task != nil:
			w.sched.follow(c)
		case c.prev == nil:
			w.work = append(w.work, afunix.Waiter{ID: c.s.id, Events: afunix.Out})
		}
	}
	q := c.queue
	q.remove(c)
	c.view.removeCall(c)
	if c.alarm.pos != 0 || c.armed {
		c.disarm()
	}
	switch c.kind {
	case toDial:
		if errno != 0 {
			w.close(c.view.p, c.d)
		}
	case toSend:
		w.unhold(c)
	}
	if c.task != nil {
		w.sched.called(c, q)
		return
	}
	if w.ready == nil {
		w.ready = c
	} else {
		w.lastReady.link = c
	}
	w.lastReady = c
}

// try carries a blocked call out as far as is possible, and reports whether it
// is over.
func (w *World) try(c *call) bool {
	errno, id := syscall.EAGAIN, afunix.ID(0)
	switch c.kind {
	case toRecv:
		c.n, c.nfd, c.cut, errno = w.recv(c.s, c.bufs, c.fds)
	case toSend:
		errno = w.sendRest(c)
	case toAccept:
		c.d, c.peer, errno = w.accept(c.a)
	case toDial:
		id, errno = w.connect(c.view.p, c.d, c.path)
	case toLock:
		c.d, id, errno = w.openLock(c.view.p, c.path)
	}
	if errno == syscall.EAGAIN {
		c.id = id // if it is over, c.id stays what it was woken for; see goOn
		return false
	}
	w.end(c, errno)
	return true
}

// effective returns when a blocked call ends at the latest; zero is never.
func (c *call) effective() time.Time {
	if c.cap == nil {
		return c.deadline
	}
	return transport.Earlier(c.deadline, *c.cap)
}

// recheck is for a blocked call whose cap was moved, or whose timer fired.
func (w *World) recheck(c *call) {
	eff := c.effective()
	if eff.IsZero() {
		c.disarm()
		return
	}
	w.arm(c, eff, w.now())
}

// disarm has no timer end it any more.
func (c *call) disarm() {
	switch {
	case c.alarm.pos != 0:
		if s := c.task.s; s.lineage != nil {
			s.lineage.timed()
		}
		c.task.s.unset(&c.alarm)
	case c.armed:
		c.armed = false
		c.timer.Stop() // if it fires all the same, it finds nothing to do
	}
}

// arm has a blocked call end at eff; it is now.
func (w *World) arm(c *call, eff, now time.Time) {
	if w.sched != nil {
		w.sched.arm(c, elapsed(eff))
		return
	}
	for {
		if transport.Expired(eff, now) {
			w.late(c)
			return
		}
		d := eff.Sub(now)
		if c.timer == nil {
			c.timer = w.clock.AfterFunc(d, c.due)
		} else {
			c.timer.Reset(d)
		}
		c.armed = true
		if w.real {
			return
		}
		// A clock that is moved by hand may have been moved between the look at
		// it and the arming, and is to be met exactly.
		then := now
		if now = w.now(); now.Equal(then) {
			return
		}
	}
}

// due is what the timer calls.
func (c *call) due() {
	c.w.lock()
	if c.blocked { // maybe on something else by now
		c.w.recheck(c)
	}
	c.w.unlock()
}

// late ends a call whose deadline has passed. All that was possible has been
// done, except that a blocked sender is not told of every byte of room.
func (w *World) late(c *call) {
	if c.kind == toSend && c.queue.first == c && w.try(c) {
		return
	}
	w.end(c, syscall.ETIMEDOUT)
}

// recheckAll is for the calls of a queue that are made on s.
func (w *World) recheckAll(q *queue, s *socket) {
	for c := q.first; c != nil; {
		next := c.next
		if c.s == s {
			w.recheck(c)
		}
		c = next
	}
}

// endAll ends the calls of a queue that are made on s.
func (w *World) endAll(q *queue, s *socket, errno syscall.Errno) {
	for c := q.first; c != nil; {
		next := c.next
		if c.s == s {
			w.end(c, errno)
		}
		c = next
	}
}
