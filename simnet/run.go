package simnet

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/simnet/internal/coro"
	"example.com/brine/simnet/internal/trust"
	"example.com/brine/transport"
)

// A Result is what came of a run.
type Result struct {
	// Err is nil if the run passed: every foreground task returned, and nothing
	// was left that could go on. Otherwise it says why not: [*Deadlock],
	// [*Starved], [*Stuck], [*Blocked], [*Leftover], [*Panic], [*Exit], [*Failure], [*Skipped], [*Misuse]
	// or [*Divergence].
	Err error

	Hash    uint64        // of everything that happened: equal for equal runs, on every machine
	Steps   int           // operations that were begun
	Choices int           // questions that were asked
	Tasks   int           // that were started
	Elapsed time.Duration // virtual
	Fired   Fired         // how often each fault struck
	Log     string        // what was logged by World.TB
	Script  Script        // the deviations, if Config.Chooser is a [Recorder], or it was traced

	// Census is what was left over: of a run that has failed, and of any other
	// that was asked for it (Config.Census, Trace).
	Census *Census

	// Trace is what happened: nil for a run that passed and was not asked for it
	// (Config.Trace), that Config.Once keeps from being executed again, or that
	// was another one when it was; then Diverged says how.
	Trace    *Trace
	Diverged error
}

// Run executes a program once, from an empty world. build sets the scene and
// starts tasks ([Transport.Go], [ProcessConfig].Main), which begin when it has
// returned. Calls that it makes itself are carried out at once, without choices;
// where one would block, it fails with EDEADLK.
//
// A run that fails is executed again, with the same answers and with tracing, so
// that the Result can tell more: build must do the same each time it is called,
// and so must all that it starts. That is what makes a run a function of its
// answers.
//
// Run returns when the run has its verdict and every goroutine of it has ended.
// It does not panic for what a task does, and does not hang: see [Blocked]. It
// may be called from any goroutine, a task of another run's included, and several
// runs may be under way at once. In a bubble of testing/synctest, time passes
// only when all of the bubble is durably blocked, so that there a task is not
// found that waits for a sync.Mutex or a real socket.
//
// Three things cannot be helped. A task that makes no call for 20 seconds of real
// time is reported on standard error, and the process exits with status 2. A task
// must not make a call after runtime.LockOSThread: a goroutine that is bound to
// its thread cannot be switched from, and the runtime ends the program ("coro: OS
// thread locking must match"). And what a task does in a deferred call that does
// not end (see [Blocked].Ending) goes on after Run has returned.
func Run(cfg Config, build func(*World)) *Result {
	var res *Result
	Loop(func(r *Runner) { res = r.Run(cfg, build) })
	return res
}

// A Runner executes runs one after the other, and uses goroutines and memory
// again: a short run costs a few microseconds. [Loop] makes one.
type Runner struct {
	set     *coro.Set
	workers []*worker // all that have not ended
	idle    []*worker
	spare   []*task
	last    *World                        // of the run before: what it has of the Runner's, it loses
	descs   [transport.MaxFDs]afunix.Desc // World.descs
	point   *Point                        // sched.point; another if a Chooser may yet look at it
	cfg     afunix.Config
	k       *afunix.Kernel // for cfg

	busy atomic.Bool // a run is under way
	shut bool        // the Loop is over

	doom   sync.Mutex
	doomed map[uint64]bool // goroutines that are to end, by number; see condemn

	rec     *testimony // for Verify
	witness *witness   // of the run that is verified

	look sync.Mutex // held by the watchdog while it looks
	now  watched
	lost *lost // what the watchdog has found
	kept kept
}

// kept is what one run leaves to the next.
type kept struct {
	tasks   []*task
	runq    runq
	heap    []*alarm
	answers []uint32
	wakers  []*call
	same    []*alarm
	waits   []*waits
	lineage *lineage
}

// Loop calls f with a Runner, on a goroutine of its own, and returns when f does.
// The Runner is f's alone, until then. What f panics with, Loop panics with,
// and if f calls runtime.Goexit, as a test's Fatal does, so does Loop.
func Loop(f func(r *Runner)) {
	r := &Runner{set: coro.NewSet(), point: new(Point)}
	over := make(chan struct{})
	var failed any
	returned := false
	go func() {
		defer close(over)
		defer r.close()
		defer func() {
			if !returned {
				if failed = recover(); failed != nil {
					failed = fmt.Sprintf("%v\n\n%s", failed, debug.Stack())
				}
			}
		}()
		f(r)
		returned = true
	}()
	r.watch(over)
	if !returned {
		if failed == nil {
			runtime.Goexit()
		}
		panic(failed)
	}
}

// close ends the goroutines that are left.
func (r *Runner) close() {
	r.end(r.workers)
	r.workers = nil
	if !r.busy.CompareAndSwap(false, true) {
		return // somebody else uses it, against the rules
	}
	r.shut = true
	r.busy.Store(false)
}

// end ends goroutines, whatever they are doing. It returns those that do not end,
// which are forgotten.
func (r *Runner) end(some []*worker) (left []*worker) {
	if len(some) == 0 {
		return nil
	}
	r.home()
	gone := make(map[*worker]bool, len(some)) // only looked up
	for _, k := range some {
		gone[k] = true
	}
	left = r.unwind(some)
	is := func(k *worker) bool { return gone[k] }
	r.workers = slices.DeleteFunc(r.workers, is)
	r.idle = slices.DeleteFunc(r.idle, is)
	return left
}

// task returns one to be used.
func (r *Runner) task() *task {
	if n := len(r.spare); n > 0 {
		t := r.spare[n-1]
		r.spare = r.spare[:n-1]
		return t
	}
	return &task{}
}

// Run is [Run] on the Runner. The Result is the caller's.
func (r *Runner) Run(cfg Config, build func(*World)) *Result {
	if why := r.take(); why != "" {
		return &Result{Err: &Misuse{What: why}}
	}
	defer r.busy.Store(false)
	if build == nil {
		return &Result{Err: &Misuse{What: "Run was given no build function; have it start a task"}}
	}
	s := r.execute(cfg, build)
	res := s.result()
	if res.Err != nil && !cfg.Trace && !cfg.Once {
		res = r.retrace(cfg, build, s.same(cfg.Chooser), res)
	}
	return res
}

// take says why the Runner cannot be used, or makes it the caller's until busy is
// set back.
func (r *Runner) take() (why string) {
	switch {
	case !r.busy.CompareAndSwap(false, true):
		return "a run of this Runner is under way, and there can be only one; use Run, or another Loop"
	case r.shut:
		r.busy.Store(false)
		return "the Loop that this Runner is of has returned"
	}
	return ""
}

// execute executes a run.
func (r *Runner) execute(cfg Config, build func(*World)) *sched {
	w := r.world(cfg)
	s := w.sched
	first := r.task()
	first.s, first.background, first.f = s, true, func() { build(w) }
	s.tasks = append(s.tasks, first)
	s.task = first
	r.now.begin(s)
	coro.Switch(r.set.Main, r.worker(first).c)
	r.now.end()
	if r.lost != nil {
		s.lose(r.lost)
		r.lost = nil
	}
	s.g = 0
	s.bench.Load().expire()
	if stray := s.stray.Load(); s.err == nil && stray != nil {
		s.err = stray
	}
	s.account(&cfg)
	for _, e := range s.ends {
		e.end(s)
	}
	if s.trace != nil {
		s.story = s.trace.finish()
	}
	r.reap(s)
	w.repose()
	s.bench.Load().close()
	return s
}

// world makes the world of a run, out of what the one before has left.
func (r *Runner) world(cfg Config) *World {
	if r.last != nil {
		r.last.retire()
		r.last = nil
	}
	if c := cfg.kernel(); r.k == nil || r.cfg != c {
		r.cfg, r.k = c, afunix.New(c)
	} else {
		r.k.Reset()
	}
	b := &struct {
		World
		sched
	}{} // one object, because runs are to be cheap
	w, s := &b.World, &b.sched
	w.sched, w.gate = s, s
	if x := r.witness; x != nil {
		w.gate, s.witness, x.s = x, x, s
	}
	w.k = r.k
	w.k.Choosy()
	w.descs = &r.descs
	w.waits = r.kept.waits
	for _, q := range w.waits {
		if q != nil {
			*q = waits{}
		}
	}
	s.w, s.r = w, r
	s.name, s.point = cfg.Name, r.point
	s.point.s = nil // a run that puts no question in words does not set it
	s.tasks, s.runq, s.answers = r.kept.tasks[:0], r.kept.runq, r.kept.answers[:0]
	s.heap, s.wakers, s.sameTime = r.kept.heap, r.kept.wakers, r.kept.same
	s.runq.reset()
	s.alarms.reset()
	s.setup, s.limit = true, -1
	s.bound, s.faultSteps, s.within = cfg.Steps, cfg.FaultSteps, cfg.Within
	if s.bound <= 0 {
		s.bound = 1_000_000
	}
	chooser := cfg.Chooser
	if t, ok := chooser.(*Tally); ok {
		t.start(s)
		chooser = t.c
	}
	switch c := chooser.(type) {
	case nil, calm:
	case *random:
		s.random, s.seed = c, *c
	default:
		s.chooser, s.exact = c, true
		if _, ok := c.(trust.Chooser); ok {
			s.trusted = true
			*s.point = Point{s: s}
		}
		s.followed(c)
		if c, ok := c.(starter); ok {
			c.start(s)
		}
	}
	why := cfg.Faults.check()
	if cfg.FaultSteps < 0 || cfg.Within < 0 {
		why = "Config.FaultSteps or Config.Within is negative"
	}
	if why != "" {
		s.verdict(&Misuse{What: why})
	}
	s.striker = newStriker(cfg.Faults, kindsOf(cfg.Chooser))
	if cfg.Trace {
		s.traced()
	}
	s.keepBooks(&cfg)
	if w.gate == gate(s) {
		w.plain = s
	}
	w.begin()
	r.last = w
	return w
}

// reap takes back what a run has used, and ends the goroutines of tasks that have
// not returned.
func (r *Runner) reap(s *sched) {
	var left []*worker
	for _, t := range s.tasks {
		if t.k != nil && t.begun && t.k != s.lost {
			left = append(left, t.k)
		}
	}
	if s.lost != nil {
		r.point = new(Point)
		i := slices.Index(r.workers, s.lost)
		r.workers = slices.Delete(r.workers, i, i+1)
		r.home()
	}
	left = r.end(left)
	s.leftover(left) // before the tasks are forgotten by whose names it is told
	for _, t := range s.tasks {
		r.forget(t, left)
	}
	s.started = len(s.tasks) - 1
	clear(s.tasks)
	s.alarms.reset()
	clear(s.wakers)
	clear(s.sameTime)
	r.kept = kept{s.tasks[:0], s.runq, s.heap, s.answers[:0], s.wakers[:0], s.sameTime[:0], s.w.waits, r.kept.lineage}
	s.tasks, s.runq, s.heap, s.answers, s.wakers, s.sameTime = nil, runq{}, nil, nil, nil, nil
}

// forget takes back a task of a run that is over. left are the goroutines that were
// to end and have not.
//
// A task refers to nothing from then on. Others refer to it: the scheduler, timers
// and calls of its run, which stay for as long as somebody looks at that World, or
// has a connection of it. If it is used again, they lead to a later run; and if it
// is killed in that one, it is that one's for good, whose scheduler leads to yet
// another task: one old World would keep every run that came after it.
func (r *Runner) forget(t *task, left []*worker) {
	k := t.k
	switch {
	case k == nil:
		r.spare = append(r.spare, t)
	case !t.begun:
		k.t = nil
		r.idle = append(r.idle, k)
		r.spare = append(r.spare, t)
	case k == t.s.lost || slices.Contains(left, k):
		return // it is its goroutine's, if ever that goes on
	default:
		k.t = nil // the goroutine has ended; calls that waited beside its own may yet refer to it
	}
	t.clean()
}

// repose has the world be looked at from now on, as it was at the end of its run.
func (w *World) repose() {
	w.mu.Lock()
	w.sched.settled = true
	w.mu.Unlock()
}

// retire takes from a world what the next one is to have.
func (w *World) retire() {
	w.mu.Lock()
	w.k, w.waits, w.sched.settled = nil, nil, false
	w.mu.Unlock()
}

func (s *sched) result() *Result {
	res := &Result{
		Err: s.err, Hash: s.hash, Steps: s.steps, Choices: s.asked, Tasks: s.started,
		Elapsed: time.Duration(s.now),
	}
	switch c := s.recorder(); {
	case c != nil:
		res.Script = c.script
	case s.story != nil:
		res.Script = s.story.Script
	}
	if b := s.bench.Load(); b != nil {
		res.Log = string(b.log)
	}
	if s.striker != nil {
		res.Fired = s.striker.fired
	}
	if s.story != nil {
		res.Trace, s.story.Hash, s.story.Verdict = s.story, s.hash, verdictText(s.err)
	}
	res.Census = s.left
	return res
}
