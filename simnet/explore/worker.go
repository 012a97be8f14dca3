package explore

import (
	"errors"
	"fmt"
	"runtime/debug"

	"example.com/brine/simnet"
)

// A worker executes runs.
type worker struct {
	e       *explorer
	r       *simnet.Runner
	planner Planner
	learner Learner
	x       Execution
	ep      *epoch // under way
	at      int64  // which of its runs is
}

// carry executes runs of an epoch for as long as there are any.
func (w *worker) carry(ep *epoch) {
	for w.e.ctx.Err() == nil {
		i := ep.next.Add(1) - 1
		if i >= int64(len(ep.slots)) || i > ep.least.Load() {
			return
		}
		w.ep, w.at = ep, i
		w.run(ep, &ep.slots[i], ep.first+int(i))
		w.note()
	}
}

// note has those runs be left out that come after one that has failed.
func (w *worker) note() {
	failed := w.ep.slots[w.at].failed
	for least := w.ep.least.Load(); failed && w.at < least; least = w.ep.least.Load() {
		if w.ep.least.CompareAndSwap(least, w.at) {
			break
		}
	}
}

// exited is told that the program has left by runtime.Goexit.
func (w *worker) exited() {
	w.ep.slots[w.at] = slot{
		index: w.ep.first + int(w.at), done: true, failed: true,
		err: &simnet.Exit{Task: "program", Stack: "outside its run"},
	}
	w.note()
}

// call has a program execute a run. What it panics with outside of its run is its
// verdict.
func (p Program) call(x *Execution) (res *simnet.Result) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			res = &simnet.Result{Err: &simnet.Panic{Task: "program", Value: v, Stack: string(debug.Stack())}}
		}
	}()
	res = p(x)
	returned = true
	if res == nil {
		res = &simnet.Result{Err: &simnet.Misuse{What: "the program returned no Result; it has to return what Execution.Run does"}}
	}
	return res
}

// run executes a run for the first time.
func (w *worker) run(ep *epoch, o *slot, index int) {
	x := &w.x
	x.Marks = o.marks[:0]
	w.plan(x, ep, index)
	o.lesson = nil
	learns := w.e.curious && ep.k.wants(index)
	if learns {
		x.Config.Chooser = w.learner.Of(x.Config.Chooser)
	}
	var res *simnet.Result
	if o.verified = w.e.cfg.verifies(index); o.verified {
		res = w.verify(x)
	} else {
		res = w.e.program.call(x)
	}
	if learns {
		o.lesson = w.learner.Lesson()
	}
	o.done, o.err, o.hash, o.steps, o.fired = true, res.Err, res.Hash, res.Steps, res.Fired
	o.index, o.marks = index, x.Marks
	_, o.skipped = res.Err.(*simnet.Skipped)
	o.failed = res.Err != nil && !o.skipped
}

// verify executes a run that was prepared twice, and compares.
func (w *worker) verify(x *Execution) *simnet.Result {
	return w.r.VerifyWhole(x.Config, func(run simnet.Execute) *simnet.Result {
		x.Marks = x.Marks[:0]
		x.run = func(_ simnet.Config, build func(*simnet.World)) *simnet.Result { return run(build) }
		return w.e.program.call(x)
	})
}

// plan prepares a run.
func (w *worker) plan(x *Execution, ep *epoch, index int) {
	x.Index, x.Marks, x.Config, x.run = index, x.Marks[:0], w.e.cfg.World, w.r.Run
	x.Config.Once, x.Config.Trace = true, false
	x.Config.Chooser, x.Config.Faults = w.planner.Plan(seedOf(w.e.cfg.Seed, index), ep.k, x.Config.Faults)
}

// again executes a run of an epoch once more, traced.
func (w *worker) again(x *Execution, ep *epoch) *simnet.Result {
	w.plan(x, ep, x.Index)
	x.Config.Trace = true
	return w.e.program.call(x)
}

// diverged says why a run was another one when it was executed again.
func (w *worker) diverged(x *Execution, ep *epoch, what string) error {
	w.plan(x, ep, x.Index)
	res := w.verify(x)
	var d *simnet.Divergence
	if errors.As(res.Err, &d) {
		return d
	}
	return fmt.Errorf("executed again with the same answers, %s: the program depends on something else than its choices, such as what runs share, the real time, or the order of a map", what)
}
