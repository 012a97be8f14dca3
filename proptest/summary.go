package proptest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// conclude tells what passed, and fails the test for what it has passed in vain.
func (c *check) conclude(rep *explore.Report) {
	c.t.Helper()
	c.t.Log(c.summary(rep))
	if rep.Stopped != "" && rep.Runs == 0 {
		c.t.Fatalf("no run was executed: stopped %s", rep.Stopped)
	}
	c.skipped(rep.Skipped, rep.Runs)
	switch {
	case c.parts > 1:
		return // what does not happen in this part, may in another
	case (rep.Runs < c.usual || c.usual == 0) && (given.runs > 0 || given.time > 0):
		c.t.Logf("what was in vain is not looked at: a flag says how many runs there are")
		return
	}
	c.unfired(rep)
	c.unseen()
}

// summary is a line about what was executed.
func (c *check) summary(rep *explore.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d runs (strategy %s, seed %d", rep.Runs, rep.Strategy, rep.Seed)
	if c.parts > 1 {
		fmt.Fprintf(&b, ", part %d of %d", c.part+1, c.parts)
	}
	about := ""
	if !rep.Exactly {
		about = "about "
	}
	fmt.Fprintf(&b, "), %s%d distinct traces, %d operations", about, rep.Distinct, rep.Steps)
	if rep.Verified > 0 {
		fmt.Fprintf(&b, ", %d verified", rep.Verified)
	}
	if rep.Skipped > 0 {
		fmt.Fprintf(&b, ", %d skipped", rep.Skipped)
	}
	if fired := rep.Fired.String(); fired != "" {
		b.WriteString("; faults: " + fired)
	}
	for i, l := range c.labels.seen() {
		if i == 0 {
			b.WriteString("; labels: ")
		} else {
			b.WriteString(", ")
		}
		if l.always {
			fmt.Fprintf(&b, "always %q in %d runs", l.name, l.runs)
		} else {
			fmt.Fprintf(&b, "%q in %d of %d", l.name, l.held, l.runs)
		}
	}
	if rep.Stopped != "" {
		fmt.Fprintf(&b, "; stopped %s", rep.Stopped)
	}
	return b.String()
}

// skipped fails the test if nearly all runs were skipped.
func (c *check) skipped(n, runs int) {
	c.t.Helper()
	if n*10 > runs*9 {
		c.t.Errorf("in vain: %d of %d runs were skipped; draw what the body can use", n, runs)
	}
}

// unfired fails the test for faults that are on and have never struck.
func (c *check) unfired(rep *explore.Report) {
	c.t.Helper()
	for f := range simnet.NumFaults {
		if c.cfg.Faults[f].Rate == 0 {
			continue
		}
		why, expected := c.cfg.Unfired[f]
		switch n := rep.Fired[f]; {
		case n == 0 && expected:
			c.t.Logf("fault %v has not struck, as expected: %s", f, why)
		case n == 0:
			c.t.Errorf("in vain: fault %v is on, and has struck in none of %d runs; raise its rate, have more runs, or say in Config.Unfired why it cannot", f, rep.Runs)
		case expected:
			c.t.Errorf("fault %v has struck %d times, though Config.Unfired says of it: %s", f, n, why)
		}
	}
}

// unseen fails the test for labels that were never true.
func (c *check) unseen() {
	c.t.Helper()
	there := map[string]bool{} // only looked up
	for _, l := range c.labels.seen() {
		there[l.name] = true
		why, expected := c.cfg.Unseen[l.name]
		switch {
		case l.held == 0 && expected:
			c.t.Logf("label %q was never true, as expected: %s", l.name, why)
		case l.held == 0:
			c.t.Errorf("in vain: %q was true in none of the %d runs that came by; make it happen, or say in Config.Unseen why it does not", l.name, l.runs)
		case expected:
			c.t.Errorf("label %q was true in %d runs, though Config.Unseen says of it: %s", l.name, l.held, why)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.cfg.Unseen)) {
		if !there[name] {
			c.t.Logf("label %q was not come by, as expected: %s", name, c.cfg.Unseen[name])
		}
	}
}
