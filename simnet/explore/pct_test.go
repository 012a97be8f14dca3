package explore_test

import (
	"math"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// rare is a program of n tasks that do so many operations each. It has a bug of a
// depth: the second task has to look just between the middle operation of the first
// and the next one (2), or to be done before the first begins (1).
func rare(n, operations, depth int, found *bool) func(*simnet.World) {
	return func(w *simnet.World) {
		*found = false
		open, begun := false, false
		p := w.Process("p")
		for i := range n {
			a, _, err := p.Pair()
			if err != nil {
				panic(err)
			}
			p.Go("task", func() {
				begun = begun || i == 0
				for j := range operations {
					if _, err := a.Send([][]byte{{1}}, nil, time.Time{}); err != nil {
						panic(err)
					}
					if i == 0 {
						open = j == operations/2
					}
					if i == 1 && depth == 2 && j == operations/2 && open {
						*found = true
					}
				}
				if i == 1 && depth == 1 && !begun {
					*found = true
				}
			})
		}
	}
}

// finds counts in how many of so many runs a bug is found, and returns how many
// questions of who goes on the longest of them put.
func finds(t *testing.T, s explore.Strategy, runs int, build func(*simnet.World), found *bool) (n, questions int) {
	simnet.Loop(func(r *simnet.Runner) {
		e := newExplorer(s)
		for range runs {
			res := e.next(r, simnet.Config{}, build)
			if res.Err != nil {
				t.Fatal(res.Err)
			}
			if *found {
				n++
			}
			questions = max(questions, res.Choices)
		}
	})
	return n, questions
}

// TestPCTFinds has bugs found as often as Burckhardt and others prove: with a
// probability of 1/(n·k^(d-1)) at least.
func TestPCTFinds(t *testing.T) {
	counts(t)
	const runs = 3000
	for _, test := range []struct{ depth, tasks, operations int }{
		{1, 2, 10}, {1, 5, 20}, {1, 3, 200}, {2, 2, 10}, {2, 4, 10}, {2, 3, 30},
	} {
		var found bool
		build := rare(test.tasks, test.operations, test.depth, &found)
		n, k := finds(t, explore.PCT(test.depth), runs, build, &found)
		least := float64(runs) / float64(test.tasks)
		if test.depth == 2 {
			least /= float64(k)
		}
		t.Logf("%+v: %d times in %d runs, and %.0f at least", test, n, runs, least)
		if float64(n) < least-3*math.Sqrt(least) { // which chance may take away
			t.Errorf("%+v: found %d times in %d runs, and is to be %.0f times", test, n, runs, least)
		}
	}
}

// TestPCTWalk has a bug that takes two switches be found by priorities, and not by
// a random walk: that another task is done before this one begins.
func TestPCTWalk(t *testing.T) {
	counts(t)
	var found bool
	build := rare(3, 50, 1, &found)
	byWalk, _ := finds(t, explore.Walk(), 1000, build, &found)
	byPCT, _ := finds(t, explore.PCT(0), 1000, build, &found)
	t.Log(byWalk, byPCT)
	if byWalk > 0 || byPCT < 200 {
		t.Errorf("found %d times by the walk, and %d times by pct", byWalk, byPCT)
	}
}

// TestStarvation has nobody wait for ever for those who wait for it, whichever way
// they do.
func TestStarvation(t *testing.T) {
	counts(t)
	for _, test := range []struct {
		name string
		work int // what is waited for: how many messages back and forth
		most int // operations in all
		wait func(p *simnet.Process, done *bool)
	}{
		{"yields", 10, 300, func(p *simnet.Process, done *bool) {
			for !*done {
				p.Yield()
			}
		}},
		{"polls", 10, 4000, func(p *simnet.Process, done *bool) {
			_, b, err := p.Pair()
			for !*done && err == nil {
				b.Recv([][]byte{make([]byte, 1)}, nil, p.Now())
			}
		}},
		{"polls for long", 200, 10_000, func(p *simnet.Process, done *bool) {
			_, b, err := p.Pair()
			for !*done && err == nil {
				b.Recv([][]byte{make([]byte, 1)}, nil, p.Now())
			}
		}},
		{"plays ping-pong", 10, 10_000, func(p *simnet.Process, done *bool) {
			a, b, err := p.Pair()
			if err != nil {
				panic(err)
			}
			p.Background("pong", func() {
				for err := error(nil); err == nil; {
					if _, _, err = b.Recv([][]byte{make([]byte, 1)}, nil, time.Time{}); err == nil {
						_, err = b.Send([][]byte{{1}}, nil, time.Time{})
					}
				}
			})
			for !*done {
				a.Send([][]byte{{1}}, nil, time.Time{})
				a.Recv([][]byte{make([]byte, 1)}, nil, time.Time{})
			}
		}},
	} {
		build := func(w *simnet.World) {
			p, done := w.Process("p"), false
			for range 3 {
				p.Go("waiter", func() { test.wait(p, &done) })
			}
			a, b, err := p.Pair()
			if err != nil {
				panic(err)
			}
			p.Go("worker", func() {
				for range test.work {
					a.Send([][]byte{{1}}, nil, time.Time{})
					b.Recv([][]byte{make([]byte, 1)}, nil, time.Time{})
				}
				done = true
			})
		}
		for _, s := range strategies() {
			most := 0
			simnet.Loop(func(r *simnet.Runner) {
				e := newExplorer(s)
				for range 80 {
					res := e.next(r, simnet.Config{Steps: test.most}, build)
					if res.Err != nil {
						t.Errorf("%s, who waits %s: %v", s.Name(), test.name, res.Err)
						return
					}
					most = max(most, res.Steps)
				}
			})
			t.Logf("%-12s %-16s %d", s.Name(), test.name, most)
		}
	}
}
