package explore

import "example.com/brine/simnet"

// Walk returns the random walk, "walk": every answer to who goes on is as likely
// as another, and faults strike by their rates. It is the fastest strategy, for
// the scheduler itself knows it ([simnet.Random]), and hard to beat on what needs
// many switches; but it hardly ever keeps a task waiting for long.
func Walk() Strategy { return walk{} }

type walk struct{}

func (walk) Name() string     { return "walk" }
func (walk) Planner() Planner { return walk{} }

func (walk) Plan(seed uint64, _ *Knowledge, faults simnet.Faults) (simnet.Chooser, simnet.Faults) {
	return simnet.Random(seed), faults
}
