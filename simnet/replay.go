package simnet

import (
	"slices"
	"strings"
)

// A Replayer is a Chooser that answers as a script says, and 0 where that says
// nothing. It can be used for run after run, one at a time.
type Replayer struct {
	lines []replayLine
	index map[TaskName][]*replayTask // by the last component of the route alone
	asked [numKinds]bool

	s     *sched // of the run under way
	of    []int32
	bound [][]*replayTask
}

// A replayLine is a line of the script.
type replayLine struct {
	Line
	other  *replayTask // that it chooses, of kinds KindRun and KindTimer; nil if there is no such name
	moment moment
	used   bool
}

// A replayTask is a name of tasks.
type replayTask struct {
	process     string
	incarnation int
	parts       []string // of the route, from the last to the first
	lines       []int32  // about it, by operation
}

// Replay returns a Chooser that answers as a script says. A line is for the task
// whose path ends in the line's, of the same life of the same process; a name
// alone is for the task that was there at the beginning, if one of that name was.
// Should there be several, it is for the one that gets there first. Its
// question has to be the same, and is answered if the line's answer is among
// those that are possible.
//
// What a script has lines of, is asked, whether [Config] has that fault or not.
// The script's data is not a Replayer's concern.
func Replay(s Script) *Replayer {
	r := &Replayer{index: make(map[TaskName][]*replayTask)}
	r.lines = make([]replayLine, len(s.Lines))
	for i, l := range s.Lines {
		r.lines[i] = replayLine{Line: l}
		t := r.task(l.Task)
		t.lines = append(t.lines, int32(i))
		switch {
		case l.Kind == KindRun || l.Kind == KindTimer:
			r.lines[i].aim()
		case l.Kind < numKinds:
			r.asked[l.Kind] = true
		}
	}
	for _, l := range s.Lines {
		t := r.task(l.Task)
		slices.SortStableFunc(t.lines, func(i, j int32) int { return s.Lines[i].Op - s.Lines[j].Op })
	}
	return r
}

func newReplayTask(n TaskName) *replayTask {
	t := &replayTask{process: n.Process, incarnation: n.Incarnation}
	if n != (TaskName{}) {
		t.parts = strings.Split(n.Task, ">")
		slices.Reverse(t.parts)
	}
	return t
}

// task returns what the index has by a name.
func (r *Replayer) task(n TaskName) *replayTask {
	t := newReplayTask(n)
	key := n
	if len(t.parts) > 0 {
		key.Task = t.parts[0]
	}
	for _, o := range r.index[key] {
		if slices.Equal(o.parts, t.parts) {
			return o
		}
	}
	r.index[key] = append(r.index[key], t)
	return t
}

// aim reads which task, and which of its timers, a line chooses.
func (l *replayLine) aim() {
	task, at, several := strings.Cut(l.Answer, " ")
	n, err := ParseTaskName(task)
	if err != nil {
		return
	}
	if several {
		nth, after, again, err := parsePosition(at)
		if err != nil || after {
			return
		}
		l.moment = moment{int32(nth), int32(again)}
	}
	l.other = newReplayTask(n)
}

// Unused returns the lines that did not apply in the last run, or in the one
// under way have not yet, in the script's order: their question was not asked, or
// their answer not possible. Before the first run that is all of them.
func (r *Replayer) Unused() []Line {
	var lines []Line
	for i := range r.lines {
		if !r.lines[i].used {
			lines = append(lines, r.lines[i].Line)
		}
	}
	return lines
}

// Choose implements [Chooser].
func (r *Replayer) Choose(p *Point) int {
	if r.s != p.s {
		r.start(p.s)
	}
	id := int(p.Task)
	if id < len(r.of) && r.of[id] < 0 || len(r.lines) == 0 || p.s == nil {
		return 0
	}
	for id >= len(r.of) {
		r.of = append(r.of, 0)
	}
	if r.of[id] == 0 {
		r.bind(p.s.tasks[id])
	}
	if i := r.of[id]; i > 0 {
		for _, t := range r.bound[i-1] {
			if i := r.answer(t, p); i >= 0 {
				return i
			}
		}
	}
	return 0
}

func (r *Replayer) start(s *sched) {
	r.s = s
	clear(r.of)
	clear(r.bound)
	r.of, r.bound = r.of[:0], r.bound[:0]
	for i := range r.lines {
		r.lines[i].used = false
	}
	if s != nil {
		s.ends = append(s.ends, r)
	}
}

// end forgets a run, lest its World be kept.
func (r *Replayer) end(s *sched) {
	if r.s == s {
		r.s = nil
	}
}

// kinds returns what has to be asked beyond Config.Faults.
func (r *Replayer) kinds() [numKinds]bool { return r.asked }

// bind finds the lines for a task.
func (r *Replayer) bind(t *task) {
	var key TaskName
	if t.id != 0 {
		key = TaskName{t.p.alias(), t.p.incarnation, t.part()}
	}
	var names []*replayTask
	for _, n := range r.index[key] {
		if n.means(t) {
			names = append(names, n)
		}
	}
	if names == nil {
		r.of[t.id] = -1
		return
	}
	r.bound = append(r.bound, names)
	r.of[t.id] = int32(len(r.bound))
}

// means reports whether a name is one of the task's. All tasks whose whole route
// is one name are there before those of longer ones, so that the answer does not
// change when more tasks come.
func (n *replayTask) means(t *task) bool {
	if t.id == 0 || len(n.parts) == 0 {
		return t.id == 0 && len(n.parts) == 0
	}
	if t.p.alias() != n.process || t.p.incarnation != n.incarnation {
		return false
	}
	c := t.climb()
	for _, want := range n.parts {
		if part, ok := c.next(); !ok || part != want {
			return false
		}
	}
	if len(n.parts) > 1 || t.root() {
		return true
	}
	for _, o := range t.s.tasks[1:] {
		if o.p == t.p && o.root() && o.part() == n.parts[0] {
			return false
		}
	}
	return true
}

// answer returns what the lines about a task answer, -1 if they do not.
func (r *Replayer) answer(t *replayTask, p *Point) int {
	from, _ := slices.BinarySearchFunc(t.lines, p.Nth, func(i int32, nth int) int { return r.lines[i].Op - nth })
	for _, i := range t.lines[from:] {
		l := &r.lines[i]
		if l.Op != p.Nth {
			break
		}
		if l.used || l.Kind != p.Kind || l.After != p.After || l.Ask != p.Ask {
			continue
		}
		if i := l.among(p); i >= 0 {
			l.used = true
			return i
		}
	}
	return -1
}

// among returns which of the possible answers is the line's, -1 if none is.
func (l *replayLine) among(p *Point) int {
	s := p.s
	switch {
	case p.Kind == KindRun && l.other != nil:
		for i, id := range p.Tasks {
			if l.other.means(s.tasks[id]) {
				return i
			}
		}
	case p.Kind == KindTimer && l.other != nil:
		for i := range p.N {
			t := s.tasks[s.sameTime[i].task]
			if l.other.means(t) && (l.moment.nth == 0 || l.moment == s.setAt(i)) {
				return i
			}
		}
	case p.Kind == KindWake:
		for i := range p.N {
			if s.answer(KindWake, i) == l.Answer {
				return i
			}
		}
	case p.Kind > KindTimer:
		for i := 1; i < p.N; i++ {
			if p.Answer(i) == l.Answer {
				return i
			}
		}
	}
	return -1
}
