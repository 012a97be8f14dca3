package traceview_test

import (
	"strings"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
)

// A failure's own words stand at the top of the page, however much else its log has.
func TestHeadline(t *testing.T) {
	long := strings.Repeat("ab ", 1000)
	for _, c := range []struct {
		name, verdict string
		badge, lead   string
		said          string // the lines that are shown
		whole         string // and what is folded away
	}{
		{name: "passed", badge: "passed", said: "Nothing failed: every task has returned, was killed, or waits in the background."},
		{
			name: "one line", verdict: "task a/main failed the run; its log:\n100ms a/main sim.go:97: two serve: 1 and 2",
			badge: "failed", said: "two serve: 1 and 2 100ms · a/main · sim.go:97",
		},
		{
			name: "of others, too", verdict: "task a/main failed the run; its log:\n0s b/main x.go:1: hello\n1s a/main x.go:2: bad",
			badge: "failed", lead: "task a/main failed the run", said: "hello 0s · b/main · x.go:1|bad 1s · a/main · x.go:2",
		},
		{
			name:    "long log",
			verdict: "task a/main failed the run; its log:\n0s a/main 1\n0s a/main 2\n0s b/main 3\n0s a/main 4\n0s a/main x.go:5: 5\n0s b/main 6",
			badge:   "failed", said: "2 0s · a/main|4 0s · a/main|5 0s · a/main · x.go:5",
			whole: "task a/main failed the run; its log:\n0s a/main 1\n0s a/main 2\n0s b/main 3\n0s a/main 4\n0s a/main x.go:5: 5\n0s b/main 6",
		},
		{
			name:    "long message",
			verdict: "task a/main failed the run; its log:\n0s a/main hello\n0s a/main x.go:5: differ:\n    one\n    two\n    three",
			badge:   "failed", said: "differ: 0s · a/main · x.go:5|one|two",
			whole: "task a/main failed the run; its log:\n0s a/main hello\n0s a/main x.go:5: differ:\n    one\n    two\n    three",
		},
		{
			// The end of a message is not shown without its beginning.
			name:    "message of several lines before",
			verdict: "task a/main failed the run; its log:\n0s a/main x.go:4: one\n    two\n    three\n0s a/main x.go:5: bad",
			badge:   "failed", said: "bad 0s · a/main · x.go:5",
			whole: "task a/main failed the run; its log:\n0s a/main x.go:4: one\n    two\n    three\n0s a/main x.go:5: bad",
		},
		{
			name: "no log of its own", verdict: "task a/main failed the run; its log:\n0s b/main 1\n0s b/main 2\n0s b/main 3\n0s b/main 4",
			badge: "failed", lead: "task a/main failed the run", said: "2 0s · b/main|3 0s · b/main|4 0s · b/main",
			whole: "task a/main failed the run; its log:\n0s b/main 1\n0s b/main 2\n0s b/main 3\n0s b/main 4",
		},
		{
			name: "markup", verdict: "task a/<b> failed the run; its log:\n0s a/<i> 1\n0s a/<i> 2\n0s a/<i> 3\n0s a/<b> <b>.go:1: <b>x</b>",
			badge: "failed", said: "<b>x</b> 0s · a/<b> · <b>.go:1",
			whole: "task a/<b> failed the run; its log:\n0s a/<i> 1\n0s a/<i> 2\n0s a/<i> 3\n0s a/<b> <b>.go:1: <b>x</b>",
		},
		{
			name: "markup of two", verdict: "task a/<b> failed the run; its log:\n0s a/<i> 1\n0s a/<b> 2",
			badge: "failed", lead: "task a/<b> failed the run", said: "1 0s · a/<i>|2 0s · a/<b>",
		},
		{name: "no log", verdict: "task a/main failed the run", badge: "failed", said: "task a/main failed the run"},
		{name: "skipped", verdict: "task a/main skipped the run; its log:\n0s a/main x.go:1: no", badge: "skipped", said: "no 0s · a/main · x.go:1"},
		{name: "said to be", verdict: "task a/main panicked: who skipped the run", badge: "failed", said: "task a/main panicked: who skipped the run"},
		{
			name: "deadlock", verdict: "deadlock: none\na waits for b\n\nb for a\n", badge: "failed", said: "deadlock: none|a waits for b|b for a",
		},
		{name: "long line", verdict: "task a panicked: " + long, badge: "failed", said: ("task a panicked: " + long)[:240] + "…", whole: "task a panicked: " + long},
		{name: "no time", verdict: "task a/main failed the run; its log:\nsome words of it", badge: "failed", lead: "task a/main failed the run", said: "some words of it"},
		{name: "no place", verdict: "task a/main failed the run; its log:\n1m30s a/main the x.go:1: b", badge: "failed", said: "the x.go:1: b 1m30s · a/main"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := parsed(t, page(t, &simnet.Trace{Verdict: c.verdict}, traceview.Options{}))
			said := strings.Join(d.list["p.said"], "|")
			if d.text["span.badge"] != c.badge || d.text["p.lead"] != c.lead || said != c.said || d.text["details.whole"] != "" != (c.whole != "") {
				t.Errorf("%s, %q: %q; folded away: %q", d.text["span.badge"], d.text["p.lead"], said, d.text["details.whole"])
			}
			if d.elements["b"]+d.elements["i"] > 0 {
				t.Error("names are markup")
			}
			if summary, whole := strings.Join(d.list["summary"], " "), d.text["details.whole"]; c.whole != "" &&
				(!strings.HasSuffix(whole, c.whole) || strings.Contains(summary, " lines)") != strings.Contains(c.whole, "\n")) {
				t.Errorf("folded away is %q", d.text["details.whole"])
			}
		})
	}
}
