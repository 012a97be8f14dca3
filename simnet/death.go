package simnet

import (
	"syscall"
	"time"
)

// Kill ends the process at once, as SIGKILL does: its blocked calls fail with
// ESRCH, and so does every later one, Close included, without changing anything.
// All its descriptors are closed in that one step, so that listeners are gone,
// peers see the end or ECONNRESET, and locks are free. Socket files stay. Timers
// that it has armed do not fire. It does not block; to kill a dead process
// changes nothing.
//
// In a run its tasks are never run again. Their deferred calls are made after the
// verdict, when nothing that they do has an effect. A task that kills its own
// process does not return from Kill.
func (p *Process) Kill() {
	var err error
	if p.enter(OpKill, p.cfg.Name) != nil {
		return
	}
	p.w.kill(p)
	p.leave(OpKill, &err)
	p.w.vanish()
}

// Restart starts the process again, with the configuration of its first start,
// and returns its next incarnation; p itself stays dead. If it lives it is killed
// first. It does not block. Errors: as for [World.Start].
func (p *Process) Restart() (_ *Process, err error) {
	if err := p.enter(OpRestart, p.cfg.Name); err != nil {
		return nil, err
	}
	p.w.kill(p)
	next, err := p.w.start(p.cfg, p.incarnation+1)
	p.leave(OpRestart, &err)
	p.w.vanish()
	return next, err
}

// kill ends a process.
func (w *World) kill(p *Process) {
	w.lock()
	if !p.dead {
		p.dead = true
		if w.sched != nil {
			w.sched.kill(p)
		}
		// Its own calls first: they are not to see what its death does to others.
		p.endCalls(syscall.ESRCH)
		w.events(w.k.Exit(p.id))
	}
	w.unlock()
}

// vanish does not return if the running task is one of a process that is dead.
func (w *World) vanish() {
	if s := w.sched; s != nil && s.task.state == dead {
		s.block(s.task)
	}
}

// kill takes the tasks and timers of a process off the schedule.
func (s *sched) kill(p *Process) {
	if s.trace != nil {
		s.trace.fell(p)
	}
	p.paused = true // for good: what one of its calls passes on is not for the others
	for _, t := range s.tasks[1:] {
		if t.p != p || t.state == done || t.state == dead {
			continue
		}
		if t.state == runnable {
			s.remove(t.id)
		}
		t.state = dead
		if t.call.blocked {
			s.w.end(&t.call, syscall.ESRCH)
		}
		if !t.background {
			s.foreground--
		}
	}
	for i := 1; i < len(s.heap); {
		if a := s.heap[i].timer; a != nil && a.p == p {
			s.disarm(a) // puts another in its place
			i = 1
			continue
		}
		i++
	}
}

// Pause stops the process, as SIGSTOP does: its tasks do not run until Resume.
// What is sent to it is kept, its deadlines and timers pass, and their tasks run
// when it goes on. A task that pauses its own process does not return before
// that. It does not block otherwise. Errors: ESRCH for a dead process; ENOTSUP in
// free mode, where tasks are goroutines, which nobody can stop.
func (p *Process) Pause() (err error) {
	if err := p.enter(OpPause, p.cfg.Name); err != nil {
		return err
	}
	defer p.leave(OpPause, &err)
	switch s := p.w.sched; {
	case s == nil:
		return fail(OpPause, p.cfg.Name, syscall.ENOTSUP)
	case p.dead:
		return fail(OpPause, p.cfg.Name, syscall.ESRCH)
	default:
		s.pause(p)
		if t := s.task; t.p == p {
			t.state = held
			s.block(t)
		}
	}
	return nil
}

// Resume lets a process that was paused go on, as SIGCONT does. For one that was
// not it changes nothing. It does not block. Errors: as for Pause.
func (p *Process) Resume() (err error) {
	if err := p.enter(OpResume, p.cfg.Name); err != nil {
		return err
	}
	defer p.leave(OpResume, &err)
	switch s := p.w.sched; {
	case s == nil:
		return fail(OpResume, p.cfg.Name, syscall.ENOTSUP)
	case p.dead:
		return fail(OpResume, p.cfg.Name, syscall.ESRCH)
	default:
		s.unpause(p)
	}
	return nil
}

// pause takes the runnable tasks of a process off the schedule. What they were
// woken for, another process may have.
func (s *sched) pause(p *Process) {
	if p.paused {
		return
	}
	p.paused = true
	if s.trace != nil {
		s.trace.befell("paused", p, OpPause)
	}
	for _, t := range s.tasks[1:] {
		if t.p != p || t.state != runnable {
			continue
		}
		s.remove(t.id)
		t.state = held
		if c := &t.call; c.blocked && c.awake {
			s.goOn(c)
		}
	}
}

// unpause puts them back, in the order in which they were started.
func (s *sched) unpause(p *Process) {
	if !p.paused {
		return
	}
	p.paused = false
	if s.trace != nil {
		s.trace.befell("resumed", p, OpResume)
	}
	for _, t := range s.tasks[1:] {
		if t.p != p {
			continue
		}
		switch {
		case t.state == held:
			t.state = runnable
			s.add(t.id)
		case t.state == blocked:
			// It may have been passed over meanwhile: it looks for itself, unless
			// another does so first, which passes it on.
			if c := &t.call; !c.behind() {
				s.rouse(c)
			}
		}
	}
}

// pauseFor pauses a process for a time.
func (s *sched) pauseFor(p *Process, d time.Duration) {
	if p.paused || p.dead {
		return
	}
	s.pause(p)
	a := &alarm{at: later(s.now, int64(d)), task: s.task.id, nth: int32(s.task.nth), ring: func() {
		if !p.dead {
			s.unpause(p)
		}
	}}
	s.set(a)
}
