package simnet

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// String returns what [Trace.WriteText] writes.
func (t *Trace) String() string {
	var b strings.Builder
	t.WriteText(&b)
	return b.String()
}

// WriteText writes the trace for reading, a line for each event:
//
//	#6  0s   client/main 2     send 1a 5 bytes "hello"   -> 5 to #9
//	#7  1ms  world             timer of server/conn 1                    after 1ms
//	#8  1ms  server/conn 1     sleep until 1ms                           after 1ms
//	#9  1ms  server/conn 2     recv 1b up to 10 bytes    -> 5 from #6    short most
//
// The columns are the event's number; when it ended; the task and the number of
// its operation; what it did; what came of it, where that says anything; and then
// how long it took if it waited, the choices that were not calm (those with
// "then" were made when it waited or had ended), and more about an error. A Send
// names the Recvs that its bytes went to and a Recv the Sends that they came from,
// with numbers of bytes if there are several. A verdict other than that the run
// passed is the last line. Errors are w's.
func (t *Trace) WriteText(w io.Writer) error {
	const columns = 5
	cells := make([][columns + 1]string, 0, len(t.Events))
	var wide [columns]column
	for i := range t.Events {
		e := &t.Events[i]
		row := [...]string{"#" + strconv.Itoa(e.N), brief(e.At), e.who(), e.what(), e.result(), e.notes()}
		for i := range row {
			row[i] = onLine(row[i])
		}
		for i := range wide {
			wide[i].fit(row[i])
		}
		cells = append(cells, row)
	}
	var b strings.Builder
	if t.Skipped > 0 {
		fmt.Fprintf(&b, "(%d events before these)\n", t.Skipped)
	}
	for _, row := range cells {
		from := b.Len()
		for i, cell := range row {
			if i < columns {
				wide[i].write(&b, cell)
				continue
			}
			b.WriteString(cell)
		}
		line := strings.TrimRight(b.String()[from:], " ")
		if err := flush(w, b.String()[:from]+line+"\n"); err != nil {
			return err
		}
		b.Reset()
	}
	if t.Verdict != "" {
		b.WriteString("verdict: " + t.Verdict + "\n")
	}
	return flush(w, b.String())
}

// onLine returns a text without what would end a line, or be obeyed by a terminal:
// the names of a trace that was read may be anything.
func onLine(text string) string {
	if strings.IndexFunc(text, unicode.IsControl) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsControl(r) {
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// brief is a duration without parts that are 0: "1h".
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

func flush(w io.Writer, text string) error {
	if text == "" {
		return nil
	}
	_, err := io.WriteString(w, text)
	return err
}

// who returns the task, and the number of its operation.
func (e *Event) who() string {
	if e.Nth == 0 {
		return e.Task.String()
	}
	return e.Task.String() + " " + strconv.Itoa(e.Nth)
}

// what returns the operation with its arguments.
func (e *Event) what() string {
	words := []string{e.Op}
	if e.Op == opTimer {
		words = append(words, "of")
	}
	if e.Object != "" {
		words = append(words, e.Object)
	}
	switch e.Op {
	case opNames[OpRecv]:
		words = append(words, "up to "+counted(e.Size, "byte"))
		if e.FDs > 0 {
			words = append(words, "and "+counted(e.FDs, "descriptor"))
		}
	case opNames[OpSend]:
		words = append(words, counted(e.Size, "byte"))
		if e.Data != "" {
			words = append(words, e.Data)
		}
		if e.FDs > 0 {
			words = append(words, "with "+counted(e.FDs, "descriptor"))
		}
	}
	if e.Args != "" {
		words = append(words, e.Args)
	}
	if e.Timed {
		switch sets := e.Op == opNames[OpSetDeadline] || e.Op == opNames[OpAfterFunc] || e.Op == opNames[OpSleep]; {
		case sets || e.Until > e.Began:
			words = append(words, "until "+brief(e.Until))
		default:
			words = append(words, "at once")
		}
	}
	return strings.Join(words, " ")
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// result returns what came of it, "" if that goes without saying.
func (e *Event) result() string {
	switch e.Open {
	case "":
	case "killed":
		return "-> killed"
	default:
		return "-> never returned"
	}
	var parts []string
	moves := e.Op == opNames[OpRecv] || e.Op == opNames[OpSend]
	if moves && (e.Moved > 0 || e.Err == "") {
		n := strconv.Itoa(e.Moved)
		if e.Passed > 0 {
			n += " and " + counted(e.Passed, "descriptor")
		}
		parts = append(parts, n+e.moves("from", e.From)+e.moves("to", e.To))
	}
	if e.Err != "" {
		parts = append(parts, e.Err)
	}
	if e.Made != "" && e.Err == "" {
		parts = append(parts, e.Made)
	}
	if len(parts) == 0 {
		return ""
	}
	return "-> " + strings.Join(parts, ", then ")
}

// moves returns where bytes went, or came from.
func (e *Event) moves(word string, list []Move) string {
	if len(list) == 0 {
		return ""
	}
	var parts []string
	for _, m := range list {
		s := "#" + strconv.Itoa(m.Event)
		if m.Bytes != e.Moved {
			s += fmt.Sprintf(" (%d)", m.Bytes)
		}
		parts = append(parts, s)
	}
	return " " + word + " " + strings.Join(parts, ", ")
}

// notes returns how long it took, which choices were made in it, and why it
// failed.
func (e *Event) notes() string {
	var parts []string
	switch {
	case e.Open != "":
		if e.At > e.Began {
			parts = append(parts, "since "+brief(e.Began))
		}
	case e.Blocked || e.At > e.Began:
		parts = append(parts, "after "+brief(e.Waited()))
	}
	for _, l := range e.Choices {
		text := l.what()
		if l.After {
			text = "then " + text
		}
		parts = append(parts, text)
	}
	if e.Why != "" {
		parts = append(parts, e.Why)
	}
	return strings.Join(parts, "; ")
}
