package explore_test

import (
	"context"
	"fmt"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// The strategies that a flag can name.
func ExampleNamed() {
	fmt.Println(explore.Names())
	s, err := explore.Named("pct3")
	fmt.Println(s.Name(), err)
	_, err = explore.Named("luck")
	fmt.Println(err)
	// Output:
	// [walk pct pos uniform swarm portfolio]
	// pct3 <nil>
	// no strategy is called "luck"; there are walk, pct, pos, uniform, swarm, portfolio, and pct1 to pct99
}

// update is two tasks that each read a number and write it back greater by one.
func update(n *int) func(*simnet.World) {
	return func(w *simnet.World) {
		p := w.Process("p")
		*n = 0
		for range 2 {
			p.Go("task", func() {
				was := *n
				p.Yield()
				*n = was + 1
			})
		}
	}
}

// A planner plans runs one after the other. What they teach has to be merged in
// their order, between runs.
func ExamplePlanner() {
	var n, lost int
	var known explore.Knowledge
	var learner explore.Learner
	planner := explore.Uniform().Planner()
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range uint64(100) {
			chooser, faults := planner.Plan(seed, &known, simnet.Faults{})
			r.Run(simnet.Config{Chooser: learner.Of(chooser), Faults: faults}, update(&n))
			known.Merge([]*explore.Lesson{learner.Lesson()})
			if n == 1 {
				lost++
			}
		}
	})
	fmt.Println("an update is lost in", lost, "of 100 runs")
	// Output:
	// an update is lost in 63 of 100 runs
}

// Each strategy finds a bug after another number of runs.
func ExampleConfig_strategy() {
	for _, name := range explore.Names() {
		var n int
		build := update(&n)
		rep, err := explore.Find(context.Background(), explore.Config{Strategy: name, Cores: 1}, func(x *explore.Execution) *simnet.Result {
			res := x.Run(build)
			if n == 1 {
				res.Err = fmt.Errorf("an update is lost")
			}
			return res
		})
		fmt.Println(name, rep.Runs, rep.Failure.Result.Err, err)
	}
	// Output:
	// walk 1 an update is lost <nil>
	// pct 17 an update is lost <nil>
	// pos 1 an update is lost <nil>
	// uniform 3 an update is lost <nil>
	// swarm 1 an update is lost <nil>
	// portfolio 3 an update is lost <nil>
}

// The faults that runs have under a swarm: not all in every run.
func ExampleSwarm() {
	var on simnet.Faults
	on[simnet.FaultReset].Rate = 100
	on[simnet.FaultKill].Rate = 10
	planner := explore.Swarm(explore.Walk()).Planner()
	for seed := range uint64(4) {
		_, faults := planner.Plan(seed, nil, on)
		fmt.Println(faults[simnet.FaultReset].Rate, faults[simnet.FaultKill].Rate)
	}
	// Output:
	// 50 0
	// 200 0
	// 0 5
	// 0 10
}
