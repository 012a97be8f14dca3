package browsertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
	"example.com/brine/transport"
)

// inView is an expression for whether all of an element can be seen, scrolled nowhere.
func inView(selector string) string {
	return fmt.Sprintf(`(() => {
		const box = document.querySelector(%q).getBoundingClientRect();
		const hit = document.elementFromPoint(box.left + 2, box.bottom - 2);
		return box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth && !!hit?.closest(%[1]q);
	})()`, selector)
}

// shown is an expression for whether a row of the diagram is between the lanes' names
// and the lower edge.
func shown(row string) string {
	return fmt.Sprintf(`(row => {
		const box = row.getBoundingClientRect(), pane = row.closest('.scroller').getBoundingClientRect();
		return box.top >= row.closest('.scroller').querySelector('.lanes').getBoundingClientRect().bottom - 1 && box.bottom <= Math.min(pane.bottom, innerHeight);
	})(%s)`, row)
}

// What the run failed by is there to be read without a click, on a phone as well.
func TestFailureInView(t *testing.T) {
	trace := traced(t, script(t, quotaScript), quota)
	for _, width := range []int64{1280, 390} {
		b := open(t, trace, traceview.Options{Title: "TestQuota"}, width, 844)
		b.expect(`document.querySelector('.said').textContent.startsWith('asked "how much is left?", got "h"')`, "true")
		b.expect(inView(".said"), "true")
		b.expect(`document.querySelectorAll('.whole').length`, "0")
	}
	long := *trace
	long.Verdict = "task client/main panicked: " + strings.Repeat("a very long story, ", 500)
	b := open(t, &long, traceview.Options{Title: "TestQuota"}, 390, 844)
	b.expect(inView(".said"), "true")
	b.expect(fmt.Sprintf(`[...document.querySelectorAll('#diagram rect.row')].filter(x => %s).length > 5`, shown("x")), "true") // there is room left
	b.click(".whole summary")
	b.expect(`document.querySelector('.whole pre').textContent.length`, fmt.Sprint(len(long.Verdict)))
}

// The page opens where the run leaves the calm one, however far down that is.
func TestOpensAtDeviation(t *testing.T) {
	many := traced(t, simnet.Calm(), crowd(40, 3))
	at := len(many.Events) / 2
	many.Events[at].Choices = []simnet.Line{{Task: many.Events[at].Task, Op: 1, Ask: 1, Kind: simnet.KindRun, Answer: "x"}}
	b := open(t, many, traceview.Options{}, 1280, 800)
	b.expect(shown(fmt.Sprintf("document.querySelector(%q)", fmt.Sprintf(`rect.row[data-i="%d"]`, at))), "true")
	b.expect(`document.querySelectorAll('rect.row.chosen').length`, "0")
	b.expect(`location.hash`, "")

	// Without a deviation, at what never returned.
	stuck := traced(t, simnet.Calm(), embrace)
	first := find(t, stuck, func(e *simnet.Event) bool { return e.Open == "blocked" && !e.Timed })
	b = open(t, stuck, traceview.Options{}, 1280, 640)
	b.expect(shown(fmt.Sprintf("document.querySelector(%q)", fmt.Sprintf(`rect.row[data-i="%d"]`, first))), "true")

	// What an address asks for comes first, and is forgotten with the selection.
	b.eval(`location.hash = '#e2'`)
	b.expect(selected, heading(stuck, 1))
	b.expect(shown(`document.querySelector('rect.row[data-i="1"]')`), "true")
	b.press(kb.Escape)
	b.expect(`location.hash`, "")
	b.expect(text("#live"), "Nothing selected.")
}

// Where a label has no room for all, what came of the operation is the last to go.
func TestShortLabels(t *testing.T) {
	trace := traced(t, simnet.Calm(), func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() { p.Dial("/run/some/long/directory/app.sock", p.Now().Add(1234567891)) })
		for i := range 6 {
			w.Process(fmt.Sprint("q", i)).Go("main", func() {})
		}
	})
	dial := find(t, trace, func(e *simnet.Event) bool { return e.Op == "dial" })
	label := func(b *tab) string {
		return b.eval(fmt.Sprintf(`[...document.querySelectorAll('#diagram .label')].find(x => x.getAttribute('y') - 4 === Number(document.querySelector('rect.row[data-i="%d"]').getAttribute('y')) + 12).textContent`, dial))
	}
	if got, want := label(open(t, trace, traceview.Options{}, 1280, 800)), "dial /run/some/long/directory/app.sock until 1.234567891s → ENOENT"; got != want {
		t.Errorf("with room: %q", got)
	}
	got := label(open(t, trace, traceview.Options{}, 390, 800))
	if !strings.HasPrefix(got, "dial …") || !strings.HasSuffix(got, "app.sock → ENOENT") {
		t.Errorf("without: %q", got)
	}
}

// At four times the size the event that is selected can still be seen.
func TestZoom(t *testing.T) {
	for _, trace := range []*simnet.Trace{traced(t, script(t, quotaScript), quota), traced(t, simnet.Calm(), crowd(40, 3))} {
		b := open(t, trace, traceview.Options{}, 320, 256)
		b.expect(`document.documentElement.scrollWidth`, "320")
		for _, key := range []string{kb.End, kb.ArrowUp, kb.Home} {
			b.press(key)
			b.expect(shown(`document.querySelector('rect.row.chosen')`), "true")
		}
	}
}

// After the last event of a deadlock, too, all wait that never returned.
func TestWaitingAtTheEnd(t *testing.T) {
	trace := traced(t, simnet.Calm(), embrace)
	b := open(t, trace, traceview.Options{}, 1280, 800)
	var stuck []string
	for _, e := range trace.Events {
		if e.Open == "blocked" {
			stuck = append(stuck, fmt.Sprintf("%s in %s %s", e.Task, e.Op, e.Object))
		}
	}
	if len(stuck) < 3 {
		t.Fatal("only ", stuck)
	}
	waiting := `[...[...document.querySelectorAll('#details h4')].find(x => x.textContent === 'Waiting')?.nextSibling.children ?? []].map(x => x.textContent).sort().join()`
	slices.Sort(stuck)
	for _, key := range []string{kb.End, kb.ArrowUp} {
		b.press(key)
		b.expect(waiting, strings.Join(stuck, ","))
	}
	// And nobody where all have returned.
	b = open(t, traced(t, simnet.Calm(), parts), traceview.Options{}, 1280, 800)
	b.press(kb.End)
	b.expect(waiting, "")
}

// Long names and large numbers leave the rest where it can be read.
func TestLongNames(t *testing.T) {
	name := strings.Repeat("a-long-name-", 8)
	trace := traced(t, simnet.Calm(), func(w *simnet.World) {
		p := w.Process(name)
		p.Go("main", func() {
			p.Listen("/run/x.sock", 1, transport.ListenConfig{})
			p.Pair()
		})
	})
	trace.Skipped = 1_000_000
	for i := range trace.Events {
		trace.Events[i].N += trace.Skipped
	}
	for _, width := range []int64{1280, 390} {
		b := open(t, trace, traceview.Options{}, width, 800)
		b.press(kb.End)
		b.expect(`(d => d.scrollWidth <= d.clientWidth)(document.querySelector('#details'))`, "true")
		b.expect(`[...document.querySelectorAll('#details .things td:last-child')].every(x => {
			const r = document.createRange();
			r.selectNodeContents(x);
			return r.getBoundingClientRect().height < 24;
		})`, "true")
		b.expect(`[...document.querySelectorAll('#diagram .number')].every(x => x.getBoundingClientRect().left >= document.querySelector('#diagram').getBoundingClientRect().left)`, "true")
	}
}

// A page that is loaded again shows the event that it showed, and stepping leaves
// nothing for the button that goes back.
func TestReload(t *testing.T) {
	trace := traced(t, script(t, quotaScript), quota)
	b := open(t, trace, traceview.Options{Calm: trace}, 1280, 800)
	pages := b.eval(`history.length`)
	b.press("d", "j", "s")
	at := find(t, trace, func(e *simnet.Event) bool { return len(e.Choices) > 0 }) + 1
	b.expect(`location.hash`, fmt.Sprintf("#e%dc", trace.Events[at].N))
	b.do(chromedp.Reload(), chromedp.WaitReady(chromedp.CSS(`html[data-ready]`)))
	b.expect(selected, heading(trace, at))
	b.expect(`document.querySelector('.pane.active h2').textContent`, "The calm run")
	b.expect(`history.length`, pages)
	// What the address is changed to by hand, one can go back from.
	b.eval(`location.hash = '#e2'`)
	b.expect(selected, heading(trace, 1))
	b.eval(`history.back()`)
	b.expect(selected, heading(trace, at))
}
