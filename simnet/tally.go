package simnet

// A Tally is a Chooser that passes questions on to another, and counts what the
// run consists of. That costs next to nothing: in a run, the scheduler asks the
// other one itself, and what a Tally says is there once the run is over. It can be
// used for run after run, one at a time.
type Tally struct {
	// Asked is how many questions were put, by Kind.
	Asked [numKinds]int

	// Tasks is what the tasks did, in the order in which they were started. It is
	// overwritten by the next run.
	Tasks []TaskTally

	c    Chooser
	most int
	s    *sched // of the run under way
}

// A TaskTally is what one task did in a run.
type TaskTally struct {
	Name       uint64 // of the task, as [Point.NameHash] has it
	Operations int    // that it has begun, its end among them; 0 if it never ran
}

// Count returns a Tally of the runs that c chooses for; nil is [Calm]. It counts
// the operations of so many tasks at most, those that were started first.
func Count(c Chooser, most int) *Tally {
	t := &Tally{}
	t.Reset(c, most)
	return t
}

// Reset makes t what Count returns, and uses its memory again. It is for between
// runs.
func (t *Tally) Reset(c Chooser, most int) {
	if c == nil {
		c = Calm()
	}
	*t = Tally{c: c, most: most, Tasks: t.Tasks[:0]}
}

// Choose implements [Chooser]. It is called only where the Tally is another
// Chooser's.
func (t *Tally) Choose(p *Point) int {
	t.start(p.s)
	return t.c.Choose(p)
}

func (t *Tally) start(s *sched) {
	if s == nil || t.s == s {
		return
	}
	t.s, t.Tasks, t.Asked = s, t.Tasks[:0], [numKinds]int{}
	s.ends = append(s.ends, t)
	if c, ok := t.c.(starter); ok {
		c.start(s)
	}
}

// end counts.
func (t *Tally) end(s *sched) {
	if t.s != s {
		return
	}
	t.s, t.Asked = nil, s.put
	for _, task := range s.tasks[1:min(len(s.tasks), t.most+1)] {
		t.Tasks = append(t.Tasks, TaskTally{task.nameHash(), task.nth})
	}
}

// kinds returns what the Chooser wants to be asked beyond Config.Faults.
func (t *Tally) kinds() [numKinds]bool { return kindsOf(t.c) }
