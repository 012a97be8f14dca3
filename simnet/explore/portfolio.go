package explore

import "example.com/brine/simnet"

// Portfolio returns the mixture of all the others, "portfolio": which of them a run
// is planned by is drawn by its seed. Nobody knows beforehand which strategy finds
// the bugs of a program, and with a share of the runs the right one is slower only
// by a factor, where the wrong one might never find them. Where there are faults,
// half of the runs have a subset of them, as [Swarm] has.
func Portfolio() Strategy { return portfolio{} }

// shares is what the runs are divided into, each by how many of sixteen.
var shares = []struct {
	of       Strategy
	sixteens int
}{
	{Walk(), 4},
	{Uniform(), 5},
	{POS(), 4},
	{PCT(0), 3},
}

type portfolio struct{}

func (portfolio) Name() string { return "portfolio" }

func (portfolio) Planner() Planner {
	p := &portfolioPlanner{}
	for _, s := range shares {
		planner := s.of.Planner()
		for range s.sixteens {
			p.planners = append(p.planners, planner)
		}
	}
	return p
}

type portfolioPlanner struct{ planners []Planner }

// Plan implements Planner.
func (p *portfolioPlanner) Plan(seed uint64, k *Knowledge, faults simnet.Faults) (simnet.Chooser, simnet.Faults) {
	d := cast(seed, drawPortfolio)
	planner := p.planners[d.below(len(p.planners))]
	if d.below(2) == 0 {
		faults = subset(seed, faults)
	}
	return planner.Plan(seed, k, faults)
}
