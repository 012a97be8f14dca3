package simnet

import (
	"math"
	"strconv"
	"strings"
	"syscall"
)

// A Fault is something that fails or lags which works in the calm run. None makes
// a state that the kernel could not be in: what it does, other processes, an
// administrator or a machine short of memory could have done.
type Fault uint8

// The faults.
const (
	// FaultShort: a Recv or a Send moves less at once than it could (KindShort).
	FaultShort Fault = iota

	// FaultReset: a connection is reset, for both ends, as if it had gone through a
	// process that was killed with something unread in each direction. Recv is
	// given what has arrived, then ECONNRESET once, then io.EOF; Send EPIPE. It is
	// asked for where the errno then arrives at once (KindFail).
	FaultReset

	// What the system is short of (KindFail). EMFILE, ENFILE and ENOMEM come to the
	// calls that make a descriptor, ENOBUFS and ENOMEM to Send. A call that fails
	// so has done nothing; a connection that was to be accepted stays pending.
	FaultEMFILE
	FaultENFILE
	FaultENOMEM
	FaultENOBUFS

	// FaultFull: before a Dial, other clients connect until the backlog is full,
	// and then die. Who accepts finds them first, at their end (KindFull).
	FaultFull

	// FaultBuffer: the send buffer of a new socket is small (KindBuffer).
	FaultBuffer

	// FaultEarly: time passes to the next timer although tasks could run: they are
	// slow (KindEarly).
	FaultEarly

	// FaultLate: a timer, or a deadline, is noticed late (KindLate).
	FaultLate

	// FaultJump: the clock jumps forward before an operation, as when a machine was
	// suspended (KindJump).
	FaultJump

	// Before an operation on the path of a socket file, an administrator has removed
	// it, has put an ordinary file in its place, has taken all permissions from it,
	// or has renamed its directory (KindFile).
	FaultRemoved
	FaultReplaced
	FaultForbidden
	FaultDirGone

	// Before an operation of any task, a process is killed (KindKill), killed and
	// started again at once, if it has a Main (KindRestart), or paused for a second
	// (KindPause).
	FaultKill
	FaultRestart
	FaultPause

	NumFaults
)

var faultTable = [NumFaults]struct {
	name  string
	kind  Kind
	errno syscall.Errno
}{
	FaultShort:     {"short", KindShort, 0},
	FaultReset:     {"reset", KindFail, 0},
	FaultEMFILE:    {"EMFILE", KindFail, syscall.EMFILE},
	FaultENFILE:    {"ENFILE", KindFail, syscall.ENFILE},
	FaultENOMEM:    {"ENOMEM", KindFail, syscall.ENOMEM},
	FaultENOBUFS:   {"ENOBUFS", KindFail, syscall.ENOBUFS},
	FaultFull:      {"full", KindFull, 0},
	FaultBuffer:    {"buffer", KindBuffer, 0},
	FaultEarly:     {"early", KindEarly, 0},
	FaultLate:      {"late", KindLate, 0},
	FaultJump:      {"jump", KindJump, 0},
	FaultRemoved:   {"removed", KindFile, 0},
	FaultReplaced:  {"replaced", KindFile, 0},
	FaultForbidden: {"forbidden", KindFile, 0},
	FaultDirGone:   {"dirgone", KindFile, 0},
	FaultKill:      {"kill", KindKill, 0},
	FaultRestart:   {"restart", KindRestart, 0},
	FaultPause:     {"pause", KindPause, 0},
}

// String returns the fault's word: "reset", "EMFILE".
func (f Fault) String() string {
	if f < NumFaults {
		return faultTable[f].name
	}
	return "unknown"
}

// Kind returns the kind of the question that the fault is an answer to.
func (f Fault) Kind() Kind {
	if f < NumFaults {
		return faultTable[f].kind
	}
	return numKinds
}

// A Setting says how often a fault strikes.
type Setting struct {
	// Rate is how often a random chooser has it strike, in 1/65536 of the times
	// that it could. 0 switches the fault off: nobody is asked.
	Rate int

	// Max is how often it strikes in one run at most; 0 is any number.
	Max int
}

// Faults says which faults there are. The zero value is none:
//
//	simnet.Faults{
//		simnet.FaultReset: {Rate: 655},           // one in a hundred
//		simnet.FaultKill:  {Rate: 65, Max: 1},
//	}
type Faults [NumFaults]Setting

// AllFaults returns Faults with every fault at the same rate.
func AllFaults(rate int) (f Faults) {
	for i := range f {
		f[i].Rate = rate
	}
	return f
}

// Fired counts how often each fault has struck.
type Fired [NumFaults]int

// String returns the counts that are not 0: "reset 2, kill 1".
func (f Fired) String() string {
	var b strings.Builder
	for i, n := range f {
		if n == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(Fault(i).String() + " " + strconv.Itoa(n))
	}
	return b.String()
}

// check returns what is wrong with the settings, "" if nothing is.
func (f *Faults) check() string {
	for i, s := range f {
		switch {
		case s.Rate < 0 || s.Rate > 65536:
			return "the rate of fault " + Fault(i).String() + " is not from 0 to 65536"
		case s.Max < 0:
			return "the maximum of fault " + Fault(i).String() + " is negative"
		}
	}
	return ""
}

// A striker is what a run has that can have faults.
type striker struct {
	set   Faults
	wants [numKinds]bool // a script has answers of these kinds: they are asked for
	left  [NumFaults]int
	fired Fired

	options []option // of the question that is put, from answer 1
	rates   []int    // of options

	errno   syscall.Errno // what the operation under way is to fail with
	cause   Fault         // which fault that is
	partial bool          // it has moved less than it could, and goes on
}

// An option is an answer to a question about faults.
type option struct {
	f     Fault
	value int64    // of bytes, or nanoseconds
	name  string   // for the script, if it is not value's
	p     *Process // that is meant
}

// newStriker returns nil if nothing is switched on and nothing wanted.
func newStriker(set Faults, wants [numKinds]bool) *striker {
	if set == (Faults{}) && wants == ([numKinds]bool{}) {
		return nil
	}
	st := &striker{set: set, wants: wants}
	for i := range st.left {
		st.left[i] = math.MaxInt
		if m := set[i].Max; m > 0 {
			st.left[i] = m
		}
	}
	return st
}

// on reports whether a fault can strike.
func (st *striker) on(f Fault) bool {
	return (st.set[f].Rate > 0 || st.wants[faultTable[f].kind]) && st.left[f] > 0
}
