package simnet

import (
	"context"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"

	"example.com/brine/transport"
)

// Now implements transport.Clock: it is the time of Config.Clock.
func (t *Transport) Now() time.Time { return t.p.w.clock.Now() }

// Sleep implements transport.Clock.
func (t *Transport) Sleep(until time.Time) error {
	const op = "sleep"
	t.p.enter(op)
	defer t.p.leave(op)
	w := t.p.w
	w.mu.Lock()
	if err := t.check(op, ""); err != nil {
		w.unlock()
		return err
	}
	b := w.prepare(t, toSleep, &w.naps, until, nil)
	if b == nil {
		w.unlock()
		return nil
	}
	w.wait(b)
	errno := b.errno
	w.free(b)
	if errno != syscall.ETIMEDOUT {
		return fail(op, "", errno)
	}
	return nil
}

// A timer is a call that AfterFunc has put off.
type timer struct {
	p    *Process
	name string
	f    func()
	at   time.Time
	c    *clock.Timer // nil if it never fires, or did at once
	over bool         // started or stopped
}

// AfterFunc implements transport.Clock. The task is a goroutine.
func (t *Transport) AfterFunc(name string, at time.Time, f func()) (transport.Timer, error) {
	const op = "afterfunc"
	t.p.enter(op)
	defer t.p.leave(op)
	w := t.p.w
	w.mu.Lock()
	defer w.unlock()
	if err := t.check(op, ""); err != nil {
		return nil, err
	}
	if f == nil {
		return nil, invalid(op, "", "nil function")
	}
	a := &timer{p: t.p, name: name, f: f, at: at}
	if at.IsZero() {
		return a, nil
	}
	a.arm()
	return a, nil
}

// arm has the clock call fire when the time comes, or starts the call if it has.
// The caller holds mu.
func (a *timer) arm() {
	w := a.p.w
	for now := w.clock.Now(); ; {
		left := a.at.Sub(now)
		if left <= 0 {
			// A clock.Mock would leave what is due now until it is moved.
			if a.c != nil {
				a.c.Stop()
			}
			a.over = true
			go labelled(a.name, a.f)
			return
		}
		if a.c == nil {
			a.c = w.clock.AfterFunc(left, a.fire)
		} else {
			a.c.Reset(left)
		}
		if w.real {
			return
		}
		// A clock that is moved by hand may have been moved since it was read, and
		// counts what is left from where it is.
		then := now
		if now = w.clock.Now(); now.Equal(then) {
			return
		}
	}
}

// fire is what the clock calls, in a goroutine of its own.
func (a *timer) fire() {
	w := a.p.w
	w.mu.Lock()
	if a.over || a.p.dead {
		w.unlock()
		return
	}
	if !w.real && a.at.After(w.clock.Now()) {
		a.arm() // the clock was moved while it was armed
		w.unlock()
		return
	}
	a.over = true
	w.unlock()
	labelled(a.name, a.f)
}

// Stop implements transport.Timer.
func (a *timer) Stop() bool {
	a.p.enter("stop")
	defer a.p.leave("stop")
	w := a.p.w
	w.mu.Lock()
	defer w.unlock()
	if a.over || a.p.dead {
		return false
	}
	a.over = true
	if a.c != nil {
		a.c.Stop()
	}
	return true
}

// Go implements transport.Tasks. The task is a goroutine; profiles and dumps
// show its name as the label "task".
func (t *Transport) Go(name string, f func()) error { return t.start("go", name, f) }

// Background implements transport.Tasks. Nothing here waits for a program to be
// over, so it is the same as Go.
func (t *Transport) Background(name string, f func()) error { return t.start("background", name, f) }

func (t *Transport) start(op, name string, f func()) error {
	t.p.enter(op)
	defer t.p.leave(op)
	t.p.w.mu.Lock()
	defer t.p.w.unlock()
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
func (t *Transport) Yield() {
	t.p.enter("yield")
	runtime.Gosched()
	t.p.leave("yield")
}
