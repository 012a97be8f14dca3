package simnet

import (
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// In a run the time is the world's. A deadline that was made with time.Now is a
// quarter of a century off, and another one in each run: it is refused. What
// gives it away is the reading of the monotonic clock that time.Now adds, and
// nothing else does. A time that has lost it (by Round(0), UTC, JSON) looks like
// any other, and is one in the world's far future.

// timely refuses a deadline on the wall clock. It is asked when a call is known
// to be valid otherwise, and before it has any effect.
func (w *World) timely(op Op, path string, deadline time.Time) error {
	if w.sched == nil || deadline.IsZero() || !monotonic(deadline) {
		return nil
	}
	w.sched.wallClock("a deadline")
	return invalid(op, path, onWallClock("a deadline"))
}

// monotonic reports whether a time has a reading of the monotonic clock, which
// Round(0) takes off, changing nothing else. It is in time.Local, like all that
// time.Now returns and that was not put elsewhere, which takes the reading off,
// too. The world's own time is in UTC, and so does not pay for Round.
func monotonic(t time.Time) bool {
	return (t.Location() != time.UTC || time.Local == time.UTC) && t != t.Round(0)
}

func onWallClock(what string) string {
	return what + " on the wall clock (time.Now); use Now of the transport"
}

// wallClock is the verdict about the running task, which took the time from
// where it is another one in each run.
func (s *sched) wallClock(what string) {
	what = onWallClock(what)
	if at := caller(); at != "" {
		what += ", at " + at
	}
	s.misuse(what)
}

// module is where this package and its neighbours are.
var module = strings.TrimSuffix(reflect.TypeFor[World]().PkgPath(), "simnet")

// caller returns where the program under test has called: the innermost place
// that is not in this package or in what is built on it. It is "client.go:31".
func caller() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if f.File != "" && !inside(f) {
			return filepath.Base(f.File) + ":" + strconv.Itoa(f.Line)
		}
		if !more {
			return ""
		}
	}
}

// inside reports whether a call was made by this module's libraries.
func inside(f runtime.Frame) bool {
	name, ok := strings.CutPrefix(f.Function, module)
	if !ok || strings.HasSuffix(f.File, "_test.go") {
		return false
	}
	for _, lib := range [...]string{"simnet.", "transport.", "ipc."} {
		if strings.HasPrefix(name, lib) {
			return true
		}
	}
	return false
}
