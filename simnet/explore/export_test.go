package explore

import "example.com/brine/simnet"

// Deviations returns how many deviations a run of Exhaust is to have, and -1 for
// one that is executed again to be explained.
func Deviations(x *Execution) int {
	if p, ok := x.Config.Chooser.(*prefix); ok {
		return len(p.deviations)
	}
	return -1
}

// Numbers is the set of hashes that states are kept in.
type Numbers struct{ numbers }

// NewNumbers returns an empty one that takes most numbers, and 0.
func NewNumbers(most int) *Numbers { return &Numbers{numbers{most: most}} }

// Add adds a number, and reports whether it was new.
func (s *Numbers) Add(x uint64) bool { return s.add(x) }

// Slots returns how much memory there is.
func (s *Numbers) Slots() int { return len(s.slots) }

// Sow returns the answers to questions of a sower that has one seed: for the n-th
// question of a kind, any answer.
func Sow(dice uint64, kind simnet.Kind, n int, questions ...*simnet.Point) (answers []int) {
	d := cast(dice, drawSparse)
	s := &sower{script: simnet.Calm(), d: &d, seeds: []seed{{kind: kind, n: n}}, asked: map[simnet.Kind]int{}}
	for _, q := range questions {
		answers = append(answers, s.Choose(q))
	}
	return answers
}
