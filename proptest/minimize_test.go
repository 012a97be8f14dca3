package proptest_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// big fails for numbers that are too big.
func big(s *proptest.Sim) {
	n := proptest.Draw(s, rapid.IntRange(0, 100_000), "n")
	s.Process("p", func(tr transport.Transport) { tr.Yield() })
	s.Run()
	if n > 500 {
		s.Error("it is too big")
	}
}

// smallest fails the test unless a body is found to fail, with data that are as small
// as they can be.
func smallest(t *testing.T, cfg proptest.Config, body func(s *proptest.Sim), want string) {
	t.Helper()
	rep, err := cfg.Explore("x", body)
	if err != nil || rep.Failure == nil {
		t.Fatal(err, "nothing is found")
	}
	if got := rep.Failure.Script.Data; len(got) != 1 || got[0].JSON != want {
		t.Errorf("smallest data %v, want %s", got, want)
	}
	if tr := rep.Failure.Result.Trace; tr == nil || tr.Script.Data[0].JSON != want {
		t.Error("the trace is of other data")
	}
}

// TestNoSeed: data are shrunk whatever the seed, and also if there is none.
func TestNoSeed(t *testing.T) {
	for seed := range uint64(4) {
		smallest(t, proptest.Config{Seed: seed}, big, "501")
	}
	set := flag.Lookup("rapid.seed").Value
	defer set.Set(set.String())
	set.Set("0")
	smallest(t, proptest.Config{}, big, "501")
}

// TestSeedOfOthers: that the data of one test are shrunk does not change the seed
// of another one that is under way.
func TestSeedOfOthers(t *testing.T) {
	var group sync.WaitGroup
	defer group.Wait()
	var over atomic.Bool
	defer over.Store(true)
	group.Go(func() {
		for !over.Load() {
			proptest.Config{Runs: 20, Cores: 1}.Explore("other", func(s *proptest.Sim) {
				proptest.Draw(s, rapid.Int(), "n")
				s.Process("p", func(transport.Transport) {})
				s.Run()
			})
		}
	})
	smallest(t, proptest.Config{Seed: 7}, func(s *proptest.Sim) {
		if flag.Lookup("rapid.seed").Value.String() == "7" {
			s.Fatal("the seed is set for all")
		}
		big(s)
	}, "501")
}

// TestUnscripted: where no script brings a failure about, data are left as they
// were found: each set of them would take a second, and the trace is of these.
func TestUnscripted(t *testing.T) {
	rep, err := proptest.Config{Seed: 3}.Explore("x", func(s *proptest.Sim) {
		n := proptest.Draw(s, rapid.IntRange(0, 100_000), "n")
		s.Process("p", func(transport.Transport) {
			if n > 500 {
				<-make(chan int)
			}
		})
		s.Run()
	})
	if err != nil || rep.Failure == nil {
		t.Fatal(err, "nothing is found")
	}
	f := rep.Failure
	if len(f.Script.Data) != 1 || f.Script.Data[0] != f.Result.Trace.Script.Data[0] || f.Executions > 0 {
		t.Errorf("%d executions, data %v, and %v in the trace", f.Executions, f.Script.Data, f.Result.Trace.Script.Data)
	}
}

// A timed test has a time at which it is over.
type timed struct {
	testing.TB
	at time.Time
}

func (t timed) Deadline() (time.Time, bool) { return t.at, true }

// TestNoTimeToShrink: what was found is told before the test's time is over, whatever
// could still be made smaller.
func TestNoTimeToShrink(t *testing.T) {
	at := time.Now().Add(time.Second)
	var late atomic.Int32 // runs that were begun when the time was over
	judge(t, func(t testing.TB) {
		proptest.Config{Seed: 1, Verify: -1}.Check(timed{t, at}, func(s *proptest.Sim) {
			n := proptest.Draw(s, rapid.SliceOfN(rapid.IntRange(0, 1e9), 50, 100), "n")
			if time.Now().After(at) {
				late.Add(1)
			}
			s.Process("p", func(tr transport.Transport) {
				for range 50_000 {
					tr.Yield()
				}
			})
			s.Run()
			if slices.Max(n) > 1000 {
				s.Error("it is too big")
			}
		})
	}).fails(t, "it is too big")
	// The run that was found is executed again on any machine, to be told of.
	if late.Load() > 3 {
		t.Errorf("%d runs were begun too late", late.Load())
	}
}

// several draws as many numbers as the first one says, and fails in two ways, each
// with data and in an order of its own.
func several(s *proptest.Sim) {
	n := proptest.Draw(s, rapid.IntRange(1, 6), "n")
	var numbers, order []int
	p := s.Process("p", nil)
	for i := range n {
		k := proptest.Draw(s, rapid.IntRange(0, 50), fmt.Sprint("k", i))
		numbers = append(numbers, k)
		p.Go(fmt.Sprint("t", i), func(tr transport.Transport) {
			for range k % 4 {
				tr.Yield()
			}
			order = append(order, i)
		})
	}
	if n > 3 {
		proptest.Draw(s, rapid.SliceOf(rapid.String()), "more")
	}
	s.Run()
	if n >= 3 && order[0] == 2 && numbers[1] > 7 {
		s.Errorf("t2 is first of %d", n)
	}
	if n >= 5 && order[0] == 4 {
		s.Errorf("t4 is first of %d", n)
	}
}

// TestSeveral: the script and the data that are reported belong together, and are
// the same on any number of cores.
func TestSeveral(t *testing.T) {
	said := map[string]bool{}
	for seed := range uint64(6) {
		var reports [2]string
		for i := range reports {
			rep, err := proptest.Config{Seed: 1 + seed, Runs: 3000, Cores: 1 + 3*i}.Explore("x", several)
			if err != nil || rep.Failure == nil {
				t.Fatal(err, "nothing is found")
			}
			f := rep.Failure
			reports[i] = fmt.Sprint(f.Script, f.Unsteady, f.Diverged, f.Index, rep.Runs, f.Executions)
			line, _, _ := strings.Cut(f.Property[strings.Index(f.Property, " is first")-2:], " of ")
			said[line] = true
			judge(t, func(t testing.TB) { proptest.Replay(t, f.Script.String(), several) }).fails(t, line)
			if len(f.Script.Lines) != 1 {
				t.Errorf("it is not the smallest:\n%v", f.Script)
			}
		}
		if reports[0] != reports[1] {
			t.Errorf("with more cores it is not the same:\n%s\n%s", reports[0], reports[1])
		}
	}
	if len(said) != 2 {
		t.Errorf("not both failures are found: %v", said)
	}
}
