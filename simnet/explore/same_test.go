package explore_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// failed returns the verdict about a program of one task, of which the number of
// its run is to make no difference.
func failed(t *testing.T, n int, f func(w *simnet.World, p *simnet.Process, n int)) error {
	t.Helper()
	res := simnet.Run(simnet.Config{Once: true, Steps: 1000 + n}, func(w *simnet.World) {
		p := w.Process("p")
		name := "main"
		if n > 0 {
			name = fmt.Sprint("other", n)
		}
		p.Go(name, func() {
			if n > 0 {
				p.Sleep(p.Now().Add(time.Duration(n)))
			}
			f(w, p, n)
		})
	})
	return res.Err
}

// check is a helper, whose place is that of its caller.
func check(tb testing.TB, got, want int) {
	tb.Helper()
	if got != want {
		tb.Fatalf("got %d, and not %d", got, want)
	}
}

// checkBare is one that does not say so.
func checkBare(tb testing.TB) { tb.FailNow() }

// mine is a verdict of one's own.
type mine struct{ what string }

func (e mine) Error() string { return e.what }

// said is one that says what class it is of.
type said struct{ class, text string }

func (e said) Error() string { return e.text }
func (e said) Class() string { return e.class }

// TestClass has programs fail twice each, with other numbers: that is the same
// failure, and no other one is.
func TestClass(t *testing.T) {
	type program = func(w *simnet.World, p *simnet.Process, n int)
	const panicked, failure = "panic: ", "failure at same_test.go:"
	programs := []struct {
		class string // or how it begins
		f     program
	}{
		{panicked + `the balance is # at same_test.go:`, func(w *simnet.World, p *simnet.Process, n int) { panic(fmt.Sprint("the balance is ", n)) }},
		{panicked + `runtime error: index out of range [#] with length # at same_test.go:`, func(w *simnet.World, p *simnet.Process, n int) { _ = make([]int, n)[n+1] }},
		{panicked + `# at same_test.go:`, func(w *simnet.World, p *simnet.Process, n int) { panic(fmt.Sprintf("%p", new([17]int))) }},
		{panicked + `got "", and not "" at same_test.go:`, func(w *simnet.World, p *simnet.Process, n int) {
			panic(fmt.Sprintf(`got %q, and not "x\"y"`, strings.Repeat("y", n)))
		}},
		{panicked + `took [#] at same_test.go:`, func(w *simnet.World, p *simnet.Process, n int) { panic(fmt.Sprint("took ", make([]int, n+1))) }},
		{panicked + `cannot insert at same_test.go:`, func(w *simnet.World, p *simnet.Process, n int) {
			slices.SortFunc([]int{1, n + 2}, func(int, int) int { panic("cannot insert") })
		}},
		{panicked + `strings: negative Repeat count at same_test.go:`, func(w *simnet.World, p *simnet.Process, n int) { _ = strings.Repeat("x", -1-n) }},
		{failure, func(w *simnet.World, p *simnet.Process, n int) { check(w.TB(), n, n+1) }},
		{failure, func(w *simnet.World, p *simnet.Process, n int) { check(w.TB(), n, n-1) }},
		{failure, func(w *simnet.World, p *simnet.Process, n int) {
			w.TB().Log("this is not the place")
			w.TB().Cleanup(func() { w.TB().Log("and neither is this") })
			w.TB().Fatal(n)
		}},
		{failure, func(w *simnet.World, p *simnet.Process, n int) { w.TB().Errorf("task %d", n) }},
		{failure, func(w *simnet.World, p *simnet.Process, n int) { w.TB().Log(n); checkBare(w.TB()) }},
		{"failure", func(w *simnet.World, p *simnet.Process, n int) { w.TB().Fail() }},
		{"exit at same_test.go:", func(w *simnet.World, p *simnet.Process, n int) { runtime.Goexit() }},
		{"exit at same_test.go:", func(w *simnet.World, p *simnet.Process, n int) { p.Yield(); runtime.Goexit() }},
		{"*simnet.Deadlock", func(w *simnet.World, p *simnet.Process, n int) { p.NewNotifier().Wait(forever) }},
		{"*simnet.Stuck", func(w *simnet.World, p *simnet.Process, n int) {
			for {
				p.Yield()
			}
		}},
		{"misuse: World.TB was called from goroutine #, which is no task of this world", func(w *simnet.World, p *simnet.Process, n int) {
			over := make(chan bool)
			tb := w.TB()
			go func() { tb.Log("hello"); over <- true }()
			<-over
			p.Yield()
		}},
	}
	classes := map[string]int{}
	for i, program := range programs {
		var errs []error
		for n := range 3 {
			err := failed(t, n, program.f)
			errs = append(errs, err)
			if c := explore.Class(err); !strings.HasPrefix(c, program.class) {
				t.Errorf("program %d is of class %q, and not %q", i, c, program.class)
			}
			if !explore.Same(errs[0], err) {
				t.Errorf("program %d: %q is not the same as %q", i, explore.Class(err), explore.Class(errs[0]))
			}
		}
		c := explore.Class(errs[0])
		if j, ok := classes[c]; ok {
			t.Errorf("programs %d and %d are both of class %q", j, i, c)
		}
		classes[c] = i
	}
}

// TestDeadlocksAreSame has different tasks wait.
func TestDeadlocksAreSame(t *testing.T) {
	a := failed(t, 0, func(w *simnet.World, p *simnet.Process, n int) { p.NewNotifier().Wait(forever) })
	b := failed(t, 1, func(w *simnet.World, p *simnet.Process, n int) {
		m := transport.NewMutex(p)
		m.Lock()
		m.Lock()
	})
	if !explore.Same(a, b) {
		t.Errorf("%v is not the same as %v", a, b)
	}
}

func TestClassOfOthers(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{nil, ""},
		{&simnet.Skipped{Task: "a/main"}, ""},
		{&simnet.Blocked{Task: "a/main", State: "chan receive"}, "*simnet.Blocked"},
		{&simnet.Leftover{}, "*simnet.Leftover"},
		{&simnet.Divergence{Step: 3}, "*simnet.Divergence"},
		{&simnet.Failure{Task: "a/main", Log: "0s b/main x.go:3: hello\n5ms a/main noted: so\n6ms a/main a.go:7: now\n6ms a/main a.go:8: then\n"}, "failure at a.go:7"},
		{&simnet.Failure{Task: "a/main", Log: "\n \nx\n0s a/main\n0s a/main :7: x\n0s a/main a.go:x: x\n"}, "failure"},
		{&simnet.Panic{Value: "odd", Stack: "\n\t\nx\n\ty\n\tz:q\n)(\n"}, "panic: odd"},
		{mine{"1"}, "explore_test.mine"},
		{&mine{"1"}, "*explore_test.mine"},
		{said{"lost acknowledgement", "k3"}, "lost acknowledgement"},
		{io.EOF, "*errors.errorString: EOF"},
		{fmt.Errorf("run %d: %w", 12, io.EOF), "*fmt.wrapError: run #: EOF"},
		{errors.Join(errors.New("one 1"), errors.New("two")), "*errors.joinError: one #"},
	}
	for _, test := range tests {
		if got := explore.Class(test.err); !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%T %v is of class %q, and not %q", test.err, test.err, got, test.want)
		}
		if same := explore.Same(test.err, test.err); same != (test.want != "") {
			t.Errorf("%T %v is the same as itself: %v", test.err, test.err, same)
		}
	}
}

func ExampleSame() {
	one := &simnet.Panic{Task: "bank/teller", Value: "the balance is 3"}
	other := &simnet.Panic{Task: "bank/teller~2", Value: "the balance is 12"}
	fmt.Println(explore.Same(one, other), explore.Same(one, &simnet.Deadlock{}))
	// Output: true false
}

func ExampleClass() {
	fmt.Println(explore.Class(&simnet.Panic{Task: "bank/teller", Value: "the balance is 3"}))
	fmt.Println(explore.Class(&simnet.Failure{Task: "bank/teller", Log: "5ms bank/teller bank_test.go:31: got 3\n"}))
	// Output:
	// panic: the balance is #
	// failure at bank_test.go:31
}
