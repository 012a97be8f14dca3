package ipctest

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// A T is what a role has in place of a *testing.T: its process may not be the
// one that runs the test. All methods may be called from any task of the role.
type T interface {
	// Helper marks the calling function as one that failures are not located in.
	Helper()
	Logf(format string, args ...any)
	Error(args ...any)
	Errorf(format string, args ...any)
	// Fatal is Error, then the end of the calling task, and of no other.
	Fatal(args ...any)
	Fatalf(format string, args ...any)

	// Want asserts that call failed with errno and notes the two as provoked.
	// It is an error if the contract does not have them together.
	Want(err error, call Call, errno syscall.Errno)

	// Path returns the path of a name in the scenario's directory.
	Path(name string) string

	// Start starts another role of the scenario as a process of its own.
	Start(role string, cfg ProcessConfig) Process

	// Arg returns the ProcessConfig.Arg that this process was started with.
	Arg() string

	// Fault orders that the next call of this process which makes a descriptor
	// fails with errno.
	Fault(errno syscall.Errno)

	// OnTime asserts that now is not before deadline and not later after it
	// than the backend tolerates.
	OnTime(clock transport.Clock, deadline time.Time)
}

// Kind says what an Event reports.
type Kind string

// The kinds of events.
const (
	Logged   Kind = "log"      // Text, for whoever looks into a failure
	Failed   Kind = "fail"     // Text; the scenario has failed
	Provoked Kind = "provoked" // Call failed with Errno as it should
	Ended    Kind = "ended"    // the role returned, or ended by Fatal
)

// An Event is one thing that a role reports. It is plain data, so that a process
// can write it to another.
type Event struct {
	Role  string `json:",omitempty"`
	Kind  Kind
	At    string `json:",omitempty"` // file:line
	Text  string `json:",omitempty"`
	Call  Call   `json:",omitempty"`
	Errno string `json:",omitempty"` // its name
}

// player is the T of one process.
type player struct {
	role, arg string
	stage     Stage
	note      func(Event)

	mu      sync.Mutex // not held across a call of the stage or of a transport
	helpers map[string]bool
}

func (p *player) Helper() {
	pc, _, _, _ := runtime.Caller(1)
	if f := runtime.FuncForPC(pc); f != nil {
		p.mu.Lock()
		if p.helpers == nil {
			p.helpers = make(map[string]bool)
		}
		p.helpers[f.Name()] = true
		p.mu.Unlock()
	}
}

// at is where the innermost function is that is neither marked nor a method of
// player.
func (p *player) at() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		f, more := frames.Next()
		if !p.helpers[f.Function] && !strings.Contains(f.Function, "ipctest.(*player).") {
			return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
		}
		if !more {
			return ""
		}
	}
}

func (p *player) fail(text string) {
	p.note(Event{Role: p.role, Kind: Failed, At: p.at(), Text: text})
}

func (p *player) Logf(format string, args ...any) {
	p.note(Event{Role: p.role, Kind: Logged, At: p.at(), Text: fmt.Sprintf(format, args...)})
}

func (p *player) Error(args ...any)                 { p.fail(fmt.Sprint(args...)) }
func (p *player) Errorf(format string, args ...any) { p.fail(fmt.Sprintf(format, args...)) }

func (p *player) Fatal(args ...any) {
	p.fail(fmt.Sprint(args...))
	runtime.Goexit()
}

func (p *player) Fatalf(format string, args ...any) {
	p.fail(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (p *player) Want(err error, call Call, errno syscall.Errno) {
	name := transport.ErrnoName(errno)
	switch {
	case !errors.Is(err, errno):
		p.fail(fmt.Sprintf("%s: got %s, want %s", call, describe(err), name))
	case transport.Errno(err) != errno:
		p.fail(fmt.Sprintf("%s: error %v carries no errno to read", call, err))
	case find(call, errno) == nil:
		p.fail(fmt.Sprintf("%s: %s is not in the contract", call, name))
	default:
		p.note(Event{Role: p.role, Kind: Provoked, Call: call, Errno: name})
	}
}

func describe(err error) string {
	if err == nil {
		return "success"
	}
	return err.Error()
}

func (p *player) Path(name string) string { return p.stage.Path(name) }
func (p *player) Arg() string             { return p.arg }

func (p *player) Start(role string, cfg ProcessConfig) Process {
	proc, err := p.stage.Start(role, cfg)
	if err != nil {
		p.Fatalf("start %s: %v", role, err)
	}
	return proc
}

func (p *player) Fault(errno syscall.Errno) {
	if err := p.stage.Fault(errno); err != nil {
		p.Fatalf("fault %s: %v", transport.ErrnoName(errno), err)
	}
}

func (p *player) OnTime(clock transport.Clock, deadline time.Time) {
	late := clock.Now().Sub(deadline)
	switch limit := p.stage.Tolerance(); {
	case late < 0:
		p.fail(fmt.Sprintf("returned %v before its deadline", -late))
	case late > limit:
		p.fail(fmt.Sprintf("returned %v after its deadline, %v is tolerated", late, limit))
	case late > 0:
		p.Logf("%v late", late)
	}
}
