package explore

import (
	"context"

	"example.com/brine/simnet"
)

// Minimize shrinks the script of a failure that [Find] has found, with the same
// Config and program, and executes what it comes to once more, traced. Besides what
// [Shrink] does it executes runs with few deviations at random, and some of the
// strategy, and shrinks those that fail in the same way: what comes of it is a
// function of the failure and cfg. It takes cfg.Shrink executions at most, and those
// of one that is not steady hardly any. A failure that no script brings about stays
// as it is: a task that blocks outside, a program that is not deterministic or calls
// runtime.Goexit. It blocks until it is done; when ctx is, it begins no more
// executions but the last, with what it has come to.
func Minimize(ctx context.Context, cfg Config, program Program, f *Failure) {
	if ctx.Err() != nil || cfg.Shrink < 0 || f.Diverged != nil || !Scripted(f.Result.Err) {
		return
	}
	m := &minimizer{ctx: ctx, cfg: cfg, program: program, f: f, faults: cfg.World.Faults}
	over := make(chan struct{})
	go func() { // which the program may take along
		defer close(over)
		simnet.Loop(m.minimize)
	}()
	<-over
}

// Scripted reports whether a failure is one that [Minimize] shrinks: that depends on
// nothing but what a script says. It does not block.
func Scripted(err error) bool {
	switch err := err.(type) {
	case *simnet.Blocked, *simnet.Exit, *simnet.Skipped, *simnet.Divergence:
		return false
	case *simnet.Misuse:
		return err.Stack == ""
	}
	return true
}

type minimizer struct {
	ctx     context.Context
	cfg     Config
	program Program
	f       *Failure
	r       *simnet.Runner
	faults  simnet.Faults
}

func (m *minimizer) minimize(r *simnet.Runner) {
	m.r = r
	if res := m.try(m.f.Script); !Same(res.Err, m.f.Result.Err) {
		m.faults = m.f.faults // those that the run had; a script has the same words for what is more
	}
	sh := Shrink(m.f.Script, ShrinkConfig{
		Budget: m.cfg.Shrink, Err: m.f.Result.Err, Faults: m.cfg.World.Faults,
		runs: m.runs(), over: func() bool { return m.ctx.Err() != nil },
	}, m.try)
	m.f.Executions += sh.Executions
	if m.f.Unsteady = sh.Unsteady; sh.Unsteady {
		return
	}
	x := m.execution(simnet.Replay(sh.Script))
	x.Config.Trace = true
	if res := m.program.call(x); Same(res.Err, m.f.Result.Err) {
		before := m.f.Before
		m.f.set(res)
		m.f.Before, m.f.Complete = before, sh.Complete
	}
}

// runs returns the program for runs of other Choosers than scripts. What is drawn
// for them is a function of which run has failed.
func (m *minimizer) runs() *runs {
	strategy, err := Named(m.cfg.Strategy)
	if err != nil {
		strategy = Portfolio()
	}
	return &runs{
		strategy: strategy.Planner(), faults: m.faults, seed: seedOf(^m.f.Seed, m.f.Index),
		execute: func(c simnet.Chooser, faults simnet.Faults) *simnet.Result {
			x := m.execution(simnet.Record(c))
			x.Config.Faults = faults
			return m.program.call(x)
		},
	}
}

func (m *minimizer) execution(c simnet.Chooser) *Execution {
	x := NewExecution(m.r, m.f.Index, m.cfg.World)
	x.Config.Once, x.Config.Chooser, x.Config.Faults = true, c, m.faults
	return x
}

// try executes the program as a script says.
func (m *minimizer) try(s simnet.Script) *simnet.Result {
	return m.program.call(m.execution(simnet.Record(simnet.Replay(s))))
}
