package simnet

import "fmt"

// ask puts a question of the running task to the Chooser, in words.
func (s *sched) ask(k Kind, n, rate int) int {
	t := s.task
	count := &t.asks[k]
	if t.after && k == KindRun {
		count = &t.asks[numKinds]
	}
	*count++
	s.point = Point{Kind: k, N: n, Rate: rate, Task: t.id, Nth: t.nth, After: t.after && k == KindRun, Ask: int(*count), Rates: s.rates, s: s}
	if k == KindRun {
		s.point.Tasks = s.list
	}
	return s.put()
}

// askOf puts a question about an alarm.
func (s *sched) askOf(a *alarm, k Kind, n, rate int) int {
	a.asked++
	s.point = Point{Kind: k, N: n, Rate: rate, Task: a.task, Nth: int(a.nth), Ask: int(a.asked), Rates: s.rates, s: s}
	return s.put()
}

// drawOf puts a question about an alarm whose options have been collected.
func (s *sched) drawOf(a *alarm, k Kind) *option {
	st := s.fault
	n, rate := len(st.options)+1, st.set[st.options[0].f].Rate
	st.rates = st.rates[:0]
	for range st.options {
		st.rates = append(st.rates, max(min(rate, 1), rate/len(st.options)))
	}
	s.rates = st.rates
	i := s.chooseOf(a, k, n, rate)
	s.rates = nil
	if i == 0 {
		return nil
	}
	return &st.options[i-1]
}

// put has the Chooser answer. What it must not do, it is told by the verdict.
func (s *sched) put() (i int) {
	p := &s.point
	asked := false
	s.asker, s.g = s.g, 0 // a call that the chooser makes is turned away
	s.publish()
	defer func() {
		v := recover()
		s.still()
		s.g, s.asker = s.asker, 0
		switch {
		case asked:
		case v == nil:
			s.misuse("the chooser called runtime.Goexit; it has to answer")
		default:
			s.misuse(fmt.Sprintf("the chooser panicked: %v", v))
		}
	}()
	i = s.chooser.Choose(p)
	asked = true
	if i < 0 || i >= p.N {
		s.misuse(fmt.Sprintf("the chooser answered %d where 0 to %d were possible (%s)", i, p.N-1, p.Kind))
		return 0
	}
	return i
}

// misuse ends the run with a verdict about the running task.
func (s *sched) misuse(what string) {
	s.verdict(&Misuse{Task: s.task.who(), Op: s.task.op, What: what})
}

// answer returns the name of an answer to the question that is being put.
func (s *sched) answer(k Kind, i int) string {
	switch k {
	case KindRun:
		return s.tasks[s.list[i]].String()
	case KindWake:
		return s.wakers[i].view.p.label()
	case KindTimer:
		return s.tasks[s.sameTime[i].task].String()
	}
	switch o := &s.fault.options[i-1]; {
	case o.p != nil:
		return o.p.label()
	default:
		return o.name
	}
}

// label is the process as scripts have it.
func (p *Process) label() string { return processName(p.cfg.Name, p.incarnation) }
