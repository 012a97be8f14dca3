package simnet

import "time"

// A Trace is what happened in a run, event by event. [Config].Trace asks for
// one, and a run that fails has one without being asked ([Run]). It reads as
// text ([Trace.WriteText]) and is kept as JSON Lines ([Trace.WriteJSON]).
//
// A task's operation is one event, which stands where it ended: what it brought
// about comes after it, and what it waited for before. So the order of events is
// that of their effects, with one exception: a Send that blocks moves its bytes
// in parts, and those that receive them may end before it does. An operation that
// was cut short by the death of its process stands behind what killed it; those
// that have not returned when the run ends stand at the end, in the order in
// which their tasks were started. Began says when each was begun.
//
// What is no task's operation stands where it happened, as the world's.
type Trace struct {
	Hash    uint64  // the run's: Result.Hash
	Verdict string  // why the run failed, without stacks; "" if it passed
	Script  Script  // what was not calm in it: with it the run can be executed again
	Skipped int     // how many events there were before the first of these
	Events  []Event // the last ones of the run, at most 131,072
}

// An Event is one operation of a task, or something that happened to the world.
//
// Objects have names: connections are numbered as they are made, and "1a" is the
// end that dialled, or the first of a pair, and "1b" the other, whoever has it.
// Listeners and files go by their paths, notifiers are n1, n2 in the order of
// their first use, processes and tasks have the names of scripts. Texts that are
// not printable are quoted as in Go.
type Event struct {
	N     int           // its number, from 1
	At    time.Duration // when it ended, since the world began
	Began time.Duration // when it was begun

	// Task and Nth say whose operation it is: Nth counts the task's operations
	// from 1, as scripts do; its begin is 0, its end is counted. Of the world's
	// task, with operations from 1, are the calls that build made; with 0 it is what
	// happened to the world.
	Task TaskName
	Nth  int

	// Op is the word of the [Op]. What is no operation is one of timer (a timer or
	// a deadline has come, which Object's operation had set; Began is when something
	// happened last, so that time has passed if it is not At) and killed, started,
	// paused, resumed (Object, a process, by a fault).
	Op     string
	Object string
	Size   int           // Recv, Send: bytes that were asked for or offered
	FDs    int           // Recv, Send: the same of descriptors
	Timed  bool          // it has a deadline:
	Until  time.Duration // this one; not after Began is a call that does not block
	Args   string        // what else it was given
	Data   string        // Send: how what it offered begins, quoted

	Blocked bool   // it waited
	Open    string // "", or why it did not return: blocked, killed, runnable, running
	Moved   int    // Recv, Send: bytes
	Passed  int    // Recv, Send: descriptors
	Err     string // name of an errno, or EOF, or the text of an error
	Why     string // more about it
	Made    string // what it made or started

	// Charged is, of a Send and a Recv, how much of the send buffer that the bytes go
	// through was taken when it ended, and Buffer is that buffer's size: the sender's,
	// in bytes as the kernel counts them (SO_SNDBUF), of which a message takes more
	// than it has bytes. 0 of 0 is for an end that is gone.
	Charged, Buffer int

	From []Move // Recv: the Sends that the bytes came from, in order
	To   []Move // Send: the Recvs that they went to, in order

	// Choices are the questions about this operation that had another answer than
	// the calm one: lines of Script.
	Choices []Line

	// Stack is where the program has called the operation, nil for what it has not.
	// Files are as the compiler was given them: with their whole paths, unless the
	// program was built with -trimpath. Events of one place share it; do not write
	// to it.
	Stack Stack
}

// A Move is bytes that went from one event to another.
type Move struct {
	Event int // the N of the other one
	Bytes int
}

// Waited returns for how long, in virtual time, the operation was under way.
func (e *Event) Waited() time.Duration { return e.At - e.Began }
