package simnet

import (
	"syscall"
	"time"

	"example.com/brine/transport"
)

// A notifier holds at most one token. If there is a token, nobody waits.
type notifier struct {
	t       *Transport
	token   bool
	waiting queue
	told    *reporter // in a run: itself
}

// NewNotifier implements transport.Tasks.
func (t *Transport) NewNotifier() transport.Notifier {
	if t.p.w.sched != nil {
		r := &reporter{notifier: notifier{t: t}}
		r.told = r
		return r
	}
	return &notifier{t: t}
}

// Notify implements transport.Notifier.
func (n *notifier) Notify() {
	const op = OpNotify
	w, err := n.t.p.w, error(nil)
	if n.t.p.enter(op, "") != nil {
		return
	}
	if tr := w.tracing(); tr != nil {
		tr.notifier(n)
	}
	w.lock()
	switch {
	case n.t.p.dead:
	case n.waiting.first == nil:
		n.token = true
	default:
		w.end(n.waiting.first, 0)
	}
	w.unlock()
	n.t.p.leave(op, &err)
}

// errNoToken is made once: a queue looks for a token with every Pop.
var errNoToken = fail(OpWait, "", syscall.ETIMEDOUT)

// Wait implements transport.Notifier.
func (n *notifier) Wait(deadline time.Time) (err error) {
	const op = OpWait
	if err := n.t.p.enter(op, ""); err != nil {
		return err
	}
	defer n.t.p.leave(op, &err)
	w := n.t.p.w
	if tr := w.tracing(); tr != nil {
		tr.notifier(n)
		tr.until(deadline)
	}
	w.lock()
	err = n.t.check(op, "")
	if err == nil {
		err = w.timely(op, "", deadline)
	}
	if err != nil {
		w.unlock()
		return err
	}
	if n.token {
		n.token = false
		w.unlock()
		return nil
	}
	b := w.prepare(n.t, toWait, &n.waiting, deadline, nil)
	if b == nil {
		w.unlock()
		return errNoToken
	}
	b.on = n.told
	w.wait(b)
	errno := b.errno
	w.free(b)
	switch errno {
	case 0:
		return nil
	case syscall.ETIMEDOUT:
		return errNoToken
	}
	return fail(op, "", errno)
}
