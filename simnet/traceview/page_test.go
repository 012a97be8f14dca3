package traceview_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
	"example.com/brine/transport"
)

// What a hostile name may look like.
const (
	evil      = `</script><img src=x onerror="document.title='evil'">`
	evilMark  = `{{script}}{{data}}<!--<script>`
	evilStyle = `</style><script>document.title='evil'</script>`
)

// hostile has such names wherever a trace has any.
func hostile() *simnet.Trace {
	task := simnet.TaskName{Process: evil, Incarnation: 1, Task: evil}
	e := simnet.Event{
		N: 1, Task: task, Nth: 1, Op: evil, Object: evil, Size: 5, Timed: true, Until: time.Second, Args: evilStyle, Data: evilMark,
		Blocked: true, Open: "blocked", Moved: 5, Err: evil, Why: evilMark, Made: evilStyle,
		Choices: []simnet.Line{{Task: task, Op: 1, Ask: 1, Kind: simnet.KindRun, Answer: evil, Why: evil}},
	}
	timer := simnet.Event{N: 2, Op: "timer", Object: evilStyle + " 1"}
	killed := simnet.Event{N: 3, Op: "killed", Object: evilStyle}
	return &simnet.Trace{
		Verdict: evil + "\n" + evilStyle,
		Script:  simnet.Script{Data: []simnet.Datum{{Name: evil, JSON: `"` + evilStyle + `"`}}, Lines: e.Choices},
		Events:  []simnet.Event{e, timer, killed},
	}
}

func page(t testing.TB, trace *simnet.Trace, opt traceview.Options) string {
	t.Helper()
	var b strings.Builder
	if err := traceview.Write(&b, trace, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A document is what a browser makes of a page.
type document struct {
	elements map[string]int
	text     map[string]string   // by element and, after a dot, its first class or its id
	list     map[string][]string // the same, one by one
	data     string
	handlers []string // attributes by which a script could run
}

func parsed(t testing.TB, page string) *document {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	d := &document{elements: map[string]int{}, text: map[string]string{}, list: map[string][]string{}}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			d.elements[n.Data]++
			name := n.Data
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" {
					d.handlers = append(d.handlers, n.Data+" "+a.Key)
				}
				if a.Key == "class" || a.Key == "id" {
					first, _, _ := strings.Cut(a.Val, " ")
					name = n.Data + "." + first
				}
			}
			d.text[name] += content(n)
			d.list[name] = append(d.list[name], content(n))
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	d.data = d.text["script.data"]
	return d
}

func content(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(content(c))
	}
	return b.String()
}

// Whatever names there are, the page has the same elements, and the names are in it
// as text.
func TestHostileNames(t *testing.T) {
	kind := parsed(t, page(t, kept(t)["panic"], traceview.Options{Title: "x", Replay: "x"}))
	d := parsed(t, page(t, hostile(), traceview.Options{Title: evil, Replay: evilStyle, Calm: hostile()}))
	for name, n := range d.elements {
		// A script's lines, and those of a verdict, have elements of their own.
		if !slices.Contains([]string{"span", "pre", "p"}, name) && n != kind.elements[name] {
			t.Errorf("%d elements %s, where others have %d", n, name, kind.elements[name])
		}
	}
	if len(d.handlers) > 0 {
		t.Errorf("attributes that run scripts: %v", d.handlers)
	}
	if d.text["h1"] != evil || d.text["title"] != evil {
		t.Errorf("the title is %q and %q", d.text["h1"], d.text["title"])
	}
	if d.text["p.said"] != evil+evilStyle || d.text["pre.replay-text"] != evilStyle {
		t.Errorf("the verdict is %q, the replay %q", d.text["p.said"], d.text["pre.replay-text"])
	}
	var data struct {
		Run struct {
			Events []struct{ Op, On, Err, Why, Made, Data, Args string }
		}
	}
	if err := json.Unmarshal([]byte(d.data), &data); err != nil {
		t.Fatal(err)
	}
	e := data.Run.Events[0]
	if e.Op != evil || e.On != evil || e.Err != evil || e.Why != evilMark || e.Made != evilStyle || e.Data != evilMark || e.Args != evilStyle {
		t.Errorf("the event is %+v", e)
	}
}

// The policy of the page names its style and its script and nothing else, and the
// page asks the network for nothing.
func TestSelfContained(t *testing.T) {
	text := page(t, kept(t)["echo"], traceview.Options{})
	for _, bad := range []string{"http://", "https://", "//cdn", "@import", "unsafe-", "eval(", "innerHTML", "{{", "document.write"} {
		if i := strings.Index(strings.ReplaceAll(text, "http://www.w3.org/2000/svg", ""), bad); i >= 0 {
			t.Errorf("the page has %q", bad)
		}
	}
	if n := strings.Count(text, "'sha256-"); n != 2 {
		t.Errorf("the policy has %d hashes", n)
	}
	if !strings.Contains(text, "default-src 'none'") {
		t.Error("there is no policy")
	}
}

// The top of the page can be read without a script.
func TestSummary(t *testing.T) {
	trace := kept(t)["script"]
	d := parsed(t, page(t, trace, traceview.Options{Title: "TestEcho", Replay: "go test -run TestEcho"}))
	if d.text["h1"] != "TestEcho" || d.text["pre.replay-text"] != "go test -run TestEcho" {
		t.Errorf("%q, %q", d.text["h1"], d.text["pre.replay-text"])
	}
	if got := d.text["pre.script-text"]; strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(trace.Script.String()), " ") {
		t.Errorf("the script is\n%s\nand not\n%s", got, trace.Script)
	}
	drawn := *trace
	drawn.Script.Data = []simnet.Datum{{Name: "msg", JSON: `"aGk="`}, {Name: "n", JSON: "3"}}
	text := page(t, &drawn, traceview.Options{})
	if n := strings.Count(text, `class="line deviation"`); n != len(trace.Script.Lines) {
		t.Errorf("%d lines are deviations, and not %d", n, len(trace.Script.Lines))
	}
	if want := `data-line="0">` + html.EscapeString(trace.Script.Lines[0].Task.String()); !strings.Contains(text, want) {
		t.Errorf("there is no %s", want)
	}
	if d.text["span.badge"] != "passed" {
		t.Errorf("the verdict is %q", d.text["span.badge"])
	}
	d = parsed(t, page(t, kept(t)["deadlock"], traceview.Options{}))
	if d.text["span.badge"] != "failed" || d.text["h1"] != "Trace of a run" ||
		d.text["p.said"] != "deadlock: no task can go on, and no timer is set"+"q/main waits for p/main, which waits for q/main" {
		t.Errorf("the verdict is %q: %q, of %q", d.text["span.badge"], d.text["p.said"], d.text["h1"])
	}
}

// The same trace gives the same bytes.
func TestSameBytes(t *testing.T) {
	for name, trace := range kept(t) {
		opt := traceview.Options{Calm: kept(t)["echo"]}
		first, again := page(t, trace, opt), page(t, trace, opt)
		if first != again {
			t.Errorf("%s: the page is another the second time", name)
		}
		if first, again = events(t, trace), events(t, trace); first != again {
			t.Errorf("%s: the trace events are others the second time", name)
		}
	}
}

// A trace without events is a page, too.
func TestNoEvents(t *testing.T) {
	d := parsed(t, page(t, &simnet.Trace{}, traceview.Options{Calm: &simnet.Trace{}}))
	if !json.Valid([]byte(d.data)) {
		t.Errorf("the data is %q", d.data)
	}
	if text := events(t, &simnet.Trace{}); !json.Valid([]byte(text)) {
		t.Error(text)
	}
}

// Everything that a trace can say has an explanation.
func TestMeanings(t *testing.T) {
	errnos, ops := traceview.Meanings()
	found := 0
	for n := range 1000 {
		if name := transport.ErrnoName(syscall.Errno(n)); name != "" {
			found++
			if errnos[name] == "" {
				t.Errorf("there is no meaning of %s", name)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d errnos have a name", found)
	}
	for op := simnet.OpBegin; op.String() != "unknown"; op++ {
		if word := op.String(); word != "now" && ops[word] == "" {
			t.Errorf("there is no meaning of %s", word)
		}
	}
}

// broken is a Writer that fails after so many bytes.
type broken int

func (b *broken) Write(p []byte) (int, error) {
	if *b -= broken(len(p)); *b < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestWriterFails(t *testing.T) {
	trace := kept(t)["echo"]
	for _, n := range []broken{0, 5000} {
		w := n
		if err := traceview.Write(&w, trace, traceview.Options{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("Write after %d bytes: %v", n, err)
		}
		w = n
		if err := traceview.WriteTraceEvent(&w, trace); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("WriteTraceEvent after %d bytes: %v", n, err)
		}
	}
}

// FuzzWrite has pages made of whatever ReadTrace accepts.
func FuzzWrite(f *testing.F) {
	for _, trace := range kept(f) {
		var b bytes.Buffer
		if err := trace.WriteJSON(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		trace, err := simnet.ReadTrace(strings.NewReader(text))
		if err != nil {
			return
		}
		p := page(t, trace, traceview.Options{Title: "fuzz", Calm: trace})
		if n := strings.Count(p, "<script"); n != 2 {
			t.Errorf("the page has %d scripts", n)
		}
		if n := strings.Count(p, "</script"); n != 2 {
			t.Errorf("the page has %d ends of scripts", n)
		}
		if !json.Valid([]byte(events(t, trace))) {
			t.Error("the trace events are no JSON")
		}
	})
}
