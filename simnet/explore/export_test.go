package explore

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
