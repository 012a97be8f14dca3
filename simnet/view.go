package simnet

import (
	"context"
	"syscall"

	"example.com/brine/transport"
)

// A Transport is a view of a [Process], and implements transport.Transport. The
// process itself is the view that nothing cancels; WithCancel derives others.
// All methods may be called from any goroutine.
//
// Every call of a process that was killed fails with ESRCH and changes nothing.
type Transport struct {
	p       *Process
	refused string          // if not empty, why every call of this view is EINVAL
	ctx     context.Context // that cancels it, in a run only: there it is looked at

	off         bool // refused, canceled, or its process is dead: check fails
	canceled    bool
	calls, last *call      // blocked in this view, in the order they came; linked by vnext
	parent      *Transport // nil for a process's own view, and once taken off
	first       *Transport // of the views derived from this one
	prev, later *Transport // among the parent's
}

var _ transport.Transport = (*Transport)(nil)

// WithCancel implements transport.Transport. In free mode any context can be
// watched, whatever its clock; a nil one cannot. In a run it is looked at whenever
// a task makes a call, and one that has a deadline must be of [Process.Clock]:
// every call of another's view fails with EINVAL.
func (t *Transport) WithCancel(ctx context.Context) (transport.Transport, func()) {
	var err error
	if err := t.p.enter(OpWithCancel, ""); err != nil {
		return &Transport{p: t.p, refused: refusal(err), off: true}, func() {}
	}
	defer t.p.leave(OpWithCancel, &err)
	w := t.p.w
	v := &Transport{p: t.p, refused: t.refused, off: t.refused != ""}
	if why := w.unwatchable(ctx); why != "" {
		v.refused, v.off = why, true
		return v, func() {}
	}
	w.lock()
	if t.canceled { // also if its process is dead
		v.canceled, v.off = true, true
	} else {
		v.parent, v.later = t, t.first
		if t.first != nil {
			t.first.prev = v
		}
		t.first = v
	}
	w.unlock()
	stop := func() bool { return false }
	switch {
	case ctx.Done() == nil:
	case w.sched != nil:
		v.ctx = ctx
		w.sched.watchContext(v)
	default:
		stop = context.AfterFunc(ctx, func() { v.cancel() })
		if ctx.Err() != nil {
			v.cancel() // AfterFunc's goroutine may be late; a done context cancels now
		}
	}
	return v, func() {
		var err error
		if t.p.enter(OpCancel, "") != nil {
			return
		}
		stop()
		v.cancel()
		t.p.leave(OpCancel, &err)
	}
}

// refusal says why the gate turned a call away.
func refusal(err error) string {
	if e, ok := err.(*transport.Error); ok && e.Detail != "" {
		return e.Detail
	}
	return err.Error()
}

// unwatchable says why a view cannot be cancelled by ctx.
func (w *World) unwatchable(ctx context.Context) string {
	if ctx == nil {
		return "the view was made with a nil context"
	}
	if w.sched != nil {
		return w.sched.unwatchable(ctx)
	}
	return ""
}

// WithoutCancel implements transport.Transport.
func (t *Transport) WithoutCancel() transport.Transport { return t.p.Transport }

// cancel cancels the view and those derived from it, and takes it off its
// parent's list.
func (t *Transport) cancel() {
	w := t.p.w
	w.lock()
	t.endCalls(syscall.ECANCELED)
	if up := t.parent; up != nil {
		if t.prev == nil {
			up.first = t.later
		} else {
			t.prev.later = t.later
		}
		if t.later != nil {
			t.later.prev = t.prev
		}
		t.parent, t.prev, t.later = nil, nil, nil
	}
	w.unlock()
}

// endCalls cancels the view and ends what is blocked in it, and in those derived
// from it, with errno.
func (t *Transport) endCalls(errno syscall.Errno) {
	t.canceled, t.off = true, true
	for t.calls != nil {
		t.p.w.end(t.calls, errno)
	}
	for v := t.first; v != nil; v = v.later {
		v.endCalls(errno)
	}
}

func (t *Transport) addCall(c *call) {
	c.vprev, c.vnext = t.last, nil
	if t.last == nil {
		t.calls = c
	} else {
		t.last.vnext = c
	}
	t.last = c
}

func (t *Transport) removeCall(c *call) {
	if c.vprev == nil {
		t.calls = c.vnext
	} else {
		c.vprev.vnext = c.vnext
	}
	if c.vnext == nil {
		t.last = c.vprev
	} else {
		c.vnext.vprev = c.vprev
	}
	c.vprev, c.vnext = nil, nil
}

// check is what every call that can be cancelled begins with. The caller holds
// mu, as for all that follows.
func (t *Transport) check(op Op, path string) error {
	if t.off {
		return t.why(op, path)
	}
	return nil
}

func (t *Transport) why(op Op, path string) error {
	switch {
	case t.p.dead:
		return fail(op, path, syscall.ESRCH)
	case t.refused != "":
		return invalid(op, path, t.refused)
	}
	return fail(op, path, syscall.ECANCELED)
}
