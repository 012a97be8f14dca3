package transport

import "time"

// Immediate is a deadline that has passed on every clock, one that starts at
// the Unix epoch included: try once, do not block. Any other time that is not
// after Now means the same.
var Immediate = time.Time{}.Add(1)

// Earlier returns the earlier of two deadlines. The zero Time is never.
func Earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Expired reports whether a deadline is not after now. The zero Time never
// expires.
func Expired(deadline, now time.Time) bool {
	return !deadline.IsZero() && !deadline.After(now)
}
