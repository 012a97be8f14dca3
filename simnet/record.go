package simnet

import "slices"

// A starter is a Chooser that wants to know when a run begins, and an ender
// something that wants to know when it is over, before the tasks are forgotten.
type (
	starter interface{ start(s *sched) }
	ender   interface{ end(s *sched) }
)

// A Recorder is a Chooser that passes questions on to another, and notes the
// answers other than 0. It records one run: when the next begins, it forgets the
// one before. Like other Choosers it is for one run at a time.
type Recorder struct {
	c      Chooser
	s      *sched // of the run under way
	list   []deviation
	script Script
}

// A deviation is an answer other than 0. What it takes to put it in words is kept
// until the run is over, when it is known which names are needed.
type deviation struct {
	task     TaskID
	other    TaskID // of kinds KindRun and KindTimer: the task that was chosen
	nth, ask int32
	moment   moment // of kind KindTimer
	kind     Kind
	after    bool
	op       Op     // what the task's nth operation is; numOps if that is not known
	answer   string // of other kinds
}

// Record returns a Recorder of c's answers; nil is [Calm].
func Record(c Chooser) *Recorder {
	if c == nil {
		c = Calm()
	}
	return &Recorder{c: c}
}

// Choose implements [Chooser].
func (r *Recorder) Choose(p *Point) int {
	if r.s != p.s {
		r.start(p.s)
	}
	i := r.c.Choose(p)
	if i > 0 && i < p.N && p.s != nil {
		r.note(p, i)
	}
	return i
}

func (r *Recorder) note(p *Point, i int) {
	d := deviation{task: p.Task, nth: int32(p.Nth), ask: int32(p.Ask), kind: p.Kind, after: p.After, op: numOps}
	if t := p.s.tasks[p.Task]; t.nth == p.Nth {
		d.op = t.op
	}
	switch p.Kind {
	case KindRun:
		d.other = p.Tasks[i]
	case KindTimer:
		d.other, d.moment = p.s.sameTime[i-1].task, p.s.moment(i-1)
	default:
		d.answer = p.Answer(i)
	}
	r.list = append(r.list, d)
}

func (r *Recorder) start(s *sched) {
	if s != nil && r.s == s {
		return // it is told by everybody who has it
	}
	r.s, r.list, r.script = s, r.list[:0], Script{}
	if s != nil {
		s.ends = append(s.ends, r)
	}
	if c, ok := r.c.(starter); ok {
		c.start(s)
	}
}

// end puts in words what was recorded.
func (r *Recorder) end(s *sched) {
	if r.s != s {
		return
	}
	r.s = nil
	if len(r.list) == 0 {
		return
	}
	var ids []TaskID
	for i := range r.list {
		d := &r.list[i]
		ids = append(ids, d.task)
		if d.kind == KindRun || d.kind == KindTimer {
			ids = append(ids, d.other)
		}
	}
	names := s.abbreviate(ids)
	texts := make(map[TaskID]string, len(names))
	for i := range r.list {
		d := &r.list[i]
		l := Line{Task: names[d.task], Op: int(d.nth), After: d.after, Ask: int(d.ask), Kind: d.kind, Answer: d.answer}
		if d.kind == KindRun || d.kind == KindTimer {
			text, ok := texts[d.other]
			if !ok {
				text = names[d.other].String()
				texts[d.other] = text
			}
			l.Answer = text + d.moment.String()
		}
		l.Why = l.why(d.op)
		r.script.Lines = append(r.script.Lines, l)
	}
}

// Script returns the deviations of the last run that has ended, in order. While
// one is under way, it returns none.
func (r *Recorder) Script() Script {
	return Script{Lines: slices.Clone(r.script.Lines)}
}

// kinds returns what the recorded Chooser wants to be asked beyond Config.Faults.
func (r *Recorder) kinds() [numKinds]bool { return kindsOf(r.c) }

// abbreviate returns the names of tasks with as few components of their routes
// as tell them from all others of the process. That a Replayer finds the task
// by the name, although it does not know the tasks that are still to come, is
// what this and Replayer.bind have to agree on.
func (s *sched) abbreviate(ids []TaskID) map[TaskID]TaskName {
	a := &abbreviation{names: make(map[TaskID]TaskName, len(ids))}
	all := make(map[*Process][]climber) // of those that are asked for
	for _, id := range ids {
		a.names[id] = TaskName{}
		if id != 0 {
			all[s.tasks[id].p] = nil
		}
	}
	for _, t := range s.tasks[1:] {
		if same, ok := all[t.p]; ok {
			all[t.p] = append(same, climber{t, t.climb()})
		}
	}
	for _, p := range s.processes {
		if same := all[p]; len(same) > 0 {
			a.split(same, "")
		}
	}
	return a.names
}

// A climber is on its way up the route of a task.
type climber struct {
	t  *task
	up climb
}

type abbreviation struct{ names map[TaskID]TaskName }

// split is given the tasks whose routes end alike, by a suffix, and tells them
// apart by the component before it.
func (a *abbreviation) split(same []climber, suffix string) {
	byPart := make(map[string]int, len(same))
	var parts []string
	var groups [][]climber
	for _, c := range same {
		part, ok := c.up.next()
		if !ok {
			// There is no more to tell it by. That takes names like those of routes.
			a.name(c.t, suffix)
			continue
		}
		i, ok := byPart[part]
		if !ok {
			i = len(groups)
			byPart[part] = i
			parts, groups = append(parts, part), append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	for i, group := range groups {
		route := parts[i]
		if suffix != "" {
			route += ">" + suffix
		}
		split := false
		for _, c := range group {
			switch _, ok := a.names[c.t.id]; {
			case !ok:
			case len(group) == 1 || suffix == "" && c.t.root():
				a.name(c.t, route)
			default:
				split = true
			}
		}
		if split {
			a.split(group, route)
		}
	}
}

// name gives a task its name, if it is asked for and has none.
func (a *abbreviation) name(t *task, route string) {
	if n, ok := a.names[t.id]; ok && n == (TaskName{}) {
		a.names[t.id] = TaskName{Process: t.p.alias(), Incarnation: t.p.incarnation, Task: route}
	}
}
