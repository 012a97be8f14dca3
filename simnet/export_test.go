package simnet

import (
	"fmt"
	"strings"
	"time"

	"example.com/brine/simnet/internal/afunix"
)

// BlockedCalls returns how many calls are blocked in w.
func BlockedCalls(w *World) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.blocked
}

// SetPatience has watchdogs that begin later find tasks blocked, and spinning,
// sooner. It returns what puts everything back.
func SetPatience(blocked, spinning time.Duration) (restore func()) {
	was, wasSpin := patience, spin
	patience, spin = blocked, spinning
	return func() { patience, spin = was, wasSpin }
}

// Dump shows the state of a world at the end of its run.
func Dump(w *World) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for p := afunix.ProcID(0); p < 10; p++ {
		w.k.Descs(p, func(d afunix.Desc, r afunix.Ref) { fmt.Fprintf(&b, "%d.%d %+v\n", p, d, r) })
		fmt.Fprintln(&b, p, w.k.Vacant(p))
	}
	for id := afunix.ID(1); id < 10; id++ {
		info, ok := w.k.Describe(id)
		fmt.Fprintf(&b, "%d %v %+v\n", id, ok, info)
	}
	for _, dir := range []string{"/", "/run", "/tmp"} {
		names, _ := w.k.Names(w.root, dir)
		for _, name := range names {
			st, _ := w.k.Lstat(w.root, dir+"/"+name)
			fmt.Fprintf(&b, "%s/%s %+v\n", dir, name, st)
		}
	}
	if w.sched != nil {
		fmt.Fprintln(&b, w.blocked, len(w.sched.views))
	}
	return b.String()
}

// BoundVerify has the Runner's Verify keep so many events only.
func BoundVerify(r *Runner, events int) {
	r.rec = newTestimony()
	r.rec.most = events
}

// CheckKernel verifies what the kernel says is always true, at the end of a run.
func CheckKernel(w *World) error { return w.k.Check() }

// CheckSteps has a run verify that after every step. It returns what tells how
// many there were, and what the first error is.
func CheckSteps(w *World) func() (int, error) {
	c := &checkedGate{gate: w.gate, w: w}
	w.gate = c
	return func() (int, error) { return c.steps, c.err }
}

type checkedGate struct {
	gate
	w     *World
	steps int
	err   error
}

func (c *checkedGate) leave(p *Process, op Op, n int, err error) {
	c.gate.leave(p, op, n, err)
	if c.err == nil && c.w.k != nil {
		c.steps++
		c.err = c.w.k.Check()
	}
}
