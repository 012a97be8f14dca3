package simnet

// A Kind says what a question is about.
type Kind uint8

// The kinds of questions. Everything but Run and Wake is asked only if it is
// switched on ([Config.Faults]).
const (
	// Run asks which task goes on: before each operation, where more than one
	// could, and whenever the running task waits or ends. Answer 0 is the running
	// task; where that one cannot go on, the task that has been runnable longest.
	Run Kind = iota

	// Wake asks which process is woken, where tasks of several wait for the same
	// event of a socket, a listener or a lock. Answer 0 is the one that has waited
	// longest.
	Wake

	// Timer asks which timer fires first of those that are due at the same time.
	// Answer 0 is the one that was armed first.
	Timer

	Short   // how many bytes a Recv or a Send moves at once: all, 1, half, all but one
	Fail    // whether an operation fails, and with which errno
	Early   // whether time passes to the next timer although tasks could run
	Late    // how late a timer fires
	Jump    // whether the clock jumps before an operation, and how far
	Buffer  // how big the send buffer of a new socket is
	Full    // whether other clients have filled a backlog when Dial comes
	File    // what has become of the file that an operation is about to look for
	Kill    // which process dies before an operation
	Restart // which process dies and is started again at once
	Pause   // which process stops for a while

	numKinds
)

var kindNames = [numKinds]string{
	"run", "wake", "timer", "short", "fail", "early", "late", "jump", "buffer",
	"full", "file", "kill", "restart", "pause",
}

// String returns the kind's word in a script.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return "unknown"
}
