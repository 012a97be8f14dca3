package simnet

import (
	"io"
	"math"
	"math/bits"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/simnet/internal/coro"
	"example.com/brine/transport"
)

// epoch is when worlds begin.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// A sched is the scheduler of one run. It has no goroutine of its own: the task
// that runs asks the Chooser itself, in every call, and switches only if another
// is to go on.
//
// Exactly one goroutine may use it at a time: that of the task that runs (g), or,
// before and after, the Runner's. So nothing in it is locked, nor in its World.
// A call that comes from another goroutine is turned away at the gate.
type sched struct {
	w *World
	r *Runner

	task      *task         // the one that runs
	g         uintptr       // its goroutine, as coro.Self says; 0 if the run has not begun
	over      bool          // there is a verdict: nobody's calls have an effect any more
	revoked   bool          // the watchdog looks at whoever runs; see watchdog.go
	asker     uintptr       // g, while the Chooser is asked, who is to be nobody's task
	late      atomic.Uint64 // calls after the verdict
	looking   bool          // look is at work
	attending bool          // attend is, which may call the program's contexts
	settled   bool          // the state is final; guarded by World.mu
	setup     bool          // build is at work: calls are carried out at once
	err       error         // the verdict
	lost      *worker       // that is blocked outside for good

	tasks []*task // by TaskID; the first is build
	runq
	alarms
	now        int64 // nanoseconds since epoch
	foreground int   // tasks and timers that have to be over before the run is

	trace   *tracer // nil if the run is not traced
	story   *Trace  // what it has made of the run
	chooser Chooser
	random  *random  // chooser, if it is that
	answers []uint32 // of a chooser that cannot be asked the same again; see same
	seed    random   // what random was at the beginning
	point   *Point   // the Runner's

	steps     int // operations begun
	limit     int // beyond which enter looks twice: bound, or -1
	bound     int
	started   int           // tasks, once the run is over
	asked     int           // questions that were put
	put       [numKinds]int // and how many of each kind
	exact     bool          // questions are put in words: the chooser is neither random nor calm
	trusted   bool          // the chooser is asked without precautions
	hash      uint64
	attention atomic.Uint32 // something that attend has to see to
	witness   *witness      // nil if the run is not verified
	lineage   *lineage      // nil if nobody wants to know its states
	stray     atomic.Pointer[Misuse]
	processes []*Process            // that were started, in order
	striker   *striker              // nil if there are no faults
	fault     *striker              // the same, once the run has begun
	orders    []Line                // of build, by World.Order
	rates     []int                 // of the answers to the question that is put
	contexts  contexts              // of clocks, that end with their parents
	bench     atomic.Pointer[bench] // World.TB, once it was asked for
	name      string                // Config.Name
	views     []*Transport          // with a context that has to be looked at
	books     *books                // nil if nobody asks for a census
	left      *Census
	wakers    []*call  // scratch of wake
	sameTime  []*alarm // scratch of single

	faultSteps int             // Config.FaultSteps
	within     time.Duration   // Config.Within
	vigil      *vigil          // nil while faults may strike
	finals     []ProcessConfig // of World.Finally, not yet started

	known int           // processes that have names for scripts
	lives map[life]int  // by what they are called: how many there are
	armed map[armed]int // of questions about alarms
	ends  []ender       // who wants to know of the end of the run
}

// What attention is about.
const (
	strayed = 1 << iota // a call came from a goroutine that is no task
	viewed              // views is not empty
	heirs               // contexts is not empty
	hasty               // time may pass early
	booked              // books are kept
)

// mine reports whether the caller is the task that runs.
//
// It is the one look at the scheduler that a goroutine which has no business
// there can get. What that one reads may be anything but its own number.
//
//go:norace
func (s *sched) mine() bool { return coro.Self() == s.g && !s.revoked }

// turn is mine after the watchdog has looked.
func (s *sched) turn() bool {
	if s.mine() {
		return true
	}
	s.r.look.Lock()
	defer s.r.look.Unlock()
	return s.mine()
}

// ended reports whether the run is over, to whoever asks.
//
//go:norace
func (s *sched) ended() bool { return s.over }

// unsure reports whether the running task may have ceased to be it.
//
//go:norace
func (s *sched) unsure() bool { return s.over || s.revoked }

// enter is the scheduling point before an operation. What comes most often takes
// its three parts one by one, and gives way where it stands: every function that is
// returned from after a switch costs time (see coro.Leave).
func (s *sched) enter(p *Process, op Op, id afunix.ID, path string) error {
	t, to, err := s.approach(p, op, id, path)
	if t == nil {
		return err
	}
	if to != nil {
		s.yield(t, to)
	}
	if s.fault != nil || s.over {
		s.arrive(t)
	}
	return nil
}

// approach asks who goes on before an operation of the running task t. If it is
// another, that is made the one that runs, and t has to switch to it. t is nil if
// there is no more to be done: the call is refused, or part of the set-up.
func (s *sched) approach(p *Process, op Op, id afunix.ID, path string) (t, to *task, err error) {
	if !s.mine() {
		return nil, nil, s.strange(p, op, id, path)
	}
	t = s.task
	t.op, t.on, t.opID, t.path = op, p, id, path
	t.nth++
	if s.steps++; s.steps > s.limit && s.beyond() {
		return nil, nil, s.refusal(op, path)
	}
	if s.exact && !s.trusted {
		t.asks = asks{}
		if s.lineage != nil {
			s.lineage.enter(t)
		}
	}
	if s.attention.Load() != 0 {
		s.attend()
	}
	if n := len(s.list); n > 1 {
		if i := s.choose(KindRun, n, 0); i != 0 {
			t.state = runnable
			to = s.tasks[s.trade(i)]
			s.resume(to)
		}
	}
	return t, to, nil
}

// arrive is for a task that is about to make its operation, in a run with faults
// or one that is over.
func (s *sched) arrive(t *task) {
	if s.fault != nil {
		s.strike(t)
	}
	if s.over {
		t.k.leave()
	}
}

// leave notes what came of an operation.
func (s *sched) leave(p *Process, op Op, n int, err error) {
	if s.unsure() && !s.turn() {
		return // the deferred end of a call that was abandoned: the goroutine ends
	}
	t := s.task
	h := mix(s.hash^uint64(t.id)<<32^uint64(op), uint64(uint32(n))<<32^uint64(t.opID))
	if err != nil {
		h = mix(h, errorHash(err))
	}
	s.hash = h
	if s.lineage != nil {
		s.lineage.left(n, err)
	}
	s.publish()
}

// yield switches from one task to another, which was made the one that runs, and
// returns when the first runs again.
func (s *sched) yield(from, to *task) { coro.Switch(from.c, to.c) }

// resume makes a task that was begun, or is about to be, the one that runs.
func (s *sched) resume(t *task) { s.task, s.g, t.state = t, t.g, running }

// block is for the running task, which cannot go on before it is made runnable.
// It returns when it runs again.
func (s *sched) block(t *task) {
	next := s.pick()
	switch next {
	case nil:
		t.k.leave()
	case t:
		t.state = running
	default:
		s.resume(next)
		s.yield(t, next)
	}
}

// pick chooses who goes on after the running task, which is not runnable. It
// returns nil with the verdict if the run is over.
func (s *sched) pick() *task {
	if s.lineage != nil {
		s.lineage.cut(s.task)
	}
	if s.attention.Load() != 0 {
		s.attend()
	}
	for s.oldest() == 0 && !s.over {
		s.idle()
	}
	if s.over {
		return nil
	}
	if len(s.list) == 2 {
		return s.tasks[s.only()]
	}
	s.lead()
	t := s.task
	t.after = true
	next := s.tasks[s.take(s.choose(KindRun, len(s.list), 0))]
	t.after = false
	return next
}

// idle is for when nobody can go on: it lets time pass until something happens,
// or ends the run if nothing can.
func (s *sched) idle() {
	a := s.first()
	switch {
	case s.foreground == 0 && s.finals != nil:
		s.conclude()
	case s.foreground == 0:
		s.verdict(s.disobeyed())
	case a == nil || s.watched(a):
		s.verdict(s.deadlock())
	default:
		s.expire()
		if s.attention.Load() != 0 {
			s.attend()
		}
	}
}

// beyond is for an operation that is counted beyond the limit, which is also set
// to have enter look here. It reports whether the operation goes on at once.
func (s *sched) beyond() bool {
	switch {
	case s.attending:
		s.misuse(chattyContext)
		return true
	case s.setup:
		return true
	case !s.over && s.steps <= s.bound: // it was the last of those with faults
		s.subside()
		return false
	case !s.over:
		s.verdict(s.stuck())
	}
	s.task.k.leave()
	return true
}

// ready makes a blocked task runnable.
func (s *sched) ready(t *task) {
	switch {
	case t.state != blocked:
	case t.p != nil && t.p.paused:
		t.state = held
	default:
		t.state = runnable
		s.add(t.id)
	}
}

// verdict ends the run: nobody runs from now on. The first one counts.
func (s *sched) verdict(err error) {
	if !s.over {
		s.err, s.over, s.limit = err, true, -1
	}
}

// choose puts a question.
func (s *sched) choose(k Kind, n, rate int) (i int) {
	switch {
	case n < 2:
		return 0
	case s.random != nil:
		i = s.random.pick(k, n, rate, s.rates)
	case s.exact:
		i = s.ask(k, n, rate)
		s.answers = append(s.answers, uint32(i))
		if s.lineage != nil && k != KindRun {
			s.lineage.answered(k, n, i)
		}
	}
	s.count(k)
	return i
}

// chooseOf puts a question about an alarm.
func (s *sched) chooseOf(a *alarm, k Kind, n, rate int) (i int) {
	if s.exact {
		i = s.askOf(a, k, n, rate)
		s.answers = append(s.answers, uint32(i))
		if s.lineage != nil {
			s.lineage.answered(k, n, i)
		}
	} else if s.random != nil {
		i = s.random.pick(k, n, rate, s.rates)
	}
	s.count(k)
	return i
}

// count counts a question.
func (s *sched) count(k Kind) {
	s.asked++
	s.put[k]++
}

// spawn makes a task, which is runnable.
func (s *sched) spawn(p *Process, parent *task, name string, background bool, f func()) *task {
	return s.deliver(p, parent, name, parent.bear(p, name), background, f)
}

// deliver makes a task that has been counted.
func (s *sched) deliver(p *Process, parent *task, name string, k int32, background bool, f func()) *task {
	t := s.r.task()
	t.s, t.id, t.p, t.name, t.background, t.f = s, TaskID(len(s.tasks)), p, name, background, f
	t.descend(parent, k)
	// Who makes a goroutine needs more stack than who blocks: it is not left to
	// whoever first gives way to the task.
	s.r.worker(t)
	s.tasks = append(s.tasks, t)
	s.grow()
	if !background {
		s.foreground++
	}
	s.hash = mix(s.hash^uint64(t.id), hashString(name))
	if s.witness != nil {
		s.witness.spawn(t)
	}
	if p != nil && p.paused {
		t.state = held
	} else {
		t.state = runnable
		s.add(t.id)
	}
	if s.trace != nil {
		s.trace.spawned(t)
	}
	return t
}

// began is told that a task runs for the first time.
func (s *sched) began(t *task) {
	if s.trace != nil {
		s.trace.began(t)
	}
	s.publish()
}

// finish is told that a task has returned.
func (s *sched) finish(t *task) {
	if s.witness != nil {
		s.witness.finish()
	}
	t.nth++
	t.op, t.on, t.opID, t.path = OpEnd, t.p, 0, ""
	t.asks = asks{}
	t.state, t.k = done, nil
	if !t.background {
		s.foreground--
	}
	s.hash = mix(s.hash, uint64(t.id)<<32^uint64(OpEnd))
	if s.trace != nil {
		s.trace.finished(t)
	}
	if t.id == 0 {
		s.begin()
	}
}

// begin is the end of the set-up.
func (s *sched) begin() {
	s.obey()
	s.setup, s.steps, s.limit, s.fault = false, 0, s.bound, s.striker
	if s.fault != nil {
		if s.faultSteps > 0 {
			s.limit = min(s.bound, s.faultSteps)
		}
		if s.fault.on(FaultEarly) {
			s.attention.Or(hasty)
		}
	}
	if len(s.tasks) == 1 {
		s.verdict(&Misuse{What: "build started no task: start at least one with Go, or a process with a Main"})
	}
}

// elapsed returns a point in time as the scheduler counts it.
func elapsed(t time.Time) int64 { return int64(t.Sub(epoch)) }

// later returns the time d after at, or the last there is.
func later(at, d int64) int64 {
	if at > math.MaxInt64-d {
		return math.MaxInt64
	}
	return at + d
}

// time returns a point in time as everybody else does.
func (s *sched) time() time.Time { return epoch.Add(time.Duration(s.now)) }

// mix folds a word into a hash.
func mix(h, x uint64) uint64 {
	hi, lo := bits.Mul64(h^0x9e3779b97f4a7c15, x^0xd6e8feb86659fd93)
	return hi ^ lo ^ h
}

// hashString is FNV-1a.
func hashString(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// errnoHashes has the hashes of the names of errnos: numbers differ between
// machines.
var errnoHashes = func() (h [256]uint64) {
	for i := range h {
		h[i] = hashString(transport.ErrnoName(syscall.Errno(i)))
	}
	return h
}()

func errorHash(err error) uint64 {
	if err == io.EOF {
		return 1
	}
	e, ok := err.(*transport.Error)
	switch {
	case !ok:
		return 2
	case uint(e.Err) < uint(len(errnoHashes)):
		return errnoHashes[e.Err]
	}
	return hashString(transport.ErrnoName(e.Err))
}
