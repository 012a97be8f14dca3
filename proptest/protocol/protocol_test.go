package protocol

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
)

var seedFlag = flag.Uint64("seed", 1, "the first seed of TestProperties")

// runs returns how many runs each property has under each mixture of faults.
func runs(t testing.TB) int {
	t.Helper()
	if text := os.Getenv("PROTOCOL_RUNS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 {
			t.Fatalf("PROTOCOL_RUNS=%s: want a number of runs", text)
		}
		return n
	}
	if testing.Short() {
		return 100
	}
	return 300
}

func TestProperties(t *testing.T) {
	for _, p := range properties {
		for _, v := range p.variants() {
			t.Run(p.name+"/"+v.name, func(t *testing.T) {
				e := envOf(v.faults)
				cfg := proptest.Config{Runs: p.runs(runs(t)), Faults: v.faults, Seed: *seedFlag, World: simnet.Config{Tidy: !e.names}}
				cfg.Check(t, func(s *proptest.Sim) { p.body(s, e) })
			})
		}
	}
}
