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
		rep, err := explore.Run(t.Context(), explore.Config{World: p.World}, explore.World(p.Build(true)))
		if err != nil {
			t.Fatal(err)
		}
		if rep.Failure == nil {
			t.Errorf("%s: %d runs have found nothing wrong", p.Name, rep.Runs)
			continue
		}
		t.Logf("%s: run %d: %s", p.Name, rep.Failure.Index, rep.Failure.Property)
	}
}

// What is right endures every fault that its package has on its list, and each of
// them comes by.
func TestRight(t *testing.T) {
	for _, p := range examples.All() {
		rep, err := explore.Run(t.Context(), explore.Config{World: p.World, Runs: *runs}, explore.World(p.Build(false)))
		if err != nil {
			t.Fatal(err)
		}
		if f := rep.Failure; f != nil {
			t.Errorf("%s: run %d: %s\n%v\n%v", p.Name, f.Index, f.Property, f.Script, f.Result.Trace)
			continue
		}
		for f, s := range p.World.Faults {
			if s.Rate > 0 && rep.Fired[f] == 0 {
				t.Errorf("%s: in %d runs the fault %v has not struck", p.Name, rep.Runs, simnet.Fault(f))
			}
		}
		t.Logf("%s: %d runs, %d different, %d steps in %v; faults: %v", p.Name, rep.Runs, rep.Distinct, rep.Steps, rep.Elapsed, rep.Fired)
	}
}
