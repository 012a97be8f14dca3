package simnet

import "example.com/brine/transport"

// A reporter is a notifier in a run, which is told what it is for, so that a
// report can say it.
type reporter struct {
	notifier
	role string     // "mutex", "queue" or "group", or "" for a bare one
	view *Transport // of a group's tasks

	// Of a mutex: who has it, which operation that task had begun last when it took
	// it, and, in a traced run, where that was.
	owned bool
	owner TaskID
	nth   int32
	op    Op
	pcs   []uintptr
}

var _ transport.Reporter = (*reporter)(nil)

// Role implements transport.Reporter.
func (r *reporter) Role(of string, view transport.Transport) {
	r.role = of
	r.view, _ = view.(*Transport)
}

// Own implements transport.Reporter.
func (r *reporter) Own(on bool) {
	s := r.t.p.w.sched
	if !s.mine() {
		return // a goroutine that is no task's: its calls are turned away, too
	}
	if r.owned = on; !on {
		r.pcs = nil
		return
	}
	t := s.task
	r.owner, r.nth, r.op = t.id, int32(t.nth), t.op
	if s.deep() {
		r.pcs = here()
	}
}
