// Package trust is about Choosers that the scheduler need not be on its guard
// against: those of this module.
package trust

// A Chooser with this method promises never to panic, never to end its goroutine,
// never to wait, and to call nothing of a world. It is asked without the
// precautions that others are asked with, and Point.Ask is 0 where a task asks. Nobody outside of package simnet's
// folder can make it: it takes a Mark.
type Chooser interface{ Trusted() Mark }

// A Mark is embedded in a Chooser that is to be trusted.
type Mark struct{}

// Trusted implements Chooser.
func (m Mark) Trusted() Mark { return m }
