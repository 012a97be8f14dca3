package simnet

import (
	"cmp"
	"slices"
)

// aloneRate is how often one of several alarms of one time is to go off alone.
const aloneRate = 1 << 14

// expire lets the alarms go off that are due first: all of that time, in the order
// in which they were set, before any task runs, as an interrupt of the kernel's
// timer does. Who waits for the same moment is runnable together, and who of them
// goes on is the question. But processors have timers of their own: the Chooser
// may pick one alarm that goes off alone. Then the others do when nobody can go on,
// if nobody has stopped them by then.
//
// That of the vigil waits for all that others of its time bring about.
func (s *sched) expire() {
	a := s.first()
	at := a.at
	if s.tied(a) {
		if one := s.single(a); one != nil {
			s.ring(one)
			return
		}
	}
	for {
		s.ring(a)
		if a = s.first(); a == nil || a.at != at || s.watches(a) || s.over {
			return
		}
	}
}

// tied reports whether another alarm is due at the time of the first.
func (s *sched) tied(a *alarm) bool {
	// Those of the same time are among its children, their children, and so on.
	for i := 2; i < min(4, len(s.heap)); i++ {
		if b := s.heap[i]; b.at == a.at && !s.watches(b) {
			return true
		}
	}
	return false
}

// single asks which of the alarms that are due with a, the first, goes off alone.
// It returns nil for the calm answer: none.
func (s *sched) single(a *alarm) *alarm {
	if s.random == nil && !s.exact {
		s.count(KindTimer)
		return nil
	}
	clear(s.sameTime) // what is beyond the end would keep a timer, and all of its run
	s.sameTime = s.sameTime[:0]
	s.together(1, a.at)
	slices.SortFunc(s.sameTime, func(a, b *alarm) int { return cmp.Compare(a.seq, b.seq) })
	i := s.chooseOf(a, KindTimer, len(s.sameTime)+1, aloneRate)
	if i == 0 {
		return nil
	}
	return s.sameTime[i-1]
}

// together collects the alarms of one time from a place in the heap downwards.
func (s *sched) together(i int, at int64) {
	if i < len(s.heap) && s.heap[i].at == at && !s.watches(s.heap[i]) {
		s.sameTime = append(s.sameTime, s.heap[i])
		s.together(2*i, at)
		s.together(2*i+1, at)
	}
}

// ring lets an alarm go off, at its time.
func (s *sched) ring(a *alarm) {
	if s.fault != nil && s.delay(a) {
		return
	}
	if s.lineage != nil {
		s.lineage.rang(a)
	}
	s.unset(a)
	was := s.now
	if a.at > s.now {
		s.now = a.at
	}
	if s.trace != nil && !s.watches(a) {
		s.trace.rang(a, was)
	}
	s.hash = mix(s.hash, uint64(s.now))
	if c := a.call; c != nil {
		c.timeout = true
		if !c.awake {
			c.awake = true
			s.ready(c.task)
		}
		return
	}
	a.ring()
}
