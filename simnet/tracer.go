package simnet

import (
	"strconv"
	"time"

	"example.com/brine/simnet/internal/afunix"
)

// opTimer is the word of an event in which an alarm goes off.
const opTimer = "timer"

// traceLength is how many events a trace is cut to when it is twice as long.
const traceLength = 1 << 16

// A tracer writes down what happens in a run. It stands at the gate in place of
// the scheduler, and before its Chooser, so that a run without one pays nothing
// for that; what passes neither is told to it where it happens, by whoever finds
// that the World is traced.
//
// An operation has its record from enter on, in open, and its place in the trace
// from its end on.
type tracer struct {
	s       *sched
	next    gate // behind this one
	inner   *Recorder
	done    bool // the run is over: what is unwound is of no interest
	count   int
	records []*record // the last ones
	skipped int

	open  []*record // by TaskID: the operation that is under way, or else the last one
	devs  int       // deviations
	loose []int     // those, by number, that belong to what happens next
	late  []*record // cut short by what happens next
	rings *record   // what has just happened, which may start a task
	origins
	places
	notifiers map[*notifier]int // only looked up
}

// A record is an Event that is being made. Names come last, when it is known what
// it takes to tell tasks from each other.
type record struct {
	Event
	ended bool
	task  TaskID
	timer TaskID    // whose timer it is, if it is one
	nth   int32     // and of which operation
	made  TaskID    // the task that was started, if there is no other Made
	devs  []int     // deviations, by number
	id    afunix.ID // of a Send's or a Recv's socket
	put   int       // bytes of a Send that its peer has
	from  []origin
	place *place // where it was called
}

// tracing returns who traces the run, nil if nobody does. It is for what a call
// has to tell between the gates.
func (w *World) tracing() *tracer {
	if w.sched == nil {
		return nil
	}
	return w.sched.trace
}

// traced puts a tracer into a run that is about to begin.
func (s *sched) traced() {
	tr := &tracer{s: s, notifiers: map[*notifier]int{}}
	if s.random != nil {
		s.chooser = s.random
	}
	tr.inner = Record(s.chooser)
	s.random, s.chooser, s.exact, s.trusted = nil, tr, true, false
	tr.next = s.w.gate
	s.trace, s.w.gate = tr, tr
}

// before returns the tracer as the Chooser before c.
func (tr *tracer) before(c Chooser) Chooser {
	tr.inner.c = c
	return tr
}

// answerer is the Chooser of the run, whether it is traced or not. It is nil if
// there is none but calm or random.
func (s *sched) answerer() Chooser {
	if s.trace != nil {
		return s.trace.inner.c
	}
	return s.chooser
}

// enter implements gate.
func (tr *tracer) enter(p *Process, op Op, id afunix.ID, path string) error {
	s := tr.s
	if !s.turn() || s.over {
		return tr.next.enter(p, op, id, path)
	}
	t := s.task
	e := tr.begin(t, op.String(), t.nth+1)
	e.id, e.place = id, tr.here()
	switch op {
	case OpKill, OpRestart, OpPause, OpResume:
		e.Object = p.label()
	default:
		switch {
		case path != "":
			e.Object = legible(path)
		case id != 0:
			e.Object = tr.name(id)
		}
	}
	err := tr.next.enter(p, op, id, path)
	if err != nil {
		tr.end(t, 0, err)
	}
	return err
}

// leave implements gate.
func (tr *tracer) leave(p *Process, op Op, n int, err error) {
	if tr.s.turn() && !tr.done {
		tr.end(tr.s.task, n, err)
	}
	tr.next.leave(p, op, n, err)
}

// begin opens the record of an operation.
func (tr *tracer) begin(t *task, op string, nth int) *record {
	for int(t.id) >= len(tr.open) {
		tr.open = append(tr.open, nil)
	}
	e := &record{task: t.id, Event: Event{Began: time.Duration(tr.s.now), Nth: nth, Op: op}}
	tr.open[t.id], tr.rings = e, nil
	return e
}

// end closes it.
func (tr *tracer) end(t *task, n int, err error) {
	e := tr.of(t)
	if e == nil {
		return
	}
	e.Moved = n
	e.Err, e.Why = outcome(err)
	if n > 0 {
		switch e.Op {
		case opNames[OpSend]:
			e.Passed = e.FDs
			tr.moved(e, n)
		case opNames[OpRecv]:
			e.from = tr.take(e.id, n)
		}
	}
	tr.fill(e)
	tr.add(e)
}

// of returns the record of the operation that a task is in, nil if it is in none.
func (tr *tracer) of(t *task) *record {
	if int(t.id) < len(tr.open) {
		if e := tr.open[t.id]; e != nil && !e.ended {
			return e
		}
	}
	return nil
}

// now returns the record of the running task's operation, for what it was given
// and what it made. It is never nil.
func (tr *tracer) now() *record {
	if e := tr.of(tr.s.task); e != nil {
		return e
	}
	return &record{}
}

// add gives a record its place in the trace.
func (tr *tracer) add(e *record) {
	tr.count++
	e.ended, e.N, e.At = true, tr.count, time.Duration(tr.s.now)
	if len(tr.loose) > 0 {
		e.devs = append(e.devs, tr.loose...)
		tr.loose = tr.loose[:0]
	}
	if len(tr.records) == 2*traceLength {
		n := copy(tr.records, tr.records[traceLength:])
		clear(tr.records[n:])
		tr.records = tr.records[:n]
		tr.skipped += traceLength
	}
	tr.records = append(tr.records, e)
	if late := tr.late; len(late) > 0 {
		tr.late = nil
		for _, e := range late {
			tr.add(e)
		}
	}
}

// happened is told of what is no task's operation.
func (tr *tracer) happened(what, object string, since int64) *record {
	e := &record{Event: Event{Op: what, Object: object, Began: time.Duration(since)}}
	tr.add(e)
	return e
}

// Choose implements Chooser: it writes deviations down.
func (tr *tracer) Choose(p *Point) int {
	i := tr.inner.Choose(p)
	if i <= 0 || i >= p.N {
		return i
	}
	tr.devs++
	if int(p.Task) < len(tr.open) && p.Kind != KindTimer && p.Kind != KindEarly {
		if e := tr.open[p.Task]; e != nil && e.Nth == p.Nth {
			e.devs = append(e.devs, tr.devs-1)
			return i
		}
	}
	tr.loose = append(tr.loose, tr.devs-1)
	return i
}

// began is told that a task runs for the first time.
func (tr *tracer) began(t *task) {
	if t.id != 0 && !tr.done {
		tr.add(tr.begin(t, opNames[OpBegin], 0))
	}
}

// finished is told that a task has returned.
func (tr *tracer) finished(t *task) {
	if t.id != 0 && !tr.done {
		tr.add(tr.begin(t, opNames[OpEnd], t.nth))
	}
}

// spawned is told of a new task.
func (tr *tracer) spawned(t *task) {
	e := tr.rings
	if tr.rings = nil; e == nil {
		e = tr.now()
	}
	e.made = t.id
}

// rang is told that an alarm goes off, and when the last thing happened.
func (tr *tracer) rang(a *alarm, since int64) {
	tr.rings = tr.happened(opTimer, "", since)
	tr.rings.timer, tr.rings.nth = a.task, a.nth
}

// fell is told that a process is killed.
func (tr *tracer) fell(p *Process) {
	ordered := tr.does(OpKill) || tr.does(OpRestart)
	for _, t := range tr.s.tasks[1:] {
		if t.p != p || ordered && t == tr.s.task {
			continue // who kills itself is told like who kills another
		}
		if e := tr.of(t); e != nil {
			e.ended, e.Open = true, "killed"
			tr.late = append(tr.late, e)
		}
	}
	if !ordered {
		tr.happened("killed", p.label(), tr.s.now)
	}
}

// started is told of a new life of a process.
func (tr *tracer) started(p *Process) {
	switch {
	case tr.does(OpStart):
		tr.now().Object = p.label()
	case tr.does(OpRestart):
		tr.now().Made = p.label()
	default:
		tr.rings = tr.happened("started", p.label(), tr.s.now)
	}
}

// befell is told what became of a process, and which operation would say so
// itself.
func (tr *tracer) befell(what string, p *Process, by Op) {
	if !tr.does(by) {
		tr.happened(what, p.label(), tr.s.now)
	}
}

// does reports whether it is the running task that does something, in an
// operation which is not over.
func (tr *tracer) does(op Op) bool {
	e := tr.of(tr.s.task)
	return e != nil && e.Op == op.String()
}

// moved notes that a Send has moved its first n bytes.
func (tr *tracer) moved(e *record, n int) {
	if n > e.put {
		if to, ok := tr.s.w.k.PeerID(e.id); ok {
			tr.put(to, e, n-e.put)
		}
		e.put = n
	}
}

// part notes that a Send that is blocked has moved some.
func (tr *tracer) part(c *call) {
	if e := tr.of(c.task); e != nil {
		tr.moved(e, c.n)
	}
}

// finish ends the trace, and returns it.
func (tr *tracer) finish() *Trace {
	tr.done = true
	s := tr.s
	// Who was cut short by his own death: the event is there already, or is this.
	for _, e := range tr.late {
		tr.add(e)
	}
	for i, e := range tr.open {
		if e == nil || e.ended {
			continue
		}
		switch s.tasks[i].state {
		case blocked:
			e.Open = "blocked"
			tr.fill(e)
		case dead:
			e.Open = "killed"
		case runnable, held:
			e.Open = "runnable"
		default:
			e.Open = "running"
		}
		tr.add(e)
	}
	t := &Trace{Skipped: tr.skipped, Events: make([]Event, len(tr.records))}
	for _, e := range tr.records {
		for _, o := range e.from {
			e.From = append(e.From, Move{o.from.N, o.bytes})
			o.from.To = append(o.from.To, Move{e.N, o.bytes})
		}
	}
	t.Script = tr.inner.Script()
	ids := make([]TaskID, len(s.tasks))
	for i := range ids {
		ids[i] = TaskID(i)
	}
	names := s.abbreviate(ids)
	for i, e := range tr.records {
		e.Task = names[e.task]
		if e.Op == opTimer {
			e.Object = names[e.timer].String() + " " + strconv.Itoa(int(e.nth))
		}
		if e.Made == "" && e.made != 0 {
			e.Made = names[e.made].String()
		}
		for _, d := range e.devs {
			if d < len(t.Script.Lines) {
				e.Choices = append(e.Choices, t.Script.Lines[d])
			}
		}
		e.Stack = tr.stack(e.place)
		t.Events[i] = e.Event
	}
	return t
}
