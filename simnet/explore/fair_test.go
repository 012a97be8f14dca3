package explore_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// sample counts what runs write, once a strategy knows the program.
func sample(t *testing.T, s explore.Strategy, runs int, build func(w *simnet.World, out *strings.Builder)) map[string]int {
	counts := map[string]int{}
	simnet.Loop(func(r *simnet.Runner) {
		e := newExplorer(s)
		for i := range 64 + runs {
			var out strings.Builder
			if res := e.next(r, simnet.Config{}, func(w *simnet.World) { build(w, &out) }); res.Err != nil {
				t.Fatal(res.Err)
			}
			if i >= 64 {
				counts[out.String()]++
			}
		}
	})
	return counts
}

// TestUniformEven has all interleavings of tasks that do a different number of
// operations be equally likely.
func TestUniformEven(t *testing.T) {
	counts(t)
	const runs = 30_000
	seen := sample(t, explore.Uniform(), runs, func(w *simnet.World, out *strings.Builder) {
		p := w.Process("p")
		for i, operations := range []int{1, 2, 3} {
			p.Go("task", func() {
				out.WriteByte(byte('a' + i))
				for range operations {
					p.Yield()
					out.WriteByte(byte('a' + i))
				}
			})
		}
	})
	const interleavings = 1260 // 9! / 2! 3! 4!
	if len(seen) != interleavings {
		t.Errorf("%d interleavings of %d", len(seen), interleavings)
	}
	chi := 0.0
	for _, n := range seen {
		chi += math.Pow(float64(n)-1.*runs/interleavings, 2) / (1. * runs / interleavings)
	}
	if free := float64(interleavings - 1); chi > free+4*math.Sqrt(2*free) {
		t.Errorf("chi squared is %.0f, of %.0f", chi, free)
	}
}

// TestUniformSpread has knowledge matter: a task that has much to do is not done
// last.
func TestUniformSpread(t *testing.T) {
	counts(t)
	last := func(s explore.Strategy) (n int) {
		for out, m := range sample(t, s, 1000, func(w *simnet.World, out *strings.Builder) {
			p := w.Process("p")
			for i, operations := range []int{4, 60} {
				p.Go("task", func() {
					for range operations {
						p.Yield()
						out.WriteByte(byte('a' + i))
					}
				})
			}
		}) {
			if strings.HasSuffix(out, strings.Repeat("b", 48)) {
				n += m
			}
		}
		return n
	}
	walk, uniform := last(explore.Walk()), last(explore.Uniform())
	t.Log(walk, uniform)
	if walk < 700 || uniform > 10 {
		t.Errorf("the first is done in the first quarter %d times by the walk, and %d times evenly", walk, uniform)
	}
}

// TestPOSIndependent has operations that have nothing to do with a race not decide
// it: one sender has to do ten of them first.
func TestPOSIndependent(t *testing.T) {
	counts(t)
	race := func(s explore.Strategy) int {
		return sample(t, s, 2000, func(w *simnet.World, out *strings.Builder) {
			p := w.Process("p")
			in, to, err := p.Pair()
			if err != nil {
				panic(err)
			}
			other, _, err := p.Pair()
			if err != nil {
				panic(err)
			}
			p.Go("late", func() {
				for range 10 {
					other.Send([][]byte{{0}}, nil, time.Time{})
				}
				in.Send([][]byte{[]byte("l")}, nil, time.Time{})
			})
			p.Go("early", func() { in.Send([][]byte{[]byte("e")}, nil, time.Time{}) })
			p.Go("reader", func() {
				b := make([]byte, 1)
				to.Recv([][]byte{b}, nil, time.Time{})
				out.Write(b)
			})
		})["l"]
	}
	walk, pos := race(explore.Walk()), race(explore.POS())
	t.Log(walk, pos)
	if walk > 20 || pos < 60 {
		t.Errorf("the late one is first %d times by the walk, and %d times by pos", walk, pos)
	}
}

// TestPOSDrawsAgain has tasks that only sleep, which depends on nothing, not keep
// the priorities that they began with.
func TestPOSDrawsAgain(t *testing.T) {
	counts(t)
	seen := sample(t, explore.POS(), 2000, func(w *simnet.World, out *strings.Builder) {
		p := w.Process("p")
		for i := range 2 {
			p.Go("task", func() {
				for range 3 {
					p.Sleep(p.Now())
					out.WriteByte(byte('a' + i))
				}
			})
		}
	})
	if len(seen) != 20 {
		t.Error("of 20 interleavings there are", len(seen))
	}
}
