package proptest_test

import (
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// TestGrowth looks at how much memory there is after so many runs, with data,
// labels, kills and all strategies. GROWTH_RUNS says how many.
func TestGrowth(t *testing.T) {
	runs := 20_000
	if v := os.Getenv("GROWTH_RUNS"); v != "" {
		var err error
		if runs, err = strconv.Atoi(v); err != nil || runs < 2000 {
			t.Fatalf("GROWTH_RUNS=%s: not a number from 2000", v)
		}
	}
	// A look before the runs is not worth much: strategies learn, traces are counted
	// exactly up to a number. What counts is the last nine tenths.
	cfg := proptest.Config{Seed: 1, Faults: simnet.Faults{
		simnet.FaultKill: {Rate: 600, Max: 1}, simnet.FaultShort: {Rate: 6000}, simnet.FaultReset: {Rate: 600},
	}}
	var first, last uint64
	for _, n := range []int{runs / 10, runs} {
		cfg.Runs = n
		rep, err := cfg.Explore("growth", func(s *proptest.Sim) {
			if proptest.Index(s) == n-1 {
				var m runtime.MemStats
				runtime.GC()
				runtime.GC()
				runtime.ReadMemStats(&m)
				last = m.HeapAlloc
			}
			growing(s)
		})
		if err != nil || rep.Failure != nil {
			t.Fatal(err, rep)
		}
		t.Logf("at the end of %d runs: heap %d KiB, %d goroutines; %d traces", n, last>>10, runtime.NumGoroutine(), rep.Distinct)
		if first == 0 {
			first = last
		}
	}
	const slack = 3 << 20 // of which the traces are two
	if last > first+slack {
		t.Errorf("memory grows with runs: from %d bytes to %d", first, last)
	}
}

func growing(s *proptest.Sim) {
	n := proptest.Draw(s, rapid.IntRange(1, 5), "n")
	p, q := s.Process("p", nil), s.Process("q", nil)
	var l transport.Listener
	p.Setup(func(tr transport.Transport) { l, _ = tr.Listen(s.Path("s"), 1, transport.ListenConfig{}) })
	p.Go("main", func(tr transport.Transport) {
		c, err := l.Accept(tr.Now().Add(1e9))
		if err != nil {
			return
		}
		defer c.Close()
		for err == nil {
			_, _, err = c.Recv([][]byte{make([]byte, 3)}, nil, time.Time{})
		}
	})
	q.Go("main", func(tr transport.Transport) {
		c, err := tr.Dial(s.Path("s"), tr.Now().Add(1e9))
		if err != nil {
			return
		}
		for range n {
			if _, err := c.Send([][]byte{make([]byte, 1)}, nil, tr.Now().Add(1e9)); err != nil {
				break
			}
		}
		c.Close()
	})
	s.Run()
	s.Sometimes("whole", n > 4)
}
