package proptest_test

import (
	"flag"
	"strings"
	"testing"
	"time"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
)

// set sets a flag for a test.
func set(t *testing.T, name, value string) {
	t.Helper()
	f := flag.Lookup("brine." + name)
	before := f.Value.String()
	if err := flag.Set("brine."+name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Value.Set(before) })
}

// TestFlags: what a flag says goes before the Config.
func TestFlags(t *testing.T) {
	cfg := proptest.Config{Runs: 77, Strategy: "pos", Seed: 5}
	check := func(t testing.TB) { cfg.Check(t, echo) }
	judge(t, check).passes(t, "77 runs (strategy pos, seed 5)")
	for _, test := range []struct{ flag, value, said string }{
		{"runs", "33", "33 runs (strategy pos, seed 5)"},
		{"seed", "9", "77 runs (strategy pos, seed 9)"},
		{"strategy", "walk", "77 runs (strategy walk, seed 5)"},
		{"shard", "2/4", "20 runs (strategy pos, seed 6, part 2 of 4)"},
		{"time", "200ms", "; stopped after 200ms"},
	} {
		t.Run(test.flag, func(t *testing.T) {
			set(t, test.flag, test.value)
			judge(t, check).passes(t, test.said)
		})
	}
	for _, test := range []struct{ flag, value, said string }{
		{"strategy", "luck", "luck"},
		{"shard", "5/4", "-brine.shard=5/4: a part is written 2/4"},
		{"shard", "two of four", "a part is written 2/4"},
		{"replay", "nowhere.script", "there is no script nowhere.script"},
	} {
		t.Run(test.flag+" "+test.value, func(t *testing.T) {
			set(t, test.flag, test.value)
			judge(t, check).fails(t, test.said)
		})
	}
	for _, test := range []struct{ flag, value string }{
		{"runs", "-1"}, {"runs", "many"}, {"time", "soon"}, {"time", "-1s"}, {"seed", "-1"}, {"cores", "x"},
	} {
		if err := flag.Set("brine."+test.flag, test.value); err == nil {
			t.Errorf("-brine.%s=%s is taken", test.flag, test.value)
		}
	}
}

// TestFlagsVain: with fewer runs than usual, what did not happen is no failure.
func TestFlagsVain(t *testing.T) {
	cfg := proptest.Config{Faults: simnet.Faults{simnet.FaultJump: {Rate: 1}}}
	set(t, "runs", "5")
	judge(t, func(t testing.TB) { cfg.Check(t, echo) }).passes(t, "what was in vain is not looked at")
}

// TestShards: the variables of CI systems say which part of the runs is this one.
func TestShards(t *testing.T) {
	for _, test := range []struct{ index, total, variable, of, said string }{
		{"2", "4", "CI_NODE_INDEX", "CI_NODE_TOTAL", "part 2 of 4"},
		{"2", "4", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", "part 3 of 4"},
		{"0", "1", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", "40 runs (strategy portfolio, seed 3)"},
		{"x", "4", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", "40 runs (strategy portfolio, seed 3)"},
	} {
		t.Run(test.variable+" "+test.index, func(t *testing.T) {
			t.Setenv(test.variable, test.index)
			t.Setenv(test.of, test.total)
			judge(t, func(t testing.TB) { proptest.Config{Runs: 40, Seed: 3}.Check(t, echo) }).passes(t, test.said)
		})
	}
}

// TestShardSeed: the seed that a part of the runs has is that of the same runs
// without parts, with the same data.
func TestShardSeed(t *testing.T) {
	find := func(seed uint64) string {
		k := judge(t, func(t testing.TB) { proptest.Config{Seed: seed}.Check(t, big) })
		for line := range strings.Lines(k.log.String()) {
			if _, found, ok := strings.Cut(line, "; found in "); ok {
				return found
			}
		}
		t.Fatalf("nothing is found:\n%s", k.log.String())
		return ""
	}
	set(t, "shard", "3/4")
	part := find(11)
	set(t, "shard", "")
	if whole := find(13); part != whole || !strings.Contains(part, "seed 13") {
		t.Errorf("part: %s, whole: %s", part, whole)
	}
}

// TestTimeVain: where there are as many runs as there is time for, a flag that
// says how many there are is as good as fewer.
func TestTimeVain(t *testing.T) {
	cfg := proptest.Config{Time: 20 * time.Millisecond, Faults: simnet.Faults{simnet.FaultReset: {Rate: 1}}}
	judge(t, func(t testing.TB) { cfg.Check(t, right) }).fails(t, "in vain: fault reset")
	set(t, "runs", "5")
	judge(t, func(t testing.TB) { cfg.Check(t, right) }).passes(t, "5 runs", "what was in vain is not looked at")
}
