package explore

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/brine/simnet"
)

// A ColumnsConfig says how a trace is laid out. The zero value will do.
type ColumnsConfig struct {
	// Width is how many characters a line has at most; 0 is 130.
	Width int

	// Events is how many events of a trace are shown whatever they are; of a longer
	// one only those at the beginning, near what was not calm, and at the end. 0 is
	// 200.
	Events int
}

// Columns writes a trace for reading, with a column for each task, and a line for
// each event in the order in which they came about:
//
//	the scene: start server, listen /run/app.sock, go server/main, start client, go client/main
//	             server/main                client/main
//	#6   0s      begin
//	#7           |                          begin
//	#8           |                          dial /run/app.sock -> 1a
//	#9           accept /run/app.sock -> 1b
//	#10     *1                              send 1a "hello" -> 5 to #12
//	#11  1ms     (timer of server/main 2)
//	#12     !2   recv 1b -> 4 from #10 [short most]
//
// On the left are the number of the event, as in the trace's other forms; the
// virtual time, where it is another one than before; and which line of the
// trace's script is about the operation: "*2" for the second, if it is about what
// the scheduler does, and "!2" if it is a fault, which is named behind the event,
// too. A bar is there while a task waits in a call. An operation that had not
// returned when the run ended stands at its end: "waiting" for something, or
// "under way". What happened to the world and not in a task is in parentheses.
//
// What build has done is on a line of its own. Texts that are too wide are cut
// ("…"). Where there are so many tasks that columns would be too narrow, the trace
// is written as simnet.Trace.WriteText does, but for what is left out. The verdict
// is not written. Errors are w's.
func Columns(w io.Writer, t *simnet.Trace, opt ColumnsConfig) error {
	if opt.Width <= 0 {
		opt.Width = 130
	}
	if opt.Events <= 0 {
		opt.Events = 200
	}
	s := newSheet(t, opt)
	_, err := io.WriteString(w, s.text())
	return err
}

// A sheet is a trace that is laid out.
type sheet struct {
	t      *simnet.Trace
	opt    ColumnsConfig
	shown  []bool // by index of Events
	scene  int    // how many events are build's
	tasks  []simnet.TaskName
	column map[simnet.TaskName]int // only looked up
	left   [4]int                  // where the number, the time, the mark and the first column begin
	at     []int                   // where columns begin
}

const (
	gap      = 2  // between columns
	narrow   = 10 // a column that is narrower is none
	fullCell = 44 // what a column gets at most, unless it is the last
)

func newSheet(t *simnet.Trace, opt ColumnsConfig) *sheet {
	s := &sheet{t: t, opt: opt, column: map[simnet.TaskName]int{}}
	for s.scene < len(t.Events) && t.Events[s.scene].Task == (simnet.TaskName{}) && t.Events[s.scene].Nth > 0 {
		s.scene++
	}
	s.choose()
	for i := range t.Events {
		if e := &t.Events[i]; e.Task != (simnet.TaskName{}) && s.shown[i] {
			if _, ok := s.column[e.Task]; !ok {
				s.column[e.Task] = len(s.tasks)
				s.tasks = append(s.tasks, e.Task)
			}
		}
	}
	s.layOut()
	return s
}

// choose decides which events are shown.
func (s *sheet) choose() {
	const first, around, last = 10, 8, 40
	n := len(s.t.Events)
	s.shown = make([]bool, n)
	show := func(from, to int) {
		for i := max(0, from); i < min(n, to); i++ {
			s.shown[i] = true
		}
	}
	if n-s.scene <= s.opt.Events {
		show(0, n)
		return
	}
	show(0, s.scene+first)
	show(n-last, n)
	before := map[simnet.TaskName]int{} // only looked up
	for i := range s.t.Events {
		e := &s.t.Events[i]
		if len(e.Choices) > 0 {
			show(i-around, i+around+1)
			if at, ok := before[e.Task]; ok { // others went first since then
				show(at-1, min(at+2*around, i))
			}
		}
		before[e.Task] = i
	}
}

// layOut decides where columns begin. There are none if they would be too narrow.
func (s *sheet) layOut() {
	wide := make([]int, len(s.tasks))
	for i, t := range s.tasks {
		wide[i] = utf8.RuneCountInString(t.String())
	}
	number, clock, mark := 0, 0, 0
	last := time.Duration(-1)
	for i := s.scene; i < len(s.t.Events); i++ {
		e := &s.t.Events[i]
		if !s.shown[i] {
			continue
		}
		number = max(number, len(strconv.Itoa(e.N))+1)
		if e.At != last {
			clock = max(clock, utf8.RuneCountInString(e.At.String()))
			last = e.At
		}
		mark = max(mark, utf8.RuneCountInString(s.mark(e)))
		if c, ok := s.column[e.Task]; ok {
			wide[c] = max(wide[c], utf8.RuneCountInString(cell(e)))
		}
	}
	s.left[1] = number + gap
	s.left[2] = s.left[1] + clock + gap
	s.left[3] = s.left[2]
	if mark > 0 {
		s.left[3] += mark + 1
	}
	if len(s.tasks) == 0 {
		return
	}
	// The widest are cut until all fit.
	room := s.opt.Width - s.left[3] - gap*(len(s.tasks)-1)
	most := fullCell
	for ; most >= narrow; most-- {
		sum := 0
		for i, n := range wide {
			sum += min(n, s.most(i, most))
		}
		if sum <= room {
			break
		}
	}
	if most < narrow {
		return
	}
	at := s.left[3]
	for i, n := range wide {
		s.at = append(s.at, at)
		at += min(n, s.most(i, most)) + gap
	}
}

// most returns how wide a column may be if others are cut to some width. What is
// too wide for its column covers the bars on its right; to the right of the last
// there is nothing.
func (s *sheet) most(c, cut int) int {
	if c == len(s.tasks)-1 {
		return max(cut, 30)
	}
	return cut
}

func (s *sheet) text() string {
	if s.at == nil && len(s.tasks) > 0 {
		return s.list()
	}
	var b strings.Builder
	if s.t.Skipped > 0 {
		fmt.Fprintf(&b, "(%d events before these)\n", s.t.Skipped)
	}
	if s.scene > 0 {
		b.WriteString(clip(s.setting(), s.opt.Width) + "\n")
	}
	if len(s.tasks) > 0 {
		var l line
		for i, t := range s.tasks {
			l.put(s.at[i], clipFront(t.String(), s.wide(i)))
		}
		b.WriteString(l.String() + "\n")
	}
	bars := s.bars()
	last := time.Duration(-1)
	for i := s.scene; i < len(s.t.Events); i++ {
		if !s.shown[i] {
			n := 1
			for ; i+1 < len(s.t.Events) && !s.shown[i+1]; i++ {
				n++
			}
			fmt.Fprintf(&b, "… %s left out\n", plural(n, "event"))
			continue
		}
		e := &s.t.Events[i]
		var l line
		for c, t := range s.tasks {
			if t != e.Task && bars[c].over(i) {
				l.put(s.at[c], "|")
			}
		}
		l.put(0, "#"+strconv.Itoa(e.N))
		if e.At != last {
			last = e.At
			l.put(s.left[1], brief(e.At))
		}
		l.put(s.left[2], s.mark(e))
		c, ok := s.column[e.Task]
		if ok {
			l.put(s.at[c], clip(cell(e), s.opt.Width-s.at[c])+" ")
		} else {
			l.put(s.left[3], clip("("+cell(e)+")", s.opt.Width-s.left[3])+" ")
		}
		b.WriteString(l.String() + "\n")
	}
	return b.String()
}

// wide returns how wide a column is.
func (s *sheet) wide(c int) int {
	if c+1 < len(s.at) {
		return s.at[c+1] - s.at[c] - gap
	}
	return s.opt.Width - s.at[c]
}

// list writes the trace without columns.
func (s *sheet) list() string {
	t := *s.t
	t.Verdict = ""
	var b strings.Builder
	i := 0
	for line := range strings.Lines(t.String()) {
		if strings.HasPrefix(line, "(") {
			b.WriteString(line)
			continue
		}
		switch {
		case i < len(s.shown) && s.shown[i]:
			line = strings.TrimSuffix(line, "\n")
			b.WriteString(clip(line, s.opt.Width) + "\n")
		case i > 0 && s.shown[i-1]:
			n := 1
			for i+n < len(s.shown) && !s.shown[i+n] {
				n++
			}
			fmt.Fprintf(&b, "… %s left out\n", plural(n, "event"))
		}
		i++
	}
	return b.String()
}

// setting says what build has done.
func (s *sheet) setting() string {
	var parts []string
	for i := range s.scene {
		parts = append(parts, cell(&s.t.Events[i]))
	}
	return "the scene: " + strings.Join(parts, ", ")
}

// clip cuts a text that is too wide.
func clip(text string, wide int) string {
	if utf8.RuneCountInString(text) <= wide {
		return text
	}
	if wide < 1 {
		return ""
	}
	return string([]rune(text)[:wide-1]) + "…"
}

// clipFront cuts the name of a task, of which the end says most.
func clipFront(text string, wide int) string {
	r := []rune(text)
	if len(r) <= wide {
		return text
	}
	return "…" + string(r[len(r)-wide+1:])
}

// mark returns which lines of the script an event belongs to.
func (s *sheet) mark(e *simnet.Event) string {
	var marks []string
	for _, l := range e.Choices {
		i := slices.IndexFunc(s.t.Script.Lines, func(o simnet.Line) bool {
			o.Why, l.Why = "", ""
			return o == l
		})
		m := "*"
		if l.Kind > simnet.KindTimer {
			m = "!"
		}
		if i >= 0 {
			m += strconv.Itoa(i + 1)
		}
		marks = append(marks, m)
	}
	return strings.Join(marks, ",")
}

// A bar is the events between which a task waits in calls, in order.
type bar [][2]int

func (b bar) over(i int) bool {
	at, _ := slices.BinarySearchFunc(b, i, func(w [2]int, i int) int {
		if w[1] < i {
			return -1
		}
		return 1
	})
	return at < len(b) && b[at][0] < i && i < b[at][1]
}

// bars returns where tasks wait, by column. A call begins when the task's last
// event is over, but if others went first it is not known when: then there is no
// bar.
func (s *sheet) bars() []bar {
	all := make([]bar, len(s.tasks))
	last := make([]int, len(s.tasks))
	for i := range s.t.Events {
		e := &s.t.Events[i]
		c, ok := s.column[e.Task]
		if !ok {
			continue
		}
		others := slices.ContainsFunc(e.Choices, func(l simnet.Line) bool { return l.Kind == simnet.KindRun && !l.After })
		if (e.Blocked || e.Open == "blocked") && last[c] > 0 && !others {
			all[c] = append(all[c], [2]int{last[c] - 1, i})
		}
		last[c] = i + 1
	}
	return all
}

// A line is text at places.
type line struct{ runes []rune }

// put writes text over what is there.
func (l *line) put(at int, text string) {
	for len(l.runes) < at {
		l.runes = append(l.runes, ' ')
	}
	for i, r := range []rune(text) {
		if at+i < len(l.runes) {
			l.runes[at+i] = r
		} else {
			l.runes = append(l.runes, r)
		}
	}
}

func (l *line) String() string { return strings.TrimRight(string(l.runes), " ") }
