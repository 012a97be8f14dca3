package transport

import (
	"context"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Group is a number of tasks that are started together, waited for together
// and cancelled together. Its tasks run in a view of their own, so that
// cancelling the group ends whatever blocks in it and nothing else.
//
// Any task may call its methods, except that a task of the group that calls
// Wait or Stop waits for itself.
//
// Call Cancel or Stop in the end: until then the view that the group was made
// in keeps it.
type Group struct {
	outer  Transport // the view that NewGroup was given
	view   Transport
	cancel func()

	mu          sync.Mutex // never held across a call of the transport
	first, last *member    // the tasks that have not returned, in order of start
	waits       []*groupWait
}

// A member is a task of a group from before it can run until it has returned.
type member struct {
	name       string
	prev, next *member
}

// A groupWait is a call of Wait or Stop that is blocked. It is in Group.waits
// exactly until it is over.
type groupWait struct {
	n    Notifier
	over bool // at some moment since the call no task was left
}

// NewGroup returns a group without tasks, whose view is derived from tr and
// cancelled with it. It does not block, and it does not fail: in a view that is
// cancelled, Go says so.
func NewGroup(tr Transport) *Group {
	view, cancel := tr.WithCancel(context.Background())
	return &Group{outer: tr, view: view, cancel: cancel}
}

// Transport returns the group's view, for making what is to be cancelled with
// the group: a Queue, a connection, a narrower group.
func (g *Group) Transport() Transport { return g.view }

// Go starts f as a task named name and hands it the group's view. It does not
// block. The program is over only when the task has returned, see
// [Tasks]. Errors: EINVAL for a nil f, ECANCELED after Cancel.
//
// A task that panics or calls runtime.Goexit counts as returned; the panic goes
// its way.
func (g *Group) Go(name string, f func(tr Transport)) error {
	return g.start("go", g.view.Go, name, f)
}

// Background starts f as Go does, as a task that a finished program may leave
// waiting. Wait and Stop wait for it as for any other.
func (g *Group) Background(name string, f func(tr Transport)) error {
	return g.start("background", g.view.Background, name, f)
}

func (g *Group) start(op string, start func(string, func()) error, name string, f func(Transport)) error {
	if f == nil {
		return &Error{Op: op, Err: syscall.EINVAL, Detail: "nil function"}
	}
	// The task may run, and return, before start does, so it is a member first.
	m := g.join(name)
	err := start(name, func() {
		defer g.leave(m)
		f(g.view)
	})
	if err != nil {
		g.leave(m)
	}
	return err
}

func (g *Group) join(name string) *member {
	g.mu.Lock()
	defer g.mu.Unlock()
	m := &member{name: name, prev: g.last}
	if g.last == nil {
		g.first = m
	} else {
		g.last.next = m
	}
	g.last = m
	return m
}

// leave takes m off the list and, if it was the last, ends what waits.
func (g *Group) leave(m *member) {
	g.mu.Lock()
	if m.prev == nil {
		g.first = m.next
	} else {
		m.prev.next = m.next
	}
	if m.next == nil {
		g.last = m.prev
	} else {
		m.next.prev = m.prev
	}
	var over []*groupWait
	if g.first == nil {
		over, g.waits = g.waits, nil
		for _, w := range over {
			w.over = true
		}
	}
	g.mu.Unlock()
	for _, w := range over {
		w.n.Notify()
	}
}

// Wait blocks until no task of the group is left, also none that was started
// meanwhile, or until the deadline. A group without tasks is not waited for,
// whatever the deadline. Any number of tasks may wait at once.
//
// Errors: ETIMEDOUT, naming the tasks that still run in the order of their
// start; they go on. ECANCELED when the view that the group was made in is
// cancelled, which is looked at first; Cancel alone does not end a Wait.
func (g *Group) Wait(deadline time.Time) error {
	n := g.outer.NewNotifier()
	// Nobody knows n yet, so this takes no token: it asks whether the view is
	// cancelled.
	if err := n.Wait(Immediate); err != nil && Errno(err) != syscall.ETIMEDOUT {
		return failAs("wait", err)
	}
	return g.wait("wait", n, deadline)
}

// Cancel cancels the group's view: what blocks in it fails with ECANCELED, and
// so do later calls and Go. It does not block and may be called more than once.
func (g *Group) Cancel() { g.cancel() }

// Stop cancels the group and blocks until no task of it is left, or until the
// deadline. It is not cancelled itself, so that cleaning up can be relied on.
//
// Errors: ETIMEDOUT, naming the tasks that still run in the order of their
// start, as a task does that waits for something that cannot be cancelled.
func (g *Group) Stop(deadline time.Time) error {
	g.cancel()
	return g.wait("stop", g.outer.WithoutCancel().NewNotifier(), deadline)
}

func (g *Group) wait(op string, n Notifier, deadline time.Time) error {
	g.mu.Lock()
	if g.first == nil {
		g.mu.Unlock()
		return nil
	}
	role(n, "group", g.view)
	w := &groupWait{n: n}
	g.waits = append(g.waits, w)
	g.mu.Unlock()

	err := n.Wait(deadline)
	if err == nil {
		return nil
	}
	timeout := Errno(err) == syscall.ETIMEDOUT

	g.mu.Lock()
	defer g.mu.Unlock()
	if w.over && timeout {
		return nil // the last task returned as the deadline passed
	}
	g.forget(w)
	if !timeout {
		return failAs(op, err)
	}
	return &Error{Op: op, Err: syscall.ETIMEDOUT, Detail: "still running: " + g.names()}
}

// forget takes w off the list, if it is still on it. The caller holds mu.
func (g *Group) forget(w *groupWait) {
	for i := range g.waits {
		if g.waits[i] == w {
			g.waits = append(g.waits[:i], g.waits[i+1:]...)
			return
		}
	}
}

// names lists the tasks that have not returned. The caller holds mu.
func (g *Group) names() string {
	var b strings.Builder
	for m := g.first; m != nil; m = m.next {
		if m != g.first {
			b.WriteString(", ")
		}
		b.WriteString(m.name)
	}
	return b.String()
}

// failAs returns err as the failure of op: what Group and Queue report is their
// own operation, not that of the notifier inside them.
func failAs(op string, err error) error {
	detail := ""
	if e, ok := err.(*Error); ok {
		detail = e.Detail
	}
	return &Error{Op: op, Err: Errno(err), Detail: detail}
}
