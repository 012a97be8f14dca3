package ipc

import (
	"math"
	"time"

	"example.com/brine/transport"
)

// anchor is the point in time that Now counts from on a clock with a monotonic
// reading. It is a millisecond before the program began, so that Now begins
// with 1: 0 and negative numbers are not points in time.
var anchor = time.Now().Add(-time.Millisecond)

// Now returns the current point in time in milliseconds, as libdill's now()
// does, for adding to and handing to [Millis]. It is never negative. What it
// counts from is the transport's affair: it is good for differences and
// deadlines in this process, not for telling the time of day.
//
// On the system's clock the count is of the monotonic reading, so a step of
// the wall clock moves no deadline. On a clock that has none, such as a
// simulated one, it is of the time since 1970.
//
// It is rounded down: Millis(tr, Now(tr)) is not in the future. tr must not be
// nil. It does not block.
func Now(tr transport.Transport) int64 {
	now := tr.Now()
	if !monotonic(now) {
		return max(0, now.UnixMilli())
	}
	return max(1, int64(now.Sub(anchor)/time.Millisecond))
}

// Millis returns the deadline that libdill expresses by ms: 0 is "at once",
// [transport.Immediate]; negative is "never", the zero Time, and so is what lies
// centuries ahead; anything else is a point in time as counted by [Now]. tr must
// not be nil. It does not block.
func Millis(tr transport.Transport, ms int64) time.Time {
	switch {
	case ms < 0:
		return time.Time{}
	case ms == 0:
		return transport.Immediate
	case !monotonic(tr.Now()):
		// Beyond this, the year 2262, nanoseconds since 1970 overflow.
		if ms > math.MaxInt64/int64(time.Millisecond) {
			return time.Time{}
		}
		return time.UnixMilli(ms).UTC()
	case ms > math.MaxInt64/2/int64(time.Millisecond):
		// Half of what a Duration holds: a sum beyond it would lose the
		// monotonic reading.
		return time.Time{}
	}
	return anchor.Add(time.Duration(ms) * time.Millisecond)
}

// monotonic reports whether t has a monotonic reading, which Round strips.
func monotonic(t time.Time) bool { return t != t.Round(0) }
