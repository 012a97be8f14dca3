package proptest

import (
	"context"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// Exhaust executes every run of a body with at most bound deviations from the calm
// one, and certifies it: all combinations of so many answers other than the calm
// one, about schedules, and about faults if [Config].Faults switches them on. Where
// [Check] takes a sample, this leaves nothing out; it is for programs of a few dozen
// operations, and bounds of two or three. The test fails if a run does, with the
// fewest deviations there are, or if the enumeration does not come to its end
// (Config.Runs; the test's own time). The certificate is logged. It blocks until
// then.
func Exhaust(t testing.TB, bound int, body func(s *Sim)) *explore.Certificate {
	t.Helper()
	return Config{}.Exhaust(t, bound, body)
}

// Exhaust is [Exhaust] with a Config. Every run has the same data: those of the Seed,
// which are logged. Runs, unless it is 0, is how many there are at most. Strategy,
// Verify, Cores and Time are not looked at.
func (cfg Config) Exhaust(t testing.TB, bound int, body func(s *Sim)) *explore.Certificate {
	t.Helper()
	c := newCheck(t, t.Name(), cfg, body)
	c.cfg.Runs = cfg.Runs // which no flag is about: fewer would not be all
	switch {
	case cfg.Runs < 0:
		t.Fatalf("proptest: a negative budget: %d runs", cfg.Runs)
	case c.backend != "simulated":
		t.Skipf("an exhaustive enumeration is simulated only (-brine.backend=%s)", c.backend)
	case given.replay != "":
		c.replayFile(given.replay)
		return nil
	}
	c.regress()
	ctx, cancel := c.deadline()
	defer cancel()
	cert := c.exhaust(ctx, bound)
	switch {
	case cert.Err != nil:
		t.Fatal(cert.Err)
	case cert.Failure != nil:
		f := explore.NewFailure(cert.Failure)
		f.Complete = true // none fails with fewer deviations
		f.Script.Data = c.held
		c.found(f, cert.String())
	case !cert.Complete:
		t.Fatalf("the enumeration is not complete: %v", cert)
	}
	t.Log(cert)
	if c.held != nil {
		t.Logf("every run had these data:\n%s", simnet.Script{Data: c.held})
	}
	c.skipped(cert.Skipped, cert.Runs)
	c.unfired(&explore.Report{Runs: cert.Runs, Fired: cert.Fired})
	c.unseen()
	return cert
}

func (c *check) exhaust(ctx context.Context, bound int) *explore.Certificate {
	c.hold()
	return explore.Exhaust(ctx, explore.ExhaustConfig{
		World: c.world(), Isolated: c.cfg.Isolated, MaxRuns: c.cfg.Runs, Done: c.labels.count,
	}, bound, c.program)
}

// hold has every run get the data that run 0 draws.
func (c *check) hold() {
	alone(func(r *simnet.Runner) {
		cfg := c.world()
		cfg.Chooser = simnet.Calm()
		x := explore.NewExecution(r, 0, cfg)
		if res := c.program(x); c.draws.Load() {
			c.held = res.Script.Data
		}
	})
}
