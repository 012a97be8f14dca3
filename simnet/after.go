package simnet

// after arms a timer. It is a foreground task's if that one is: a run waits for
// it, as for the task that it starts.
func (s *sched) after(a *timer) {
	a.by, a.background = s.task, s.task.background
	if s.deep() {
		a.pcs = here()
	}
	if !a.background {
		s.foreground++
	}
	k := a.by.bear(a.p, a.name)
	at := elapsed(a.at)
	if s.witness != nil {
		s.witness.arm(at)
	}
	if at <= s.now {
		s.fire(a, k)
		return
	}
	a.alarm = alarm{at: at, task: a.by.id, nth: int32(a.by.nth), ring: func() { s.fire(a, k) }, timer: a}
	s.set(&a.alarm)
}

// fire starts the task of a timer, the k-th of that name.
func (s *sched) fire(a *timer, k int32) {
	a.over = true
	if !a.background {
		s.foreground--
	}
	s.deliver(a.p, a.by, a.name, k, a.background, a.f).belated = !s.setup
}

// disarm is for a timer that is stopped before it fires.
func (s *sched) disarm(a *timer) {
	if a.alarm.pos != 0 {
		s.unset(&a.alarm)
		if !a.background {
			s.foreground--
		}
	}
}
