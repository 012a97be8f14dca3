package explore

import "math/bits"

// # Pruning
//
// Where processes are isolated, many runs are the same but for the order of
// operations that have nothing to do with each other. Exhaust tries what could
// follow once only: where a run comes to a question who goes on, in a state
// in which that question was put before, its alternatives from there on are not
// offered. They are counted as pruned, each for itself, without what would have
// followed from it.
//
// The state is what simnet says (causal.Follower): the operations done so far with
// the order of those that depend on each other, the task that asks, and the order in
// which others have become able to run. Dependent are operations on one connection,
// whichever end; whatever touches time, timers, names, descriptor numbers, limits,
// notifiers; a kill, a pause, a cancellation, a timer that goes off and a fault that
// is not one operation's depend on everything; and all that tasks of one process do
// depends on each other.
//
// That this is sound under the bound needs three things.
//
// From equal states the same follows, by as many deviations. The world and the
// memory of every process are the same, because the operations that they depend on
// were done in the same order. Which answer is the calm one depends on two things
// more: on the task that asks, which goes on if it can, and on who has been able to
// for longest if it cannot. Both are in the state. (Numbers of other answers may
// differ. But each task that could go on is an answer, in both.) So to each run
// through one state there is a run through the other, with the same deviations
// from there on, and it is the same but for the order of what is independent: every
// process has made the same operations with the same results, and the verdict is
// the same.
//
// The one that was there first had as many deviations left, or more: runs are
// executed in the order of their deviations, so that whatever was there before has
// made no more.
//
// And it does not go round in circles. Call a run covered if one that is the same
// but for the order of the independent is executed, with no more deviations. A run
// that is not executed itself leaves the executed ones at a question that is not
// offered, since the state there, or at a question before, had been seen by a run
// that was executed earlier. The rest of it can be had from there, with no more
// deviations; and if that is not executed either, it leaves at a state that was
// seen still earlier. There are finitely many.
//
// What is pruned is therefore never a verdict, nor an outcome that can be told by
// what each process has seen for itself. What an observer would see who watches
// several processes at once, such as the order of two independent operations, or
// Result.Hash, is another matter: that is what Isolated rules out.
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
