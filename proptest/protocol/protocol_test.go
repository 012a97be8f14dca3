package protocol

import (
	"flag"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

var seedFlag = flag.Uint64("seed", 1, "the first seed of TestProperties")

// runs returns how many runs each property has under each mixture of faults. The
// environment's PROTOCOL_RUNS is for all of them together.
func runs(t testing.TB) int {
	t.Helper()
	if text := os.Getenv("PROTOCOL_RUNS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 {
			t.Fatalf("PROTOCOL_RUNS=%s: want a number of runs", text)
		}
		shares := 0
		for _, p := range properties {
			if p.with != nil {
				shares += len(p.with)
			}
		}
		return max(least, (n+shares-1)/shares)
	}
	if testing.Short() {
		return least
	}
	return 300
}

// least is how many runs it takes for every fault to strike and every label to be
// seen.
const least = 100

// chapter is how many runs there are at most from one seed: data are drawn in a
// few hundred sets for each.
const chapter = 1000

// TestProperties runs every property under each of its mixtures.
func TestProperties(t *testing.T) {
	for _, p := range properties {
		for _, v := range p.variants() {
			t.Run(p.name+"/"+v.name, func(t *testing.T) {
				n := p.runs(runs(t))
				chapters := (n + chapter - 1) / chapter
				for i := 0; i < chapters && !t.Failed(); i++ {
					cfg := p.config(v)
					cfg.Runs, cfg.Seed = (n+chapters-1)/chapters, *seedFlag+uint64(i)
					cfg.Check(t, func(s *proptest.Sim) { p.body(s, envOf(v.faults)) })
				}
			})
		}
	}
}

func (p property) config(v variant) proptest.Config {
	e := envOf(v.faults)
	// What an administrator has moved out of the way stays behind.
	return proptest.Config{Faults: v.faults, World: simnet.Config{Tidy: !e.names}}
}

// TestStrategies has each strategy explore the properties that have most to
// explore, with everything that can fail.
func TestStrategies(t *testing.T) {
	n := 60
	if testing.Short() {
		n = 10
	}
	for _, name := range explore.Names() {
		for _, p := range properties {
			if !slices.Contains(p.with, "all") {
				continue
			}
			t.Run(name+"/"+p.name, func(t *testing.T) {
				for _, v := range p.variants() {
					cfg := p.config(v)
					cfg.Runs, cfg.Seed, cfg.Strategy = n, *seedFlag, name
					rep, err := cfg.Explore(t.Name(), func(s *proptest.Sim) { p.body(s, envOf(v.faults)) })
					if err != nil {
						t.Fatal(err)
					}
					if rep.Failure != nil {
						var b strings.Builder
						rep.Failure.WriteText(&b)
						t.Errorf("under %s:\n%s", v.name, &b)
					}
				}
			})
		}
	}
}
