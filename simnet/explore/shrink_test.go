package explore_test

import (
	"slices"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// found executes a program with random choices, from a seed on, until it fails.
func found(t testing.TB, r *simnet.Runner, b bug, seed uint64) (*simnet.Result, uint64) {
	t.Helper()
	for end := seed + 5000; seed < end; seed++ {
		cfg := simnet.Config{Chooser: simnet.Record(simnet.Random(seed)), Faults: b.faults, Once: true}
		if res := r.Run(cfg, b.build); res.Err != nil {
			return res, seed
		}
	}
	t.Fatalf("%s: 5000 random runs from seed %d have passed", b.name, seed)
	return nil, 0
}

// again returns what Shrink calls to execute a program.
func again(r *simnet.Runner, b bug) func(simnet.Script) *simnet.Result {
	return func(s simnet.Script) *simnet.Result {
		return r.Run(simnet.Config{Chooser: simnet.Record(simnet.Replay(s)), Faults: b.faults, Once: true}, b.build)
	}
}

// TestShrink has the random chooser find what is wrong with some programs, and
// looks how small the scripts get, and how fast.
func TestShrink(t *testing.T) {
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			simnet.Loop(func(r *simnet.Runner) {
				var executions, lines, before []int
				for seed := uint64(0); len(executions) < 20; seed++ {
					var res *simnet.Result
					res, seed = found(t, r, b, seed)
					got := explore.Shrink(res.Script, explore.ShrinkConfig{Err: res.Err}, again(r, b))
					executions = append(executions, got.Executions)
					lines = append(lines, got.After)
					before = append(before, got.Before)
					if !got.Complete || got.Unsteady || !explore.Same(res.Err, got.Result.Err) {
						t.Errorf("seed %d: complete %v, unsteady %v, %v became %v", seed, got.Complete, got.Unsteady, res.Err, got.Result.Err)
					}
					if seed < 3 {
						t.Log(got.Script)
					}
				}
				slices.Sort(executions)
				slices.Sort(lines)
				slices.Sort(before)
				n := len(lines)
				t.Logf("%d runs of %d to %d deviations; %d to %d (median %d) are left, after %d to %d (median %d) executions", n, before[0], before[n-1],
					lines[0], lines[n-1], lines[n/2], executions[0], executions[n-1], executions[n/2])
			})
		})
	}
}
