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
}

// NewNotifier implements transport.Tasks.
func (t *Transport) NewNotifier() transport.Notifier { return &notifier{t: t} }

// Notify implements transport.Notifier.
func (n *notifier) Notify() {
	const op = "notify"
	n.t.p.enter(op)
	w := n.t.p.w
	w.mu.Lock()
	switch {
	case n.t.p.dead:
	case n.waiting.first == nil:
		n.token = true
	default:
		w.end(n.waiting.first, 0)
	}
	w.unlock()
	n.t.p.leave(op)
}

// errNoToken is made once: a queue looks for a token with every Pop.
var errNoToken = fail("wait", "", syscall.ETIMEDOUT)

// Wait implements transport.Notifier.
func (n *notifier) Wait(deadline time.Time) error {
	const op = "wait"
	n.t.p.enter(op)
	defer n.t.p.leave(op)
	w := n.t.p.w
	w.mu.Lock()
	if err := n.t.check(op, ""); err != nil {
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
