package simnet

import (
	"time"

	"example.com/brine/simnet/internal/coro"
)

// How long the end of a goroutine may take before the next is ended as well.
const (
	soon   = 10 * time.Millisecond // the first few
	sooner = time.Millisecond      // when it is known that some block
	few    = 16
)

// unwind ends goroutines, one after the other, since what they defer was written
// for one at a time. Those that block in a deferred call do not hold the others
// up for long, which may be what they wait for; all of them together are waited
// for as long as a task is. It returns those that have not ended even then.
func (r *Runner) unwind(some []*worker) (left []*worker) {
	type ending struct {
		k    *worker
		over <-chan struct{}
	}
	var slow []ending
	var began time.Time
	late := time.NewTimer(time.Hour)
	defer late.Stop()
	within := func(over <-chan struct{}, d time.Duration) bool {
		late.Reset(d)
		select {
		case <-over:
			return true
		case <-late.C:
			return false
		}
	}
	for _, k := range some {
		over := k.c.End()
		wait := soon
		switch {
		case len(slow) == 0:
		case time.Since(began) > 2*patience:
			wait = 0
		case len(slow) >= few:
			wait = sooner
		}
		if within(over, wait) {
			continue
		}
		r.condemn(k)
		if len(slow) == 0 {
			began = time.Now()
		}
		if wait == soon {
			// One that only is not given the processor is waited for.
			ended := false
			for i := 0; i < int(patience/soon) && !ended; i++ {
				if _, state := stackOf(k.c.ID()); outside(state) {
					break
				}
				ended = within(over, soon)
			}
			if ended {
				continue
			}
		}
		slow = append(slow, ending{k, over})
	}
	end := time.Now().Add(patience)
	for _, e := range slow {
		if !within(e.over, max(0, time.Until(end))) {
			select {
			case <-e.over:
			default:
				left = append(left, e.k)
			}
		}
	}
	return left
}

// condemn notes that a goroutine is to end. One that goes on calling for ever,
// whatever it is told, is ended in such a call; see condemned.
func (r *Runner) condemn(k *worker) {
	r.doom.Lock()
	defer r.doom.Unlock()
	if r.doomed == nil {
		r.doomed = map[uint64]bool{} // only looked up
	}
	r.doomed[k.c.ID()] = true
}

// condemned reports whether a goroutine is to end.
func (r *Runner) condemned(id uint64) bool {
	r.doom.Lock()
	defer r.doom.Unlock()
	return r.doomed[id]
}

// home has every goroutine of the Runner park where it can be ended.
func (r *Runner) home() {
	all := make([]*coro.Coro, len(r.workers))
	for i, k := range r.workers {
		all[i] = k.c
	}
	r.set.Home(all)
}

// leftover is the verdict about tasks that have not ended, if nothing worse was
// to say.
func (s *sched) leftover(left []*worker) {
	if s.err != nil || len(left) == 0 {
		return
	}
	k := left[0]
	stack, state := stackOf(k.c.ID())
	s.err = &Blocked{Task: k.t.who(), State: state, Stack: stack, Ending: true}
}
