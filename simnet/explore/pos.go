package explore

import (
	"example.com/brine/simnet"
	"example.com/brine/simnet/internal/trust"
)

// POS returns partial-order sampling, "pos", after Yuan, Yang and Gu (Partial
// Order Aware Concurrency Sampling, CAV 2018). Every operation that is about to be
// done has a random priority, and the highest goes first; those which depend on it
// ([simnet.Pending.Dependent]) then draw again. So orders of operations that have
// to do with each other are sampled far more evenly than by a random walk, for
// which every switch between two that have not is one of its steps, too.
//
// What tasks do between their operations, to memory that they share, it does not
// know of. A Yield has everybody draw again, and so has every 1,024th question:
// somebody who waits for another by trying again and again, which has nothing to do
// with what that one does, would otherwise do so for long.
func POS() Strategy { return pos{} }

type pos struct{}

func (pos) Name() string     { return "pos" }
func (pos) Planner() Planner { return &posPlanner{} }

type posPlanner struct{ c posChooser }

// Plan implements Planner.
func (p *posPlanner) Plan(seed uint64, _ *Knowledge, faults simnet.Faults) (simnet.Chooser, simnet.Faults) {
	p.c.dice, p.c.asked = cast(seed, drawPOS), 0
	p.c.priority.reset()
	return &p.c, faults
}

type posChooser struct {
	trust.Mark
	dice
	priority byTask // of what each task is about to do
	asked    int    // questions of who goes on
}

// again is after how many questions everybody draws again.
const again = 1024

// Choose implements simnet.Chooser.
func (c *posChooser) Choose(p *simnet.Point) int {
	if p.Kind != simnet.KindRun {
		return c.answer(p)
	}
	if c.asked++; c.asked%again == 0 {
		c.priority.reset()
	}
	best, most := 0, uint64(0)
	for i, id := range p.Tasks {
		at := c.priority.at(id)
		if *at == 0 {
			*at = c.next() | 1
		}
		if *at > most {
			best, most = i, *at
		}
	}
	// Who draws again does so when next asked for.
	yields := p.Op(best) == simnet.OpYield
	for i, id := range p.Tasks {
		if i == best || yields || p.Dependent(best, i) {
			*c.priority.at(id) = 0
		}
	}
	return best
}
