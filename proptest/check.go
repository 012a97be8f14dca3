package proptest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// Check executes a body in many schedules, with many data, and reports the
// smallest run that fails; see the package's documentation. It blocks until then,
// and is called on the test's goroutine.
func Check(t testing.TB, body func(s *Sim)) {
	t.Helper()
	Config{}.Check(t, body)
}

// Check is [Check] with a Config.
func (cfg Config) Check(t testing.TB, body func(s *Sim)) {
	t.Helper()
	c := newCheck(t, t.Name(), cfg, body)
	switch {
	case c.backend != "simulated":
		c.repeat()
		return
	case given.replay != "":
		c.replayFile(given.replay)
		return
	}
	c.regress()
	ctx, cancel := c.deadline()
	defer cancel()
	rep, err := c.explore(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if rep.Failure != nil {
		c.found(rep.Failure, "")
	}
	c.conclude(rep)
}

// deadline returns a context that ends before the test's time is over, so that
// there is some left to say what was found.
func (c *check) deadline() (context.Context, context.CancelFunc) {
	t, ok := c.t.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return context.WithCancel(context.Background())
	}
	at, ok := t.Deadline()
	if !ok {
		return context.WithCancel(context.Background())
	}
	left := time.Until(at)
	c.until = at.Add(-min(left/10, 10*time.Second))
	return context.WithTimeoutCause(context.Background(), left-min(left/5, 20*time.Second), errors.New("the test's time is over (go test -timeout)"))
}

// Explore is [Config.Check] without a test: for a command, or a table. Regression
// scripts are neither looked for nor written, flags are not looked at, and what
// was in vain is no failure. Errors are of the Config.
func (cfg Config) Explore(name string, body func(s *Sim)) (*explore.Report, error) {
	c := &check{name: name, cfg: cfg, body: body, backend: "simulated", seed: cfg.Seed, parts: 1}
	if err := c.prepare(); err != nil {
		return nil, err
	}
	return c.explore(context.Background())
}

// A check is a test of one body.
type check struct {
	t       testing.TB // nil if there is none
	name    string
	cfg     Config
	body    func(*Sim)
	backend string
	seed    uint64 // of the exploration, and of rapid
	sets    int    // how many sets of data there are
	part    int    // of the runs
	parts   int
	usual   int // how many runs there are if no flag says otherwise; 0 if time is what counts

	until  time.Time      // a failure is shrunk; zero is for as long as it takes
	draws  atomic.Bool    // the body draws
	held   []simnet.Datum // what it is given, instead; nil if it draws
	labels labels
}

func newCheck(t testing.TB, name string, cfg Config, body func(*Sim)) *check {
	t.Helper()
	c := &check{t: t, name: name, cfg: cfg, body: body, backend: given.backend, seed: cfg.Seed}
	if body == nil {
		t.Fatal("proptest: there is no body")
	}
	g := &given
	if c.usual = cfg.Runs; cfg.Runs == 0 && cfg.Time == 0 {
		c.usual = usualRuns
	}
	if g.runs > 0 || g.time > 0 {
		c.cfg.Runs, c.cfg.Time = g.runs, g.time
	}
	if g.strategy != "" {
		c.cfg.Strategy = g.strategy
	}
	if g.cores > 0 {
		c.cfg.Cores = g.cores
	}
	if g.seed != 0 {
		c.seed = g.seed
	}
	var err error
	if c.part, c.parts, err = shard(); err != nil {
		t.Fatal("proptest: ", err)
	}
	switch c.backend {
	case "simulated", "free":
	case "real":
		if cfg.Real == nil {
			t.Skip("there is no real transport for this test: Config.Real is nil")
		}
	default:
		t.Fatalf("proptest: -brine.backend=%s: the backends are simulated, free and real", c.backend)
	}
	if err := c.prepare(); err != nil {
		t.Fatal(err)
	}
	return c
}

// What a Config has that does not say.
const (
	usualRuns       = 1000
	usualFaultSteps = 10_000
	usualWithin     = time.Hour
)

// prepare completes the Config.
func (c *check) prepare() error {
	if c.cfg.FaultSteps == 0 {
		c.cfg.FaultSteps = usualFaultSteps
	}
	if c.cfg.Within == 0 {
		c.cfg.Within = usualWithin
	}
	if c.body == nil {
		return errors.New("proptest: there is no body")
	}
	for _, f := range slices.Sorted(maps.Keys(c.cfg.Unfired)) {
		if f >= simnet.NumFaults || c.cfg.Faults[f].Rate == 0 {
			return fmt.Errorf("proptest: Config.Unfired has fault %v, which is not on", f)
		}
	}
	if c.seed == 0 {
		c.seed = newSeed()
	}
	c.seed += uint64(c.part) // which goes for data, too: the seed that is told has the same runs
	// rapid.Check, which is to shrink them, gives up after twice as many in short mode.
	c.sets = max(1, 2*int(rapidFlag("checks")))
	return nil
}

// world returns the Config of runs.
func (c *check) world() simnet.Config {
	w := c.cfg.World
	w.Clock, w.Chooser, w.Trace, w.Once = nil, nil, false, true
	w.Faults, w.FaultSteps, w.Within, w.Name = c.cfg.Faults, c.cfg.FaultSteps, c.cfg.Within, c.name
	return w
}

// space returns how the body is explored.
func (c *check) space() explore.Config {
	cfg := explore.Config{
		World: c.world(), Strategy: c.cfg.Strategy, Seed: c.seed,
		Runs: c.cfg.Runs, Time: c.cfg.Time, Cores: c.cfg.Cores, Verify: c.cfg.Verify,
		Done: c.labels.count,
	}
	if cfg.Runs == 0 && cfg.Time == 0 {
		cfg.Runs = usualRuns
	}
	cfg.Runs = (cfg.Runs + c.parts - 1) / c.parts
	return cfg
}

func (c *check) explore(ctx context.Context) (*explore.Report, error) {
	cfg := c.space()
	rep, err := explore.Find(ctx, cfg, c.program)
	if err == nil && rep.Failure != nil {
		c.minimize(cfg, rep.Failure)
	}
	return rep, err
}

// program executes the body once.
func (c *check) program(x *explore.Execution) *simnet.Result {
	s := c.sim(x)
	s.word = x.Again() || c.held != nil || x.Index%64 == 0
	if s.held = c.held; s.held != nil {
		return s.live(c.body)
	}
	if !c.draws.Load() {
		if res := c.without(s); res != nil {
			return res
		}
		c.draws.Store(true)
		x.Marks = x.Marks[:0]
	}
	var res *simnet.Result
	seeding.RLock()
	seeded := sync.OnceFunc(seeding.RUnlock)
	defer seeded()
	rapid.Custom(func(t *rapid.T) bool {
		seeded()
		s := c.sim(x)
		s.word, s.t = x.Again() || x.Index%64 == 0 || s.g != nil, t
		res = s.live(c.body)
		return rapid.Bool().Draw(t, "") // something has to be drawn, and a generator may have failed at once
	}).Example(int(c.set(x.Index)))
	return res
}

// alone calls f with a Runner, on a goroutine of its own, which the body may take
// along by runtime.Goexit. It reports whether f has returned.
func alone(f func(r *simnet.Runner)) (returned bool) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		simnet.Loop(f)
		returned = true
	}()
	<-over
	return returned
}

// sim returns a Sim for an execution.
func (c *check) sim(x *explore.Execution) *Sim {
	s := &Sim{c: c, x: x}
	s.scene, s.procs = s.someScene[:0], s.someProcs[:0]
	if c.backend != "simulated" {
		s.g = s.goroutines()
	}
	return s
}

// set returns the seed of a run's data: what rapid.Check has for its check of that
// number, so that it can be had to shrink them.
func (c *check) set(index int) uint64 {
	k := uint64(index % c.sets)
	return c.seed + k*(k+1)/2
}

// without calls a body that may not draw. It returns nil if it does.
func (c *check) without(s *Sim) *simnet.Result {
	res := s.live(c.body)
	if s.undrawn {
		return nil
	}
	return res
}

// repeat executes the body on goroutines.
func (c *check) repeat() {
	c.t.Helper()
	runs := c.cfg.Runs
	if given.runs == 0 {
		runs = 10
	}
	began, done, skipped, why := time.Now(), 0, 0, ""
	for ; done < runs && (c.cfg.Time == 0 || done == 0 || time.Since(began) < c.cfg.Time); done++ {
		x := &explore.Execution{Index: done}
		res := c.program(x)
		if e, ok := res.Err.(*simnet.Skipped); ok {
			skipped++
			why = e.Error()
			continue
		}
		if res.Err != nil {
			c.t.Fatalf("run %d with goroutines (-brine.backend=%s), seed %d: %v%s", done, c.backend, c.seed, res.Err, drawn(res.Script.Data))
		}
	}
	if skipped == done {
		c.t.Skipf("every run was skipped with goroutines (-brine.backend=%s): %s", c.backend, why)
	}
	c.t.Logf("%d runs with goroutines (-brine.backend=%s), seed %d", done-skipped, c.backend, c.seed)
}

// drawn says what data a run had.
func drawn(data []simnet.Datum) string {
	if len(data) == 0 {
		return ""
	}
	text := "\n\nits data:\n"
	for _, d := range data {
		text += d.String() + "\n"
	}
	return text
}
