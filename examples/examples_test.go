package examples_test

import (
	"flag"
	"testing"

	"example.com/brine/examples"
	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

var runs = flag.Int("examples-runs", 300, "how many `runs` of each right program are explored")

// The wrong programs are such as one writes: where nothing fails and everybody is
// served in turn, they work.
func TestCalm(t *testing.T) {
	for _, p := range examples.All() {
		for _, wrong := range []bool{false, true} {
			if res := simnet.Verify(simnet.Config{Tidy: true}, p.Build(wrong)); res.Err != nil {
				t.Errorf("%s, wrong %v: %v\n%v", p.Name, wrong, res.Err, res.Trace)
			}
		}
	}
}

func TestWrong(t *testing.T) {
	for _, p := range examples.All() {
		t.Run(p.Name, func(t *testing.T) {
			rep, err := explore.Run(t.Context(), explore.Config{World: p.World}, explore.World(p.Build(true)))
			if err != nil {
				t.Fatal(err)
			}
			if rep.Failure == nil {
				t.Fatalf("%d runs have found nothing wrong", rep.Runs)
			}
			t.Logf("run %d: %s", rep.Failure.Index, rep.Failure.Property)
		})
	}
}

// What is right endures every fault that its package has on its list, and each of
// them comes by.
func TestRight(t *testing.T) {
	for _, p := range examples.All() {
		t.Run(p.Name, func(t *testing.T) {
			rep, err := explore.Run(t.Context(), explore.Config{World: p.World, Runs: *runs}, explore.World(p.Build(false)))
			if err != nil {
				t.Fatal(err)
			}
			if f := rep.Failure; f != nil {
				t.Fatalf("run %d: %s\n%v\n%v", f.Index, f.Property, f.Script, f.Result.Trace)
			}
			for f, s := range p.World.Faults {
				if s.Rate > 0 && rep.Fired[f] == 0 {
					t.Errorf("in %d runs the fault %v has not struck", rep.Runs, simnet.Fault(f))
				}
			}
			t.Logf("%d runs, %d different, %d steps in %v; faults: %v", rep.Runs, rep.Distinct, rep.Steps, rep.Elapsed, rep.Fired)
		})
	}
}
