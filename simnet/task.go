package simnet

import (
	"slices"
	"strconv"
	"strings"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/simnet/internal/coro"
)

// A state says what the scheduler knows of a task. It is runnable exactly while
// it stands in the run queue, and blocked exactly while a call of it stands in a
// queue of the world.
type state uint8

const (
	runnable state = iota // never begun, or with a call that can be tried again
	running               // one at most
	blocked               // in a call, which is in task.call
	held                  // would be runnable, but its process is paused
	done                  // it returned
	dead                  // its process was killed: it never runs again
)

// A task is a coroutine of a process. It begins when it is first chosen.
type task struct {
	// What every step looks at comes first, to lie close together.
	k     *worker    // whose goroutine carries it, to its end
	c     *coro.Coro // k's
	g     uintptr    // the goroutine, as coro.Self says
	state state
	begun bool
	after bool // it waits, or has ended, and who goes on is the question

	// What it does, or is about to do.
	op   Op
	opID afunix.ID
	nth  int      // of its operations
	on   *Process // on whose transport; nil for the world's
	path string

	s          *sched
	id         TaskID
	background bool
	belated    bool     // it is of a timer that fired once the run had begun
	p          *Process // nil for the world's
	f          func()

	parent     *task // who started it
	name       string
	rank       int32      // which of its parent's tasks of that name it is, from 1
	generation int32      // see head
	head       *task      // where the chain of tasks of its name begins, each the first that the one before started
	view       *Transport // that Go or Background was called on; nil for others
	births     []birth    // by name, while there are few
	many       map[birth]int32
	hash       uint64 // what nameHash has returned; 0 if nobody has asked

	asks asks // how often each question was put in this operation; see ask
	call call // what it is blocked in
}

// A birth counts the tasks of one name that a task has started in a process.
type birth struct {
	p    *Process
	name string
	n    int32
}

// bear counts a task that t starts, or sets a timer for, and returns which one of
// that name it is. Timers count when they are set, lest it depended on which of
// them is first.
func (t *task) bear(p *Process, name string) int32 {
	if t.many != nil {
		k := birth{p: p, name: name}
		t.many[k]++
		return t.many[k]
	}
	for i := range t.births {
		if b := &t.births[i]; b.p == p && b.name == name {
			b.n++
			return b.n
		}
	}
	t.births = append(t.births, birth{p, name, 1})
	if len(t.births) > 16 {
		t.many = make(map[birth]int32)
		for _, b := range t.births {
			t.many[birth{p: b.p, name: b.name}] = b.n
		}
	}
	return 1
}

// descend says whose k-th task of its name t is.
func (t *task) descend(parent *task, k int32) {
	t.parent, t.rank, t.head, t.generation = parent, k, t, 1
	if k == 1 && parent.p == t.p && parent.name == t.name && parent.head != nil {
		t.head, t.generation = parent.head, parent.generation+1
	}
}

// clean makes a task ready to be used again.
func (t *task) clean() {
	clear(t.births)
	*t = task{births: t.births[:0]}
}

// title returns the task's name as scripts have it, in full.
func (t *task) title() TaskName {
	if t.id == 0 {
		return TaskName{}
	}
	return TaskName{Process: t.p.alias(), Incarnation: t.p.incarnation, Task: t.route()}
}

// part returns the last component of the task's route.
func (t *task) part() string {
	s := escapeName(t.name)
	if t.head.rank > 1 {
		s += "~" + strconv.Itoa(int(t.head.rank))
	}
	if t.generation > 1 {
		s += "*" + strconv.Itoa(int(t.generation))
	}
	return s
}

// A climb goes through the components of a task's route, from the last to the
// first. Before that comes the one whose task started it from outside the
// process: the world, or a task of another process, by its whole name.
type climb struct{ at, origin *task }

func (t *task) climb() climb { return climb{at: t} }

func (c *climb) next() (part string, ok bool) {
	switch {
	case c.at != nil:
		part = c.at.part()
		up := c.at.head.parent
		if up.p == c.at.p {
			c.at = up
		} else {
			c.at, c.origin = nil, up
		}
		return part, true
	case c.origin != nil:
		part = escapeName(c.origin.String())
		c.origin = nil
		return part, true
	}
	return "", false
}

// route returns the names that lead to this task from one that was there when the
// run began, or that a task of another process started. They depend on what its
// parents did, and on nothing else.
func (t *task) route() string {
	var parts []string
	for c := t.climb(); c.at != nil || c.origin != nil && c.origin.id != 0; {
		part, _ := c.next()
		parts = append(parts, part)
	}
	slices.Reverse(parts)
	return strings.Join(parts, ">")
}

// nameHash returns a hash of what title is made of.
func (t *task) nameHash() uint64 {
	if t.hash != 0 || t.id == 0 {
		return t.hash
	}
	up := t.head.parent
	h := up.nameHash()
	if up.p != t.p {
		h = mix(h^uint64(t.p.incarnation), hashString(t.p.cfg.Name))
	}
	t.hash = mix(h^uint64(t.head.rank)<<32^uint64(t.generation), hashString(t.name)) | 1
	return t.hash
}

// root reports whether the task was there when the run began, or its process was
// started: before every task whose route is longer. A timer that build has set is
// the world's, too, but its task comes when it comes.
func (t *task) root() bool { return t.generation == 1 && t.parent.id == 0 && !t.belated }

// String returns the same for reading: "client/main".
func (t *task) String() string { return t.title().String() }
