package explore

import "math/bits"

// Why leaving out what pruning leaves out is sound, the package's documentation
// argues.
//
// States are numbers of 64 bits. That two of ten million are equal by accident has
// a probability of about three in a million. No more than mostStates are kept, as
// a Certificate is to cost bounded memory: what is not kept does not prune.

const (
	mostStates   = 1 << 23
	mostDistinct = 1 << 22
)

// Follow implements causal.Follower.
func (p *prefix) Follow() bool { return p.following }

// Reached implements causal.Follower.
func (p *prefix) Reached(state uint64) { p.state, p.told = state, true }

// numbers is a set of hashes that takes a bounded number of them.
type numbers struct {
	most  int
	n     int
	slots []uint64 // a power of two; 0 is free
	zero  bool     // 0 is in the set
}

// add reports whether x was not in the set, and puts it there if there is room.
func (s *numbers) add(x uint64) bool {
	if x == 0 {
		was := s.zero
		s.zero = true
		return !was
	}
	if 4*s.n >= 3*len(s.slots) {
		s.grow()
	}
	i := s.find(x)
	if s.slots[i] == x {
		return false
	}
	if s.n < s.most {
		s.slots[i] = x
		s.n++
	}
	return true
}

// find returns the slot of x, or the free one where it would be. There is one.
func (s *numbers) find(x uint64) int {
	mask := len(s.slots) - 1
	i := int(x*0x9e3779b97f4a7c15>>1) >> (63 - bits.Len(uint(mask))) & mask
	for s.slots[i] != 0 && s.slots[i] != x {
		i = (i + 1) & mask
	}
	return i
}

func (s *numbers) grow() {
	old := s.slots
	s.slots = make([]uint64, max(256, 2*len(old)))
	for _, x := range old {
		if x != 0 {
			s.slots[s.find(x)] = x
		}
	}
}
