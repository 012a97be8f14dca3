package explore_test

import (
	"slices"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// BenchmarkStrategies compares how many runs each strategy makes in a second with
// how many the random walk does, by turns, so that a busy machine is so for both.
// Both learn.
func BenchmarkStrategies(b *testing.B) {
	for _, name := range explore.Names() {
		b.Run(name, func(b *testing.B) {
			s, err := explore.Named(name)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			turns(b, s)
		})
	}
}

const turn = 500 // runs

// An explorer executes runs as an exploration does, one after the other: what is
// known is that of the epochs before.
type explorer struct {
	planner explore.Planner
	known   explore.Knowledge
	learner explore.Learner
	lessons []*explore.Lesson
	run     int // that is next
	epoch   int // how many runs it has
}

func newExplorer(s explore.Strategy) *explorer { return &explorer{planner: s.Planner(), epoch: 64} }

// next executes a run.
func (e *explorer) next(r *simnet.Runner, cfg simnet.Config, build func(*simnet.World)) *simnet.Result {
	if len(e.lessons) == e.epoch {
		e.known.Merge(e.lessons)
		e.lessons = e.lessons[:0]
		e.epoch = min(2*e.epoch, 1024)
	}
	cfg.Chooser, cfg.Faults = e.planner.Plan(uint64(e.run), &e.known, cfg.Faults)
	if e.run++; e.run > 1024 {
		return r.Run(cfg, build)
	}
	cfg.Chooser = e.learner.Of(cfg.Chooser)
	res := r.Run(cfg, build)
	e.lessons = append(e.lessons, e.learner.Lesson())
	return res
}

func turns(b *testing.B, s explore.Strategy) {
	build := writersReader(make([]byte, writers*writes))
	simnet.Loop(func(r *simnet.Runner) {
		ours, theirs := newExplorer(s), newExplorer(explore.Walk())
		took := func(e *explorer) float64 {
			began := time.Now()
			for range turn {
				e.next(r, simnet.Config{}, build)
			}
			return float64(time.Since(began)) / turn
		}
		var each, ratios []float64
		for range 4 { // until something is known
			took(ours)
			took(theirs)
		}
		for b.Loop() {
			walk := took(theirs)
			own := took(ours)
			each, ratios = append(each, own), append(ratios, walk/own)
		}
		slices.Sort(each)
		slices.Sort(ratios)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(1e9/each[len(each)/2], "runs/s")
		b.ReportMetric(ratios[len(ratios)/2], "of-walk")
	})
}
