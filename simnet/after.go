package simnet

// after arms a timer. It is a foreground task's if that one is: a run waits for
// it, as for the task that it starts.
func (s *sched) after(a *timer) {
	a.by, a.background = s.task, s.task.background
	if !a.background {
		s.foreground++
	}
	at := elapsed(a.at)
	if at <= s.now {
		s.fire(a)
		return
	}
	a.alarm = alarm{at: at, task: a.by.id, nth: int32(a.by.nth), ring: func() { s.fire(a) }, timer: a}
	s.set(&a.alarm)
}

// fire starts the task of a timer.
func (s *sched) fire(a *timer) {
	a.over = true
	if !a.background {
		s.foreground--
	}
	s.spawn(a.p, a.by, a.name, a.background, a.f)
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
