package explore_test

import (
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// TestSwarm has runs with each subset of the faults: with all, with one, with a
// half; never with another; and with rates not too far off.
func TestSwarm(t *testing.T) {
	var on simnet.Faults
	on[simnet.FaultShort] = simnet.Setting{Rate: 655}
	on[simnet.FaultReset] = simnet.Setting{Rate: 1, Max: 3}
	on[simnet.FaultJump] = simnet.Setting{Rate: 40_000}
	on[simnet.FaultKill] = simnet.Setting{Rate: 65536, Max: 1}
	on[simnet.FaultPause] = simnet.Setting{Rate: 10}
	const all, seeds = 5, 8000
	for _, s := range []explore.Strategy{explore.Swarm(explore.Walk()), explore.Swarm(explore.POS()), explore.Portfolio()} {
		planner := s.Planner()
		var sizes [all + 1]int
		var kept simnet.Fired
		changed, same := 0, 0
		for seed := range uint64(seeds) {
			_, faults := planner.Plan(seed, nil, on)
			n := 0
			for f, set := range faults {
				was := on[f]
				if set.Rate == 0 {
					if set != (simnet.Setting{}) && was.Rate > 0 {
						t.Fatal(simnet.Fault(f), set)
					}
					continue
				}
				n++
				kept[f]++
				if set != was {
					changed++
				}
				if was.Rate == 65536 && set != was {
					t.Fatal("what is to strike always may not:", set)
				}
				if set.Max != was.Max || set.Rate > 4*was.Rate || set.Rate < max(1, was.Rate/4) || set.Rate > 65536 {
					t.Fatal(simnet.Fault(f), set, "of", was)
				}
			}
			sizes[n]++
			if faults == on {
				same++
			}
		}
		// Of a portfolio's runs, half have what is switched on.
		if half := s.Name() == "portfolio"; half != (same > seeds/3) || same > 2*seeds/3 {
			t.Error(s.Name(), "leaves the faults as they are", same, "times")
		}
		if sizes[0] > 0 || sizes[1] < seeds/20 || sizes[all] < seeds/20 || sizes[2] < seeds/20 || sizes[3] < seeds/20 {
			t.Error(s.Name(), "sizes of subsets:", sizes)
		}
		for f, set := range on {
			if n := kept[f]; (set.Rate > 0) != (n > 0) || n > 0 && (n < seeds/3 || n > 9*seeds/10) {
				t.Error(s.Name(), simnet.Fault(f), "is kept", n, "times")
			}
		}
		if changed < seeds/2 {
			t.Error(s.Name(), "changes", changed, "rates")
		}
		if _, faults := planner.Plan(1, nil, simnet.Faults{}); faults != (simnet.Faults{}) {
			t.Error("faults come from nowhere:", faults)
		}
	}
	if _, faults := explore.Walk().Planner().Plan(1, nil, on); faults != on {
		t.Error("the walk changes faults")
	}
}

// TestPortfolio has every strategy have its share of the runs.
func TestPortfolio(t *testing.T) {
	var shares [4]int
	build := writersReader(make([]byte, writers*writes))
	others := []explore.Planner{explore.Walk().Planner(), explore.PCT(0).Planner(), explore.POS().Planner(), explore.Uniform().Planner()}
	const seeds = 400
	simnet.Loop(func(r *simnet.Runner) {
		mixed := explore.Portfolio().Planner()
		for seed := range uint64(seeds) {
			c, _ := mixed.Plan(seed, nil, simnet.Faults{})
			hash, found := r.Run(simnet.Config{Chooser: c}, build).Hash, false
			for i, other := range others {
				c, _ := other.Plan(seed, nil, simnet.Faults{})
				if r.Run(simnet.Config{Chooser: c}, build).Hash == hash {
					shares[i]++
					found = true
					break
				}
			}
			if !found {
				t.Fatal("run", seed, "is no strategy's")
			}
		}
	})
	for i, n := range shares {
		if n < seeds/8 {
			t.Error("strategy", i, "has", n, "runs of", seeds)
		}
	}
}
