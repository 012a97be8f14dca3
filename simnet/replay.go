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

	s     *sched  // of the run under way
	run   int     // its number
	of    []int32 // by TaskID: 1 more than where its names are in bound, -1 for none, 0 if nobody has looked
	bound [][]*replayTask

	// The run's tasks whose routes end as names of the script do, and how many tasks
	// have been looked at for that.
	same map[TaskName][]TaskID
	seen int
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
	key   TaskName // with the last component alone
	parts []string // of the route, from the last to the first
	lines []int32  // about it, by operation

	run    int  // which run rooted is about
	rooted bool // there is a task whose whole route this is
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
	r := &Replayer{index: make(map[TaskName][]*replayTask), same: make(map[TaskName][]TaskID)}
	var all []*replayTask
	r.lines = make([]replayLine, len(s.Lines))
	for i, l := range s.Lines {
		r.lines[i] = replayLine{Line: l}
		t := r.task(l.Task)
		if t.lines == nil {
			all = append(all, t)
			r.same[t.key] = nil
		}
		t.lines = append(t.lines, int32(i))
		switch {
		case l.Kind == KindRun || l.Kind == KindTimer:
			if r.lines[i].aim() {
				r.same[r.lines[i].other.key] = nil
			}
		case l.Kind < numKinds:
			r.asked[l.Kind] = true
		}
	}
	for _, t := range all {
		slices.SortStableFunc(t.lines, func(i, j int32) int { return s.Lines[i].Op - s.Lines[j].Op })
	}
	return r
}

func newReplayTask(n TaskName) *replayTask {
	t := &replayTask{key: n}
	if n != (TaskName{}) {
		t.parts = strings.Split(n.Task, ">")
		slices.Reverse(t.parts)
		t.key.Task = t.parts[0]
	}
	return t
}

// task returns what the index has by a name.
func (r *Replayer) task(n TaskName) *replayTask {
	t := newReplayTask(n)
	for _, o := range r.index[t.key] {
		if slices.Equal(o.parts, t.parts) {
			return o
		}
	}
	r.index[t.key] = append(r.index[t.key], t)
	return t
}

// aim reads which task, and which of its timers, a line chooses. It reports
// whether that was possible.
func (l *replayLine) aim() bool {
	task, at, several := strings.Cut(l.Answer, " ")
	n, err := ParseTaskName(task)
	if err != nil {
		return false
	}
	if several {
		nth, after, again, err := parsePosition(at)
		if err != nil || after {
			return false
		}
		l.moment = moment{int32(nth), int32(again)}
	}
	l.other = newReplayTask(n)
	return true
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
	if s != nil && r.s == s {
		return // it is told by everybody who has it
	}
	r.s = s
	r.run++
	for k, ids := range r.same {
		r.same[k] = ids[:0]
	}
	r.seen = 0
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

// key returns the task's name with the last component of its route alone.
func (t *task) key() TaskName {
	if t.id == 0 {
		return TaskName{}
	}
	return TaskName{t.p.alias(), t.p.incarnation, t.part()}
}

// bind finds the lines for a task.
func (r *Replayer) bind(t *task) {
	var names []*replayTask
	for _, n := range r.index[t.key()] {
		if r.means(n, t) {
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

// called returns the tasks whose routes end as that of n does.
func (r *Replayer) called(s *sched, n *replayTask) []TaskID {
	for ; r.seen < len(s.tasks); r.seen++ {
		k := s.tasks[r.seen].key()
		if ids, ok := r.same[k]; ok {
			r.same[k] = append(ids, TaskID(r.seen))
		}
	}
	return r.same[n.key]
}

// means reports whether a name is that of a task with the same key. All roots are
// there before tasks whose routes are longer, so that the answer does not change
// when more tasks come.
func (r *Replayer) means(n *replayTask, t *task) bool {
	if t.id == 0 {
		return true
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
	if n.run != r.run {
		n.run = r.run
		n.rooted = slices.ContainsFunc(r.called(t.s, n), func(id TaskID) bool { return t.s.tasks[id].root() })
	}
	return !n.rooted
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
		if i := r.among(l, p); i >= 0 {
			l.used = true
			return i
		}
	}
	return -1
}

// among returns which of the possible answers is a line's, -1 if none is.
func (r *Replayer) among(l *replayLine, p *Point) int {
	s := p.s
	switch {
	case p.Kind == KindRun && l.other != nil:
		for _, id := range r.called(s, l.other) {
			if i := slices.Index(p.Tasks, id); i >= 0 && r.means(l.other, s.tasks[id]) {
				return i
			}
		}
	case p.Kind == KindTimer && l.other != nil:
		for i, a := range s.sameTime {
			t := s.tasks[a.task]
			if (l.moment.nth == 0 || l.moment == s.setAt(i)) && t.key() == l.other.key && r.means(l.other, t) {
				return i + 1
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
