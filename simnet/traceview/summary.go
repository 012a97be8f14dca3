package traceview

import (
	"fmt"
	"html"
	"strings"
	"time"

	"example.com/brine/simnet"
)

// What stands at the top of the page is written here and not by its script, so
// that it can be read where no script runs.

// scriptText returns the script, each of its deviations a line of its own that
// leads to the event.
func scriptText(t *simnet.Trace) string {
	lines := strings.Split(strings.TrimSuffix(t.Script.String(), "\n"), "\n")
	head := 1 + len(t.Script.Data)
	var b strings.Builder
	for i, line := range lines {
		if i < head {
			fmt.Fprintf(&b, "<span class=\"line\">%s</span>\n", html.EscapeString(line))
			continue
		}
		text, why, _ := strings.Cut(line, " # ")
		fmt.Fprintf(&b, `<span class="line deviation" data-line="%d">%s`, i-head, html.EscapeString(text))
		if why != "" {
			fmt.Fprintf(&b, ` <span class="why"># %s</span>`, html.EscapeString(why))
		}
		b.WriteString("</span>\n")
	}
	if len(lines) == head {
		b.WriteString("<span class=\"why\"># the calm run: no deviation</span>\n")
	}
	return b.String()
}

func replay(text string) string {
	if text == "" {
		return `<p class="none">The script is the whole run: replay it on the same program with <code>simnet.Replay</code>.</p>`
	}
	return `<pre id="replay-text">` + html.EscapeString(strings.TrimSuffix(text, "\n")) + `</pre>`
}

// facts returns how large the run was.
func facts(t *simnet.Trace) string {
	tasks := map[simnet.TaskName]bool{}
	elapsed := time.Duration(0)
	for i := range t.Events {
		tasks[t.Events[i].Task] = true
		elapsed = t.Events[i].At
	}
	delete(tasks, simnet.TaskName{})
	s := fmt.Sprintf("%s · %s · %s · %s of virtual time",
		counted(len(t.Events), "event"), counted(len(tasks), "task"), counted(len(t.Script.Lines), "deviation"), brief(elapsed))
	if t.Skipped > 0 {
		s += fmt.Sprintf(" · the last of %d events", t.Skipped+len(t.Events))
	}
	return s + fmt.Sprintf(" · hash %016x", t.Hash)
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// brief is a duration without parts that are 0: "1h".
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
