package explore

import (
	"slices"

	"example.com/brine/simnet"
)

// Runs are what a shrinker may execute besides scripts: delta debugging gets stuck
// where no part of a script fails, although a shorter one would that is no part of
// it, as the places of lines move when one before them is missing.
type runs struct {
	// execute executes the program with a Chooser, recorded.
	execute  func(c simnet.Chooser, faults simnet.Faults) *simnet.Result
	strategy Planner
	faults   simnet.Faults
	seed     uint64 // what is drawn is a function of it

	d     dice
	other int                 // runs of the strategy so far
	at    []simnet.Line       // the script to go on from: as short as the best, and not always that
	asked map[simnet.Kind]int // questions of the last run; only looked up
}

// How much is done. The numbers were measured with package proptest/scoreboard.
const (
	sparseEffort = 200 // runs in vain, for each line above the first
	otherEvery   = 40  // of these is a run of the strategy instead
	otherTries   = 60  // until one of these fails
	enough       = 4   // lines, which are read in a moment: for fewer, no runs of the strategy
)

// sparse looks for a shorter script from the calm side: in runs with fewer
// deviations than the best script has, or as many. They are some of its lines, and
// the rest at random. A run that fails with fewer lines is shrunk, and is where it
// goes on; from one with as many it goes on, too, for what is near it is something
// else. Now and then it shrinks a run of the strategy, which is far from all of
// these.
func (k *shrinker) sparse() {
	r := k.runs
	reserve := k.budget / 8 // for the passes after it
	r.d, r.at = cast(r.seed, drawSparse), k.best.lines
	for vain := 1; vain <= sparseEffort*(len(k.best.lines)-1) && k.budget > reserve && !k.spent(); vain++ {
		had := len(k.best.lines)
		if vain%otherEvery == 0 && had > enough {
			k.from(k.another(reserve))
		} else if res := k.sow(); k.fails(res) && len(res.Script.Lines) <= had {
			k.from(res.Script.Lines)
		}
		if len(k.best.lines) < had {
			vain = 0
		}
	}
}

// sow executes a run with some of the lines where it is, and some answers at
// random.
func (k *shrinker) sow() *simnet.Result {
	r := k.runs
	total := len(k.best.lines) - r.d.below(2) // less one, or not
	if total == 0 {
		return nil
	}
	random := 1
	switch r.d.below(3) {
	case 0:
		random = total
	case 1:
		random = min(2, total)
	}
	kept, gone := slices.Clone(r.at), []simnet.Line(nil)
	for len(kept) > total-random {
		i := r.d.below(len(kept))
		gone = append(gone, kept[i])
		kept = slices.Delete(kept, i, i+1)
	}
	s := &sower{script: simnet.Replay(simnet.Script{Lines: kept}), d: &r.d, asked: map[simnet.Kind]int{}}
	for range random {
		s.seeds = append(s.seeds, r.draw(k.first, gone))
	}
	res := k.spend(r.execute(s, r.faults))
	r.asked = s.asked
	return res
}

// draw draws a place for an answer: any question; any of a kind that the first
// script has; or any where the answer of a line that is gone is possible, as that
// may be what has to move.
func (r *runs) draw(first, gone []simnet.Line) seed {
	among := func(lines []simnet.Line) simnet.Line { return lines[r.d.below(len(lines))] }
	switch r.d.below(3) {
	case 0:
		l := among(first)
		return seed{kind: l.Kind, n: r.d.below(max(1, r.asked[l.Kind]))}
	case 1:
		if len(gone) > 0 {
			l := among(gone)
			return seed{kind: l.Kind, n: r.d.below(max(1, r.asked[l.Kind])), answer: l.Answer}
		}
	}
	all := 0
	for _, kind := range simplicity {
		all += r.asked[kind]
	}
	n := r.d.below(max(1, all))
	for _, kind := range simplicity {
		if n < r.asked[kind] {
			return seed{kind: kind, n: n}
		}
		n -= r.asked[kind]
	}
	return seed{}
}

// another executes runs of the strategy until one fails as it should, and returns
// its script, nil if none did.
func (k *shrinker) another(reserve int) []simnet.Line {
	r := k.runs
	for range otherTries {
		if k.budget <= reserve || k.spent() {
			break
		}
		c, faults := r.strategy.Plan(seedOf(r.seed, r.other), nil, r.faults)
		r.other++
		if res := k.spend(r.execute(c, faults)); k.fails(res) {
			return res.Script.Lines
		}
	}
	return nil
}

// from shrinks another script, and takes what comes of it if that is simpler than
// the best.
func (k *shrinker) from(lines []simnet.Line) {
	if len(lines) == 0 {
		return
	}
	best, result := k.best, k.result
	k.best = weighed{lines: make([]simnet.Line, len(lines)+1)} // than which everything is simpler
	taken := k.attempt(lines)
	if taken {
		if len(lines) > len(best.lines) {
			k.truncate()
			k.sweep()
		}
		k.reduce()
		if len(k.best.lines) <= len(best.lines) {
			k.runs.at = k.best.lines
		}
	}
	if !taken || !simpler(k.best, best) {
		k.best, k.result = best, result
	}
}

// A sower is the Chooser of a run that answers as a script says, and where that
// says nothing as seeds do.
type sower struct {
	script simnet.Chooser
	seeds  []seed
	d      *dice
	asked  map[simnet.Kind]int // questions so far
}

// A seed is an answer other than 0, to the n-th question of a kind, from 0: any, if
// it has no name, and otherwise that one, to the first question from there on where
// it is possible.
type seed struct {
	kind   simnet.Kind
	n      int
	answer string
	sown   bool
}

// Choose implements simnet.Chooser.
func (s *sower) Choose(p *simnet.Point) int {
	n := s.asked[p.Kind]
	s.asked[p.Kind]++
	if i := s.script.Choose(p); i != 0 {
		return i
	}
	for j := range s.seeds {
		at := &s.seeds[j]
		if at.sown || at.kind != p.Kind || n < at.n || n > at.n && at.answer == "" {
			continue
		}
		if i := s.answer(p, at.answer); i != 0 {
			at.sown = true
			return i
		}
	}
	return 0
}

// answer returns the number of an answer, or any if it has no name, and 0 if that
// is not possible, or a fault that is not switched on: that is asked for because
// the program has ordered it.
func (s *sower) answer(p *simnet.Point, name string) int {
	i := 1 + s.d.below(p.N-1)
	if name != "" {
		for i = p.N - 1; i > 0 && p.Answer(i) != name; i-- {
		}
	}
	if i > 0 && p.Kind > simnet.KindTimer && p.Rates[i-1] <= 0 {
		return 0
	}
	return i
}
