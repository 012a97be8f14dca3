package explore

import (
	"slices"
	"strconv"

	"example.com/brine/simnet"
	"example.com/brine/simnet/internal/trust"
)

// deepest is the greatest depth that PCT has a name for.
const deepest = 99

// PCT returns probabilistic concurrency testing, "pct", after Burckhardt, Kothari,
// Musuvathi and Nagarakatte (A Randomized Scheduler with Probabilistic Guarantees
// of Finding Bugs, ASPLOS 2010). Every task has a random priority, and the highest
// goes on; at depth-1 random points of the run, the one that would is put
// below all others. A bug that depth orderings of operations bring about is found
// with a probability of 1/(n·k^(depth-1)) at least in each run of n tasks and k
// questions of who goes on, however unlikely a random walk is to find it.
//
// Depth 0 draws it for each run, from 2 to 4. k is learned; while nothing is known,
// its magnitude is drawn, too. So that nobody waits for ever, a task is put below
// all others that has gone on k times in a row (256 at least) or has yielded 8
// times in a row while others could run; and, once a run is four times that long,
// whoever is highest after every 64 questions. Once that was needed, patience is
// half of what it was, and how long such a run is says nothing of others.
func PCT(depth int) Strategy { return pct{min(max(depth, 0), deepest)} }

type pct struct{ depth int }

func (s pct) Name() string {
	if s.depth == 0 {
		return "pct"
	}
	return "pct" + strconv.Itoa(s.depth)
}

func (s pct) Planner() Planner { return &pctPlanner{depth: s.depth} }

type pctPlanner struct {
	depth int
	c     pctChooser
}

// Plan implements Planner.
func (p *pctPlanner) Plan(seed uint64, k *Knowledge, faults simnet.Faults) (simnet.Chooser, simnet.Faults) {
	c := &p.c
	*c = pctChooser{dice: cast(seed, drawPCT), priority: c.priority, changes: c.changes[:0], lowest: belowAll}
	c.priority.reset()
	depth := p.depth
	if depth == 0 {
		depth = 2 + c.below(3)
	}
	length := k.length()
	if c.patience = max(length, leastPatience); length == 0 {
		c.patience = mostPatience
		length = 8 << c.below(10)
	}
	c.long = 4 * c.patience
	for i := 1; i < depth; i++ {
		c.changes = append(c.changes, change{1 + c.below(length), belowFresh - uint64(i)})
	}
	slices.SortFunc(c.changes, func(a, b change) int {
		if a.at != b.at {
			return a.at - b.at
		}
		return int(int64(a.priority - b.priority)) // both are near belowFresh
	})
	return c, faults
}

const (
	// Priorities: those drawn for tasks are above those of change points, which are
	// above those of tasks that others are to be saved from.
	belowFresh = 1 << 63
	belowAll   = 1 << 62

	leastPatience = 256
	mostPatience  = 1024 // while nothing is known
	impatience    = 64
	mostYields    = 8
)

// A change is a point at which the task that would go on is given a priority.
type change struct {
	at       int // the number of the question, from 1
	priority uint64
}

type pctChooser struct {
	trust.Mark
	dice
	priority byTask
	changes  []change // in order
	made     int      // how many of them
	asked    int      // questions of who goes on
	lowest   uint64   // priority so far

	streak, yields int // how often in a row the running task has gone on
	patience, long int
	impatient      bool // it has put a task below all others for the others' sake
}

// skewed reports whether the run has become longer than others would be, by who
// was chosen.
func (c *pctChooser) skewed() bool { return c.impatient }

// Choose implements simnet.Chooser.
func (c *pctChooser) Choose(p *simnet.Point) int {
	if p.Kind != simnet.KindRun {
		return c.answer(p)
	}
	c.asked++
	best := c.highest(p)
	for c.made < len(c.changes) && c.changes[c.made].at <= c.asked {
		*c.priority.at(p.Tasks[best]) = c.changes[c.made].priority
		c.made++
		best = c.highest(p)
	}
	if c.unfair(p, best) {
		c.impatient = true
		c.lowest--
		*c.priority.at(p.Tasks[best]) = c.lowest
		best = c.highest(p)
	}
	return best
}

// highest returns the answer that runs the task of the highest priority.
func (c *pctChooser) highest(p *simnet.Point) (best int) {
	var most uint64
	for i, id := range p.Tasks {
		at := c.priority.at(id)
		if *at == 0 {
			*at = belowFresh | c.next()
		}
		if *at > most {
			best, most = i, *at
		}
	}
	return best
}

// unfair reports whether the others have waited for the best long enough.
func (c *pctChooser) unfair(p *simnet.Point, best int) bool {
	if c.asked >= c.long {
		c.long = c.asked + impatience
		return true
	}
	if p.After || best != 0 {
		c.streak, c.yields = 0, 0
		return false
	}
	c.streak++
	if p.Op(0) == simnet.OpYield {
		c.yields++
	} else {
		c.yields = 0
	}
	if c.streak < c.patience && c.yields < mostYields {
		return false
	}
	c.streak, c.yields = 0, 0
	c.patience = max(c.patience/2, impatience)
	return true
}
