package explore

import (
	"context"
	"fmt"
	"math"
	"slices"

	"example.com/brine/simnet"
)

// ExhaustConfig is what [Exhaust] goes by. The zero value is useful.
type ExhaustConfig struct {
	// World is what runs execute with. What its Faults switch on is asked, and
	// struck wherever it can be, whatever the rate; Max holds. Chooser, Once and
	// Trace are Exhaust's.
	World simnet.Config

	// Isolated says that no two processes of the program share memory: not a
	// variable, not a log, not what is to be asserted after the run, unless each has a part of
	// it to itself. Only then is anything pruned, since only then two operations of
	// different processes, on different connections, can change places unnoticed.
	Isolated bool

	// MaxRuns is how many runs are executed at most; 0 is 10,000,000. What is left
	// to be executed takes 16 bytes of memory a run.
	MaxRuns int

	// Done, if it is not nil, is told of every run that counts, in their order, with
	// its Marks. It must not keep the Execution.
	Done func(x *Execution)

	// Progress, if it is not nil, is told after every 4,096 runs how far the
	// enumeration is. It must not keep the Certificate. Both are called on the
	// goroutine that executes the runs, which waits for them.
	Progress func(so *Certificate)
}

const (
	defaultMaxRuns = 10_000_000
	progressEvery  = 4096
)

// Exhaust executes every run of a program that deviates from the calm one at most
// bound times, and certifies it: all combinations of at most so many answers other
// than 0, to questions of the kinds [simnet.KindRun], [simnet.KindWake] and
// [simnet.KindTimer] and to those about faults that the Config switches on. Runs
// with fewer deviations come first, and among these, those that deviate earlier; it
// ends with the first that fails, so that none fails with fewer. A run that is
// [*simnet.Stuck] has failed, too; one that is [*simnet.Skipped] has not.
//
// A run is known by its deviations: it is executed from the beginning with these
// answers, and the calm one to every question beyond the last; from these questions
// the runs with one deviation more follow. The number of runs grows by a power of
// the questions of a run, so that this is for programs of a few dozen operations
// and bounds of two or three.
//
// Every Execution has Index 0: a program that draws data gets the same in every
// run. It has to do the same whenever it is given the same answers; where it is found
// not to, the Certificate has an Err that names the question.
//
// What the program panics with outside of its run is a failure; so is that it calls
// runtime.Goexit there, as the Fatal of a test does.
//
// It blocks until it is done, or ctx is, and executes the runs one after the other,
// on a goroutine of its own.
func Exhaust(ctx context.Context, cfg ExhaustConfig, bound int, program Program) *Certificate {
	c := &Certificate{Bound: bound, Covered: -1, Isolated: cfg.Isolated}
	if bound < 0 {
		c.fail(fmt.Errorf("a bound of %d deviations: it is 0, for the calm run alone, or more", bound))
		return c
	}
	if program == nil {
		c.fail(fmt.Errorf("no program to execute; World makes one of a build function"))
		return c
	}
	if cfg.MaxRuns <= 0 {
		cfg.MaxRuns = defaultMaxRuns
	}
	cfg.MaxRuns = min(cfg.MaxRuns, math.MaxInt32)
	e := &exhaustion{ctx: ctx, cfg: cfg, c: c, program: program, distinct: numbers{most: mostDistinct}}
	e.chooser.seen.most = mostStates
	over, returned := make(chan struct{}), false
	go func() { // which the program may take along
		defer close(over)
		simnet.Loop(func(r *simnet.Runner) {
			e.r = r
			e.all()
		})
		returned = true
	}()
	if <-over; !returned {
		c.Failure = &simnet.Result{Err: &simnet.Exit{Task: "program", Stack: "outside its run"}}
		c.Stopped = failed
	}
	return c
}

// failed is why an enumeration stopped that has found what it looked for.
const failed = "a run failed"

// An exhaustion is Exhaust at work.
type exhaustion struct {
	ctx context.Context
	cfg ExhaustConfig
	c   *Certificate
	r   *simnet.Runner

	program  Program
	nodes    []node // runs executed, and after them those to be, fewer deviations first
	more     bool   // there are more than there is room for
	distinct numbers
	x        Execution
	chooser  prefix
	path     []node // scratch of those above a node
}

// A node is a run, as that of another with one deviation more.
type node struct {
	parent   int32  // in exhaustion.nodes
	question int32  // which of the run's, from 0, is answered otherwise
	answer   int32  // how; 0 for the calm run, which has no parent
	check    uint32 // what the questions up to this one come to, see prefix
}

// all executes all runs, those with d deviations before those with d+1.
func (e *exhaustion) all() {
	e.nodes = append(e.nodes, node{parent: -1})
	next := 0
	for d := 0; d <= e.c.Bound; d++ {
		e.chooser.branching = d < e.c.Bound
		e.chooser.following = e.cfg.Isolated && e.chooser.branching
		whole := !e.more
		for end := len(e.nodes); next < end; next++ {
			if e.ctx.Err() != nil {
				e.c.Stopped = context.Cause(e.ctx).Error()
				return
			}
			if !e.execute(next) {
				return
			}
		}
		if whole {
			e.c.Covered = d
		}
	}
	if e.c.Complete = !e.more; e.more {
		e.c.Stopped = "MaxRuns is " + digits(e.cfg.MaxRuns)
	}
}

// execute executes a run, and appends those that follow from it. It reports
// whether to go on.
func (e *exhaustion) execute(i int) bool {
	c, p := e.c, &e.chooser
	p.begin(e.deviations(i))
	res, err := e.run(p)
	if err == nil && !p.same() {
		err = e.differs(i)
	}
	if err != nil {
		c.fail(err)
		return false
	}
	c.Runs++
	if e.distinct.add(res.Hash) {
		c.Distinct++
	}
	c.Pruned += p.pruned
	for f, n := range res.Fired {
		c.Fired[f] += n
	}
	for _, a := range p.offers {
		if len(e.nodes) >= e.cfg.MaxRuns {
			e.more = true
			break
		}
		a.parent = int32(i)
		e.nodes = append(e.nodes, a)
	}
	switch res.Err.(type) {
	case nil:
	case *simnet.Skipped:
		c.Skipped++
	default:
		c.Failure, c.Stopped = e.explain(i, res), failed
		return false
	}
	if e.cfg.Done != nil {
		e.cfg.Done(&e.x)
	}
	if e.cfg.Progress != nil && c.Runs%progressEvery == 0 {
		e.cfg.Progress(c)
	}
	return true
}

// deviations returns those of a run, in order. They last until the next call.
func (e *exhaustion) deviations(i int) []node {
	e.path = e.path[:0]
	for n := e.nodes[i]; n.answer != 0; n = e.nodes[n.parent] {
		e.path = append(e.path, n)
	}
	slices.Reverse(e.path)
	return e.path
}

// run calls the program once, with a chooser.
func (e *exhaustion) run(chooser simnet.Chooser) (res *simnet.Result, err error) {
	calls := 0
	e.x = Execution{Config: e.cfg.World, Marks: e.x.Marks[:0], run: func(cfg simnet.Config, build func(*simnet.World)) *simnet.Result {
		calls++
		return e.r.Run(cfg, build)
	}}
	e.x.Config.Chooser, e.x.Config.Once = chooser, true
	_, e.x.Config.Trace = chooser.(*simnet.Recorder)
	res = e.program.call(&e.x)
	if calls != 1 && res.Err == nil {
		return nil, fmt.Errorf("the program called Execution.Run %d times; it has to do so once", calls)
	}
	return res, nil
}

// explain executes a run that has failed again, in order to have its script and a
// trace.
func (e *exhaustion) explain(i int, first *simnet.Result) *simnet.Result {
	p := &prefix{}
	p.begin(e.deviations(i))
	recorder := simnet.Record(p)
	again, err := e.run(recorder)
	switch {
	case err != nil:
		first.Diverged = err
	case fmt.Sprintf("%T", again.Err) != fmt.Sprintf("%T", first.Err):
		first.Diverged = fmt.Errorf("executed again with the same answers, the verdict was another: %v", again.Err)
	case again.Hash != first.Hash:
		first.Diverged = fmt.Errorf("executed again with the same answers, something else happened; Verify finds the first step that differs")
	default:
		again.Script = recorder.Script()
		return again
	}
	first.Script = recorder.Script()
	return first
}
