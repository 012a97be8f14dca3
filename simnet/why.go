package simnet

import (
	"strconv"
	"strings"
)

// why says in words what a line says. op is what its operation is, if that is
// known.
func (l *Line) why(op Op) string {
	where := "its " + ordinal(l.Op) + " operation"
	switch {
	case op == OpEnd:
		where = "its end"
	case op < numOps:
		where += " (" + op.String() + ")"
	}
	times := ""
	if l.Ask > 1 {
		times = ", the " + ordinal(l.Ask) + " time"
	}
	timer := "the timer that its " + ordinal(l.Op) + " operation set"
	switch l.Kind {
	case KindRun:
		switch {
		case op == OpEnd && l.Task == TaskName{}:
			return "when the scene is set, " + l.Answer + " goes first"
		case op == OpEnd:
			return "when it has ended, " + l.Answer + " goes on"
		case l.After && l.Ask > 1:
			return "the " + ordinal(l.Ask) + " time that " + where + " waits, " + l.Answer + " goes on"
		case l.After:
			return "when " + where + " waits, " + l.Answer + " goes on"
		}
		return "before " + where + ", " + l.Answer + " goes first" + times
	case KindWake:
		return where + " wakes " + l.Answer + " first" + times
	case KindTimer:
		whose, at, several := strings.Cut(l.Answer, " ")
		if several {
			at, _, _ = strings.Cut(at, ".")
			n, _ := strconv.Atoi(at)
			whose += "'s " + ordinal(n)
		}
		return "of the timers due with that of its " + ordinal(l.Op) + " operation, that of " + whose + " fires alone" + times
	case KindShort:
		switch l.Answer {
		case "1":
			return where + " moves one byte" + times
		case "half":
			return where + " moves half of the bytes" + times
		}
		return where + " moves all bytes but one" + times
	case KindFail:
		return where + " fails with " + l.Answer + times
	case KindEarly:
		return timer + " fires although tasks could run" + times
	case KindLate:
		return timer + " fires " + l.Answer + " late"
	case KindJump:
		return "before " + where + ", the clock jumps by " + l.Answer + times
	case KindBuffer:
		return where + " makes a socket whose send buffer is " + l.Answer + " bytes" + times
	case KindFull:
		return "before " + where + ", other clients fill the backlog" + times
	case KindFile:
		switch l.Answer {
		case "removed":
			return "before " + where + ", the socket file is removed" + times
		case "replaced":
			return "before " + where + ", another file takes the socket's place" + times
		case "forbidden":
			return "before " + where + ", the socket file loses its permissions" + times
		}
		return "before " + where + ", the directory of the socket file is renamed" + times
	case KindKill:
		return "before " + where + ", " + l.Answer + " is killed" + times
	case KindRestart:
		return "before " + where + ", " + l.Answer + " is killed and started again" + times
	case KindPause:
		return "before " + where + ", " + l.Answer + " is paused" + times
	}
	return ""
}

// ordinal returns "1st", "2nd", "3rd", "11th".
func ordinal(n int) string {
	suffix := "th"
	if n%100/10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
