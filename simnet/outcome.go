package simnet

import (
	"fmt"
	"strings"
)

// A Stuck is the verdict about a run that makes more operations than
// [Config].Steps allows: most likely tasks go round in circles.
type Stuck struct {
	Steps int
	Tasks []string // those that could go on, and what they were about to do
}

// Error implements error.
func (e *Stuck) Error() string {
	return fmt.Sprintf("no end after %d operations; what could go on:\n\t%s", e.Steps, strings.Join(e.Tasks, "\n\t"))
}

// A Blocked is the verdict about a run in which a task blocks on something that
// is not its transport's: a channel, a real socket, a sync.Mutex that another
// holds across a call. Nobody else can run meanwhile, so it would be for ever. It
// is noticed after a second of real time. The goroutine stays behind; if it goes
// on after all, its calls fail.
type Blocked struct {
	Task   string
	State  string   // what the goroutine waits for, as in a stack trace
	Stack  string   // of the goroutine
	Inside []string // if it waits for a mutex: the tasks that are inside a call, one of which has it
	Ending bool     // it was being ended after the run, and does so in a deferred call
}

// Error implements error.
func (e *Blocked) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "task %s blocks outside its transport (%s)", e.Task, e.State)
	if e.Ending {
		b.WriteString(" in a deferred call, and cannot be ended after the run; what a task defers must return when its calls fail")
	} else if len(e.Inside) > 0 {
		fmt.Fprintf(&b, "; one of these holds the mutex across a call, for which there is transport.Mutex: %s", strings.Join(e.Inside, ", "))
	} else {
		b.WriteString("; wait with a transport.Notifier, Queue, Mutex or Sleep")
	}
	fmt.Fprintf(&b, "\n\n%s", e.Stack)
	return b.String()
}

// A Panic is the verdict about a run in which a task, or build, panicked.
type Panic struct {
	Task  string
	Value any
	Stack string
}

// Error implements error.
func (e *Panic) Error() string {
	return fmt.Sprintf("task %s panicked: %v\n\n%s", e.Task, e.Value, e.Stack)
}

// Unwrap returns the value of the panic if it is an error.
func (e *Panic) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// An Exit is the verdict about a run in which a task called runtime.Goexit, as
// the Fatal of a testing.T does that is not the world's.
type Exit struct {
	Task  string
	Stack string
}

// Error implements error.
func (e *Exit) Error() string {
	return fmt.Sprintf("task %s called runtime.Goexit; a task ends by returning, and a test fails by World.TB\n\n%s", e.Task, e.Stack)
}

// A Misuse is the verdict about a run in which a rule was broken that simulation
// depends on.
type Misuse struct {
	Task  string // whose call it was; "" if that is the point
	Op    Op
	What  string // and what to do instead
	Stack string // if it says where
}

// Error implements error.
func (e *Misuse) Error() string {
	s := e.What
	switch {
	case e.Task != "":
		s = fmt.Sprintf("task %s, %s: %s", e.Task, e.Op, e.What)
	case e.Stack != "":
		s = fmt.Sprintf("%s: %s\n\n%s", e.Op, e.What, e.Stack)
	}
	return s
}

// stuck is the verdict about too many operations.
func (s *sched) stuck() error {
	e := &Stuck{Steps: s.bound}
	const most = 20
	for i, id := range s.list {
		if i == most {
			e.Tasks = append(e.Tasks, fmt.Sprintf("and %d more", len(s.list)-most))
			break
		}
		t := s.tasks[id]
		e.Tasks = append(e.Tasks, fmt.Sprintf("%s (%s)", t, t.doing()))
	}
	return e
}

// doing says what a task does or is about to do: "recv", "dial /run/app.sock".
func (t *task) doing() string {
	if t.path == "" {
		return t.op.String()
	}
	return t.op.String() + " " + t.path
}
