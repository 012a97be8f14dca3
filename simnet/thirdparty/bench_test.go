package thirdparty_test

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// Every benchmark here that has a peer runs simnet and the peer in turn, block by
// block, and reports both and the median of the ratios of neighbouring blocks, so
// that a machine that changes its pace in between does not decide:
//
//	cd simnet/thirdparty && go test -run '^$' -bench . -count 5
//
// The time that the testing package itself reports is left out: it would be the
// sum of the two.

// A contender does something n times, and says how long that took, without what
// it had to prepare.
type contender func(n int) time.Duration

// timed is for what needs no preparation.
func timed(f func(n int)) contender {
	return func(n int) time.Duration {
		start := time.Now()
		f(n)
		return time.Since(start)
	}
}

// measured are the medians of what two contenders took for one, in nanoseconds,
// and of the ratios.
type measured struct{ ours, theirs, ratio float64 }

// against has two contenders take turns, n times a block.
func against(b *testing.B, n int, ours, theirs contender) measured {
	measure := func(f contender) float64 {
		runtime.GC() // what the other has left is not to be cleared up by this one
		return float64(f(n)) / float64(n)
	}
	ours(1) // warm up
	theirs(1)
	var o, t, ratios []float64
	for b.Loop() {
		x, y := measure(ours), measure(theirs)
		o, t, ratios = append(o, x), append(t, y), append(ratios, x/y)
	}
	b.ReportMetric(0, "ns/op")
	return measured{median(o), median(t), median(ratios)}
}

// paired is against, and reports.
func paired(b *testing.B, n int, simnet, peer contender) measured {
	m := against(b, n, simnet, peer)
	b.ReportMetric(m.ours, "simnet-ns")
	b.ReportMetric(m.theirs, "peer-ns")
	b.ReportMetric(m.ratio, "simnet/peer")
	return m
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
