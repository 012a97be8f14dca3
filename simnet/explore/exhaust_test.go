package explore_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// yields is a program of tasks of one process that yield n times each, and an
// order of theirs.
func yields(order *strings.Builder, times ...int) func(*simnet.World) {
	return func(w *simnet.World) {
		order.Reset()
		p := w.Process("p")
		for i, n := range times {
			p.Go(fmt.Sprint("t", i), func() {
				for range n {
					p.Yield()
					fmt.Fprint(order, i)
				}
			})
		}
	}
}

// As many runs are executed as there are, and every order is among them that so
// many deviations lead to.
func TestExhaustCounts(t *testing.T) {
	for _, tt := range []struct {
		times  []int
		bound  int
		orders int
	}{
		// With a bound that is never reached, all interleavings.
		{[]int{2, 2}, 20, 6},
		{[]int{3, 3}, 20, 20},
		{[]int{2, 2, 2}, 20, 90},
		{[]int{1, 2, 3}, 20, 60},
		// The calm run.
		{[]int{2, 2}, 0, 1},
		// 0011; 1100, by another first task or before the first operation; 0110.
		{[]int{2, 2}, 1, 3},
	} {
		var order strings.Builder
		seen := map[string]int{}
		last := 0
		program := func(x *explore.Execution) *simnet.Result {
			res := x.Run(yields(&order, tt.times...))
			if n := explore.Deviations(x); n < last {
				t.Errorf("%v: a run with %d deviations after one with %d", tt.times, n, last)
			} else {
				last = n
			}
			seen[order.String()]++
			return res
		}
		c := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, tt.bound, program)
		if !c.Complete || c.Covered != tt.bound || c.Err != nil || c.Failure != nil || c.Stopped != "" {
			t.Errorf("%v: %v", tt.times, c)
		}
		runs := 0
		for _, n := range seen {
			runs += n
		}
		if len(seen) != tt.orders || runs != c.Runs {
			t.Errorf("%v, bound %d: %d orders in %d runs, want %d in %d: %v", tt.times, tt.bound, len(seen), runs, tt.orders, c.Runs, slices.Sorted(maps.Keys(seen)))
		}
		if c.Distinct < len(seen) || c.Distinct > c.Runs {
			t.Errorf("%v: %d distinct of %d runs", tt.times, c.Distinct, c.Runs)
		}
	}
}

// No two runs are given the same answers.
func TestExhaustRepeatsNothing(t *testing.T) {
	seen := map[string]bool{}
	program := func(x *explore.Execution) *simnet.Result {
		r := simnet.Record(x.Config.Chooser)
		x.Config.Chooser = r
		res := x.Run(echo)
		script := r.Script().String()
		if seen[script] {
			t.Errorf("executed twice:\n%s", script)
		}
		if len(r.Script().Lines) > 2 {
			t.Errorf("too many deviations:\n%s", script)
		}
		seen[script] = true
		return res
	}
	c := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, 2, program)
	if !c.Complete || len(seen) != c.Runs || c.Runs < 50 {
		t.Errorf("%v, %d scripts", c, len(seen))
	}
}

// racy is a program with a bug: it fails if b is first at the file twice.
func racy(w *simnet.World) {
	tb := w.TB()
	p := w.Process("p")
	wins := 0
	for _, name := range [...]string{"a", "b"} {
		p.Go(name, func() {
			for range 2 {
				p.Yield()
				if name == "b" {
					wins++
				} else if wins == 1 {
					p.Yield()
					if wins == 1 {
						tb.Error("seen in between")
					}
				}
			}
		})
	}
}

// The failure that is found has as few deviations as any, and a script that brings
// it about.
func TestExhaustFindsTheShortest(t *testing.T) {
	for bound := range 4 {
		c := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, bound, explore.World(racy))
		if bound < 2 {
			if !c.Complete {
				t.Fatalf("bound %d: %v", bound, c)
			}
			continue
		}
		var failure *simnet.Failure
		if c.Complete || c.Failure == nil || !errors.As(c.Failure.Err, &failure) || c.Covered != 1 || c.Stopped == "" {
			t.Fatalf("bound %d: %v", bound, c)
		}
		f := c.Failure
		if len(f.Script.Lines) != 2 || f.Trace == nil || f.Diverged != nil {
			t.Errorf("bound %d: %v\n%v", bound, f.Diverged, f.Script)
		}
		again := simnet.Run(simnet.Config{Chooser: simnet.Replay(f.Script)}, racy)
		if !errors.As(again.Err, &failure) || again.Hash != f.Hash {
			t.Errorf("the script does not fail: %v", again.Err)
		}
	}
}

// A verdict that the program has after the run is a failure like others, with the
// script of the run.
func TestExhaustOwnVerdict(t *testing.T) {
	own := errors.New("the second came first")
	var order strings.Builder
	c := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, 2, func(x *explore.Execution) *simnet.Result {
		res := x.Run(yields(&order, 1, 1))
		if order.String() == "10" {
			return &simnet.Result{Err: own, Hash: res.Hash}
		}
		return res
	})
	if c.Failure == nil || c.Failure.Err != own || len(c.Failure.Script.Lines) != 1 || c.Failure.Diverged != nil {
		t.Fatal(c)
	}
	if !strings.Contains(c.String(), "a run failed, after 1 deviation: the second came first; complete with at most 0") {
		t.Error(c)
	}
}

// A failure that is not there again is told as it was, with what is wrong.
func TestExhaustDiverged(t *testing.T) {
	runs := 0
	c := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, 0, explore.World(func(w *simnet.World) {
		if runs++; runs == 1 {
			w.TB().Error("once")
		}
		echo(w)
	}))
	var failure *simnet.Failure
	if c.Failure == nil || !errors.As(c.Failure.Err, &failure) || c.Failure.Diverged == nil {
		t.Error(c)
	}
}

// A run that is stuck has failed.
func TestExhaustStuck(t *testing.T) {
	program := explore.World(func(w *simnet.World) {
		p := w.Process("p")
		set := false
		p.Go("a", func() {
			for !set {
				p.Yield()
			}
		})
		p.Go("b", func() { set = true })
	})
	c := explore.Exhaust(context.Background(), explore.ExhaustConfig{World: simnet.Config{Steps: 20}}, 1, program)
	var stuck *simnet.Stuck
	if c.Failure == nil || !errors.As(c.Failure.Err, &stuck) || c.Covered != -1 {
		t.Error(c)
	}
}

// Faults that are switched on are asked for, whatever the rate, and others not,
// even if the program orders one.
func TestExhaustFaults(t *testing.T) {
	program := func(fired *simnet.Fired, order string) explore.Program {
		return func(x *explore.Execution) *simnet.Result {
			res := x.Run(func(w *simnet.World) {
				if order != "" {
					if err := w.Order(order); err != nil {
						panic(err)
					}
				}
				p := w.Process("p")
				p.Go("main", func() {
					a, b, err := p.Pair()
					if err != nil {
						return
					}
					if _, err := a.Send([][]byte{make([]byte, 8)}, nil, time.Time{}); err != nil {
						return
					}
					b.Recv([][]byte{make([]byte, 8)}, nil, time.Time{})
				})
			})
			for f, n := range res.Fired {
				fired[f] = max(fired[f], n)
			}
			return res
		}
	}
	for _, tt := range []struct {
		faults simnet.Faults
		order  string
		bound  int
		runs   int
		fired  string
	}{
		{simnet.Faults{}, "", 2, 1, ""},
		{simnet.Faults{simnet.FaultEMFILE: {Rate: 1}}, "", 2, 2, "EMFILE 1"},
		{simnet.Faults{simnet.FaultShort: {Rate: 1, Max: 1}}, "", 3, 7, "short 1"}, // 1, half, most of each of two
		{simnet.Faults{simnet.FaultENFILE: {Rate: 1}, simnet.FaultENOBUFS: {Rate: 1}}, "", 2, 3, "ENFILE 1, ENOBUFS 1"},
		{simnet.Faults{}, "p/main 2 fail ENOBUFS", 2, 1, "ENOBUFS 1"},
		{simnet.Faults{simnet.FaultENOBUFS: {Rate: 1}}, "p/main 1 fail ENFILE", 2, 1, "ENFILE 1"},
	} {
		var fired simnet.Fired
		cfg := explore.ExhaustConfig{World: simnet.Config{Faults: tt.faults}, Isolated: true}
		c := explore.Exhaust(context.Background(), cfg, tt.bound, program(&fired, tt.order))
		if !c.Complete || c.Runs != tt.runs || fired.String() != tt.fired {
			t.Errorf("%v %q: %v, fired %v; want %d runs, %s", tt.faults, tt.order, c, fired, tt.runs, tt.fired)
		}
	}
}

func TestExhaustStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	runs := 0
	program := func(x *explore.Execution) *simnet.Result {
		if runs++; runs == 10 {
			cancel()
		}
		return x.Run(echo)
	}
	c := explore.Exhaust(ctx, explore.ExhaustConfig{}, 3, program)
	if c.Complete || c.Runs != 10 || c.Stopped != context.Canceled.Error() || c.Covered != 0 {
		t.Error(c)
	}
	all := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, 2, explore.World(echo))
	for _, most := range []int{1, 2, all.Runs - 1, all.Runs} {
		c := explore.Exhaust(context.Background(), explore.ExhaustConfig{MaxRuns: most}, 2, explore.World(echo))
		if c.Runs != most || c.Complete != (most == all.Runs) || c.Complete != (c.Stopped == "") {
			t.Errorf("MaxRuns %d of %d: %v", most, all.Runs, c)
		}
		if want := map[int]int{1: 0, 2: 0, all.Runs - 1: 1, all.Runs: 2}[most]; c.Covered != want {
			t.Errorf("MaxRuns %d of %d: covered %d, want %d", most, all.Runs, c.Covered, want)
		}
	}
}

// What is told on the way.
func TestExhaustProgress(t *testing.T) {
	done, progress, index := 0, 0, 0
	cfg := explore.ExhaustConfig{
		Done: func(x *explore.Execution) {
			if done++; len(x.Marks) != 1 || x.Marks[0] != 7 {
				t.Fatalf("marks of run %d: %v", done, x.Marks)
			}
			index = max(index, x.Index)
		},
		Progress: func(so *explore.Certificate) {
			if progress++; so.Runs != 4096*progress || so.Complete {
				t.Errorf("progress %d: %v", progress, so)
			}
		},
	}
	c := explore.Exhaust(context.Background(), cfg, 4, func(x *explore.Execution) *simnet.Result {
		x.Marks = append(x.Marks, 7)
		return x.Run(echo)
	})
	if done != c.Runs || progress != c.Runs/4096 || progress == 0 || index != 0 {
		t.Errorf("%v: done %d, progress %d, index %d", c, done, progress, index)
	}
}

func TestExhaustErrors(t *testing.T) {
	once := func(w *simnet.World) { w.Process("p").Go("main", func() {}) }
	count := 0
	for _, tt := range []struct {
		name    string
		bound   int
		program explore.Program
		want    string
	}{
		{"bound", -1, explore.World(once), "a bound of -1 deviations"},
		{"nil", 1, nil, "no program"},
		{"twice", 1, func(x *explore.Execution) *simnet.Result { x.Run(once); return x.Run(once) }, "called Execution.Run 2 times"},
		{"never", 1, func(x *explore.Execution) *simnet.Result { return &simnet.Result{} }, "called Execution.Run 0 times"},
		{"another number of tasks each time", 1, explore.World(func(w *simnet.World) {
			p := w.Process("p")
			count++
			for i := range 2 + count%2 {
				p.Go(fmt.Sprint("t", i), func() { p.Yield() })
			}
		}), "is not deterministic: given the same answers, question 1 was (run, after operation "},
		{"as many answers, to another operation", 2, explore.World(func(w *simnet.World) {
			p := w.Process("p")
			count++
			p.Go("main", func() {
				if count%2 == 0 {
					p.Yield() // with nobody else there, nothing is asked
				}
				p.Go("other", func() { p.Yield() })
				p.Yield()
			})
		}), "is not deterministic: given the same answers, question 1 was (run, before operation "},
		{"fewer questions each time", 1, explore.World(func(w *simnet.World) {
			p := w.Process("p")
			count++
			for i := range 2 {
				p.Go(fmt.Sprint("t", i), func() {
					for range 8 - min(count, 8) {
						p.Yield()
					}
				})
			}
		}), "is not deterministic: given the same answers, "},
	} {
		count = 0
		c := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, tt.bound, tt.program)
		if c.Complete || c.Err == nil || !strings.Contains(c.Err.Error(), tt.want) || !strings.Contains(c.String(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, c, tt.want)
		}
	}
}

// What a program does outside of its run is a failure, too.
func TestExhaustOutside(t *testing.T) {
	var panicked *simnet.Panic
	c := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, 1, func(x *explore.Execution) *simnet.Result {
		x.Run(echo)
		panic("outside")
	})
	if c.Failure == nil || !errors.As(c.Failure.Err, &panicked) || panicked.Value != "outside" {
		t.Error(c)
	}
	var exit *simnet.Exit
	c = explore.Exhaust(context.Background(), explore.ExhaustConfig{}, 1, func(x *explore.Execution) *simnet.Result {
		t.SkipNow() // of another goroutine than the test's
		return nil
	})
	if c.Failure == nil || !errors.As(c.Failure.Err, &exit) || c.Complete {
		t.Error(c)
	}
}

// A run that is skipped has not failed.
func TestExhaustSkipped(t *testing.T) {
	c := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, 1, explore.World(func(w *simnet.World) {
		tb := w.TB()
		echo(w)
		tb.SkipNow()
	}))
	if !c.Complete || c.Skipped != c.Runs {
		t.Error(c)
	}
}

func TestCertificateString(t *testing.T) {
	for _, tt := range []struct {
		c    explore.Certificate
		want string
	}{
		{explore.Certificate{Bound: 3, Covered: 3, Isolated: true, Runs: 12345, Pruned: 678, Complete: true},
			"complete: 12,345 runs with at most 3 deviations, 678 pruned"},
		{explore.Certificate{Bound: 1, Covered: 1, Runs: 1, Complete: true, Skipped: 1},
			"complete: 1 run with at most 1 deviation, nothing pruned, as processes are not Isolated, 1 skipped"},
		{explore.Certificate{Bound: 3, Covered: 2, Isolated: true, Runs: 10_000_000, Stopped: "MaxRuns is 10,000,000"},
			"stopped after 10,000,000 runs with at most 3 deviations, 0 pruned: MaxRuns is 10,000,000; complete with at most 2"},
		{explore.Certificate{Bound: 2, Covered: -1, Isolated: true, Runs: 1, Stopped: "context canceled"},
			"stopped after 1 run with at most 2 deviations, 0 pruned: context canceled"},
		{explore.Certificate{Bound: 2, Covered: 0, Isolated: true, Runs: 4, Stopped: "a run failed",
			Failure: &simnet.Result{Err: errors.New("lost\nmore"), Script: simnet.Script{Lines: make([]simnet.Line, 1)}}},
			"stopped after 4 runs with at most 2 deviations, 0 pruned: a run failed, after 1 deviation: lost; complete with at most 0"},
	} {
		if got := tt.c.String(); got != tt.want {
			t.Errorf("%s\nwant\n%s", got, tt.want)
		}
	}
}

func ExampleExhaust() {
	program := explore.World(func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		server.Background("main", func() {
			l, err := server.Listen("/run/app.sock", 1, transport.ListenConfig{})
			if err != nil {
				return
			}
			for {
				l.Accept(time.Time{})
			}
		})
		client.Go("main", func() {
			if _, err := client.Dial("/run/app.sock", time.Time{}); err != nil {
				w.TB().Error(err)
			}
		})
	})
	c := explore.Exhaust(context.Background(), explore.ExhaustConfig{Isolated: true}, 2, program)
	fmt.Println(c.Complete, c.Covered)
	fmt.Println(c.Failure.Script)
	// Output:
	// false 0
	// brine script 1
	// world 5+   run client/main   # when the scene is set, client/main goes first
}
