package simnet

import (
	"fmt"
	"syscall"
)

// Order has questions of this run answered as lines of a script say, whatever the
// Chooser answers: a fault, or another task, at a precise point.
//
//	w.Order("client/main 5 fail ECONNRESET")
//	w.Order("server/main 3 kill server")
//
// The lines need no header. What they order is asked for even if [Config].Faults
// does not have it. An order that is not carried out by the end of a run that
// passes otherwise fails it ([*Misuse]): its point was not reached, or it was not
// possible there.
//
// It is for build; it does not block. Errors: a *ScriptError in a
// *transport.Error's stead for lines that cannot be read; EINVAL once the run has
// begun; ENOTSUP in free mode, where nobody is asked; ESRCH after the run.
func (w *World) Order(lines string) (err error) {
	const op = OpOrder
	if w.sched == nil {
		return fail(op, "", syscall.ENOTSUP)
	}
	if err := w.enter(nil, op, 0, ""); err != nil {
		return err
	}
	defer w.leave(nil, op, &err)
	if !w.sched.setup {
		return invalid(op, "", "the run has begun; give orders in build")
	}
	script, err := ParseScript(scriptHeader + "\n" + lines)
	if err != nil {
		if e, ok := err.(*ScriptError); ok {
			e.Line-- // there was no header
		}
		return err
	}
	w.sched.orders = append(w.sched.orders, script.Lines...)
	return nil
}

// ordered is a Chooser that carries out orders, and leaves the rest to another.
type ordered struct {
	orders *Replayer
	c      Chooser
}

func (o *ordered) Choose(p *Point) int {
	calm := o.c.Choose(p) // who is asked always: that it can count
	if i := o.orders.Choose(p); i != 0 {
		return i
	}
	return calm
}

// obey puts the orders of build into effect.
func (s *sched) obey() {
	if len(s.orders) == 0 {
		return
	}
	o := &ordered{Replay(Script{Lines: s.orders}), s.answerer()}
	switch {
	case s.random != nil:
		o.c = s.random
	case o.c == nil:
		o.c = Calm()
	}
	s.chooser, s.random, s.exact, s.trusted = o, nil, true, false
	s.lineage = nil // what is ordered counts what has been asked, which states do not tell
	if s.trace != nil {
		s.chooser = s.trace.before(o)
	}
	o.orders.start(s)
	wants := o.orders.kinds()
	if s.striker == nil {
		s.striker = newStriker(Faults{}, wants)
	} else {
		for k, want := range wants {
			s.striker.wants[k] = s.striker.wants[k] || want
		}
	}
}

// disobeyed is the verdict about orders that were not carried out.
func (s *sched) disobeyed() error {
	o, ok := s.answerer().(*ordered)
	if !ok {
		return nil
	}
	if lines := o.orders.Unused(); len(lines) > 0 {
		return &Misuse{Op: OpOrder, What: fmt.Sprintf("%d of the orders were not carried out, the first of them: %s", len(lines), lines[0])}
	}
	return nil
}

// recorder returns the Recorder that the run was given, if it was.
func (s *sched) recorder() *Recorder {
	c := s.answerer()
	if o, ok := c.(*ordered); ok {
		c = o.c
	}
	r, _ := c.(*Recorder)
	return r
}
