package scoreboard_test

import (
	"errors"
	"flag"
	"testing"

	"example.com/brine/proptest/scoreboard"
	"example.com/brine/simnet"
)

// How many runs of the corrected programs have to be clean. 10,000 are what is
// held before a strategy is changed.
var clean = flag.Int("clean", 100, "execute each corrected program so often")

// each calls f for every program, as a test of its own.
func each(t *testing.T, f func(t *testing.T, p *scoreboard.Program)) {
	seen := map[string]bool{}
	for _, p := range scoreboard.Programs {
		if seen[p.Name] || p.Bug == "" {
			t.Errorf("program %q is there twice, or has no description", p.Name)
		}
		seen[p.Name] = true
		t.Run(p.Name, func(t *testing.T) { f(t, p) })
	}
	if len(seen) < 14 {
		t.Errorf("there are %d programs", len(seen))
	}
}

// TestCalm holds both forms of every program to pass when nothing deviates.
func TestCalm(t *testing.T) {
	each(t, func(t *testing.T, p *scoreboard.Program) {
		p.Config.Replay(t, "brine script 1\n", p.Wrong())
		p.Config.Replay(t, "brine script 1\n", p.Right())
	})
}

// TestClean holds the corrected programs to pass whatever deviates.
func TestClean(t *testing.T) {
	each(t, func(t *testing.T, p *scoreboard.Program) {
		for _, strategy := range strategies {
			cfg := p.Config
			cfg.Runs, cfg.Strategy, cfg.Seed = *clean, strategy, 1
			rep, err := cfg.Explore(t.Name(), p.Right())
			if err != nil {
				t.Fatal(err)
			}
			if f := rep.Failure; f != nil {
				t.Errorf("%s: run %d of the corrected program: %s\n%s", strategy, f.Index, f.Property, f.Script)
			}
			if rep.Skipped > 0 {
				t.Errorf("%s: %d runs were skipped", strategy, rep.Skipped)
			}
		}
	})
}

// strategies are those that are compared.
var strategies = []string{"walk", "pct", "pos", "uniform", "swarm", "portfolio"}

// budget is how many runs a strategy has to find a bug.
const budget = 10_000

// TestFound holds the default strategy to find every bug.
func TestFound(t *testing.T) {
	each(t, func(t *testing.T, p *scoreboard.Program) {
		cfg := p.Config
		cfg.Runs, cfg.Seed = budget, 1
		rep, err := cfg.Explore(t.Name(), p.Wrong())
		if err != nil {
			t.Fatal(err)
		}
		if rep.Failure == nil {
			t.Fatalf("the bug was not found in %d runs", rep.Runs)
		}
		var misuse *simnet.Misuse
		var panicked *simnet.Panic
		if err := rep.Failure.Result.Err; errors.As(err, &misuse) || errors.As(err, &panicked) {
			t.Errorf("what was found is not the bug: %v", err)
		}
		t.Logf("found in run %d: %s", rep.Failure.Index, rep.Failure.Property)
	})
}
