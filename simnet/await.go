package simnet

import (
	"syscall"
	"time"

	"example.com/brine/simnet/internal/afunix"
)

// In a run, who waits is not served by the one who brings about what he waits
// for, as in free mode: he becomes runnable, and tries again when he is chosen to
// run. So whatever can happen between a wake-up and the second try of a real
// process happens here, too.

// callOf returns the call that the running task is to be blocked in.
func (s *sched) callOf(w *World) *call {
	c := &s.task.call
	c.w, c.task = w, s.task
	c.awake, c.timeout, c.lax, c.s = false, false, false, nil
	return c
}

// await blocks the running task until its call, which is queued, is over.
func (s *sched) await(c *call) {
	t, w := s.task, s.w
	if s.setup {
		w.end(c, syscall.EDEADLK)
		return
	}
	if s.trace != nil {
		s.trace.now().Blocked = true
	}
	for {
		t.state = blocked
		if s.fault != nil && s.fault.partial {
			// It has moved less than it could: it goes on when it is chosen.
			s.fault.partial = false
			s.rouse(c)
		}
		s.block(t)
		if !c.blocked { // somebody has ended it: it was cancelled, say
			return
		}
		if c.prev != nil && c.behind() { // it is for the other, who may not have been woken
			if c.timeout {
				w.end(c, syscall.ETIMEDOUT)
				return
			}
			c.awake = false
			s.goOn(c)
			continue
		}
		if s.fault != nil {
			if errno := s.again(t); errno != 0 {
				w.end(c, errno)
				return
			}
		}
		if w.try(c) {
			return
		}
		c.awake = false
		if s.fault != nil && s.fault.partial {
			continue
		}
		if c.lax {
			c.lax = false
			if at := c.effective(); !at.IsZero() && elapsed(at) > s.now {
				s.arm(c, elapsed(at))
			} else if !at.IsZero() {
				c.timeout = true
			}
		}
		if c.timeout {
			w.end(c, syscall.ETIMEDOUT)
			return
		}
	}
}

// receive is await for what blocks most often: a Recv without a deadline that
// found nothing, and takes no descriptors.
func (s *sched) receive(o *conn, bufs [][]byte) (n int, errno syscall.Errno) {
	t, w, k := s.task, s.w, &o.stream.socket
	c := s.callOf(w)
	q := &k.queuesAt().rd
	c.kind, c.view, c.deadline, c.cap, c.timed = toRecv, o.view, time.Time{}, &k.rcap, false
	c.queue, c.s, c.bufs, c.fds = q, k, bufs, nil
	w.enqueue(c)
	for {
		t.state = blocked
		// This is block: in fewer functions, for the sake of speed.
		switch to := s.pick(); to {
		case nil:
			t.k.leave()
		case t:
			t.state = running
		default:
			s.resume(to)
			if p, yield := t.c.Leave(to.c); yield {
				p.Yield(struct{}{})
			} else {
				p.Next()
			}
			t.c.Back()
		}
		if !c.blocked { // somebody has ended it: it was cancelled, say
			errno = c.errno // and nobody has carried it out
			break
		}
		if n, errno = 0, syscall.EAGAIN; c.prev == nil || !c.behind() {
			n, errno = w.recvBy(k.h, bufs)
		}
		if errno == syscall.EAGAIN && c.timeout { // a cap was set meanwhile
			errno = syscall.ETIMEDOUT
		}
		if errno != syscall.EAGAIN {
			w.end(c, errno)
			break
		}
		if c.awake = false; c.prev != nil {
			s.goOn(c)
		}
	}
	c.bufs = nil
	return n, errno
}

// behind reports whether a blocked call has to leave what there is to one that
// came before it, of the same direction of the same process's socket: its
// deadline has woken it, say. Those of a process that is paused cannot take it.
func (c *call) behind() bool {
	if c.s == nil {
		return false
	}
	for b := c.prev; b != nil; b = b.prev {
		if b.view.p == c.view.p && !b.task.paused() {
			return true
		}
	}
	return false
}

// called is told that a call is over, which has left its queue.
func (s *sched) called(c *call, q *queue) {
	switch {
	case q.first != nil:
		if c.awake {
			s.goOn(c)
		}
	case c.s != nil:
		s.want(c.s)
	}
	c.awake = false
	s.ready(c.task) // unless it has ended the call itself, and so is running
}

// follow wakes the call that one which is about to end has kept back: the next of
// its process.
func (s *sched) follow(c *call) {
	if c.behind() {
		return
	}
	for b := c.next; b != nil; b = b.next {
		if b.view.p == c.view.p {
			s.rouse(b)
			return
		}
	}
}

// want tells the kernel who waits at a socket.
func (s *sched) want(o *socket) {
	var e afunix.Events
	if o.known.rd.first != nil {
		e = afunix.In
	}
	if o.known.wr.first != nil {
		e |= afunix.Out
	}
	s.w.k.Want(o.id, e)
}

// goOn passes a wake-up on that came to a call which has left its queue: what
// woke it may do for another.
func (s *sched) goOn(c *call) {
	e := afunix.Waiter{ID: c.id, Events: afunix.Slot}
	switch c.kind {
	case toRecv, toAccept:
		e = afunix.Waiter{ID: c.s.id, Events: afunix.In}
		if s.w.k.PollID(c.s.id)&afunix.PollIn == 0 {
			return
		}
	case toSend:
		e = afunix.Waiter{ID: c.s.id, Events: afunix.Out}
	case toDial:
	case toLock:
		e.Events = afunix.Unlocked
	default:
		return
	}
	s.serve(e)
}

// serve wakes who waits for an event.
func (s *sched) serve(e afunix.Waiter) {
	w := s.w
	if e.Events&(afunix.In|afunix.Out) != 0 {
		if q := w.waitsOf(e.ID); q != nil {
			if e.Events&afunix.In != 0 {
				s.wake(&q.rd, 0)
			}
			if e.Events&afunix.Out != 0 {
				s.wake(&q.wr, 0)
			}
		}
	}
	if e.Events&afunix.Slot != 0 {
		s.wake(&w.dials, e.ID)
	}
	if e.Events&afunix.Unlocked != 0 {
		s.wake(&w.locks, e.ID)
	}
	if e.Events&afunix.Names != 0 {
		for _, q := range [...]*queue{&w.dials, &w.locks} {
			for c := q.first; c != nil; c = c.next {
				s.rouse(c)
			}
		}
	}
}

// rouse makes the task of a blocked call runnable.
func (s *sched) rouse(c *call) {
	if !c.awake {
		c.awake = true
		s.ready(c.task)
	}
}

// wake makes one call of a queue runnable that waits for id (0: whatever it waits
// for), unless one is already. In each process it is the one that has waited
// longest; which process it is, is nobody's to say. A process that is paused is
// told when it goes on.
func (s *sched) wake(q *queue, id afunix.ID) {
	c := q.first
	if c == nil {
		return
	}
	if c.next == nil && (id == 0 || c.id == id) && !c.task.paused() {
		s.rouse(c)
		return
	}
	heads := s.wakers[:0]
next:
	for ; c != nil; c = c.next {
		if id != 0 && c.id != id || c.task.paused() {
			continue
		}
		if c.awake {
			return // and passes it on
		}
		for _, h := range heads {
			if h.view.p == c.view.p {
				continue next
			}
		}
		heads = append(heads, c)
	}
	s.wakers = heads
	if len(heads) > 0 {
		s.rouse(heads[s.choose(KindWake, len(heads), 0)])
	}
}

func (t *task) paused() bool { return t.p != nil && t.p.paused }

// arm has a blocked call end at a time. A time that has passed is now.
func (s *sched) arm(c *call, at int64) {
	if s.witness != nil {
		s.witness.arm(at)
	}
	if s.lineage != nil {
		s.lineage.timed()
	}
	a := &c.alarm
	if a.pos != 0 {
		s.unset(a)
	}
	a.at, a.call, a.task, a.nth, a.late = at, c, c.task.id, int32(c.task.nth), false
	s.set(a)
}
