package traceview

import (
	"fmt"
	"html"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/brine/simnet"
)

// How much of a verdict stands at the top of the page: what is read at a glance. The
// whole of it is one click away.
const (
	mostLines = 3
	mostRunes = 240 // of a line
)

// A headline is what a verdict says, its words first.
type headline struct {
	badge string // failed, passed or skipped
	lead  string // what stands before the words, if they do not say it
	lines []said
	cut   bool // there is more in the verdict
}

// said is a line of a verdict. Of a line of a log, from is when, by whom and where it
// was written.
type said struct {
	text, from string
	more       bool // it belongs to the line before
}

func newHeadline(verdict string) headline {
	if verdict == "" {
		return headline{badge: "passed", lines: []said{{text: "Nothing failed: every task has returned, was killed, or waits in the background."}}}
	}
	h := headline{badge: "failed"}
	first, rest, _ := strings.Cut(strings.Trim(verdict, "\n"), "\n")
	task, logged := "", false
	for _, what := range [...]string{"failed", "skipped"} {
		by, ok := strings.CutSuffix(strings.TrimSuffix(first, "; its log:"), " "+what+" the run")
		if by, is := strings.CutPrefix(by, "task "); ok && is && !strings.Contains(by, " ") {
			h.badge, task, logged = what, by, strings.HasSuffix(first, "; its log:")
		}
	}
	if logged && rest != "" {
		if h.log(task, rest) {
			h.lead = strings.TrimSuffix(first, "; its log:")
		}
	} else {
		h.lines = []said{{text: first}}
		for line := range strings.Lines(rest) {
			if line = strings.TrimSpace(line); line != "" {
				h.lines = append(h.lines, said{text: line, more: true})
			}
		}
		h.keep(h.lines[:min(mostLines, len(h.lines))])
	}
	for i := range h.lines {
		text := h.lines[i].text
		if utf8.RuneCountInString(text) > mostRunes {
			h.lines[i].text, h.cut = string([]rune(text)[:mostRunes])+"…", true
		}
	}
	return h
}

// log takes from a log what its run failed by. Where all of it is too much, that is
// the end of what the task itself wrote that failed. It reports whether others wrote
// some of what is left.
func (h *headline) log(task, log string) (others bool) {
	own := []said{}
	mine := false
	for line := range strings.Lines(log) {
		line = strings.TrimRight(line, "\n")
		s := said{text: strings.TrimSpace(line), more: strings.HasPrefix(line, "    ") && len(h.lines) > 0}
		if !s.more {
			var by string
			s.text, s.from, by = entry(line)
			mine = by == task
			others = others || !mine
		}
		h.lines = append(h.lines, s)
		if mine {
			own = append(own, s)
		}
	}
	if len(h.lines) <= mostLines {
		return others
	}
	if others = len(own) == 0; others {
		own = h.lines
	}
	// A message of several lines is shown from its first.
	last := len(own) - 1
	for last > 0 && own[last].more {
		last--
	}
	if len(own)-last >= mostLines {
		h.keep(own[last : last+mostLines])
		return others
	}
	from := max(0, len(own)-mostLines)
	for own[from].more && from < last {
		from++
	}
	h.keep(own[from:])
	return others
}

// keep leaves out all lines but some.
func (h *headline) keep(lines []said) {
	h.cut = h.cut || len(lines) < len(h.lines)
	h.lines = lines
}

// entry takes the beginning of a line off that a log puts before each: the time, the
// task and the place. What begins otherwise is all text.
func entry(line string) (text, from, by string) {
	when, rest, ok := strings.Cut(line, " ")
	by, text, is := strings.Cut(rest, " ")
	if _, err := time.ParseDuration(when); err != nil || !ok || !is {
		return line, "", ""
	}
	from = when + " · " + by
	if place, after, ok := strings.Cut(text, ": "); ok && isPlace(place) {
		text, from = after, from+" · "+place
	}
	return text, from, by
}

// isPlace reports whether a text is a file of Go and a line.
func isPlace(text string) bool {
	file, line, ok := strings.Cut(text, ".go:")
	return ok && file != "" && !strings.ContainsAny(file, " \t") && line != "" && strings.Trim(line, "0123456789") == ""
}

func (h headline) html(verdict string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<div class="verdict %s">`, h.badge)
	if h.lead != "" {
		fmt.Fprintf(&b, `<p class="lead">%s</p>`, html.EscapeString(h.lead))
	}
	for _, s := range h.lines {
		class := "said"
		if s.more {
			class = "said more"
		}
		fmt.Fprintf(&b, `<p class="%s">%s`, class, html.EscapeString(s.text))
		if s.from != "" {
			fmt.Fprintf(&b, ` <span class="from">%s</span>`, html.EscapeString(s.from))
		}
		b.WriteString("</p>")
	}
	if h.cut {
		whole := strings.Trim(verdict, "\n")
		size := ""
		if n := 1 + strings.Count(whole, "\n"); n > 1 {
			size = " (" + counted(n, "line") + ")"
		}
		fmt.Fprintf(&b, "<details class=\"whole\"><summary>All that it says%s</summary><pre tabindex=\"0\">%s</pre></details>", size, html.EscapeString(whole))
	}
	b.WriteString("</div>")
	return b.String()
}

func badge(t *simnet.Trace) string {
	b := newHeadline(t.Verdict).badge
	return `<span class="badge ` + b + `">` + b + `</span>`
}

func verdict(t *simnet.Trace) string { return newHeadline(t.Verdict).html(t.Verdict) }
