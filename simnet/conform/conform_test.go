package conform

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var (
	seeds = flag.Int("seeds", 300, "scripts to compare")
	ops   = flag.Int("ops", 2000, "operations of a script")
	brief = flag.Bool("brief", false, "report a divergence by its seed and operation only")
	exact = flag.Bool("exact", false, "compare capacities also where they seem to be counted differently")
	first = flag.Uint64("seed", 1, "seed of the first script")
)

func TestConform(t *testing.T) {
	before := openNumbers()
	defer func() {
		if after := openNumbers(); after > before+3 { // the runtime makes some of its own
			t.Errorf("%d descriptors before, %d after", before, after)
		}
	}()
	rep, err := Run(t.Context(), Config{Seed: *first, Scripts: *seeds, Ops: *ops, Exact: *exact, AsFound: *brief})
	if err != nil {
		t.Skip(err)
	}
	t.Logf("%s: %d scripts, %d operations, %d sweeps in %v: %.0f operations a second", rep.System, rep.Scripts, rep.Tally.Ops, rep.Tally.Sweeps,
		rep.Elapsed, float64(rep.Tally.Ops)/rep.Elapsed.Seconds())
	if d := rep.Divergence; d != nil && *brief {
		lines := strings.Split(strings.TrimSpace(d.Program), "\n")
		t.Fatalf("seed %d, op %d: %s: %s", d.Seed, d.Op, strings.TrimSpace(lines[max(0, len(lines)-2)]), d.What)
	} else if d != nil {
		t.Fatal(d)
	}
	if rep.Loose != "" {
		t.Logf("capacities are compared loosely: %s", rep.Loose)
	}
	missing, skipped := rep.Tally.Missing(10, rep.Root, rep.Loose != "")
	if len(skipped) > 0 {
		t.Logf("cannot occur here:\n\t%s", strings.Join(skipped, "\n\t"))
	}
	if len(missing) > 0 && *seeds >= 300 {
		t.Errorf("of %d cases these occurred less than 10 times:\n\t%s", len(Cases), strings.Join(missing, "\n\t"))
	}
}

// openNumbers counts the descriptors of the process, where it can.
func openNumbers() int {
	open, _ := os.ReadDir("/proc/self/fd")
	return len(open)
}

// Where buffers are counted differently, the rest is still compared.
func TestLoose(t *testing.T) {
	onKernel(t, func(r *runner) {
		r.loose = true
		for seed := range uint64(10) {
			script, diff, err := r.explore(seed, 1000)
			if err != nil || diff != "" {
				t.Errorf("seed %d, op %d: %s %v", seed, len(script), diff, err)
			}
		}
		if n := r.tally.Count("fill: EAGAIN") + r.tally.Count("setsndbuf: ok"); n > 0 {
			t.Errorf("buffers were filled or sized %d times", n)
		}
	})
}
