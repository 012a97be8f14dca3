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
func (t *Transport) Now() time.Time {
	if s := t.p.w.sched; s != nil && !s.mine() {
		return s.strangeNow(t.p)
	}
	return t.p.w.now()
}

// Sleep implements transport.Clock.
func (t *Transport) Sleep(until time.Time) (err error) {
	const op = OpSleep
	if err := t.p.enter(op, ""); err != nil {
		return err
	}
	defer t.p.leave(op, &err)
	w := t.p.w
	if tr := w.tracing(); tr != nil {
		tr.until(until)
	}
	w.lock()
	err = t.check(op, "")
	if err == nil {
		err = w.timely(op, "", until)
	}
	if err != nil {
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

	// In a run, where c is not used.
	alarm      alarm
	by         *task // who armed it
	background bool  // it was a background task
	pcs        []uintptr
}

// AfterFunc implements transport.Clock. The task is a goroutine.
func (t *Transport) AfterFunc(name string, at time.Time, f func()) (_ transport.Timer, err error) {
	const op = OpAfterFunc
	if err := t.p.enter(op, ""); err != nil {
		return nil, err
	}
	defer t.p.leave(op, &err)
	w := t.p.w
	if tr := w.tracing(); tr != nil {
		tr.now().Object = legible(name)
		tr.until(at)
	}
	w.lock()
	defer w.unlock()
	if err := t.check(op, ""); err != nil {
		return nil, err
	}
	if f == nil {
		return nil, invalid(op, "", "nil function")
	}
	if err := w.timely(op, "", at); err != nil {
		return nil, err
	}
	a := &timer{p: t.p, name: name, f: f, at: at}
	switch {
	case at.IsZero():
	case w.sched != nil:
		w.sched.after(a)
	default:
		a.arm()
	}
	return a, nil
}

// arm has the clock call fire when the time comes, or starts the call if it has.
// The caller holds mu.
func (a *timer) arm() {
	w := a.p.w
	for now := w.now(); ; {
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
		if now = w.now(); now.Equal(then) {
			return
		}
	}
}

// fire is what the clock calls, in a goroutine of its own.
func (a *timer) fire() {
	w := a.p.w
	w.lock()
	if a.over || a.p.dead {
		w.unlock()
		return
	}
	if !w.real && a.at.After(w.now()) {
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
	var err error
	if a.p.enter(OpStop, "") != nil {
		return false
	}
	defer a.p.leave(OpStop, &err)
	w := a.p.w
	if tr := w.tracing(); tr != nil {
		tr.now().Object = legible(a.name)
	}
	w.lock()
	defer w.unlock()
	if a.over || a.p.dead {
		return false
	}
	a.over = true
	switch {
	case a.by != nil:
		w.sched.disarm(a)
	case a.c != nil:
		a.c.Stop()
	}
	return true
}

// Go implements transport.Tasks. The task is a goroutine; profiles and dumps
// show its name as the label "task".
func (t *Transport) Go(name string, f func()) error { return t.start(OpGo, name, f) }

// Background implements transport.Tasks. Nothing here waits for a program to be
// over, so it is the same as Go.
func (t *Transport) Background(name string, f func()) error { return t.start(OpBackground, name, f) }

func (t *Transport) start(op Op, name string, f func()) (err error) {
	if err := t.p.enter(op, ""); err != nil {
		return err
	}
	defer t.p.leave(op, &err)
	if tr := t.p.w.tracing(); tr != nil {
		tr.now().Object = legible(name)
	}
	t.p.w.lock()
	defer t.p.w.unlock()
	if err := t.check(op, ""); err != nil {
		return err
	}
	if f == nil {
		return invalid(op, "", "nil function")
	}
	if s := t.p.w.sched; s != nil {
		s.spawn(t.p, s.task, name, op == OpBackground, f).view = t
		return nil
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
	var err error
	if t.p.enter(OpYield, "") != nil {
		return
	}
	if t.p.w.sched == nil {
		runtime.Gosched()
	}
	t.p.leave(OpYield, &err)
}
