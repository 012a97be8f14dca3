package explore

import (
	"math"
	"slices"
)

// A sketch counts how many different numbers it is given, in bounded memory:
// exactly while they are few, and from then on by how close to 0 the least of them
// are, which for hashes is within a percent (k minimum values, Bar-Yossef and
// others 2002).
type sketch struct {
	set   map[uint64]struct{} // only looked up
	limit uint64              // the numbers that are kept are below it; 0 is no limit
}

const sketchSize = 1 << 15

func (s *sketch) add(h uint64) {
	if s.limit != 0 && h >= s.limit {
		return
	}
	if s.set == nil {
		s.set = make(map[uint64]struct{})
	}
	s.set[h] = struct{}{}
	if len(s.set) >= 2*sketchSize {
		s.halve()
	}
}

// halve keeps the least sketchSize numbers.
func (s *sketch) halve() {
	all := make([]uint64, 0, len(s.set))
	for h := range s.set { // sorted next
		all = append(all, h)
	}
	slices.Sort(all)
	s.limit = all[sketchSize]
	for _, h := range all[sketchSize:] {
		delete(s.set, h)
	}
}

// count returns how many there were, and whether it is exact.
func (s *sketch) count() (n int, exactly bool) {
	if s.limit == 0 {
		return len(s.set), true
	}
	return int(float64(len(s.set)) / float64(s.limit) * math.MaxUint64), false
}
