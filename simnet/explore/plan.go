package explore

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/brine/simnet"
)

// A Strategy makes the choices of runs while exploring. It may be used from
// several goroutines at once; its Planners may not.
type Strategy interface {
	// Name returns what [Named] knows the strategy by.
	Name() string

	// Planner returns a Planner for one goroutine, which uses memory again.
	Planner() Planner
}

// A Planner plans one run after the other.
type Planner interface {
	// Plan returns the Chooser and the Faults of a run. They are a function of the
	// arguments alone, and valid until the next call; k may be nil, for nothing
	// known. The Chooser is for one run: for another, with the same answers, Plan
	// is called again. It neither blocks nor keeps k.
	Plan(seed uint64, k *Knowledge, faults simnet.Faults) (simnet.Chooser, simnet.Faults)
}

// catalogue has the strategies that can be named, in the order of Names.
var catalogue = []Strategy{Walk(), PCT(0), POS(), Uniform(), Swarm(Walk()), Portfolio()}

// Names returns the names of the strategies: walk, pct, pos, uniform, swarm,
// portfolio. Besides, pct2 is [PCT] of depth 2, and so on.
func Names() []string {
	names := make([]string, 0, len(catalogue))
	for _, s := range catalogue {
		names = append(names, s.Name())
	}
	return names
}

// Named returns the strategy of a name, as it is given in a flag; "" is portfolio.
// The error says which names there are.
func Named(name string) (Strategy, error) {
	if name == "" {
		return Portfolio(), nil
	}
	for _, s := range catalogue {
		if s.Name() == name {
			return s, nil
		}
	}
	if digits, ok := strings.CutPrefix(name, "pct"); ok {
		// Only what Name writes: no sign, no zeros before it.
		if d, err := strconv.Atoi(digits); err == nil && 1 <= d && d <= deepest && strconv.Itoa(d) == digits {
			return PCT(d), nil
		}
	}
	return nil, fmt.Errorf("no strategy is called %q; there are %s, and pct1 to pct%d", name, strings.Join(Names(), ", "), deepest)
}
