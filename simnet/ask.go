package simnet

import (
	"fmt"
	"strconv"
)

// asks counts how often each question was put in one operation: by Kind, and last
// who goes on when it waits.
type asks [numKinds + 1]uint32

// An armed is what questions about alarms are counted by. The alarms themselves
// would not do: an operation can set several.
type armed struct {
	task TaskID
	nth  int32
	kind Kind
}

// ask puts a question of the running task to the Chooser, in words.
func (s *sched) ask(k Kind, n, rate int) int {
	t := s.task
	if s.trusted {
		return s.askTrusted(t, k, n, rate)
	}
	count := &t.asks[k]
	if t.after && k == KindRun {
		count = &t.asks[numKinds]
	}
	*count++
	*s.point = Point{Kind: k, N: n, Rate: rate, Task: t.id, Nth: t.nth, After: t.after && k == KindRun, Ask: int(*count), Rates: s.rates, s: s}
	if k == KindRun {
		s.point.Tasks = s.list
		if s.lineage != nil {
			s.lineage.reached(t)
		}
	}
	return s.pose()
}

// askTrusted does, without precautions, and without counting.
func (s *sched) askTrusted(t *task, k Kind, n, rate int) int {
	p := s.point
	p.Kind, p.N, p.Rate, p.Rates = k, n, rate, s.rates
	p.Task, p.Nth, p.After = t.id, t.nth, t.after && k == KindRun
	if p.Tasks = nil; k == KindRun {
		p.Tasks = s.list
	}
	i := s.chooser.Choose(p)
	if uint(i) >= uint(n) {
		return s.valid(i)
	}
	return i
}

// askOf puts a question about an alarm.
func (s *sched) askOf(a *alarm, k Kind, n, rate int) int {
	if s.armed == nil {
		s.armed = make(map[armed]int)
	}
	at := armed{a.task, a.nth, k}
	s.armed[at]++
	*s.point = Point{Kind: k, N: n, Rate: rate, Task: a.task, Nth: int(a.nth), Ask: s.armed[at], Rates: s.rates, s: s}
	return s.pose()
}

// pose has the Chooser answer. What it must not do, it is told by the verdict.
func (s *sched) pose() (i int) {
	p := s.point
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
	return s.valid(i)
}

// valid returns an answer if it is one.
func (s *sched) valid(i int) int {
	p := s.point
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
		return s.tasks[s.sameTime[i-1].task].String() + s.moment(i-1).String()
	}
	switch o := &s.fault.options[i-1]; {
	case o.p != nil:
		return o.p.label()
	default:
		return o.name
	}
}

// A moment says which alarm of a task is meant: that of its nth operation, and if
// that has set several, which of them. It is zero if the task has but one.
type moment struct{ nth, again int32 }

// String returns what follows the task's name in a script.
func (m moment) String() string {
	if m.nth == 0 {
		return ""
	}
	return " " + position(int(m.nth), false, int(m.again))
}

// moment returns how the i-th of the alarms that are due at the same time is told
// from others of its task.
func (s *sched) moment(i int) moment {
	for j, b := range s.sameTime {
		if i != j && b.task == s.sameTime[i].task {
			return s.setAt(i)
		}
	}
	return moment{}
}

// setAt returns when the i-th of them was set.
func (s *sched) setAt(i int) moment {
	a := s.sameTime[i]
	m := moment{a.nth, 1}
	for _, b := range s.sameTime[:i] {
		if b.task == a.task && b.nth == a.nth {
			m.again++
		}
	}
	return m
}

// label is the process as scripts have it.
func (p *Process) label() string { return processName(p.alias(), p.incarnation) }

// alias is the name by which scripts know the process. Where several lives have
// one name and number, because the name was used twice or a process was
// restarted twice, all but the first have ":2", ":3" after the name.
func (p *Process) alias() string {
	if s := p.w.sched; p.known == "" {
		if s.lives == nil {
			s.lives = make(map[life]int)
		}
		for ; s.known < len(s.processes); s.known++ {
			s.christen(s.processes[s.known])
		}
	}
	return p.known[1:]
}

// A life is what a process is called.
type life struct {
	name        string
	incarnation int
}

func (s *sched) christen(p *Process) {
	first := life{p.cfg.Name, p.incarnation}
	l := first
	for s.lives[l] > 0 {
		s.lives[first]++
		l.name = first.name + ":" + strconv.Itoa(s.lives[first])
	}
	s.lives[l]++
	p.known = "." + l.name
}
