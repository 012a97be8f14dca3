package explore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/brine/simnet"
)

// An epoch is runs that are planned with the same Knowledge. Whoever is free
// executes the next; what came of them is looked at in their order when all are
// over, so that it does not matter how many did.
type epoch struct {
	first int
	slots []slot // for each of its runs
	next  atomic.Int64
	least atomic.Int64 // the first that is known to have failed: those after it do not count
	k     *Knowledge
}

// A slot is what came of one run. There are many, and the less they refer to, the
// less the garbage collector has to look at.
type slot struct {
	index    int
	marks    []uint32
	done     bool // it was executed
	failed   bool
	skipped  bool
	verified bool
	hash     uint64
	steps    int
	fired    simnet.Fired
	lesson   *Lesson // nil if it was not to teach
	err      error
}

// sizes of epochs: knowledge is worth most in the beginning.
const (
	firstEpoch = 64
	maxEpoch   = 1024
)

// Find is [Run] without shrinking: a failure is as it was found, but traced.
// [Minimize] shrinks it.
func Find(ctx context.Context, cfg Config, program Program) (*Report, error) {
	e, err := newExplorer(cfg, program)
	if err != nil {
		return nil, err
	}
	if cfg.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, cfg.Time, errTime)
		defer cancel()
	}
	e.begin(ctx)
	size, total := firstEpoch, cfg.runs()
	for first := 0; first < total && e.rep.Failure == nil && e.rep.Stopped == ""; {
		n := min(size, total-first)
		e.execute(first, n)
		e.merge(ctx)
		first += n
		size = min(2*size, maxEpoch)
	}
	e.end()
	e.rep.Distinct, e.rep.Exactly = e.seen.count()
	e.rep.Distinct = min(e.rep.Distinct, e.rep.Runs) // an estimate may say more
	e.rep.Elapsed = time.Since(e.begun)
	return &e.rep, nil
}

// errTime is why a context ended that ends with Config.Time: as it should.
var errTime = errors.New("the time is over")

// An explorer is one exploration.
type explorer struct {
	cfg      Config
	program  Program
	strategy Strategy
	curious  bool // the strategy looks at what is known
	rep      Report
	seen     sketch
	k        Knowledge
	ep       *epoch
	lessons  []*Lesson
	begun    time.Time
	told     time.Time // when Progress was

	ctx  context.Context
	work []chan *epoch // to each worker
	over sync.WaitGroup
	all  sync.WaitGroup
}

func newExplorer(cfg Config, program Program) (*explorer, error) {
	switch {
	case program == nil:
		return nil, errors.New("explore: there is no program")
	case cfg.Runs < 0 || cfg.Time < 0 || cfg.Cores < 0:
		return nil, fmt.Errorf("explore: a negative budget: %d runs, %v, %d cores", cfg.Runs, cfg.Time, cfg.Cores)
	}
	strategy, err := Named(cfg.Strategy)
	if err != nil {
		return nil, err
	}
	e := &explorer{cfg: cfg, program: program, strategy: strategy}
	switch strategy {
	case Walk(), Swarm(Walk()): // to learn for nobody would cost them some percent
	default:
		e.curious = true
	}
	e.rep = Report{Strategy: strategy.Name(), Seed: cfg.Seed}
	e.ep = &epoch{}
	return e, nil
}

// begin starts the workers.
func (e *explorer) begin(ctx context.Context) {
	e.ctx, e.begun = ctx, time.Now()
	e.told = e.begun
	for range e.cfg.cores() {
		work := make(chan *epoch)
		e.work = append(e.work, work)
		e.all.Add(1)
		go e.serve(work, nil, nil)
	}
}

// serve executes runs until there are no more. A program that leaves by
// runtime.Goexit, as the Fatal of a test does that is not the run's, takes the
// goroutine along; then another goes on with the epoch.
func (e *explorer) serve(work <-chan *epoch, ep *epoch, w *worker) {
	returned := false
	defer func() {
		if returned {
			e.all.Done()
			return
		}
		w.exited()
		go e.serve(work, w.ep, w)
	}()
	if w == nil {
		w = &worker{e: e, planner: e.strategy.Planner()}
	}
	simnet.Loop(func(r *simnet.Runner) {
		w.r = r
		if ep != nil {
			w.carry(ep)
			e.over.Done()
		}
		for ep := range work {
			w.carry(ep)
			e.over.Done()
		}
	})
	returned = true
}

func (e *explorer) end() {
	for _, work := range e.work {
		close(work)
	}
	e.all.Wait()
}

// execute executes the runs of an epoch.
func (e *explorer) execute(first, n int) {
	ep := e.ep
	ep.first, ep.slots, ep.k = first, slices.Grow(ep.slots[:0], n)[:n], &e.k
	ep.next.Store(0)
	ep.least.Store(int64(n))
	for i := range ep.slots {
		ep.slots[i].done = false
	}
	e.over.Add(len(e.work))
	for _, work := range e.work {
		work <- ep
	}
	e.over.Wait()
}

// merge counts what came of the runs of an epoch, in their order.
func (e *explorer) merge(ctx context.Context) {
	ep := e.ep
	e.lessons = e.lessons[:0]
	for i := range ep.slots {
		o := &ep.slots[i]
		if !o.done { // and neither were those behind it, or they do not count
			if why := context.Cause(ctx); why != errTime {
				e.rep.Stopped = why.Error()
			} else {
				e.rep.Stopped = fmt.Sprintf("after %v", e.cfg.Time)
			}
			break
		}
		e.count(o)
		if o.failed {
			e.rep.Failure = e.failure(o)
			break
		}
	}
	e.k.Merge(e.lessons)
	e.progress()
}

func (e *explorer) count(o *slot) {
	e.rep.Runs++
	e.rep.Steps += o.steps
	if o.skipped {
		e.rep.Skipped++
	}
	if o.verified {
		e.rep.Verified++
	}
	for f, n := range o.fired {
		e.rep.Fired[f] += n
	}
	e.seen.add(o.hash)
	if o.lesson != nil {
		e.lessons = append(e.lessons, o.lesson)
	}
	if e.cfg.Done != nil {
		e.cfg.Done(&Execution{Index: o.index, Marks: o.marks})
	}
}

func (e *explorer) progress() {
	if e.cfg.Progress == nil || time.Since(e.told) < 100*time.Millisecond {
		return
	}
	e.told = time.Now()
	n, _ := e.seen.count()
	e.cfg.Progress(Progress{Runs: e.rep.Runs, Distinct: min(n, e.rep.Runs), Elapsed: e.told.Sub(e.begun)})
}

// failure executes a run again that has failed, traced.
func (e *explorer) failure(o *slot) *Failure {
	f := &Failure{Strategy: e.rep.Strategy, Seed: e.cfg.Seed, Index: o.index}
	f.set(&simnet.Result{Err: o.err, Hash: o.hash, Steps: o.steps, Fired: o.fired})
	if _, ok := o.err.(*simnet.Exit); ok {
		return f // and would take this goroutine along
	}
	simnet.Loop(func(r *simnet.Runner) {
		w := &worker{e: e, r: r, planner: e.strategy.Planner()}
		x := &Execution{Index: o.index}
		res := w.again(x, e.ep)
		f.faults = x.Config.Faults
		if what := otherwise(o, res); what != "" {
			f.Diverged = w.diverged(x, e.ep, what)
			res.Err = o.err
		}
		f.set(res)
	})
	return f
}

// otherwise says in what an execution differed from the first of the run.
func otherwise(o *slot, res *simnet.Result) string {
	switch {
	case (o.err == nil) != (res.Err == nil):
		return "it passed"
	case !Same(o.err, res.Err):
		return "it failed otherwise: " + res.Err.Error()
	case o.steps != res.Steps || o.hash != res.Hash:
		return "something else happened in it"
	}
	return ""
}
