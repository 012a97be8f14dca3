package proptest

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"

	"example.com/brine/simnet"
)

// bench returns the testing.TB of the run under way, if it is a simulated one: it
// knows the task that calls, and keeps the log. Otherwise it is nil.
func (s *Sim) bench() testing.TB {
	if s.state == running && s.g == nil && s.w != nil {
		return s.w.TB()
	}
	return nil
}

// Name returns the name of the test.
func (s *Sim) Name() string { return s.c.name }

// Helper implements testing.TB.
func (s *Sim) Helper() { s.helper() }

// Log implements testing.TB. What is logged is shown if the run fails.
func (s *Sim) Log(args ...any) { s.tell(fmt.Sprintln(args...)) }

// Logf implements testing.TB.
func (s *Sim) Logf(format string, args ...any) { s.tell(fmt.Sprintf(format, args...)) }

// Attr implements testing.TB: it is logged.
func (s *Sim) Attr(key, value string) { s.tell("attr " + key + " " + value) }

// tell logs what one of the methods was told, which has called it.
func (s *Sim) tell(text string) {
	if b := s.bench(); b != nil {
		fmt.Fprintf(b.Output(), "%s: %s\n", s.place(), trim(text))
		return
	}
	s.say(text)
}

func trim(text string) string {
	if n := len(text); n > 0 && text[n-1] == '\n' {
		return text[:n-1]
	}
	return text
}

// Output implements testing.TB: lines that are written to it are logged.
func (s *Sim) Output() io.Writer {
	if b := s.bench(); b != nil {
		return b.Output()
	}
	return &s.journal
}

// Fail implements testing.TB: the run fails, and goes on.
func (s *Sim) Fail() {
	if b := s.bench(); b != nil {
		b.Fail()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.failed {
		s.failed, s.stack = true, string(debug.Stack())
	}
}

// Failed implements testing.TB: it reports whether this run has failed.
func (s *Sim) Failed() bool {
	if b := s.bench(); b != nil && b.Failed() {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state > running && s.res != nil && s.res.Err != nil {
		if _, skipped := s.res.Err.(*simnet.Skipped); !skipped {
			return true
		}
	}
	return s.failed || s.err != nil
}

// FailNow implements testing.TB: the run has failed, and is over. It does not
// return.
func (s *Sim) FailNow() {
	if b := s.bench(); b != nil {
		b.FailNow()
	}
	s.Fail()
	s.stop()
}

// stop ends the caller.
func (s *Sim) stop() {
	if s.g != nil && s.state == running {
		s.g.cancel()
		runtime.Goexit()
	}
	panic(stopped{})
}

// Error implements testing.TB.
func (s *Sim) Error(args ...any) {
	s.tell(fmt.Sprintln(args...))
	s.Fail()
}

// Errorf implements testing.TB.
func (s *Sim) Errorf(format string, args ...any) {
	s.tell(fmt.Sprintf(format, args...))
	s.Fail()
}

// Fatal implements testing.TB.
func (s *Sim) Fatal(args ...any) {
	s.tell(fmt.Sprintln(args...))
	s.FailNow()
}

// Fatalf implements testing.TB.
func (s *Sim) Fatalf(format string, args ...any) {
	s.tell(fmt.Sprintf(format, args...))
	s.FailNow()
}

// Skip implements testing.TB: this run counts neither as passed nor as failed.
func (s *Sim) Skip(args ...any) {
	s.tell(fmt.Sprintln(args...))
	s.SkipNow()
}

// Skipf implements testing.TB.
func (s *Sim) Skipf(format string, args ...any) {
	s.tell(fmt.Sprintf(format, args...))
	s.SkipNow()
}

// SkipNow implements testing.TB. It does not return.
func (s *Sim) SkipNow() {
	if b := s.bench(); b != nil {
		b.SkipNow()
	}
	s.mu.Lock()
	s.skipped = true
	s.mu.Unlock()
	s.stop()
}

// Skipped implements testing.TB.
func (s *Sim) Skipped() bool {
	if b := s.bench(); b != nil && b.Skipped() {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state > running && s.res != nil {
		if _, skipped := s.res.Err.(*simnet.Skipped); skipped {
			return true
		}
	}
	return s.skipped
}

// Cleanup implements testing.TB: f is called when the body has returned, however
// that was, last first.
func (s *Sim) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleanups = append(s.cleanups, f)
}

// Context implements testing.TB: it is cancelled when the body has returned,
// before what Cleanup was given is called.
func (s *Sim) Context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil {
		s.ctx, s.cancel = context.WithCancel(context.Background())
		if s.state == ended {
			s.cancel()
		}
	}
	return s.ctx
}

// TempDir implements testing.TB: it returns a new directory of the machine that
// the run is on. In a simulation that is the world's, and its processes may use it;
// in a task it is an operation.
func (s *Sim) TempDir() string {
	s.mu.Lock()
	s.dirs++
	dir := "/tmp/" + strconv.Itoa(s.dirs)
	s.mu.Unlock()
	switch {
	case s.g != nil && s.g.w == nil:
		dir, err := os.MkdirTemp("", "brine")
		if err != nil {
			s.Fatal(err)
		}
		s.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	case s.g != nil:
		s.check(s.g.w.Mkdir(dir, 0o777))
	case s.state == setting:
		s.scene = append(s.scene, func(w *simnet.World) error { return w.Mkdir(dir, 0o777) })
	case s.w == nil:
		s.Fatal("TempDir is of the run's machine, and there was no run")
	default:
		s.check(s.w.Mkdir(dir, 0o777))
	}
	return dir
}

func (s *Sim) check(err error) {
	if err != nil {
		s.Fatal(err)
	}
}

// ArtifactDir implements testing.TB: it is the test's own, on the real machine.
// What runs write there, runs that are executed at the same time overwrite.
func (s *Sim) ArtifactDir() string {
	if s.c.t == nil {
		panic("proptest: ArtifactDir is of a test, and there is none around this run")
	}
	return s.c.t.ArtifactDir()
}

// Chdir panics: a working directory is a process's (ProcessConfig.Dir).
func (s *Sim) Chdir(string) {
	panic("proptest: Chdir would change the directory of all runs that are under way; a process has one of its own (ProcessConfig.Dir)")
}

// Setenv panics: the environment is shared by all runs that are under way.
func (s *Sim) Setenv(string, string) {
	panic("proptest: Setenv would change the environment of all runs that are under way; hand values to main otherwise")
}
