package simnet

import (
	"fmt"
	"hash/maphash"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"example.com/brine/simnet/internal/afunix"
)

// What a witness remembers at most. A million operations stay below most, and
// take about 120 MB.
const (
	mostEvents = 1 << 21
	mostStacks = 1 << 14
	mostTexts  = 1 << 16
	mostFrames = 64 // of a stack, the innermost
	mostShown  = 32 // bytes of what is sent
)

// A witness is the gate of an execution that is verified. It stands before the
// scheduler, tells what happens to the record, and is the Chooser in front of the
// one who answers.
type witness struct {
	s      *sched // that is witnessed
	rec    *testimony
	inner  Chooser
	asks   [numKinds]bool
	second bool // it compares with the record, instead of making it

	at      int      // how many events there were
	last    event    // the last of them
	sum     uint64   // of those beyond the record's bound
	open    []event  // by TaskID: with what the task entered the operation that it is in
	cast    []string // the names of the tasks, for when they are gone
	first   []string // if second: those of the first
	verdict string   // if second: that of the first
	found   *Divergence
	wants   event // the operation of which found.Second has yet to get the result

	// What a Send is about to send.
	size int
	data uint32
	hash uint64
}

// A testimony is what two executions have in common: what happened in the first,
// and the stacks and texts of both.
type testimony struct {
	most    int // events that are kept
	events  []event
	answers []uint32
	seed    maphash.Seed
	texts   []string
	textAt  map[string]uint32
	pcs     []uintptr
	stacks  []int // where each begins in pcs, and where the last ends
	stackAt map[uint64]int32
}

// An event is something that has to be the same in both executions, its stack
// excepted: from where a thing is done is nobody's business as long as the same
// is done.
type event struct {
	state uint64 // the hash of all that happened before
	sum   uint64 // enters: of the data; puts: whose question it is
	n     int64  // enters: bytes to be sent; leaves: that were moved; awaits: the time; puts: answers there are; bears: its number
	step  int32  // 0 while build is at work
	nth   int32
	task  TaskID
	text  uint32 // enters: the path; leaves: the error; puts: the kind; bears: the name
	data  uint32 // enters: the beginning of what is sent
	stack int32
	id    afunix.ID
	what  happening
	op    Op
}

// A happening is a kind of event: what the running task does.
type happening uint8

const (
	enters  happening = iota // an operation begins
	leaves                   // and is over
	puts                     // a question
	awaits                   // a point in time
	bears                    // a task
	returns                  // at the end of its function
)

func newTestimony() *testimony {
	rec := &testimony{most: mostEvents, seed: maphash.MakeSeed()}
	rec.reset()
	return rec
}

// reset forgets everything, and gives back what is big.
func (rec *testimony) reset() {
	if cap(rec.events) > 1<<16 {
		rec.events = nil
	}
	rec.events, rec.answers = rec.events[:0], rec.answers[:0]
	if rec.textAt == nil || len(rec.texts) > 1<<10 || len(rec.stacks) > 1<<10 {
		rec.texts, rec.textAt = []string{""}, map[string]uint32{"": 0}
		rec.pcs, rec.stacks, rec.stackAt = nil, []int{0, 0}, map[uint64]int32{}
	}
}

// text returns the number of a text. What there is no room for has one that does
// not lead back to it.
func (rec *testimony) text(s string) uint32 {
	if s == "" {
		return 0
	}
	i, ok := rec.textAt[s]
	switch {
	case ok:
		return i
	case len(rec.texts) >= mostTexts:
		return 1<<31 | uint32(maphash.String(rec.seed, s))
	}
	i = uint32(len(rec.texts))
	s = strings.Clone(s)
	rec.texts = append(rec.texts, s)
	rec.textAt[s] = i
	return i
}

func (rec *testimony) textOf(i uint32) string {
	if int64(i) < int64(len(rec.texts)) {
		return rec.texts[i]
	}
	return "(too many texts to remember this one)"
}

// stack returns the number of the stack of whoever called the gate, 0 if there
// is no room for it.
func (rec *testimony) stack() int32 {
	var buf [mostFrames]uintptr
	pcs := buf[:runtime.Callers(3, buf[:])]
	h := uint64(len(pcs))
	for _, pc := range pcs {
		h = mix(h, uint64(pc))
	}
	i, ok := rec.stackAt[h]
	if ok || len(rec.stacks) > mostStacks {
		return i
	}
	i = int32(len(rec.stacks) - 1)
	rec.pcs = append(rec.pcs, pcs...)
	rec.stacks = append(rec.stacks, len(rec.pcs))
	rec.stackAt[h] = i
	return i
}

// own is the path of this package.
var own = reflect.TypeFor[witness]().PkgPath()

// tell returns a stack as the runtime shows it, without the frames of this
// package and of what carries its tasks.
func (rec *testimony) tell(i int32) string {
	if i == 0 {
		return ""
	}
	var b strings.Builder
	frames := runtime.CallersFrames(rec.pcs[rec.stacks[i]:rec.stacks[i+1]])
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		ours := strings.HasPrefix(f.Function, own+".") || strings.HasPrefix(f.Function, own+"/internal/")
		switch {
		case ours && !strings.HasSuffix(f.File, "_test.go"):
		case f.Function == "", strings.HasPrefix(f.Function, "runtime."), strings.HasPrefix(f.Function, "iter."):
		default:
			fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		}
	}
	return b.String()
}

func (x *witness) enter(p *Process, op Op, id afunix.ID, path string) error {
	s := x.s
	if !s.turn() || s.over {
		return s.enter(p, op, id, path)
	}
	e := event{what: enters, op: op, id: id, text: x.rec.text(path), stack: x.rec.stack()}
	if op == OpSend {
		e.n, e.data, e.sum = int64(x.size), x.data, x.hash
	}
	e.task, e.nth = s.task.id, int32(s.task.nth)+1
	if !s.setup {
		e.step = int32(s.steps) + 1
	}
	x.note(e)
	x.open[e.task] = e
	return s.enter(p, op, id, path)
}

func (x *witness) leave(p *Process, op Op, n int, err error) {
	if s := x.s; s.mine() && !s.over {
		e := x.during(leaves)
		e.op, e.n = op, int64(n)
		if err != nil {
			e.text = x.rec.text(err.Error())
		}
		x.note(e)
	}
	x.s.leave(p, op, n, err)
}

// payload is told what a Send is about to send, before it passes the gate.
func (x *witness) payload(bufs [][]byte) {
	if !x.s.turn() {
		return
	}
	var h maphash.Hash
	h.SetSeed(x.rec.seed)
	var first [mostShown]byte
	n := 0
	x.size = 0
	for _, b := range bufs {
		h.Write(b)
		n += copy(first[n:], b)
		x.size += len(b)
	}
	x.hash, x.data = h.Sum64(), x.rec.text(string(first[:n]))
}

// Choose implements Chooser.
func (x *witness) Choose(p *Point) int {
	e := x.during(puts)
	e.n, e.sum, e.text = int64(p.N), uint64(p.Task)<<32|uint64(uint32(p.Nth)), x.rec.text(p.Kind.String())
	x.note(e)
	i := x.inner.Choose(p)
	if !x.second {
		x.rec.answers = append(x.rec.answers, uint32(i))
	}
	return i
}

// What else a Chooser may be asked or told is for the one who answers.

func (x *witness) kinds() [numKinds]bool { return x.asks }

func (x *witness) start(s *sched) {
	if c, ok := x.inner.(interface{ start(*sched) }); ok {
		c.start(s)
	}
}

// arm is told that something is to happen at a time.
func (x *witness) arm(at int64) {
	e := x.during(awaits)
	e.n = at
	x.note(e)
}

// spawn is told that a task is there, which is the last of the run's.
func (x *witness) spawn(t *task) {
	e := x.during(bears)
	e.n, e.text = int64(t.id), x.rec.text(t.name)
	x.note(e)
}

// finish is told that the running task has returned.
func (x *witness) finish() {
	e := x.during(returns)
	e.op = OpEnd
	x.note(e)
}

// during returns an event in the operation of the running task.
func (x *witness) during(what happening) event {
	x.admit()
	t := x.s.task
	e := event{what: what, op: t.op, task: t.id, nth: int32(t.nth)}
	if o := &x.open[t.id]; o.nth == e.nth {
		e.step, e.stack = o.step, o.stack
	}
	return e
}

// admit makes room for the tasks that have been added.
func (x *witness) admit() {
	for i := len(x.cast); i < len(x.s.tasks); i++ {
		x.cast = append(x.cast, x.s.tasks[i].who())
		x.open = append(x.open, event{})
	}
}

// note keeps an event, or compares it with the one that is kept.
func (x *witness) note(e event) {
	if x.s.over {
		return
	}
	x.admit()
	e.state = x.s.hash
	i, rec := x.at, x.rec
	x.at++
	x.last = e
	switch {
	case x.found != nil:
		if e.what == leaves && x.wants.nth > 0 && e.task == x.wants.task && e.nth == x.wants.nth {
			x.found.Second.Result = rec.outcome(e)
		}
	case i >= rec.most:
		x.sum = e.fold(x.sum)
	case !x.second:
		rec.events = append(rec.events, e)
	case i >= len(rec.events):
		x.diverge(nil, &e)
	case !rec.events[i].equal(e):
		x.diverge(&rec.events[i], &e)
	}
}

func (e event) equal(o event) bool {
	e.stack, o.stack = 0, 0
	return e == o
}

func (e event) fold(h uint64) uint64 {
	h = mix(mix(h, e.state), e.sum)
	h = mix(mix(h, uint64(e.n)), uint64(e.task)<<32|uint64(uint32(e.nth)))
	return mix(h, uint64(e.text)<<32|uint64(e.id)<<16|uint64(e.what)<<8|uint64(e.op))
}

// outcome says what came of an operation.
func (rec *testimony) outcome(e event) string {
	moves := e.op == OpSend || e.op == OpRecv
	switch {
	case e.text != 0 && e.n != 0:
		return fmt.Sprintf("%d bytes, %s", e.n, rec.textOf(e.text))
	case e.text != 0:
		return rec.textOf(e.text)
	case moves:
		return fmt.Sprintf("%d bytes", e.n)
	}
	return "ok"
}

// object says what an operation is about.
func (rec *testimony) object(e event) string {
	switch {
	case e.text != 0:
		return rec.textOf(e.text)
	case e.id != 0:
		return "socket " + strconv.Itoa(int(e.id))
	}
	return ""
}
