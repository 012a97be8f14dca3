package scoreboard_test

import (
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"testing"

	"example.com/brine/proptest"
	"example.com/brine/proptest/scoreboard"
)

// TestFree holds the corrected programs to pass with ordinary goroutines, too,
// where the race detector can look at them, and the wrong ones to race nowhere.
func TestFree(t *testing.T) {
	each(t, func(t *testing.T, p *scoreboard.Program) {
		if !p.Free() {
			t.Skip("the bug needs a fault that is simulated only")
		}
		if n := repeat(t, p.Config, p.Right(), *clean); n >= 0 {
			t.Errorf("repeat %d of the corrected program failed", n)
		}
		repeat(t, p.Config, p.Wrong(), 20)
	})
}

// repeat executes a body with goroutines, in the order that Go's own scheduler has
// for them, and returns which repeat failed first, or -1.
func repeat(t *testing.T, cfg proptest.Config, body func(*proptest.Sim), runs int) int {
	t.Helper()
	for name, value := range map[string]string{"brine.backend": "free", "brine.runs": strconv.Itoa(runs)} {
		f := flag.Lookup(name)
		before := f.Value.String()
		if err := f.Value.Set(value); err != nil {
			t.Fatal(err)
		}
		defer f.Value.Set(before)
	}
	k := &judged{TB: t, index: -1}
	done := make(chan struct{})
	go func() {
		defer close(done)
		cfg.Check(k, body)
	}()
	<-done
	if k.failed && k.index < 0 {
		t.Fatal(k.said)
	}
	if k.failed {
		t.Logf("%.1500s", k.said)
	}
	return k.index
}

// A judged is a test that may fail.
type judged struct {
	testing.TB
	failed bool
	said   string
	index  int // of the run that failed
}

func (k *judged) Helper()             {}
func (k *judged) Logf(string, ...any) {}
func (k *judged) Fatalf(f string, args ...any) {
	k.failed, k.said = true, fmt.Sprintf(f, args...)
	fmt.Sscanf(k.said, "run %d with goroutines", &k.index)
	runtime.Goexit()
}
