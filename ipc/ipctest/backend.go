package ipctest

import (
	"syscall"
	"time"
)

// A Backend carries scenarios out on one kind of transport.
type Backend interface {
	// Name is what the report calls the backend.
	Name() string

	// Lacks says why the backend, here and now, does not have an ability:
	// "not running as root", "simulated only". It is empty for what it has. The
	// reason is printed with everything that is not run because of it.
	Lacks(a Ability) string

	// Run carries a scenario out to its end: it makes a directory and sets
	// s.Scene in it, has the main role played by a first process and others as
	// they are started, and returns when every process has ended. It hands all
	// events of all roles to note, which may be called from any goroutine and
	// does not block, and adds a Failed event where it fails itself, for
	// example because a process crashed.
	Run(s *Scenario, note func(Event))
}

// A Stage is what a backend gives to each process of a scenario besides its
// transport.
type Stage interface {
	// Path returns the path of a name in the scenario's directory. The
	// directory can be searched, and not written, by every user; its own path
	// is shorter than 60 bytes.
	Path(name string) string

	// Start starts a process that plays a role of the same scenario.
	Start(role string, cfg ProcessConfig) (Process, error)

	// Fault orders that the next call of this process which makes a descriptor
	// fails with errno. It is called only on a backend that has Faults.
	Fault(errno syscall.Errno) error

	// Tolerance is how late after its deadline a call may return.
	Tolerance() time.Duration
}

// A Process is a role that was started.
type Process interface {
	// Kill ends the process at once, as SIGKILL does. It has no effect on a
	// process that has ended. It is called only on a backend that has Kill.
	Kill() error

	// Wait blocks, as a transport's call does, until the process has ended in
	// whatever way. It fails with ETIMEDOUT.
	Wait(deadline time.Time) error
}

// ProcessConfig says how to start a process. The zero value is a process like
// the one that starts it.
type ProcessConfig struct {
	UID    int    // user and group ID, 0 to keep the starter's
	Limits Limits // zero fields are the starter's
	Arg    string // what T.Arg returns
}

// Limits of a process.
type Limits struct {
	NOFILE int // descriptors (RLIMIT_NOFILE), 0 to keep the starter's
}

// OtherUID is the user ID that scenarios run a process as when it is to be
// another user than the main role's.
const OtherUID = 65534

// An Ability is something that not every backend can do, everywhere.
type Ability string

// The abilities that scenarios need.
const (
	OtherUser    Ability = "another user"       // ProcessConfig.UID, and permissions that hold for it
	DescLimit    Ability = "a descriptor limit" // ProcessConfig.Limits
	Kill         Ability = "killing a process"  // Process.Kill
	Abstract     Ability = "abstract names"     // names that begin with "@"
	Descriptors  Ability = "passing descriptors"
	PeerCred     Ability = "peer credentials"
	SocketMode   Ability = "the mode of a socket file" // ListenConfig.Mode
	LongPaths    Ability = "socket paths of 107 bytes"
	LinuxBacklog Ability = "a backlog that is counted as Linux does"
	Faults       Ability = "ordered faults" // Stage.Fault
)
