package proptest

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"pgregory.net/rapid"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// minimize makes a failure as small as it can be: its data first, by rapid, and
// then its script. It ends when it is time to say what was found, which is later
// than no more runs are begun to find something.
func (c *check) minimize(cfg explore.Config, f *explore.Failure) {
	ctx := context.Background()
	if !c.until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, c.until)
		defer cancel()
	}
	if c.draws.Load() && f.Diverged == nil && f.Script.Data != nil {
		if explore.Scripted(f.Result.Err) {
			c.reduce(ctx, cfg, f)
		}
		c.held = f.Script.Data
	}
	explore.Minimize(ctx, cfg, c.program, f)
	if c.held != nil {
		f.Script.Data = c.held
	}
}

// A reducer has rapid shrink the data of a failure. Each candidate is executed with
// the script of the smallest failure so far, and, as that may fit only the data it
// was found with, in a few other schedules.
type reducer struct {
	ctx  context.Context // data are shrunk until it is done
	c    *check
	cfg  simnet.Config
	f    *explore.Failure
	r    *simnet.Runner
	skip int // sets of data that come before the failure's
	stop bool

	seeded func() // rapid has begun, and needs the seed no more

	known      map[[sha256.Size]byte]bool // by data, which may be large: whether they fail
	executions int
	script     simnet.Script // of the smallest failure so far
}

const (
	otherSchedules = 8       // for each set of data
	mostExecutions = 100_000 // with other schedules
	mostKnown      = 100_000
)

// reduce has rapid find the failure again, with the data that belong to its run,
// and shrink them. The failure's script becomes that of the smallest data.
func (c *check) reduce(ctx context.Context, cfg explore.Config, f *explore.Failure) {
	d := &reducer{ctx: ctx, c: c, cfg: cfg.World, f: f, script: f.Script, skip: f.Index % c.sets, known: map[[sha256.Size]byte]bool{}}
	seeding.Lock()
	seed := flag.Lookup("rapid.seed").Value
	had := seed.String()
	d.seeded = sync.OnceFunc(func() {
		seed.Set(had)
		seeding.Unlock()
	})
	defer d.seeded()
	seed.Set(strconv.FormatUint(c.seed, 10))
	alone(func(r *simnet.Runner) { // until quiet ends it
		d.r = r
		rapid.Check(quiet{}, d.check)
	})
	f.Executions += d.executions
	f.Script = d.script
}

// check is what rapid calls with each candidate.
func (d *reducer) check(t *rapid.T) {
	d.seeded()
	if d.skip > 0 || d.stop {
		d.skip--
		t.Skip("other data")
	}
	if !d.fails(t) {
		// What rapid tries first is the failure itself. If that passes, it would look for
		// another one.
		d.stop = len(d.known) == 1
		return
	}
	// This is the one place where it fails, because that is how rapid tells failures
	// apart.
	t.Fatal("the property fails")
}

// fails reports whether a candidate fails as the failure does.
func (d *reducer) fails(t *rapid.T) bool {
	if d.executions >= mostExecutions && len(d.known) >= mostKnown || d.ctx.Err() != nil {
		return false
	}
	s := d.execute(t, nil, simnet.Replay(d.script))
	key := key(s.data)
	if fails, ok := d.known[key]; ok && !s.same(d.f) {
		return fails
	}
	fails := s.same(d.f)
	if fails {
		d.keep(s)
	}
	for i := 0; i < otherSchedules && !fails && s.n > 0 && len(s.data) == s.n && d.executions < mostExecutions; i++ {
		other := d.execute(nil, s.data, simnet.Random(d.c.seed^uint64(d.executions)*0x9e3779b97f4a7c15))
		if fails = other.same(d.f); fails {
			d.keep(other)
		}
	}
	if len(d.known) < mostKnown {
		d.known[key] = fails
	}
	return fails
}

// keep notes a failure, which is smaller than the one before: that is the order in
// which rapid goes.
func (d *reducer) keep(s *Sim) {
	d.script = simnet.Script{Data: s.data, Lines: s.res.Script.Lines}
}

// execute executes the body, with data that t draws, or with these.
func (d *reducer) execute(t *rapid.T, held []simnet.Datum, chooser simnet.Chooser) *Sim {
	d.executions++
	cfg := d.cfg
	cfg.Chooser = simnet.Record(chooser)
	s := d.c.sim(explore.NewExecution(d.r, d.f.Index, cfg))
	s.word, s.t, s.held = true, t, held
	s.res = s.live(d.c.body)
	return s
}

// same reports whether a run that is over has failed as another did.
func (s *Sim) same(f *explore.Failure) bool {
	return s.res.Err != nil && explore.Same(s.res.Err, f.Result.Err)
}

func key(data []simnet.Datum) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, d := range data {
		fmt.Fprintf(h, "%q %q\n", d.Name, d.JSON)
	}
	h.Sum(sum[:0])
	return sum
}

// quiet is the test that rapid shrinks for. When rapid is about to tell what it has
// found, and to save it, it is ended: that is proptest's to do.
type quiet struct{}

// Name is that of no test: rapid looks by it for what it has saved.
func (q quiet) Name() string {
	var pc [1]uintptr
	runtime.Callers(2, pc[:])
	if f, _ := runtime.CallersFrames(pc[:]).Next(); strings.HasSuffix(f.Function, ".checkTB") {
		runtime.Goexit()
	}
	return "brine"
}

func (q quiet) Helper()               {}
func (q quiet) Logf(string, ...any)   {}
func (q quiet) Log(...any)            {}
func (q quiet) Failed() bool          { return false }
func (q quiet) Skipf(string, ...any)  { runtime.Goexit() }
func (q quiet) Skip(...any)           { runtime.Goexit() }
func (q quiet) SkipNow()              { runtime.Goexit() }
func (q quiet) Errorf(string, ...any) { runtime.Goexit() }
func (q quiet) Error(...any)          { runtime.Goexit() }
func (q quiet) Fatalf(string, ...any) { runtime.Goexit() }
func (q quiet) Fatal(...any)          { runtime.Goexit() }
func (q quiet) FailNow()              { runtime.Goexit() }
func (q quiet) Fail()                 { runtime.Goexit() }
