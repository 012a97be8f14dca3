//go:build unix

package realunix

import (
	"context"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// Now implements transport.Clock. The time has a monotonic reading, so that a
// step of the wall clock moves no deadline that is computed from it.
func (t *Transport) Now() time.Time { return time.Now() }

// Sleep implements transport.Clock.
func (t *Transport) Sleep(until time.Time) error {
	if err := t.check("sleep", ""); err != nil {
		return err
	}
	if transport.Expired(until, time.Now()) {
		return nil
	}
	s := newSleeper()
	defer s.free()
	if errno := s.wait(t, nil, until); errno != syscall.ETIMEDOUT {
		return fail("sleep", "", errno)
	}
	return nil
}

type timer struct{ t *time.Timer }

func (t timer) Stop() bool { return t.t.Stop() }

// AfterFunc implements transport.Clock.
func (t *Transport) AfterFunc(name string, at time.Time, f func()) (transport.Timer, error) {
	if err := t.check("afterfunc", ""); err != nil {
		return nil, err
	}
	if f == nil {
		return nil, invalid("afterfunc", "", "nil function")
	}
	const never = time.Duration(1<<63 - 1)
	d := never
	if !at.IsZero() {
		d = time.Until(at)
	}
	return timer{time.AfterFunc(d, func() { labelled(name, f) })}, nil
}

// Go implements transport.Tasks. The task is a goroutine; profiles and dumps
// show its name as the label "task".
func (t *Transport) Go(name string, f func()) error { return t.start("go", name, f) }

// Background implements transport.Tasks. A program on this backend ends with
// its main function, so it is the same as Go.
func (t *Transport) Background(name string, f func()) error { return t.start("background", name, f) }

func (t *Transport) start(op, name string, f func()) error {
	if err := t.check(op, ""); err != nil {
		return err
	}
	if f == nil {
		return invalid(op, "", "nil function")
	}
	go labelled(name, f)
	return nil
}

func labelled(name string, f func()) {
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("task", name)))
	f()
}

// Yield implements transport.Tasks.
func (t *Transport) Yield() { runtime.Gosched() }
