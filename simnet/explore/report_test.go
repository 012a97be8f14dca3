package explore_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// bugNamed returns one of bugs.
func bugNamed(t testing.TB, name string) bug {
	t.Helper()
	i := slices.IndexFunc(bugs, func(b bug) bool { return b.name == name })
	if i < 0 {
		t.Fatalf("there is no bug named %q", name)
	}
	return bugs[i]
}

// shrunkFailure finds a bug, shrinks it, and has the minimal run traced.
func shrunkFailure(t testing.TB, b bug) *explore.Failure {
	t.Helper()
	var f *explore.Failure
	simnet.Loop(func(r *simnet.Runner) {
		res, seed := found(t, r, b, 0)
		got := explore.Shrink(res.Script, explore.ShrinkConfig{Err: res.Err, Faults: b.faults}, again(r, b))
		f = &explore.Failure{
			Script: got.Script, Before: got.Before, After: got.After, Executions: got.Executions,
			Complete: got.Complete, Unsteady: got.Unsteady,
			Strategy: "random walk", Seed: seed, Index: int(seed),
			Shell: "go test -run " + strings.ReplaceAll(b.name, " ", ""), Test: "proptest.Replay(t, script, body)",
		}
		f.Result = r.Run(simnet.Config{Chooser: simnet.Replay(got.Script), Trace: true, Faults: b.faults}, b.build)
	})
	return f
}

func written(t *testing.T, f *explore.Failure) string {
	t.Helper()
	var b strings.Builder
	if err := f.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReport(t *testing.T) {
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			text := written(t, shrunkFailure(t, b))
			if n := strings.Count(text, "deadlock"); n > 1 {
				t.Errorf("it says %d times that there is a deadlock:\n%s", n, text)
			}
			kept(t, "report", text)
		})
	}
}

// TestReportOf has reports of what is not a run with a small script.
func TestReportOf(t *testing.T) {
	script := sure(simnet.ParseScript("brine script 1\nc/main 3 run s/main\n"))
	tests := []struct {
		name string
		f    explore.Failure
	}{
		{"nothing but a property", explore.Failure{Property: "the balance is 3, and not 4"}},
		{"calm", explore.Failure{Property: "the balance is 3", Before: 12, Executions: 3, Complete: true, Strategy: "pct", Seed: 7, Index: 2}},
		{"incomplete", explore.Failure{Property: "the balance is 3", Script: script, Before: 40, After: 1, Executions: 2000}},
		{"unsteady", explore.Failure{Property: "the balance is 3", Script: script, Before: 1, After: 1, Executions: 2, Unsteady: true}},
		{"diverged", explore.Failure{Property: "the balance is 3", Script: script, Before: 1, After: 1, Executions: 2, Diverged: errors.New("executed again, the run passed"), Unsteady: true}},
		{"not executed again", *explore.NewFailure(&simnet.Result{Err: &simnet.Exit{Task: "c/main"}})},
		{"a deadlock without a cycle", *explore.NewFailure(&simnet.Result{Trace: &simnet.Trace{}, Err: &simnet.Deadlock{
			Waits: []simnet.Wait{{Task: "c/main", Nth: 3, Op: simnet.OpSleep, For: simnet.ForTime}}}})},
		{"logged", explore.Failure{Script: script, Before: 3, After: 1, Executions: 9, Complete: true, Shell: "go test",
			Result: &simnet.Result{Err: &simnet.Deadlock{}, Log: strings.Repeat("0s c/main c_test.go:3: so far\n", 25)}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { kept(t, "report", written(t, &test.f)) })
	}
}

// fullAt is a writer that takes so many bytes.
type fullAt int

func (w *fullAt) Write(p []byte) (int, error) {
	if len(p) > int(*w) {
		return 0, os.ErrClosed
	}
	*w -= fullAt(len(p))
	return len(p), nil
}

func TestReportErrors(t *testing.T) {
	w := fullAt(10)
	if err := shrunkFailure(t, bugNamed(t, "short read")).WriteText(&w); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a full disk is %v", err)
	}
	w = 10
	if err := explore.Columns(&w, &simnet.Trace{Skipped: 1}, explore.ColumnsConfig{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a full disk is %v", err)
	}
}

func TestVerdictText(t *testing.T) {
	const stack = `goroutine 7 [running]:
runtime/debug.Stack()
	/usr/lib/go/src/runtime/debug/stack.go:26 +0x5e
example.com/brine/simnet.(*worker).edge(0xc0)
	/src/brine/simnet/worker.go:57 +0x1
panic({0x1, 0x2})
	/usr/lib/go/src/runtime/panic.go:785 +0x132
example.com/bank.(*Account).Take(...)
	/src/bank/account.go:31
example.com/bank.teller.func1()
	/src/bank/teller.go:12 +0x1b
created by example.com/bank.other in goroutine 1
	/src/bank/other.go:5 +0x1b
`
	tests := []struct {
		err  error
		want string
	}{
		{nil, ""},
		{&simnet.Panic{Task: "bank/teller", Value: "no money", Stack: stack},
			"task bank/teller panicked: no money\n\tat account.go:31 in bank.(*Account).Take\n\tat teller.go:12 in bank.teller.func1"},
		{&simnet.Exit{Task: "bank/teller", Stack: stack},
			"task bank/teller called runtime.Goexit; a task ends by returning, and a test fails by World.TB\n\tat account.go:31 in bank.(*Account).Take\n\tat teller.go:12 in bank.teller.func1"},
		{&simnet.Failure{Task: "bank/teller", Log: "0s bank/teller teller.go:12: no money\n"},
			"task bank/teller failed the run; its log:\n0s bank/teller teller.go:12: no money"},
		{&simnet.Failure{Task: "bank/teller", Stack: stack},
			"task bank/teller failed the run\n\tat account.go:31 in bank.(*Account).Take\n\tat teller.go:12 in bank.teller.func1"},
		{&simnet.Blocked{Task: "bank/teller", State: "chan receive", Stack: stack},
			"task bank/teller blocks outside its transport (chan receive); wait with a transport.Notifier, Queue, Mutex or Sleep\n\tat account.go:31 in bank.(*Account).Take\n\tat teller.go:12 in bank.teller.func1"},
		{&simnet.Stuck{Steps: 3, Tasks: []string{"a/main (yield)"}}, "no end after 3 operations; what could go on:\n\ta/main (yield)"},
		{&simnet.Deadlock{}, "deadlock: no task can go on, and no timer is set"},
		{errors.New("the balance is 3\n\nand not 4"), "the balance is 3\n\nand not 4"},
	}
	for _, test := range tests {
		if got := explore.VerdictText(test.err); got != test.want {
			t.Errorf("%T is\n%s\nand not\n%s", test.err, got, test.want)
		}
	}
}
