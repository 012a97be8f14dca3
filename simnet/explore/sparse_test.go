package explore_test

import (
	"slices"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// pooled is a pool that releases its lock while it looks whether what is idle is
// alive, and has not yet taken it out: two users get the same. Each line that is
// left out moves the others.
func pooled(w *simnet.World) {
	p := w.Process("p")
	mu := transport.NewMutex(p)
	var idle []*int
	get := func() *int {
		mu.Lock()
		defer mu.Unlock()
		for len(idle) > 0 {
			c := idle[len(idle)-1]
			mu.Unlock()
			p.Yield() // to look whether it is alive
			mu.Lock()
			idle = slices.DeleteFunc(idle, func(i *int) bool { return i == c })
			return c
		}
		p.Yield()
		return new(int)
	}
	for range 3 {
		p.Go("user", func() {
			for range 2 {
				c := get()
				if *c++; *c > 1 {
					panic("two have the same")
				}
				p.Yield()
				*c--
				mu.Lock()
				idle = append(idle, c)
				mu.Unlock()
			}
		})
	}
}

// sparseBugs are programs of which delta debugging alone leaves more lines than
// there have to be, in some of 20 cases.
var sparseBugs = []bug{
	{name: "pooled", build: pooled, lines: 2, executions: 400},
	{name: "impatient", build: impatient, lines: 1, executions: 100,
		faults: simnet.Faults{simnet.FaultLate: {Rate: 10000}, simnet.FaultEarly: {Rate: 2000}, simnet.FaultJump: {Rate: 500}}},
}

// TestSparse finds bugs from 20 seeds, and holds what is reported to be as short as
// it can be, and the same run when it is executed again.
func TestSparse(t *testing.T) {
	for _, b := range sparseBugs {
		t.Run(b.name, func(t *testing.T) {
			stuck := 0
			var executions []int
			for seed := range uint64(20) {
				cfg := explore.Config{Seed: seed, World: simnet.Config{Faults: b.faults}}
				rep, err := explore.Find(t.Context(), cfg, explore.World(b.build))
				if err != nil || rep.Failure == nil {
					t.Fatalf("seed %d: %v, %+v", seed, err, rep)
				}
				f := rep.Failure
				simnet.Loop(func(r *simnet.Runner) {
					alone := explore.Shrink(f.Script, explore.ShrinkConfig{Err: f.Result.Err}, again(r, b))
					if alone.After > b.lines {
						stuck++
					}
					before := f.Result.Err
					explore.Minimize(t.Context(), cfg, explore.World(b.build), f)
					if f.After != b.lines || !f.Complete || f.Unsteady {
						t.Errorf("seed %d: %d lines, complete %v, unsteady %v:\n%s", seed, f.After, f.Complete, f.Unsteady, f.Script)
					}
					if res := again(r, b)(f.Script); !explore.Same(res.Err, before) || res.Hash != f.Result.Hash {
						t.Errorf("seed %d: %v became %v", seed, before, res.Err)
					}
				})
				executions = append(executions, f.Executions)
			}
			if slices.Sort(executions); executions[10] > b.executions {
				t.Errorf("the median takes %d executions, of at most %d", executions[10], b.executions)
			}
			if stuck == 0 {
				t.Error("without other runs than those of scripts it is as short: that tests nothing")
			}
		})
	}
}

// TestSparseCores: what is reported is the same each time, on any number of cores,
// and another seed is another failure.
func TestSparseCores(t *testing.T) {
	said := map[string]int{}
	for _, cores := range []int{1, 1, 2, 5} {
		for seed := range uint64(3) {
			rep, err := explore.Run(t.Context(), explore.Config{Seed: seed, Cores: cores}, explore.World(pooled))
			if err != nil || rep.Failure == nil {
				t.Fatal(err, rep)
			}
			said[sums(rep)]++
		}
	}
	if len(said) != 3 {
		t.Errorf("three seeds have %d different reports: %v", len(said), said)
	}
}

// TestSparseBudgets holds the executions to be those that are said, and not more
// than there are to be.
func TestSparseBudgets(t *testing.T) {
	for _, budget := range []int{1, 2, 3, 10, 30, 60, 90, 120, 150, 200, 300} {
		calls := 0
		program := func(x *explore.Execution) *simnet.Result {
			calls++
			return x.Run(pooled)
		}
		cfg := explore.Config{Seed: 1, Cores: 1, Shrink: budget}
		rep, err := explore.Find(t.Context(), cfg, program)
		if err != nil || rep.Failure == nil {
			t.Fatal(err, rep)
		}
		f, before := rep.Failure, rep.Failure.Result.Err
		calls = 0
		explore.Minimize(t.Context(), cfg, program, f)
		// Besides, it looks at the beginning with which faults the script fails; and at
		// the end there is the run that is traced.
		if f.Executions > budget || calls > f.Executions+2 {
			t.Errorf("%d executions, says the failure; there were %d, of %d", f.Executions, calls, budget)
		}
		if !explore.Same(before, f.Result.Err) {
			t.Errorf("with a budget of %d, %v became %v", budget, before, f.Result.Err)
		}
	}
}

// TestSower looks which answers are sown where.
func TestSower(t *testing.T) {
	fault := &simnet.Point{Kind: simnet.KindFail, N: 4, Rate: 5, Rates: []int{0, 5, 0}}
	seen := map[int]bool{}
	for seed := range uint64(50) {
		answers := explore.Sow(seed, simnet.KindFail, 2, &simnet.Point{Kind: simnet.KindRun, N: 3}, fault, fault, fault, fault)
		for i, a := range answers {
			if i != 3 && a != 0 || a != 0 && a != 2 {
				t.Errorf("seed %d: %d to question %d", seed, a, i)
			}
		}
		seen[answers[3]] = true
		if answers := explore.Sow(seed, simnet.KindRun, 0, &simnet.Point{Kind: simnet.KindRun, N: 2}); answers[0] != 1 {
			t.Errorf("seed %d: %d where 1 is the only answer but calm", seed, answers[0])
		}
	}
	if len(seen) != 2 {
		t.Errorf("the fault that is switched on is sown always or never: %v", seen)
	}
}

// sevenInARow is two tasks that must not take turns for long, which takes more deviations
// than are drawn at random.
func sevenInARow(w *simnet.World) {
	p := w.Process("p")
	last, row := -1, 0
	for i := range 2 {
		p.Go("task", func() {
			for range 12 {
				p.Yield()
				if row++; last == i {
					row = 0
				}
				if last = i; row == 7 {
					panic("seven in a row")
				}
			}
		})
	}
}

// TestSparseFar looks whether runs of the strategy are shrunk, too, where the script
// is long, and that what is reported is no longer than what was seen.
func TestSparseFar(t *testing.T) {
	for seed := range uint64(4) {
		fewest, far := 100, 0
		program := func(x *explore.Execution) *simnet.Result {
			res := x.Run(sevenInARow)
			n := len(res.Script.Lines)
			if n > 2*fewest {
				far++ // after a script that is half as long
			}
			if res.Err != nil {
				fewest = min(fewest, n)
			}
			return res
		}
		cfg := explore.Config{Seed: seed, Cores: 1}
		rep, err := explore.Find(t.Context(), cfg, explore.World(sevenInARow))
		if err != nil || rep.Failure == nil {
			t.Fatal(err, rep)
		}
		f := rep.Failure
		explore.Minimize(t.Context(), cfg, program, f)
		if f.After != fewest || f.After <= 4 {
			t.Errorf("seed %d: %d lines; there were %d:\n%s", seed, f.After, fewest, f.Script)
		}
		if far == 0 {
			t.Errorf("seed %d: no run of the strategy was executed when the script was short", seed)
		}
	}
}
