package simnet

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/brine/simnet/internal/coro"
)

// TB returns the testing.TB of the run, for assertions in its tasks and in build,
// by functions that take one. That of the test around the run is not for them: it
// cannot end a task, and says everything twice if the run is executed again.
//
// Error, Errorf and Fail mark the run as failed, and it goes on; if it passes
// otherwise, its verdict is a [*Failure]. Fatal, Fatalf and FailNow are the
// verdict at once: nobody runs any more, the deferred calls of tasks are made when
// nothing that they do has an effect. Skip, Skipf and SkipNow are so, too, and
// the verdict is [*Skipped], or a *Failure if the run had failed before.
//
// Log, Logf, Attr and Output write to [Result].Log, each line with the time, the
// task and where it was, as Helper has it. Name is Config.Name, or "simnet".
// Context is one that is cancelled when the run has its verdict. What was given
// to Cleanup is called after that, when every task has ended, last first, on the
// goroutine that has called Run; the world can be looked at then. Assertions in it
// count. Chdir, Setenv, TempDir and ArtifactDir panic: they are about the real
// machine.
//
// All methods are for tasks, build and Cleanup's functions only. A call from
// another goroutine does nothing, and fails the run with a [*Misuse]. What
// deferred calls say after the verdict is not heard. TB panics in free mode,
// where the test's own TB will do.
func (w *World) TB() testing.TB {
	if w.sched == nil {
		panic("simnet: World.TB is for what Run executes; in free mode use the test's own testing.TB")
	}
	s := w.sched
	if b := s.bench.Load(); b != nil {
		return b
	}
	s.bench.CompareAndSwap(nil, &bench{s: s, name: s.name})
	return s.bench.Load()
}

// A Failure is the verdict about a run that called Fatal or FailNow of its
// [World.TB], or that called Error or Fail and passed otherwise.
type Failure struct {
	Task  string // which called FailNow, or Fail first; "build" and "cleanup" are none
	Log   string // all that was logged
	Stack string // of the call of FailNow; "" if it was Fail
}

// Error implements error.
func (e *Failure) Error() string {
	text := "task " + e.Task + " failed the run"
	switch {
	case e.Log != "":
		return text + "; its log:\n" + strings.TrimSuffix(e.Log, "\n")
	case e.Stack != "":
		return text + "\n\n" + e.Stack
	}
	return text
}

// A Skipped is the verdict about a run that called Skip or SkipNow of its
// [World.TB]: it neither passed nor failed. It is not executed again.
type Skipped struct {
	Task string // which did
	Log  string // all that was logged
}

// Error implements error.
func (e *Skipped) Error() string {
	text := "task " + e.Task + " skipped the run"
	if e.Log != "" {
		text += "; its log:\n" + strings.TrimSuffix(e.Log, "\n")
	}
	return text
}

// A bench is the testing.TB of a run. But for failed and skipped, only the task
// that runs uses it, and, when the run is over, the Runner.
type bench struct {
	testing.TB // nil: it has the private method, and what a later Go adds

	s       *sched
	name    string
	failed  atomic.Bool
	skipped atomic.Bool
	by      string // who failed it first
	log     []byte
	part    []byte // of a line that Output was given
	whose   string // part is
	when    int64  // it began
	helpers map[string]bool
	ctx     context.Context
	cancel  context.CancelFunc
	cleanup []func()
	cleaner uintptr // the goroutine that calls cleanup's, as coro.Self says
}

var _ testing.TB = (*bench)(nil)

// cleaning reports whether the caller is one of Cleanup's functions.
//
//go:norace
func (b *bench) cleaning() bool { return b.cleaner != 0 && b.cleaner == coro.Self() }

//go:norace
func (b *bench) cleans(g uintptr) { b.cleaner = g }

// mine is what every method begins with that changes anything.
func (b *bench) mine() bool {
	s := b.s
	if s.turn() || b.cleaning() {
		return true
	}
	if s.ended() || s.disowned() {
		return false
	}
	stack := make([]byte, 8192)
	stack = stack[:runtime.Stack(stack, false)]
	what := "World.TB was called from goroutine " + strconv.FormatUint(goroutineOf(stack), 10) + ", which is no task of this world; start tasks with Go of their process"
	s.stray.CompareAndSwap(nil, &Misuse{What: what, Stack: string(stack)})
	s.attention.Or(strayed)
	return false
}

// who is the task that calls.
func (b *bench) who() string {
	if b.cleaning() {
		return "cleanup"
	}
	return b.s.task.who()
}

// Name implements testing.TB.
func (b *bench) Name() string {
	if b.name == "" {
		return "simnet"
	}
	return b.name
}

// Fail implements testing.TB.
func (b *bench) Fail() {
	if b.mine() && !b.failed.Swap(true) {
		b.by = b.who()
	}
}

// Failed implements testing.TB.
func (b *bench) Failed() bool { return b.failed.Load() }

// FailNow implements testing.TB. It does not return.
func (b *bench) FailNow() {
	b.Fail()
	b.stop(func(who string) error {
		return &Failure{Task: who, Stack: string(debug.Stack())}
	})
}

// Skipped implements testing.TB.
func (b *bench) Skipped() bool { return b.skipped.Load() }

// SkipNow implements testing.TB. It does not return.
func (b *bench) SkipNow() {
	if b.mine() {
		b.skipped.Store(true)
	}
	b.stop(func(who string) error {
		if b.failed.Load() {
			return &Failure{Task: b.by}
		}
		return &Skipped{Task: who}
	})
}

// stopped is what ends a function of Cleanup.
type stopped struct{}

// stop ends the caller, and the run with a verdict.
func (b *bench) stop(why func(who string) error) {
	switch {
	case b.cleaning():
		panic(stopped{})
	case !b.s.turn():
		// A goroutine that is no task, or a task that is being ended.
		runtime.Goexit()
	}
	b.s.verdict(why(b.who()))
	b.s.task.k.leave()
}

// Error implements testing.TB.
func (b *bench) Error(args ...any) {
	b.say(fmt.Sprintln(args...))
	b.Fail()
}

// Errorf implements testing.TB.
func (b *bench) Errorf(format string, args ...any) {
	b.say(fmt.Sprintf(format, args...))
	b.Fail()
}

// Fatal implements testing.TB.
func (b *bench) Fatal(args ...any) {
	b.say(fmt.Sprintln(args...))
	b.FailNow()
}

// Fatalf implements testing.TB.
func (b *bench) Fatalf(format string, args ...any) {
	b.say(fmt.Sprintf(format, args...))
	b.FailNow()
}

// Skip implements testing.TB.
func (b *bench) Skip(args ...any) {
	b.say(fmt.Sprintln(args...))
	b.SkipNow()
}

// Skipf implements testing.TB.
func (b *bench) Skipf(format string, args ...any) {
	b.say(fmt.Sprintf(format, args...))
	b.SkipNow()
}

// Log implements testing.TB.
func (b *bench) Log(args ...any) { b.say(fmt.Sprintln(args...)) }

// Logf implements testing.TB.
func (b *bench) Logf(format string, args ...any) { b.say(fmt.Sprintf(format, args...)) }

// Attr implements testing.TB.
func (b *bench) Attr(key, value string) { b.say("attr " + key + " " + value) }

// Helper implements testing.TB.
func (b *bench) Helper() {
	if !b.mine() {
		return
	}
	var pc [1]uintptr
	if runtime.Callers(2, pc[:]) == 0 {
		return
	}
	f, _ := runtime.CallersFrames(pc[:]).Next()
	if b.helpers == nil {
		b.helpers = map[string]bool{} // only looked up
	}
	b.helpers[f.Function] = true
}

// say logs what one of the methods was told, which has called it.
func (b *bench) say(text string) {
	if !b.mine() {
		return
	}
	who := b.who()
	b.flush()
	b.line(b.s.now, who, b.place()+": "+strings.TrimSuffix(text, "\n"))
}

// line adds a line to the log, or several.
func (b *bench) line(when int64, who, text string) {
	b.log = fmt.Appendf(b.log, "%v %s %s\n", time.Duration(when), who, strings.ReplaceAll(text, "\n", "\n    "))
}

// place is where the method that has called say was called: "client_test.go:31".
func (b *bench) place() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs[:])]) // Callers, place, say, Log
	var first runtime.Frame
	for {
		f, more := frames.Next()
		if f.Function != "" && first.Function == "" {
			first = f
		}
		switch {
		case inside(f) && strings.HasSuffix(f.Function, "(*worker).carry"), !more:
			f = first
		case b.helpers[f.Function]:
			continue
		}
		return filepath.Base(f.File) + ":" + strconv.Itoa(f.Line)
	}
}

// Output implements testing.TB. A line that it is given is logged when it is
// whole, or when another task or method logs something.
func (b *bench) Output() io.Writer { return output{b} }

type output struct{ b *bench }

// Write implements io.Writer.
func (o output) Write(p []byte) (int, error) {
	b := o.b
	if !b.mine() {
		return len(p), nil
	}
	if who := b.who(); who != b.whose {
		b.flush()
		b.whose = who
	}
	if len(b.part) == 0 {
		b.when = b.s.now
	}
	b.part = append(b.part, p...)
	for {
		line, rest, ok := strings.Cut(string(b.part), "\n")
		if !ok {
			return len(p), nil
		}
		b.line(b.when, b.whose, line)
		b.when = b.s.now
		b.part = append(b.part[:0], rest...)
	}
}

// flush logs what is left of Output's.
func (b *bench) flush() {
	if len(b.part) > 0 {
		b.line(b.when, b.whose, string(b.part))
		b.part = nil
	}
}

// Context implements testing.TB.
func (b *bench) Context() context.Context {
	if !b.mine() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx
	}
	if b.ctx == nil {
		b.ctx, b.cancel = context.WithCancel(context.Background())
		if b.cleaning() {
			b.cancel()
		}
	}
	return b.ctx
}

// Cleanup implements testing.TB.
func (b *bench) Cleanup(f func()) {
	if b.mine() {
		b.cleanup = append(b.cleanup, f)
	}
}

// Chdir implements testing.TB.
func (b *bench) Chdir(string) { panic(elsewhere("Chdir", "a process has one of its own")) }

// Setenv implements testing.TB.
func (b *bench) Setenv(string, string) { panic(elsewhere("Setenv", "hand values to tasks otherwise")) }

// TempDir implements testing.TB.
func (b *bench) TempDir() string { panic(elsewhere("TempDir", "use /tmp or World.Mkdir")) }

// ArtifactDir implements testing.TB.
func (b *bench) ArtifactDir() string { panic(elsewhere("ArtifactDir", "Log goes to Result.Log")) }

func elsewhere(method, instead string) string {
	return "simnet: TB." + method + " is about the real machine, of which a run has nothing; " + instead
}

// expire is told that the run has its verdict.
func (b *bench) expire() {
	if b != nil && b.cancel != nil {
		b.cancel()
	}
}

// close is told that every task has ended. It has the last word on the verdict.
func (b *bench) close() {
	if b == nil || len(b.cleanup) == 0 && len(b.log) == 0 && len(b.part) == 0 && !b.failed.Load() {
		return
	}
	b.cleans(coro.Self())
	defer b.cleans(0)
	for n := len(b.cleanup); n > 0; n = len(b.cleanup) {
		f := b.cleanup[n-1]
		b.cleanup = b.cleanup[:n-1]
		b.clean(f)
	}
	b.flush()
	s := b.s
	switch e := s.err.(type) {
	case nil:
		if b.failed.Load() {
			s.err = &Failure{Task: b.by, Log: string(b.log)}
		}
	case *Failure:
		e.Log = string(b.log)
	case *Skipped:
		if e.Log = string(b.log); b.failed.Load() {
			s.err = &Failure{Task: b.by, Log: e.Log}
		}
	}
}

// clean calls a function of Cleanup.
func (b *bench) clean(f func()) {
	defer func() {
		switch v := recover(); v.(type) {
		case nil, stopped:
		default:
			e := &Panic{Task: "cleanup", Value: v, Stack: string(debug.Stack())}
			if b.s.err == nil {
				b.s.err = e
			} else {
				b.line(b.s.now, "cleanup", e.Error())
			}
		}
	}()
	f()
}
