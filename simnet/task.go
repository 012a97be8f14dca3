package simnet

import (
	"strconv"

	"example.com/brine/simnet/internal/afunix"
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
	s          *sched
	id         TaskID
	p          *Process // nil for the world's
	parent     *task    // who started it
	name       string
	f          func()
	k          *worker // whose goroutine carries it, from its begin to its end
	background bool
	view       *Transport // that Go or Background was called on; nil for others
	state      state
	after      bool // it waits, or has ended, and who goes on is the question

	// What it does, or is about to do.
	op   Op
	on   *Process // on whose transport; nil for the world's
	opID afunix.ID
	path string
	nth  int // of its operations

	asks [numKinds + 1]uint16 // how often each question was put in this operation; see ask
	call call                 // what it is blocked in
}

// title returns the task's name as scripts have it.
func (t *task) title() TaskName {
	if t.id == 0 {
		return TaskName{}
	}
	return TaskName{Process: t.p.cfg.Name, Incarnation: t.p.incarnation, Task: t.route()}
}

// route returns the names that lead from a task that was there when the run
// began to this one. They depend on what its parents did, and on nothing else.
func (t *task) route() string {
	last := escapeName(t.name)
	same := 1
	for _, o := range t.s.tasks[1:t.id] {
		if o.parent == t.parent && o.p == t.p && o.name == t.name {
			same++
		}
	}
	if same > 1 {
		last += "~" + strconv.Itoa(same)
	}
	if t.parent.id == 0 || t.parent.p != t.p {
		return last
	}
	return t.parent.route() + ">" + last
}

// String returns the same for reading: "client/main".
func (t *task) String() string { return t.title().String() }
