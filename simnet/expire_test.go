package simnet_test

import (
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
)

// together has a timer and two tasks wait for the same second. Each says twice
// that it goes on; then one of the tasks stops the timer, if it has not gone off.
// Another task only looks at the clock.
func together(story *[]string) func(w *simnet.World) {
	return func(w *simnet.World) {
		*story = nil
		p := w.Process("p")
		begin := p.Now()
		at := begin.Add(time.Second)
		say := func(what string) { *story = append(*story, what) }
		timer, _ := p.AfterFunc("timer", at, func() { say("timer"); p.Yield(); say("timer") })
		p.Go("a", func() {
			p.Sleep(at)
			say("a")
			p.Yield()
			say("a")
			if timer.Stop() {
				say("stopped")
			}
		})
		p.Go("b", func() { p.Sleep(at); say("b"); p.Yield(); say("b") })
		p.Go("busy", func() {
			p.Yield()
			if p.Now().After(begin) {
				say("late")
			}
		})
	}
}

// All timers of one moment go off before any task runs, in the order in which
// they were set, unless one is to go off alone.
func TestTogether(t *testing.T) {
	var story []string
	for _, c := range []struct {
		lines, want string
		unused      int
	}{
		{"", "timer timer a a b b", 0},
		{"p/timer 1 run p/a", "timer a a b b timer", 0},
		{"p/timer 1 run p/b", "timer b b a a timer", 0},
		{"p/timer 1 run p/b\np/b 2 run p/a", "timer b a a timer b", 0},
		// Before the timer's task has run, which nobody stops any more.
		{"p/busy 2+ run p/a", "a a timer timer b b", 0},

		{"world 2 timer p/a", "a a stopped b b", 0},
		{"world 2 timer p/a\np/a 2 run p/b", "a a stopped b b", 1},
		{"world 2 timer p/b", "b b timer timer a a", 0},
		{"world 2 timer p/b\np/timer 1 run p/a", "b b timer a a timer", 0},
		{"world 2 timer world", "timer timer a a b b", 0},
		{"world 2 timer world\np/timer 1 run p/a", "timer timer a a b b", 1},
		{"world 2 timer world\np/a 1 timer p/b", "timer timer b b a a", 0},

		// While busy could run, and the others wait.
		{"world 2.5 early", "late timer timer a a b b", 0},
		{"world 2.5 early\nworld 2 timer p/b", "late b b timer timer a a", 0},
	} {
		s, err := simnet.ParseScript("brine script 1\n" + c.lines)
		if err != nil {
			t.Fatal(err)
		}
		replay := simnet.Replay(s)
		res := simnet.Run(simnet.Config{Chooser: replay}, together(&story))
		if got := strings.Join(story, " "); got != c.want || len(replay.Unused()) != c.unused || res.Err != nil || res.Elapsed != time.Second {
			t.Errorf("%q: %s, not %s; unused %v; %v after %v", c.lines, got, c.want, replay.Unused(), res.Err, res.Elapsed)
		}
	}
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range uint64(100) {
			replays(t, r, simnet.Config{}, seed, together(&story))
		}
	})
}

// The answers to which timer goes off alone are in the order in which they were
// set, and one of them is to be given now and then.
func TestAloneAnswers(t *testing.T) {
	var answers []string
	res := simnet.Run(simnet.Config{Once: true, Chooser: asked(func(p *simnet.Point) int {
		if p.Kind == simnet.KindTimer && answers == nil {
			for i := range p.N {
				answers = append(answers, p.Answer(i))
			}
			counts := make([]int, p.N)
			random := simnet.Random(1)
			const draws = 1 << 16
			for range draws {
				counts[random.Choose(p)]++
			}
			for i, n := range counts {
				want := draws / 4 / (p.N - 1)
				if i == 0 {
					want = draws * 3 / 4
				}
				if n < want*9/10 || n > want*11/10 {
					t.Errorf("answer %d is given %d times of %d, not about %d", i, n, draws, want)
				}
			}
		}
		return 0
	})}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			at := p.Now().Add(time.Second)
			for range 7 {
				must(p.AfterFunc("timer", at, func() {}))(t)
			}
		})
	})
	const want = ", p/main 1, p/main 2, p/main 3, p/main 4, p/main 5, p/main 6, p/main 7"
	if got := strings.Join(answers, ", "); got != want || res.Err != nil {
		t.Errorf("%q, not %q; %v", got, want, res.Err)
	}
}
