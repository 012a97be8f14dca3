package explore

import "example.com/brine/simnet"

// Swarm returns a strategy that has other faults in each run, "swarm" if it wraps
// [Walk], after Groce, Zhang, Eide, Chen and Regehr (Swarm Testing, ISSTA 2012).
// Of the faults that are switched on, a run has each with probability one half; one
// run in eight has all, and one in eight just one. So a fault that ends runs early
// does not keep others from being met. The rates of those that are left are up to
// four times as high or as low. Everything else inner does.
func Swarm(inner Strategy) Strategy { return swarm{inner} }

type swarm struct{ inner Strategy }

func (s swarm) Name() string {
	if _, ok := s.inner.(walk); ok {
		return "swarm"
	}
	return "swarm of " + s.inner.Name()
}

func (s swarm) Planner() Planner { return swarmPlanner{s.inner.Planner()} }

type swarmPlanner struct{ inner Planner }

// Plan implements Planner.
func (p swarmPlanner) Plan(seed uint64, k *Knowledge, faults simnet.Faults) (simnet.Chooser, simnet.Faults) {
	return p.inner.Plan(seed, k, subset(seed, faults))
}

// subset returns the faults of one run.
func subset(seed uint64, all simnet.Faults) (some simnet.Faults) {
	var room [simnet.NumFaults]simnet.Fault
	on := room[:0]
	for f := range simnet.NumFaults {
		if all[f].Rate > 0 {
			on = append(on, f)
		}
	}
	if len(on) == 0 {
		return all
	}
	d := cast(seed, drawSwarm)
	switch d.below(8) {
	case 0:
		some = all
	case 1: // one, below
	default:
		for _, f := range on {
			if d.below(2) == 0 {
				some[f] = all[f]
			}
		}
	}
	if some == (simnet.Faults{}) {
		f := on[d.below(len(on))]
		some[f] = all[f]
	}
	for _, f := range on {
		r := some[f].Rate
		if r == 0 {
			continue
		}
		// Always strikes what was to strike always.
		if r < always {
			r = min(max(r<<d.below(3)>>d.below(3), 1), always)
		}
		some[f].Rate = r
	}
	return some
}

// always is the rate of a fault that strikes whenever it can.
const always = 65536
