package explore

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/brine/simnet"
)

// A Certificate says what [Exhaust] has executed.
type Certificate struct {
	Bound    int  // how many deviations a run had at most
	Isolated bool // pruning was on

	Runs     int // that were executed
	Skipped  int // of these: that neither passed nor failed (*simnet.Skipped)
	Pruned   int // that were not, because what would have come of them did elsewhere
	Distinct int // of the runs executed, by Result.Hash; counted up to 4,194,304

	Fired simnet.Fired // how often each fault has struck

	// Complete says that every run with at most Bound deviations has passed. Covered
	// is up to how many deviations that is so: Bound if it is complete, -1 if not
	// even the calm run has.
	Complete bool
	Covered  int

	// Stopped says why it is not complete: the context's cause, MaxRuns, a run that
	// failed, Err. It is "" if it is.
	Stopped string

	// Failure is the first run that failed, and none fails with fewer deviations.
	// It was executed again for its Script and Trace. nil if none has failed.
	Failure *simnet.Result

	// Err says what is wrong with what Exhaust was given: a negative bound, a program
	// that is not deterministic. nil if nothing is.
	Err error
}

func (c *Certificate) fail(err error) { c.Err, c.Stopped = err, err.Error() }

// String says it in a line:
//
//	complete: 12,345 runs with at most 3 deviations, 678 pruned
//	stopped after 10,000,000 runs with at most 3 deviations, 0 pruned: MaxRuns is 10000000; complete with at most 2
func (c *Certificate) String() string {
	var b strings.Builder
	b.WriteString("complete: ")
	if !c.Complete {
		b.Reset()
		b.WriteString("stopped after ")
	}
	fmt.Fprintf(&b, "%s with at most %s, ", count(c.Runs, "run"), count(c.Bound, "deviation"))
	if c.Isolated {
		b.WriteString(digits(c.Pruned) + " pruned")
	} else {
		b.WriteString("nothing pruned, as processes are not Isolated")
	}
	if c.Skipped > 0 {
		fmt.Fprintf(&b, ", %s skipped", digits(c.Skipped))
	}
	if c.Complete {
		return b.String()
	}
	b.WriteString(": " + c.Stopped)
	if f := c.Failure; f != nil && f.Err != nil {
		fmt.Fprintf(&b, ", after %s: ", count(len(f.Script.Lines), "deviation"))
		text, _, _ := strings.Cut(f.Err.Error(), "\n")
		b.WriteString(text)
	}
	if c.Covered >= 0 {
		fmt.Fprintf(&b, "; complete with at most %s", digits(c.Covered))
	}
	return b.String()
}

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return digits(n) + " " + thing + "s"
}

// digits writes a number with its digits in groups of three.
func digits(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
