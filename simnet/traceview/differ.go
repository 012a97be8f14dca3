package traceview

import (
	"slices"

	"example.com/brine/simnet"
)

// A difference says where a run and the calm one begin to differ.
type difference struct {
	At    int  `json:"at"`              // the index of the first event that differs, in Run; how many it has, if it is the shorter one
	Calm  int  `json:"calm"`            // the same of Calm
	None  bool `json:"none,omitempty"`  // they do not
	Later bool `json:"later,omitempty"` // they may differ before: their first events are not kept
}

// differ finds the first difference among the events that both have.
func differ(t, calm *simnet.Trace) *difference {
	first := max(t.Skipped, calm.Skipped)
	d := &difference{At: first - t.Skipped, Calm: first - calm.Skipped, Later: first > 0}
	for d.At < len(t.Events) && d.Calm < len(calm.Events) && same(&t.Events[d.At], &calm.Events[d.Calm]) {
		d.At++
		d.Calm++
	}
	d.At, d.Calm = min(d.At, len(t.Events)), min(d.Calm, len(calm.Events))
	d.None = d.At == len(t.Events) && d.Calm == len(calm.Events)
	return d
}

// same reports whether two events are the same to those that they happen to. Where
// its bytes go is not: that is what happens to the one who receives them.
func same(a, b *simnet.Event) bool {
	return a.At == b.At && a.Began == b.Began && a.Task == b.Task && a.Nth == b.Nth && a.Op == b.Op &&
		a.Object == b.Object && a.Size == b.Size && a.FDs == b.FDs && a.Timed == b.Timed && a.Until == b.Until &&
		a.Args == b.Args && a.Data == b.Data && a.Blocked == b.Blocked && a.Open == b.Open && a.Moved == b.Moved &&
		a.Passed == b.Passed && a.Err == b.Err && a.Why == b.Why && a.Made == b.Made && slices.Equal(a.From, b.From)
}
