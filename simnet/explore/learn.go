package explore

import (
	"slices"

	"example.com/brine/simnet"
)

// mostTasks is how many tasks of a run are learned of, and how many names of tasks
// are known at most.
const mostTasks = 256

// A Lesson is what one run has taught. It has no references to the run.
type Lesson struct {
	Questions int // of who goes on ([simnet.KindRun])
	Faults    int // of all kinds of faults

	// Tasks is what the first 256 tasks did, in the order in which they were started.
	Tasks []simnet.TaskTally

	skewed bool // Questions say nothing of other runs
}

// A Learner has runs teach. It is for one run at a time; the zero Learner is ready.
type Learner struct {
	c     simnet.Chooser
	tally simnet.Tally
}

// Of returns the Chooser to execute a run with in c's stead: it gives c's answers,
// and the scheduler asks c as fast as without. It is valid until the next Of.
func (l *Learner) Of(c simnet.Chooser) simnet.Chooser {
	l.c = c
	l.tally.Reset(c, mostTasks)
	return &l.tally
}

// Lesson returns what the run has taught that was executed with what Of returned,
// the last if it was several. It is the caller's.
func (l *Learner) Lesson() *Lesson {
	lesson := &Lesson{Questions: l.tally.Asked[simnet.KindRun], Tasks: slices.Clone(l.tally.Tasks)}
	if c, ok := l.c.(interface{ skewed() bool }); ok {
		lesson.skewed = c.skewed()
	}
	for _, n := range l.tally.Asked[simnet.KindShort:] {
		lesson.Faults += n
	}
	return lesson
}

// Knowledge is what earlier runs have taught: how many questions a run puts of who
// goes on, and how many operations each task does, by its name. The zero value, and
// nil, is that nothing is known. Planners only read it, any number of them at once;
// [Knowledge.Merge] is for when none does.
//
// Its size is bounded: it knows of 256 names, those that came first. What is old is
// outweighed in time by what is new.
type Knowledge struct {
	questions mean
	spread    mean // by how much questions differed from their mean
	all       mean // operations of any task
	index     map[uint64]int
	tasks     []mean // operations, by index of the name
}

// A mean is one of numbers that are not negative.
type mean struct{ n, sum int64 }

// memory is after how many numbers those before count half.
const memory = 4096

func (m *mean) add(x int) {
	if m.n >= memory {
		m.n /= 2
		m.sum /= 2
	}
	m.n++
	m.sum += int64(x)
}

// round returns the mean, rounded to the nearest, 0 if there are no numbers.
func (m mean) round() int {
	if m.n == 0 {
		return 0
	}
	return int((m.sum + m.n/2) / m.n)
}

// Merge adds what runs have taught. What is known then depends on the order of the
// lessons: it is to be that of the runs' numbers, however they were executed.
func (k *Knowledge) Merge(lessons []*Lesson) {
	for _, l := range lessons {
		k.merge(l)
	}
}

func (k *Knowledge) merge(l *Lesson) {
	if was := k.questions.round(); was == 0 {
		k.questions.add(l.Questions)
	} else if !l.skewed {
		q := min(l.Questions, 16*was+64) // a run that got stuck is not what others will be like
		k.spread.add(max(q-was, was-q))
		k.questions.add(q)
	}
	if k.index == nil {
		k.index = make(map[uint64]int)
	}
	for _, t := range l.Tasks {
		k.all.add(t.Operations)
		i, ok := k.index[t.Name]
		if !ok {
			if len(k.tasks) == mostTasks {
				continue
			}
			i = len(k.tasks)
			k.index[t.Name] = i
			k.tasks = append(k.tasks, mean{})
		}
		k.tasks[i].add(t.Operations)
	}
}

// wants reports whether a run is to teach, by its number: all do in the beginning,
// and later a sample, for what is known changes slowly then.
func (k *Knowledge) wants(index int) bool { return index < wanted || index%sample == 0 }

const (
	wanted = 1024
	sample = 16
)

// length returns how many questions of who goes on most runs do not exceed: 0 if
// that is not known.
func (k *Knowledge) length() int {
	if k == nil {
		return 0
	}
	return k.questions.round() + 2*k.spread.round()
}

// guess is how many operations a task is taken to do while nothing is known.
const guess = 16

// operations returns how many operations a task does, its end among them: 1 at
// least.
func (k *Knowledge) operations(name uint64) int {
	if k == nil || k.all.n == 0 {
		return guess
	}
	if i, ok := k.index[name]; ok {
		return max(k.tasks[i].round(), 1)
	}
	return max(k.all.round(), 1)
}
