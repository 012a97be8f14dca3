package simnet

import "slices"

// answers is a Chooser that gives, by number, the answers that an execution was
// given before: what executes a run again. Beyond them, and where it is asked
// something else than that execution was, it is calm.
type answers struct {
	list []uint32
	next int
	asks [numKinds]bool
}

func (a *answers) Choose(p *Point) int {
	if a.next >= len(a.list) {
		return 0
	}
	i := int(a.list[a.next])
	a.next++
	if i >= p.N {
		return 0
	}
	return i
}

// kinds returns what is asked beyond Config.Faults: the same as before.
func (a *answers) kinds() [numKinds]bool { return a.asks }

// same returns a Chooser that answers as this run was answered, whose Config had
// the Chooser c. Calm and random ones can be asked again: what they answer need
// not be kept, and mostly it is they who are asked.
func (s *sched) same(c Chooser) Chooser {
	switch {
	case s.random != nil:
		again := s.seed
		return &again
	case !s.exact:
		return Calm()
	}
	return &answers{list: slices.Clone(s.r.kept.answers[:s.asked]), asks: kindsOf(c)}
}

// kindsOf returns the kinds of questions that a Chooser wants to be asked
// although Config.Faults does not have them.
func kindsOf(c Chooser) (k [numKinds]bool) {
	if c, ok := c.(interface{ kinds() [numKinds]bool }); ok {
		k = c.kinds()
	}
	return k
}
