// Package causal is what a Chooser has to be, beside a simnet.Chooser, that wants
// to know when two beginnings of runs come to the same.
package causal

// A Follower is a Chooser that is told in what state its run is.
type Follower interface {
	// Follow reports whether it wants to be, in the run that begins. It costs some
	// time.
	Follow() bool

	// Reached is told, just before the question who goes on is put, in what state it
	// is put. Of two runs of one program in equal states the same can follow, by
	// the same answers: they have done the same, but for the order of what does not
	// depend on each other; the same task asks, and the tasks that could go on instead
	// have been able to for longest in the same order. It is not told where the
	// state is not known.
	Reached(state uint64)
}
