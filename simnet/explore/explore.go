package explore

import (
	"context"
	"math"
	"runtime"
	"time"

	"example.com/brine/simnet"
)

// A Program executes one run: it calls x.Run once, and returns what came of it:
// that Result, or one whose Err is a verdict of its own, about what it looked at
// after the run. It has to do the same whenever it is called with an equal
// Execution, and makes anew what a run changes: it is called on several
// goroutines at once, and again for a run that failed.
type Program func(x *Execution) *simnet.Result

// World returns the program that is no more than a build function (see
// [simnet.Run]).
func World(build func(*simnet.World)) Program {
	return func(x *Execution) *simnet.Result { return x.Run(build) }
}

// An Execution is one run of a [Program], on the goroutine that calls it.
type Execution struct {
	// Index says which run it is, from 0. What a program decides besides the answers
	// of its Chooser, such as its data, is a function of it. When a run is executed
	// again, to be shrunk or verified, it has the Index that it had.
	Index int

	// Config is what Run executes with. A program may change it, but not its
	// Chooser, Once and Trace.
	Config simnet.Config

	// Marks are for the program to append to: what happened in the run, by numbers
	// of its own. They come back by Config.Done.
	Marks []uint32

	run func(cfg simnet.Config, build func(*simnet.World)) *simnet.Result
}

// NewExecution returns an execution of run index with a Config, on a Runner: for
// those who execute a program themselves.
func NewExecution(r *simnet.Runner, index int, cfg simnet.Config) *Execution {
	return &Execution{Index: index, Config: cfg, run: r.Run}
}

// Run executes the run. It blocks until the run is over.
func (x *Execution) Run(build func(*simnet.World)) *simnet.Result { return x.run(x.Config, build) }

// Again reports whether the run is executed to tell more of it: with tracing.
func (x *Execution) Again() bool { return x.Config.Trace }

// Config says how a program is explored. The zero value is 1,000 runs of the
// default strategy, on all processors, from the seed 0, without faults.
type Config struct {
	// World is what runs are executed with. Its Chooser, Once and Trace are the
	// strategy's.
	World simnet.Config

	Strategy string        // see [Names]; "" is portfolio
	Seed     uint64        // of the whole exploration: the same seed, the same runs
	Runs     int           // at most; 0 is 1,000, or any number if there is a Time
	Time     time.Duration // real time that runs are begun in; 0 is any
	Cores    int           // how many goroutines execute runs, at most 1,024; 0 is GOMAXPROCS

	// Verify has every n-th run executed twice and compared step by step, the first
	// of all among them. 0 is every 1024th, a negative number none.
	Verify int

	// Shrink is how many executions it may take at most to shrink the script of a
	// failure; 0 is 2,000, a negative number none.
	Shrink int

	// Done, if it is not nil, is told of every run that counts, in their order, with
	// its Marks: on one goroutine, now and then. It must not keep the Execution.
	Done func(x *Execution)

	// Progress, if it is not nil, is told how far the exploration is, about ten
	// times a second, on one goroutine.
	Progress func(Progress)
}

// Progress is how far an exploration is.
type Progress struct {
	Runs     int
	Distinct int
	Elapsed  time.Duration // real time
}

// A Report is what came of an exploration. But for Elapsed it is the same on any
// number of cores, unless it was ended by time or its context.
type Report struct {
	Strategy string
	Seed     uint64

	Runs     int           // that count: up to the failure, if there is one
	Skipped  int           // of these: they neither passed nor failed
	Verified int           // of these: they were executed twice, and compared
	Distinct int           // different traces among them
	Exactly  bool          // Distinct is counted, and not estimated
	Steps    int           // operations, of all runs
	Fired    simnet.Fired  // how often each fault has struck
	Elapsed  time.Duration // real time, without shrinking
	Stopped  string        // why there were fewer runs than asked for; "" if there were not
	Failure  *Failure      // nil if every run passed
}

// seedOf returns the seed of a run: splitmix64 of its number.
func seedOf(base uint64, index int) uint64 {
	x := base + 0x9e3779b97f4a7c15*(uint64(index)+1)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (cfg *Config) cores() int {
	if cfg.Cores > 0 {
		return min(cfg.Cores, maxEpoch) // more would have nothing to do
	}
	return runtime.GOMAXPROCS(0)
}

func (cfg *Config) runs() int {
	switch {
	case cfg.Runs > 0:
		return cfg.Runs
	case cfg.Time > 0:
		return math.MaxInt
	}
	return 1000
}

func (cfg *Config) verifies(index int) bool {
	every := cfg.Verify
	if every == 0 {
		every = 1024
	}
	return every > 0 && index%every == 0
}

// Run explores a program: it executes runs until one fails or the budget is
// used up, shrinks the script of the failure, and reports. It blocks until then;
// when ctx is done it begins no more runs. Errors, other than a failure of the
// program, are of the Config: an unknown strategy, a negative budget.
func Run(ctx context.Context, cfg Config, program Program) (*Report, error) {
	rep, err := Find(ctx, cfg, program)
	if err == nil && rep.Failure != nil {
		Minimize(ctx, cfg, program, rep.Failure)
	}
	return rep, err
}
