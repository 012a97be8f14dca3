package explore_test

import (
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// This is what strategies are compared by: in how many orders messages arrive.

const (
	writers = 2
	writes  = 10
)

// writersReader is two writers that send ten messages of a byte each, and one
// reader, which has received them in read in the end.
func writersReader(read []byte) func(*simnet.World) {
	return func(w *simnet.World) {
		p := w.Process("p")
		in, out, err := p.Pair()
		if err != nil {
			panic(err)
		}
		for i := range writers {
			p.Go("writer", func() {
				buf := [][]byte{{byte(i)}}
				for range writes {
					if _, err := in.Send(buf, nil, time.Time{}); err != nil {
						panic(err)
					}
				}
			})
		}
		p.Go("reader", func() {
			bufs := make([][]byte, 1)
			for n := 0; n < len(read); {
				bufs[0] = read[n:min(n+16, len(read))]
				m, _, err := out.Recv(bufs, nil, time.Time{})
				if err != nil {
					panic(err)
				}
				n += m
			}
		})
	}
}

// raced says that the race detector is on.
var raced bool

// counts is for a test that counts what comes of very many runs.
func counts(t *testing.T) {
	if raced {
		t.Skip("the same runs are counted without the race detector, which takes twenty times as long")
	}
}

// orders counts the orders in which messages arrive in so many runs.
func orders(t testing.TB, strategy string, runs int) int {
	seen := make(map[string]bool)
	read := make([]byte, writers*writes)
	build := writersReader(read)
	rep, err := explore.Find(t.Context(), explore.Config{Strategy: strategy, Runs: runs, Cores: 1}, func(x *explore.Execution) *simnet.Result {
		res := x.Run(build)
		seen[string(read)] = true
		return res
	})
	if err != nil || rep.Failure != nil || rep.Runs != runs {
		t.Fatal(err, rep)
	}
	return len(seen)
}

// TestDistinctOrders holds strategies to how many of the 184,756 orders 10,000 runs
// show. An even choice among them would show about 9,733. Few switches show few
// orders, which is what pct is for; a share of the portfolio's runs are its.
func TestDistinctOrders(t *testing.T) {
	counts(t)
	least := map[string]int{"walk": 8000, "pct": 50, "pos": 8000, "uniform": 9600, "swarm": 8000, "portfolio": 7000}
	for _, name := range explore.Names() {
		n := orders(t, name, 10_000)
		t.Logf("%-10s %d", name, n)
		if want, ok := least[name]; !ok || n < want {
			t.Errorf("%s has shown %d orders, and is to show %d", name, n, want)
		}
	}
}
