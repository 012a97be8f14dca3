package browsertest

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
	"example.com/brine/transport"
)

const selected = `document.querySelector('#details h2')?.textContent`

// heading is what the details say above an event.
func heading(trace *simnet.Trace, i int) string {
	e := &trace.Events[i]
	return strings.TrimSpace(fmt.Sprintf("#%d %s %s", e.N, e.Op, e.Object))
}

// find returns the index of an event.
func find(t *testing.T, trace *simnet.Trace, is func(*simnet.Event) bool) int {
	t.Helper()
	for i := range trace.Events {
		if is(&trace.Events[i]) {
			return i
		}
	}
	t.Fatal("there is no such event in\n", trace)
	return -1
}

func TestClickAndStep(t *testing.T) {
	trace := traced(t, script(t, quotaScript), quota)
	b := open(t, trace, traceview.Options{Title: "TestQuota"}, 1280, 800)
	b.expect(`document.title`, "TestQuota")
	b.expect(text("#count"), fmt.Sprintf("%d events", len(trace.Events)))
	if n, _ := strconv.Atoi(b.eval(`document.querySelectorAll('rect.row').length`)); n < 20 {
		t.Errorf("only %d events are drawn", n)
	}

	// Clicking.
	send := find(t, trace, func(e *simnet.Event) bool { return e.Op == "send" })
	b.click(fmt.Sprintf(`rect.row[data-i="%d"]`, send))
	b.expect(selected, heading(trace, send))
	b.expect(`[...document.querySelectorAll('rect.row.chosen')].map(x => x.dataset.i).join()`, strconv.Itoa(send))
	b.expect(`document.querySelector('#live').textContent.includes('`+trace.Events[send].Task.String()+`')`, "true")
	b.expect(`location.hash`, fmt.Sprintf("#e%d", trace.Events[send].N))

	// Stepping.
	b.press("j")
	b.expect(selected, heading(trace, send+1))
	b.press(kb.ArrowUp, "k")
	b.expect(selected, heading(trace, send-1))
	b.press(kb.ArrowDown)
	b.expect(selected, heading(trace, send))
	b.press(kb.Home)
	b.expect(selected, heading(trace, 0))
	b.press(kb.End)
	b.expect(selected, heading(trace, len(trace.Events)-1))
	b.press("j")
	b.expect(selected, heading(trace, len(trace.Events)-1))

	// Along a task, and along the bytes.
	b.click(fmt.Sprintf(`rect.row[data-i="%d"]`, send))
	next := send + 1 + find(t, &simnet.Trace{Events: trace.Events[send+1:]}, func(e *simnet.Event) bool { return e.Task == trace.Events[send].Task })
	b.press("]")
	b.expect(selected, heading(trace, next))
	b.press("[")
	b.expect(selected, heading(trace, send))
	b.press("b")
	b.expect(selected, heading(trace, trace.Events[send].To[0].Event-1))
	b.press("b")
	b.expect(selected, heading(trace, send))

	// Nothing selected.
	b.press(kb.Escape)
	b.expect(`document.querySelectorAll('rect.row.chosen').length`, "0")
}

// To deviations, and round again.
func TestDeviations(t *testing.T) {
	trace := traced(t, script(t, quotaScript), quota)
	b := open(t, trace, traceview.Options{}, 1280, 800)
	var deviations []int
	for i := range trace.Events {
		if len(trace.Events[i].Choices) > 0 {
			deviations = append(deviations, i)
		}
	}
	for _, i := range deviations {
		b.press("d")
		b.expect(selected, heading(trace, i))
	}
	b.press("d")
	b.expect(selected, heading(trace, deviations[0]))
	b.expect(text("#where"), fmt.Sprintf("◆ 1 of %d", len(deviations)))
	b.expect(`document.querySelectorAll('#diagram .flag').length`, strconv.Itoa(len(deviations)))
	b.expect(`document.querySelectorAll('#diagram .arrow.link.tip').length`, "1") // from dial to accept
	b.expect(`document.querySelectorAll('#diagram .arrow.tip:not(.link)').length`, strconv.Itoa(moves(trace)))

	// The script leads to where it was carried out.
	b.click(`.deviation[data-line="0"]`)
	b.expect(`document.querySelector('#details .choices').textContent.includes('run server/accept')`, "true")
}

// What is shown beside an event is what the trace says.
func TestDetails(t *testing.T) {
	trace := traced(t, script(t, quotaScript), quota)
	b := open(t, trace, traceview.Options{}, 1280, 800)
	recv := find(t, trace, func(e *simnet.Event) bool { return e.Op == "recv" && e.Err == "ECONNRESET" })
	b.choose(trace, recv)
	for _, want := range []string{"ECONNRESET", "connection reset by peer", trace.Events[recv].Task.String(), "killed"} {
		b.expect(fmt.Sprintf(`document.querySelector('#details').textContent.includes(%q)`, want), "true")
	}
	send := find(t, trace, func(e *simnet.Event) bool { return e.Op == "send" && e.Object == "1a" })
	b.choose(trace, send)
	b.expect(`[...document.querySelectorAll('#details .things tr')].some(x => x.textContent.startsWith('1b') && x.textContent.includes('`+
		strconv.Itoa(trace.Events[send].Moved)+` B'))`, "true")
	e := trace.Events[send]
	b.expect(`document.querySelector('#details tr.changed .meter').title`,
		fmt.Sprintf("%s of %s bytes of the send buffer of 1a, as the kernel counts them", thousands(e.Charged), thousands(e.Buffer)))
	calls := []string{}
	for _, f := range e.Stack {
		calls = append(calls, strings.Replace(f.String(), " in ", " ", 1)+"|"+f.File+":"+strconv.Itoa(f.Line))
	}
	if len(calls) == 0 {
		t.Error("the trace has no stack")
	}
	b.expect(`[...document.querySelectorAll('#details .stack li')].map(x => x.textContent + '|' + x.title).join()`, strings.Join(calls, ","))
	b.click(`#details .links button.link`)
	b.expect(selected, heading(trace, trace.Events[send].To[0].Event-1))
	begin := find(t, trace, func(e *simnet.Event) bool { return e.Op == "begin" })
	b.choose(trace, begin)
	b.expect(`document.querySelectorAll('#details .stack').length`, "0")
	killed := find(t, trace, func(e *simnet.Event) bool { return e.Op == "killed" })
	b.choose(trace, killed)
	b.expect(`[...document.querySelectorAll('#details .things tr')].some(x => x.textContent.startsWith('server') && x.textContent.includes('killed'))`, "true")
	b.expect(`document.querySelectorAll('.fate.dead').length`, "1")
}

// thousands writes a number as the page does.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func TestFilter(t *testing.T) {
	trace := traced(t, script(t, quotaScript), quota)
	b := open(t, trace, traceview.Options{}, 1280, 800)
	count := func(is func(*simnet.Event) bool) (n int) {
		for i := range trace.Events {
			if is(&trace.Events[i]) {
				n++
			}
		}
		return n
	}
	b.press("/")
	b.expect(`document.activeElement.id`, "filter")
	b.press("t", "a", "s", "k", ":", "c", "l", "i", "e", "n", "t", "/", "m", "a", "i", "n")
	b.expect(`document.querySelector("#filter").value`, "task:client/main")
	client := count(func(e *simnet.Event) bool {
		return e.Task.String() == "client/main" || e.Op == "timer" && strings.HasPrefix(e.Object, "client/main ")
	})
	b.expect(text("#count"), fmt.Sprintf("%d of %d", client, len(trace.Events)))
	b.expect(`document.querySelectorAll('rect.row').length`, strconv.Itoa(client))
	b.press(kb.Enter, kb.Home)
	b.expect(`document.querySelector('#details dd').textContent`, "client/main")
	b.press("/", kb.Escape)
	b.expect(text("#count"), fmt.Sprintf("%d events", len(trace.Events)))
	b.press(kb.Escape)
	// The names of lanes, too.
	b.click(`.task[data-filter="task:client/main"]`)
	b.expect(text("#count"), fmt.Sprintf("%d of %d", client, len(trace.Events)))
	b.click(`.task[data-filter="task:client/main"]`)
	b.expect(text("#count"), fmt.Sprintf("%d events", len(trace.Events)))
	for filter, is := range map[string]func(*simnet.Event) bool{
		"socket:1": func(e *simnet.Event) bool {
			return e.Object == "1a" || e.Object == "1b" || e.Made == "1a" || e.Made == "1b"
		},
		"op:recv":   func(e *simnet.Event) bool { return e.Op == "recv" },
		"deviation": func(e *simnet.Event) bool { return len(e.Choices) > 0 },
		"process:watch": func(e *simnet.Event) bool {
			return e.Task.Process == "watch" || e.Object == "watch"
		},
		"op:recv task:client/main": func(e *simnet.Event) bool { return e.Op == "recv" && e.Task.String() == "client/main" },
		"no such thing":            func(*simnet.Event) bool { return false },
	} {
		b.eval(fmt.Sprintf(`(() => { const f = document.querySelector('#filter'); f.value = %q; f.dispatchEvent(new Event('input')); })()`, filter))
		t.Log(filter)
		b.expect(text("#count"), fmt.Sprintf("%d of %d", count(is), len(trace.Events)))
		b.expect(`document.querySelectorAll('rect.row').length`, strconv.Itoa(count(is)))
	}
}

func TestCalmBeside(t *testing.T) {
	trace := traced(t, script(t, quotaScript), quota)
	plain := traced(t, simnet.Calm(), quota)
	b := open(t, trace, traceview.Options{Calm: plain}, 1280, 800)
	b.expect(`[...document.querySelectorAll('.pane:not([hidden])')].length`, "2")
	at := 0
	for line(trace, at) == line(plain, at) {
		at++
	}
	b.press("x")
	b.expect(selected, heading(trace, at))
	b.expect(`document.querySelectorAll('line.differ').length`, "2")
	b.expect(`document.querySelector('#details').textContent.includes('In the calm run')`, "true")
	b.press("s")
	b.expect(`document.querySelector('.pane.active h2').textContent`, "The calm run")
	b.press("c")
	b.expect(`[...document.querySelectorAll('.pane:not([hidden])')].length`, "1")

	// On a phone there is room for one of them.
	b = open(t, trace, traceview.Options{Calm: plain}, 390, 800)
	b.expect(`[...document.querySelectorAll('.pane:not([hidden]) h2')].map(x => x.textContent).join()`, "This run")
	b.press("c")
	b.expect(`[...document.querySelectorAll('.pane:not([hidden]) h2')].map(x => x.textContent).join()`, "The calm run")
}

func TestTable(t *testing.T) {
	trace := traced(t, script(t, quotaScript), quota)
	b := open(t, trace, traceview.Options{}, 1280, 800)
	b.press("t")
	b.expect(`document.querySelectorAll('#table tbody tr').length`, strconv.Itoa(len(trace.Events)))
	b.expect(`document.querySelector('#table table').getAttribute('aria-rowcount')`, strconv.Itoa(len(trace.Events)+1))
	b.click(`#table tbody tr:nth-child(5) button`)
	b.expect(selected, heading(trace, 4))
	b.press("j")
	b.expect(selected, heading(trace, 5))
	b.expect(`document.querySelector('#table tr.chosen th').textContent`, "#6")
	b.press(kb.End)
	b.expect(`(() => {
		const row = document.querySelector('#table tr.chosen').getBoundingClientRect();
		const view = document.querySelector('#table').getBoundingClientRect();
		return row.top > view.top && row.bottom <= view.bottom;
	})()`, "true")
	b.press(kb.Home, "j", "j", "j", "j", "j")
	b.press("t")
	b.expect(`document.querySelector('rect.row.chosen').dataset.i`, "5")

	// An address names an event.
	b.eval(`location.hash = '#e3'`)
	b.expect(selected, heading(trace, 2))
}

func TestLightAndDark(t *testing.T) {
	b := open(t, traced(t, simnet.Calm(), embrace), traceview.Options{}, 1280, 800)
	paper := `getComputedStyle(document.body).backgroundColor`
	b.scheme("light")
	b.expect(paper, "rgb(251, 251, 250)")
	b.contrasts()
	b.scheme("dark")
	b.expect(paper, "rgb(20, 23, 26)")
	b.contrasts()
	b.click("#theme")
	b.expect(paper, "rgb(251, 251, 250)")
	b.press("l")
	b.expect(paper, "rgb(20, 23, 26)")
	b.scheme("light")
	b.expect(paper, "rgb(20, 23, 26)") // what was chosen holds
}

// contrasts checks that text can be read (WCAG's 4.5 to 1).
func (b *tab) contrasts() {
	b.t.Helper()
	got := b.eval(`(() => {
		const style = getComputedStyle(document.documentElement);
		const light = name => {
			const c = style.getPropertyValue(name).trim().slice(1).match(/../g).map(x => parseInt(x, 16) / 255);
			const [r, g, b] = c.map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		};
		const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
		const bad = [];
		for (const ink of ['--ink', '--soft', '--accent', '--error', '--timeout', '--choice', '--fault', '--ok']) {
			for (const paper of ['--paper', '--panel', '--accent-soft']) {
				if (ratio(ink, paper) < 4.5) bad.push(ink + ' on ' + paper + ' ' + ratio(ink, paper).toFixed(2));
			}
		}
		for (const [ink, paper] of [['--choice', '--choice-soft'], ['--fault', '--fault-soft'], ['--soft', '--band'], ['--ink', '--wait'], ['--ink', '--other']]) {
			if (ratio(ink, paper) < 4.5) bad.push(ink + ' on ' + paper + ' ' + ratio(ink, paper).toFixed(2));
		}
		return bad.join(', ');
	})()`)
	if got != "" {
		b.t.Errorf("hard to read: %s", got)
	}
}

// By keyboard alone, and with a screen reader.
func TestAccessible(t *testing.T) {
	trace := traced(t, script(t, quotaScript), quota)
	b := open(t, trace, traceview.Options{Calm: trace}, 1280, 800)
	b.expect(`[...document.querySelectorAll('button')].filter(x => !x.textContent.trim() && !x.getAttribute('aria-label')).length`, "0")
	b.expect(`[...document.querySelectorAll('input')].every(x => x.labels.length > 0)`, "true")
	b.expect(`[...document.querySelectorAll('#panes .scroller')].every(x => x.tabIndex === 0 && x.getAttribute('aria-label'))`, "true")
	b.expect(`document.querySelector('#live').getAttribute('aria-live')`, "polite")
	b.expect(`[...document.querySelectorAll('[id]')].length === new Set([...document.querySelectorAll('[id]')].map(x => x.id)).size`, "true")
	b.press("?")
	b.expect(`document.querySelector('#help').open`, "true")
	b.expect(`document.querySelector('#help').contains(document.activeElement)`, "true")
	b.press(kb.Escape)
	b.expect(`document.querySelector('#help').open`, "false")
	// The first stops of the tab key.
	var stops []string
	for range 6 {
		b.press(kb.Tab)
		stops = append(stops, b.eval(`document.activeElement.id || document.activeElement.className || document.activeElement.tagName`))
	}
	if got := strings.Join(stops, " "); got != "skip theme keys SUMMARY copy line deviation" {
		t.Errorf("the tab key stops at %s", got)
	}
}

// On a phone the event that is selected is in view, above what is said about it.
func TestPhone(t *testing.T) {
	trace := traced(t, script(t, quotaScript), quota)
	b := open(t, trace, traceview.Options{}, 390, 800)
	b.expect(`document.documentElement.scrollWidth`, "390")
	for _, key := range []string{kb.End, "d", kb.Home} {
		b.press(key)
		b.expect(`(() => {
			const row = document.querySelector('rect.row.chosen').getBoundingClientRect();
			const pane = document.querySelector('.scroller').getBoundingClientRect();
			const head = document.querySelector('.lanes').getBoundingClientRect();
			return row.top >= head.bottom - 1 && row.bottom <= pane.bottom + 1;
		})()`, "true")
		b.expect(`document.querySelector('#details').getBoundingClientRect().bottom <= 800`, "true")
	}
}

// Names that would be markup are text.
func TestHostile(t *testing.T) {
	const evil = `</script><img src=x onerror="document.title='evil'"><b>`
	trace := traced(t, simnet.Calm(), func(w *simnet.World) {
		p := w.Process(evil)
		a, _, _ := p.Pair()
		p.Go(evil, func() {
			p.Listen("/run/"+strings.ReplaceAll(evil, "/", "")+".sock", 1, transport.ListenConfig{})
			a.Send([][]byte{[]byte(evil)}, nil, never)
			w.TB().Fatal(evil)
		})
	})
	b := open(t, trace, traceview.Options{Title: evil, Replay: evil, Calm: trace}, 1280, 800)
	b.expect(`document.title`, evil)
	for range trace.Events {
		b.press("j")
	}
	b.press("t")
	b.expect(`document.querySelectorAll('img, b').length`, "0")
	b.expect(`document.querySelector('h1').textContent`, evil)
}

// Words that JavaScript's objects have anyway mean nothing here.
func TestWordsOfObjects(t *testing.T) {
	var trace simnet.Trace
	for i, word := range []string{"constructor", "__proto__", "toString", "hasOwnProperty"} {
		task := simnet.TaskName{Process: word, Incarnation: 1, Task: word}
		trace.Events = append(trace.Events, simnet.Event{N: i + 1, Task: task, Nth: 1, Op: word, Object: word, Err: word, Made: word})
	}
	b := open(t, &trace, traceview.Options{}, 1280, 800)
	for i := range trace.Events {
		b.press("j")
		b.expect(selected, heading(&trace, i))
		b.expect(`document.querySelector('#details').textContent.includes('function')`, "false")
	}
	b.press("t", "/")
	b.press(strings.Split("__proto__:constructor", "")...)
	b.expect(text("#count"), fmt.Sprintf("0 of %d", len(trace.Events)))
}

// Ten thousand events are there soon, and only those in view are drawn.
func TestManyEvents(t *testing.T) {
	trace := traced(t, simnet.Calm(), crowd(120, 18))
	if len(trace.Events) < 10000 {
		t.Fatalf("there are only %d events", len(trace.Events))
	}
	begin := time.Now()
	b := open(t, trace, traceview.Options{Calm: trace}, 1280, 800)
	b.expect(text("#count"), fmt.Sprintf("%d events", len(trace.Events)))
	loaded := time.Since(begin)
	begin = time.Now()
	for i := range 40 {
		b.eval(fmt.Sprintf(`document.querySelector('#diagram').scrollTop = %d`, i*6000))
		b.frame()
		b.expect(`(() => {
			const pane = document.querySelector('#diagram').getBoundingClientRect();
			return [...document.querySelectorAll('#diagram rect.row')].some(x => {
				const box = x.getBoundingClientRect();
				return box.top < pane.top + 200 && box.bottom > pane.top + 100;
			});
		})()`, "true")
	}
	if n, _ := strconv.Atoi(b.eval(`document.querySelectorAll('#diagram rect.row').length`)); n < 20 || n > 300 {
		t.Errorf("%d events are drawn at once", n)
	}
	b.press(kb.End)
	b.expect(selected, heading(trace, len(trace.Events)-1))
	b.press(kb.Home, kb.PageDown)
	b.expect(selected, heading(trace, 20))
	scrolled := time.Since(begin)
	// The numbers of events stay in view.
	b.eval(`document.querySelector('#diagram').scrollLeft = 1500`)
	b.frame()
	b.expect(`(() => {
		const pane = document.querySelector('#diagram').getBoundingClientRect();
		return [...document.querySelectorAll('#diagram .number')].every(x => {
			const box = x.getBoundingClientRect();
			return box.left >= pane.left && box.right < pane.left + 80;
		});
	})()`, "true")
	b.press("t")
	b.expect(`document.querySelectorAll('#table tbody tr').length`, "500")
	t.Logf("%d events: there after %v, scrolled through in %v", len(trace.Events), loaded.Round(time.Millisecond), scrolled.Round(time.Millisecond))
	if loaded+scrolled > patience/2 {
		t.Errorf("it took %v", loaded+scrolled)
	}
}

// moves counts the lines between events that bytes are.
func moves(trace *simnet.Trace) (n int) {
	for i := range trace.Events {
		n += len(trace.Events[i].From)
	}
	return n
}

// line is an event as the trace's text has it.
func line(trace *simnet.Trace, i int) string {
	e := trace.Events[i]
	e.To = nil // that is what happens to others
	return (&simnet.Trace{Events: []simnet.Event{e}}).String()
}

// click clicks in the middle of an element.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`document.querySelector(%q).scrollIntoView({ block: 'center' })`, selector))
	b.frame()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// choose selects an event, by its address.
func (b *tab) choose(trace *simnet.Trace, i int) {
	b.t.Helper()
	b.press(kb.Home)
	for range i {
		b.press("j")
	}
	b.expect(selected, heading(trace, i))
}
