package scoreboard_test

import (
	"flag"
	"testing"

	"example.com/brine/proptest/scoreboard"
)

// With more, a program takes seconds (2) or minutes (3).
var deep = flag.Int("deep", 1, "execute every run with at most so many deviations")

// TestDeviations certifies that no bug shows with fewer deviations than it says it
// needs, and holds a third of the programs to need two or more.
func TestDeviations(t *testing.T) {
	each(t, func(t *testing.T, p *scoreboard.Program) {
		if p.Deviations < 2 {
			t.Skip("one is enough")
		}
		if cert := p.Config.Exhaust(t, min(p.Deviations-1, *deep), p.Wrong()); !cert.Complete {
			t.Errorf("the certificate is not complete: %v", cert)
		}
	})
	several := 0
	for _, p := range scoreboard.Programs {
		if p.Deviations > 1 {
			several++
		}
	}
	if several*3 < len(scoreboard.Programs) {
		t.Errorf("%d of %d programs need two deviations or more", several, len(scoreboard.Programs))
	}
}
