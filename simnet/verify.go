package simnet

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Verify executes a program twice, the second time with the answers that were
// given the first time, and compares the two step by step. A program is to do the
// same both times: one that does not cannot be executed again to explain a
// failure, and what was found in it cannot be found again.
//
// Where they differ, Result.Err is a [*Divergence], which names the first step
// that does, what was done there in each execution, and from where. What a
// simulation can tell exactly it does: a call that comes from a goroutine which
// is no task, say, is a [*Misuse] with its stack, and that verdict comes first.
// Otherwise the Result is that of [Run].
//
// Compared are the tasks that are started, their operations, in their order, on
// what and with what result, the bytes that are sent, the points in time that
// are waited for, and the questions that are put to the Chooser. From where in
// the program a call is made is not. Of the first million operations, about, a
// record is kept, of 120 MB at most; of what comes after them, Verify says only
// whether it differs.
//
// It takes a few times as long as two runs. What holds for Run holds for it, too.
func Verify(cfg Config, build func(*World)) *Result {
	var res *Result
	Loop(func(r *Runner) { res = r.Verify(cfg, build) })
	return res
}

// Verify is [Verify] on the Runner. The Result is the caller's.
func (r *Runner) Verify(cfg Config, build func(*World)) *Result {
	return r.VerifyWhole(cfg, func(run Execute) *Result { return run(build) })
}

// An Execute executes a run with the Config that it was made for.
type Execute func(build func(*World)) *Result

// VerifyWhole is Verify for a program that is more than a build function: that
// makes things before the run which it looks at afterwards, say, and has a last
// word on the Result. whole is called twice, or three times, and calls run
// exactly once each time. The verdict that it gives a Result is not compared.
func (r *Runner) VerifyWhole(cfg Config, whole func(run Execute) *Result) *Result {
	if r.rec == nil {
		r.rec = newTestimony()
	}
	defer r.rec.reset()
	asks := kindsOf(cfg.Chooser)
	first := &witness{rec: r.rec, inner: cfg.Chooser, asks: asks}
	if first.inner == nil {
		first.inner = Calm()
	}
	by := func(x *witness) Execute {
		return func(build func(*World)) *Result { return r.attest(x, cfg, build) }
	}
	res := whole(by(first))
	if first.s == nil || named(first.s) {
		return res
	}
	second := &witness{rec: r.rec, inner: &answers{list: r.rec.answers}, asks: asks, second: true, first: first.cast, verdict: ending(first.s)}
	again := whole(by(second))
	switch {
	case second.s == nil:
		return &Result{Err: &Misuse{What: "executed a second time, the program did not come to its run; it has to do the same each time"}}
	case named(second.s):
		return again
	case second.compare(first):
		res.Err = second.found
	case res.Err != nil && !cfg.Trace && !cfg.Once:
		cfg.Chooser = &answers{list: r.rec.answers, asks: asks}
		script := res.Script
		res = whole(func(build func(*World)) *Result { return r.Run(cfg, build) })
		res.Script = script
	}
	return res
}

// attest executes a run before a witness.
func (r *Runner) attest(x *witness, cfg Config, build func(*World)) *Result {
	cfg.Chooser = x
	r.witness = x
	defer func() { r.witness = nil }()
	s := r.execute(cfg, build)
	if stray := s.stray.Load(); stray != nil {
		s.err = stray
	}
	res := s.result()
	if c, ok := x.inner.(*Recorder); ok {
		res.Script = c.Script()
	}
	return res
}

// named reports whether a verdict says itself why a run cannot be executed again.
func named(s *sched) bool {
	var misuse *Misuse
	var blocked *Blocked
	return errors.As(s.err, &misuse) || errors.As(s.err, &blocked)
}

// A Divergence is the verdict of [Verify] about a program that was executed twice,
// with the same answers, and did not do the same.
type Divergence struct {
	// Step is the first step that differs, counted as Result.Steps does; 0 while
	// build is at work.
	Step  int
	What  string // in what it differs
	Cause string // what that tells about the cause, or ""

	First, Second Account // what happened there in each of the executions
}

// An Account is what a task did, or was about to do, in one execution.
type Account struct {
	Task   string // "" if nothing more happened in this execution
	Nth    int    // which of its operations it was, from 1
	Op     Op
	Object string // a path, or the number of a socket; "" if there is none
	Data   string // the first 32 bytes of what it sent
	Result string // of the operation
	Stack  string // of the task, outside this package
}

// causes are what makes programs differ from one execution to the next.
const causes = `What may cause this:
	the order in which a range goes over a map
	the functions of math/rand itself, which no seed makes repeat; use rand.New
	time.Now, or what is made from it; use Now of the transport
	a goroutine of one's own; use Go of the transport
	memory that both executions share: a package's variable, or one outside build
	addresses that are printed, compared, or used as keys
	what a sync.Pool has kept
	a select of which more than one case is ready
`

// Error implements error.
func (e *Divergence) Error() string {
	var b strings.Builder
	at := "step " + strconv.Itoa(e.Step)
	if e.Step == 0 {
		at = "the set-up (build)"
	}
	fmt.Fprintf(&b, "executed twice with the same answers, the program differs in %s: %s\n\n", at, e.What)
	e.First.tell(&b, "first")
	e.Second.tell(&b, "second")
	if e.Cause != "" {
		fmt.Fprintf(&b, "%s\n\n", e.Cause)
	}
	b.WriteString(causes)
	return b.String()
}

func (a *Account) tell(b *strings.Builder, which string) {
	if a.Task == "" {
		fmt.Fprintf(b, "%s: %s\n\n", which, a.Result)
		return
	}
	fmt.Fprintf(b, "%s: task %s, operation %d: %s", which, a.Task, a.Nth, a.Op)
	if a.Object != "" {
		fmt.Fprintf(b, " %s", a.Object)
	}
	if a.Data != "" {
		fmt.Fprintf(b, " %q", a.Data)
	}
	if a.Result != "" {
		fmt.Fprintf(b, " -> %s", a.Result)
	}
	b.WriteByte('\n')
	for line := range strings.Lines(a.Stack) {
		b.WriteByte('\t')
		b.WriteString(line)
	}
	b.WriteByte('\n')
}

// diverge notes the first event that differs: in the first execution it is a, in
// the second b; nil where that one is over.
func (x *witness) diverge(a, b *event) {
	d := &Divergence{What: x.what(a, b)}
	x.found = d
	if d.First.Result = "nothing more happens: " + x.verdict; a != nil {
		d.Step = int(a.step)
		from, result := x.rec.trace(a)
		d.First = x.account(x.first, from, a, result)
	}
	if b != nil {
		d.Step = int(b.step)
		from, result := b, "has not returned"
		if b.what != enters {
			from = &x.open[b.task]
		}
		switch b.what {
		case enters:
			x.wants = *b
		case leaves:
			result = x.rec.outcome(*b)
		}
		d.Second = x.account(x.cast, from, b, result)
	}
	if a != nil && a.what == awaits && late(a.n) || b != nil && b.what == awaits && late(b.n) {
		d.Cause = "A world begins in the year 2000; a point in time so late is from time.Now."
	}
}

// late reports whether a point in time is one that a clock of today shows.
func late(at int64) bool { return time.Duration(at) > 20*365*24*time.Hour }

// trace returns the event with which the operation was entered that e is of, and
// what came of that in the end.
func (rec *testimony) trace(e *event) (from *event, result string) {
	at := func(i int, what happening) bool {
		o := &rec.events[i]
		return o.what == what && o.task == e.task && o.nth == e.nth
	}
	from, result = e, "has not returned"
	i := 0
	for i < len(rec.events) && &rec.events[i] != e {
		i++
	}
	for j := i; j >= 0; j-- {
		if at(j, enters) {
			from = &rec.events[j]
			break
		}
	}
	for j := i; j < len(rec.events); j++ {
		if at(j, leaves) {
			return from, rec.outcome(rec.events[j])
		}
	}
	return from, result
}

// account tells what e is: an event in the operation that was entered by from.
func (x *witness) account(cast []string, from, e *event, result string) Account {
	a := Account{Task: cast[e.task], Nth: int(e.nth), Op: e.op, Result: result, Stack: x.rec.tell(e.stack)}
	if from.what == enters && from.nth == e.nth {
		a.Object, a.Data = x.rec.object(*from), x.rec.textOf(from.data)
	}
	switch e.what {
	case puts:
		a.Result = fmt.Sprintf("a question (%s) with %d answers", x.rec.textOf(e.text), e.n)
	case awaits:
		a.Result = "waits until " + epoch.Add(time.Duration(e.n)).Format(time.RFC3339Nano)
	case bears:
		a.Result = "starts " + cast[e.n]
	case returns:
		a.Op, a.Object, a.Data, a.Result = OpEnd, "", "", "the task has returned"
	}
	return a
}

// what says in what two events differ.
func (x *witness) what(a, b *event) string {
	switch {
	case a == nil || b == nil:
		return "one goes on where the other is over"
	case a.task != b.task:
		return "another task goes on"
	case a.what != b.what || a.op != b.op || a.nth != b.nth:
		return "the task does something else"
	case a.what == enters && (a.id != b.id || a.text != b.text):
		return "the operation is about something else"
	case a.what == enters && a.n != b.n:
		return fmt.Sprintf("%d and %d bytes are sent", a.n, b.n)
	case a.what == enters && (a.sum != b.sum || a.data != b.data):
		if a.data == b.data {
			return fmt.Sprintf("the data that are sent differ, after the first %d bytes", mostShown)
		}
		return "the data that are sent differ"
	case a.what == leaves && (a.n != b.n || a.text != b.text):
		return "the result differs"
	case a.what == puts && (a.n != b.n || a.text != b.text || a.sum != b.sum):
		return "another question is put to the Chooser"
	case a.what == awaits && a.n != b.n:
		return "the deadline differs"
	case a.what == bears && (a.n != b.n || a.text != b.text):
		return "another task is started"
	}
	return "what happened since the operation before"
}

// compare compares what is left to be compared when both executions are over, and
// reports whether they differ.
func (x *witness) compare(first *witness) bool {
	rec := x.rec
	d := &Divergence{Step: int(x.last.step)}
	a, b := ending(first.s), ending(x.s)
	d.First.Result, d.Second.Result = a, b
	switch {
	case x.found != nil:
		return true
	case x.at < first.at && x.at < len(rec.events):
		x.diverge(&rec.events[x.at], nil)
		x.found.Second.Result = "nothing more happens: " + b
		return true
	case x.at != first.at || x.sum != first.sum:
		if n := len(rec.events); n > 0 {
			d.Step = int(rec.events[n-1].step)
		}
		d.What = "what comes after it, of which there is no record"
	case a != b:
		d.What = "the verdict"
	case x.s.hash != first.s.hash || x.s.now != first.s.now || x.s.steps != first.s.steps:
		d.What = "what comes after it"
	default:
		return false
	}
	x.found = d
	return true
}

// ending says what the verdict about a run is. It does not tell stacks.
func ending(s *sched) string {
	switch e := s.err.(type) {
	case nil:
		return "passed"
	case *Panic:
		switch v := e.Value.(type) {
		case string, error, fmt.Stringer, bool, int:
			return fmt.Sprintf("task %s panicked: %v", e.Task, v)
		}
		return fmt.Sprintf("task %s panicked", e.Task)
	case *Exit:
		return fmt.Sprintf("task %s called runtime.Goexit", e.Task)
	default:
		return reflect.TypeOf(e).String()
	}
}
