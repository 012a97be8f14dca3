package explore_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// race is a program in which two tasks take turns n times, and that fails if the
// second is ever so far behind.
func race(n, behind int) func(w *simnet.World) {
	return func(w *simnet.World) {
		p := w.Process("p")
		var at [2]int
		for i := range at {
			p.Go("task", func() {
				for range n {
					p.Yield()
					at[i]++
					if at[0]-at[1] >= behind {
						w.TB().Fatalf("%d to %d", at[0], at[1])
					}
				}
			})
		}
	}
}

// sums is what a report has that does not depend on time.
func sums(rep *explore.Report) string {
	f := ""
	if rep.Failure != nil {
		f = fmt.Sprint(rep.Failure.Index, rep.Failure.Script, rep.Failure.Executions, rep.Failure.Before, rep.Failure.After)
	}
	return fmt.Sprint(rep.Strategy, rep.Seed, rep.Runs, rep.Skipped, rep.Verified, rep.Distinct, rep.Exactly, rep.Steps, rep.Fired, rep.Stopped, f)
}

// TestFindCores: the report is the same on any number of cores, with every
// strategy, whether there is a failure or not, and so is what Done is told.
func TestFindCores(t *testing.T) {
	for _, strategy := range explore.Names() {
		for _, behind := range []int{9, 100} {
			said := map[string]int{}
			for _, cores := range []int{1, 2, 7} {
				var b strings.Builder
				rep, err := explore.Run(t.Context(), explore.Config{
					Strategy: strategy, Seed: 5, Runs: 500, Cores: cores,
					Done: func(x *explore.Execution) { fmt.Fprint(&b, x.Index, x.Marks) },
				}, func(x *explore.Execution) *simnet.Result {
					res := x.Run(race(9, behind))
					x.Marks = append(x.Marks, uint32(res.Steps))
					return res
				})
				if err != nil {
					t.Fatal(err)
				}
				if behind == 100 && (rep.Failure != nil || rep.Runs != 500 || rep.Distinct < 30) {
					t.Errorf("%s: %s", strategy, sums(rep))
				}
				said[sums(rep)+b.String()]++
			}
			if len(said) != 1 {
				for s := range said {
					t.Errorf("%s, behind %d: %.300s", strategy, behind, s)
				}
			}
		}
	}
}

// TestFindSeeds: other seeds, other runs.
func TestFindSeeds(t *testing.T) {
	steps := map[int]bool{}
	for seed := range uint64(3) {
		rep, err := explore.Run(t.Context(), explore.Config{Seed: seed, Runs: 100}, explore.World(func(w *simnet.World) {
			p := w.Process("p")
			done := false
			p.Go("a", func() {
				for !done {
					p.Yield()
				}
			})
			p.Go("b", func() {
				p.Yield()
				done = true
			})
		}))
		if err != nil || rep.Failure != nil {
			t.Fatal(err, rep)
		}
		steps[rep.Steps] = true
	}
	if len(steps) != 3 {
		t.Errorf("three seeds have %d different numbers of operations", len(steps))
	}
}

// TestFindOutside: what a program does outside of its run is its verdict, and no
// goroutine stays behind.
func TestFindOutside(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, test := range []struct {
		name string
		f    func(res *simnet.Result) *simnet.Result
		said string
	}{
		{"panic", func(*simnet.Result) *simnet.Result { panic("no, thank you") }, "task program panicked: no, thank you"},
		{"exit", func(*simnet.Result) *simnet.Result { runtime.Goexit(); return nil }, "task program called runtime.Goexit"},
		{"nothing", func(*simnet.Result) *simnet.Result { return nil }, "the program returned no Result"},
		{"verdict", func(res *simnet.Result) *simnet.Result {
			res.Err = errors.New("not to my taste")
			return res
		}, "not to my taste"},
	} {
		for _, cores := range []int{1, 3} {
			rep, err := explore.Run(t.Context(), explore.Config{Runs: 200, Cores: cores}, func(x *explore.Execution) *simnet.Result {
				res := x.Run(race(3, 100))
				if x.Index >= 100 {
					return test.f(res)
				}
				return res
			})
			if err != nil {
				t.Fatal(err)
			}
			if f := rep.Failure; f == nil || f.Index != 100 || !strings.Contains(f.Property, test.said) {
				t.Errorf("%s on %d cores: %+v", test.name, cores, f)
			}
		}
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 1000 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
}

// TestFindManyCores: no more goroutines are made than can have something to do.
func TestFindManyCores(t *testing.T) {
	most := 0
	rep, err := explore.Run(t.Context(), explore.Config{Runs: 10, Cores: math.MaxInt32, Verify: -1}, func(x *explore.Execution) *simnet.Result {
		if x.Index == 0 {
			most = runtime.NumGoroutine()
		}
		return x.Run(race(3, 100))
	})
	if err != nil || rep.Runs != 10 || most == 0 || most > 3000 {
		t.Errorf("%v, %+v, %d goroutines", err, rep, most)
	}
}

// TestFindSkipped: a run that is skipped counts as that.
func TestFindSkipped(t *testing.T) {
	rep, err := explore.Run(t.Context(), explore.Config{Runs: 100}, func(x *explore.Execution) *simnet.Result {
		return x.Run(func(w *simnet.World) {
			if x.Index%4 == 0 {
				w.TB().Skip("not this one")
			}
			race(3, 100)(w)
		})
	})
	if err != nil || rep.Failure != nil || rep.Runs != 100 || rep.Skipped != 25 {
		t.Errorf("%v, %+v", err, rep)
	}
}

// TestFindStops: an exploration ends when its time is over, or its context, with
// what it has by then.
func TestFindStops(t *testing.T) {
	rep, err := explore.Run(t.Context(), explore.Config{Time: 100 * time.Millisecond}, explore.World(race(3, 100)))
	if err != nil || rep.Failure != nil || rep.Runs == 0 || rep.Stopped != "after 100ms" {
		t.Errorf("%v, %+v", err, rep)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	var runs atomic.Int64
	rep, err = explore.Run(ctx, explore.Config{Runs: 1 << 30}, func(x *explore.Execution) *simnet.Result {
		if runs.Add(1) == 5000 {
			cancel(errors.New("enough"))
		}
		return x.Run(race(3, 100))
	})
	if err != nil || rep.Failure != nil || rep.Runs < 4000 || rep.Stopped != "enough" {
		t.Errorf("%v, %+v", err, rep)
	}
	ctx, cancel2 := context.WithCancel(t.Context())
	cancel2()
	rep, err = explore.Run(ctx, explore.Config{}, explore.World(race(3, 100)))
	if err != nil || rep.Runs != 0 || rep.Stopped != "context canceled" {
		t.Errorf("%v, %+v", err, rep)
	}
}

// TestFindUnsteady: a failure that is another one, or none, when it is executed
// again, says so, and in which step.
func TestFindUnsteady(t *testing.T) {
	var shared atomic.Int64
	rep, err := explore.Run(t.Context(), explore.Config{Runs: 100, Verify: -1, Cores: 1}, explore.World(func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			if n := shared.Add(1); n == 50 {
				w.TB().Fatal("once in a while")
			} else if n%2 == 0 {
				p.Yield()
			}
		})
	}))
	if err != nil || rep.Failure == nil || rep.Failure.Diverged == nil {
		t.Fatalf("%v, %+v", err, rep.Failure)
	}
	var d *simnet.Divergence
	if !errors.As(rep.Failure.Diverged, &d) {
		t.Errorf("it says %v", rep.Failure.Diverged)
	}
	if !strings.Contains(rep.Failure.Property, "once in a while") {
		t.Errorf("the property is %q", rep.Failure.Property)
	}
}

// TestFindProgress: whoever wants to know is told.
func TestFindProgress(t *testing.T) {
	last := explore.Progress{}
	told := 0
	rep, err := explore.Run(t.Context(), explore.Config{Time: 500 * time.Millisecond, Progress: func(p explore.Progress) {
		if p.Runs <= last.Runs || p.Elapsed <= last.Elapsed {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
		told++
	}}, explore.World(race(5, 100)))
	if err != nil || told == 0 || last.Runs > rep.Runs || last.Distinct > rep.Distinct {
		t.Errorf("%v, told %d times, last %+v; %+v", err, told, last, rep)
	}
}

// TestFindErrors: what makes no sense is an error.
func TestFindErrors(t *testing.T) {
	for _, cfg := range []explore.Config{{Runs: -1}, {Time: -1}, {Cores: -1}, {Strategy: "luck"}} {
		if rep, err := explore.Run(t.Context(), cfg, explore.World(race(1, 9))); err == nil {
			t.Errorf("%+v: %+v", cfg, rep)
		}
	}
	if _, err := explore.Run(t.Context(), explore.Config{}, nil); err == nil {
		t.Error("no program passes")
	}
}

func ExampleRun() {
	rep, err := explore.Run(context.Background(), explore.Config{Strategy: "walk", Seed: 1}, explore.World(func(w *simnet.World) {
		p := w.Process("p")
		n := 0
		for range 2 {
			p.Go("adder", func() {
				was := n
				p.Yield()
				n = was + 1
			})
		}
		w.TB().Cleanup(func() {
			if n != 2 {
				w.TB().Errorf("n is %d", n)
			}
		})
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("runs:", rep.Runs)
	fmt.Print(rep.Failure.Script)
	// Output:
	// runs: 2
	// brine script 1
	// p/adder 1   run p/adder~2   # before its 1st operation (yield), p/adder~2 goes first
}
