package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
)

// hardToRead is an expression for the texts in view that have less contrast than
// WCAG's 4.5 to 1, and for the lines and marks of the diagram with less than 3 to 1.
const hardToRead = `(() => {
	const parse = color => {
		const c = color.match(/[\d.]+/g)?.map(Number);
		return c && { rgb: c.slice(0, 3), a: c.length > 3 ? c[3] : 1 };
	};
	const over = (top, a, under) => top.map((x, i) => x * a + under[i] * (1 - a));
	const light = c => {
		const [r, g, b] = c.map(x => x / 255).map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
	const behind = x => {
		for (; x; x = x.parentElement) {
			const c = parse(getComputedStyle(x).backgroundColor);
			if (c && c.a === 1) return c.rgb;
		}
		return [255, 255, 255];
	};
	const bad = new Set();
	const judge = (name, color, alpha, paper, least) => {
		const r = ratio(over(color.rgb, color.a * alpha, paper), paper);
		if (!(r >= least)) bad.add(name + ' ' + r.toFixed(2));
	};
	let seen = 0;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n = walk.nextNode(); n; n = walk.nextNode()) {
		const x = n.parentElement;
		if (!n.data.trim() || !x.checkVisibility() || x.closest('script, button:disabled, option, .unseen, svg')) continue;
		seen++;
		judge((x.closest('[class], [id]') || x).outerHTML.slice(0, 60), parse(getComputedStyle(x).color), 1, behind(x), 4.5);
	}
	// Behind what is drawn there may be a row that is chosen or pointed at.
	const root = getComputedStyle(document.documentElement);
	const papers = ['--paper', '--accent-soft', '--other'].map(name => {
		const hex = root.getPropertyValue(name).trim().slice(1).match(/../g);
		return hex.map(h => parseInt(h, 16));
	});
	for (const x of document.querySelectorAll('.scroller svg text, .scroller svg tspan')) {
		seen++;
		if (x.textContent) for (const p of papers) judge(x.getAttribute('class') + ' text', parse(getComputedStyle(x).fill), 1, p, 4.5);
	}
	for (const x of document.querySelectorAll('.scroller svg .mark, .scroller svg .arrow, .scroller svg .wait, .scroller svg .flag, .scroller svg .deadline, .scroller svg .fate, .scroller svg .differ')) {
		const s = getComputedStyle(x);
		const colors = [s.stroke, s.fill].filter(c => c !== 'none').map(parse);
		const best = colors.sort((p, q) => ratio(q.rgb, papers[0]) - ratio(p.rgb, papers[0]))[0];
		if (x.classList.contains('rests')) continue; // it may wait
		judge(x.getAttribute('class'), best, Number(s.opacity), papers[0], 3);
	}
	return seen < 40 ? 'only ' + seen + ' texts' : [...bad].join('\n');
})()`

// small is an expression for what is to be clicked or touched and less than 24 pixels
// wide or high (WCAG 2.2).
const small = `[...document.querySelectorAll('button, summary, input, [role=link], a:focus')].filter(x => {
	const box = x.getBoundingClientRect();
	return x.checkVisibility() && (box.width < 23.9 || box.height < 23.9);
}).map(x => x.outerHTML.slice(0, 80)).join('\n')`

func TestContrastAndTargets(t *testing.T) {
	for _, c := range []struct {
		name  string
		trace *simnet.Trace
		keys  []string
	}{
		{"deviation", traced(t, script(t, quotaScript), quota), []string{"d", "d"}},
		{"error", traced(t, script(t, quotaScript), quota), []string{"e", "e"}},
		{"table", traced(t, script(t, quotaScript), quota), []string{"d", "t"}},
		{"keys", traced(t, script(t, quotaScript), quota), []string{"?"}},
		{"deadlock", traced(t, simnet.Calm(), embrace), []string{kb.End}},
		{"crowd", traced(t, simnet.Calm(), crowd(40, 3)), []string{kb.End}},
	} {
		for _, width := range []int64{1280, 390} {
			b := open(t, c.trace, traceview.Options{Title: "Test", Replay: "go test", Calm: c.trace}, width, 844)
			b.press(c.keys...)
			b.eval(`document.querySelector('#more').open = true`)
			for _, scheme := range []string{"light", "dark"} {
				b.scheme(scheme)
				b.frame()
				if got := b.eval(hardToRead); got != "" {
					t.Errorf("%s, %s: hard to read:\n%s", c.name, scheme, got)
				}
			}
			if got := b.eval(small); got != "" {
				t.Errorf("%s, %d wide: hard to hit:\n%s", c.name, width, got)
			}
		}
	}
}

// What has the focus keeps it, or hands it on to where it led.
func TestFocusStays(t *testing.T) {
	trace := traced(t, simnet.Calm(), crowd(40, 3))
	b := open(t, trace, traceview.Options{}, 1280, 800)
	send := find(t, trace, func(e *simnet.Event) bool { return e.Op == "send" && len(e.To) > 0 })
	focus := func(selector string) { b.eval(`document.querySelector('` + selector + `').focus()`) }
	const where = `document.activeElement.id || document.activeElement.className || document.activeElement.tagName`

	b.eval(fmt.Sprintf("location.hash = '#e%d'", trace.Events[send].N))
	b.expect(selected, heading(trace, send))
	focus("#details .links button.link")
	b.press(kb.Enter)
	b.expect(selected, heading(trace, trace.Events[send].To[0].Event-1))
	b.expect(where, "diagram")
	b.press(kb.ArrowDown) // and the keys go on working
	b.expect(selected, heading(trace, trace.Events[send].To[0].Event))
	focus("#details .buttons button")
	b.press("j")
	b.expect(where, "details")

	// The pages of the table.
	b.press(kb.Home, "t")
	b.eval(`[...document.querySelectorAll('#table .pages button')].find(x => x.textContent === 'Later').focus()`)
	b.press(kb.Enter)
	b.expect(`document.activeElement.textContent`, "#501")
}
