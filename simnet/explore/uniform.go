package explore

import (
	"example.com/brine/simnet"
	"example.com/brine/simnet/internal/trust"
)

// Uniform returns the walk that is uniform over interleavings, "uniform": a task
// goes on with a probability in proportion to the operations that it has left, as
// in Zhao, Wolff, Mathur and Roychoudhury (Selectively Uniform Concurrency
// Testing, ASPLOS 2025). Where tasks do not wait for each other, and do as many
// operations as in the runs before, every interleaving is as likely as another. A
// random walk prefers those in which some task is done early.
//
// How many operations a task does, by its name, is learned. Of a task that has not
// been seen it expects what tasks do on average, and one left at least of any.
func Uniform() Strategy { return uniform{} }

type uniform struct{}

func (uniform) Name() string     { return "uniform" }
func (uniform) Planner() Planner { return &uniformPlanner{} }

type uniformPlanner struct{ c uniformChooser }

// Plan implements Planner.
func (p *uniformPlanner) Plan(seed uint64, k *Knowledge, faults simnet.Faults) (simnet.Chooser, simnet.Faults) {
	p.c.dice, p.c.k = cast(seed, drawUniform), k
	p.c.expected.reset()
	return &p.c, faults
}

type uniformChooser struct {
	trust.Mark
	dice
	k        *Knowledge
	expected byTask // operations in all
	weights  []int  // scratch
}

// Choose implements simnet.Chooser.
func (c *uniformChooser) Choose(p *simnet.Point) int {
	if p.Kind != simnet.KindRun {
		return c.answer(p)
	}
	c.weights = c.weights[:0]
	sum := 0
	for i, id := range p.Tasks {
		at := c.expected.at(id)
		if *at == 0 {
			*at = uint64(c.k.operations(p.NameHash(id)))
		}
		// How often it has to be chosen: that its end is counted makes up for its
		// beginning, which is not.
		w := max(int(*at)-p.Progress(i), 1)
		c.weights = append(c.weights, w)
		sum += w
	}
	x := c.below(sum)
	for i, w := range c.weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return 0
}
