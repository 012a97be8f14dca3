package simnet

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"
)

// Clock returns the clock of the process, for code that takes a clock.Clock. In
// free mode it is Config.Clock.
//
// In a run it is the world's time. Sleep is a Sleep of the process: other tasks
// run meanwhile. WithDeadline and WithTimeout make contexts that expire at their
// point in virtual time, as do all that are derived from them, without a
// goroutine; [Transport.WithCancel] takes them, while one with a deadline on the
// wall clock is refused. They expire also while the process is paused, or dead,
// as its timers go off.
//
// A parent may be any context but one with a deadline that is not of such a
// clock: that ends the run with a [*Misuse]. If the parent is cancelled, the
// context is, at once for whoever asks it; the contexts that package context has
// derived from it, and calls that they are to cancel, hear of it at the next
// scheduling point, whoever's that is. context.WithTimeout, derived from one of
// these, never expires before it: its deadline is on the wall clock, and so later.
//
// After, AfterFunc, Tick, Ticker and Timer hand out what a task must not wait for,
// a channel, or would start a goroutine that is no task: they panic, and say what
// to use instead. The same goes for context.AfterFunc, which nobody can see.
func (p *Process) Clock() clock.Clock {
	if p.w.sched == nil {
		return p.w.clock
	}
	return taskClock{p}
}

type taskClock struct{ p *Process }

var _ clock.Clock = taskClock{}

func (c taskClock) Now() time.Time { return c.p.Now() }

func (c taskClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

func (c taskClock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// Sleep returns early only if the process is dead, or there is no run to sleep in.
func (c taskClock) Sleep(d time.Duration) {
	err := c.p.Sleep(c.Now().Add(d))
	if errors.Is(err, syscall.EDEADLK) {
		panic("simnet: Clock.Sleep in build, where nothing can wait; start a task with Go of the process")
	}
}

func (c taskClock) WithTimeout(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return c.WithDeadline(parent, c.Now().Add(d))
}

func (c taskClock) WithDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	return c.p.withDeadline(parent, at)
}

func (taskClock) After(time.Duration) <-chan time.Time {
	panic(notInRun("After", "Sleep, or Wait of a Notifier with a deadline"))
}

func (taskClock) AfterFunc(time.Duration, func()) *clock.Timer {
	panic(notInRun("AfterFunc", "AfterFunc of the transport, whose function is a task"))
}

func (taskClock) Tick(time.Duration) <-chan time.Time {
	panic(notInRun("Tick", "Sleep in a loop"))
}

func (taskClock) Ticker(time.Duration) *clock.Ticker {
	panic(notInRun("Ticker", "Sleep in a loop"))
}

func (taskClock) Timer(time.Duration) *clock.Timer {
	panic(notInRun("Timer", "AfterFunc of the transport, or Wait of a Notifier with a deadline"))
}

func notInRun(method, instead string) string {
	return "simnet: Clock." + method + " in a run: a task cannot wait on a channel; use " + instead
}
