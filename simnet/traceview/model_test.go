package traceview_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%s\nwant:\n%s\n(-update writes it anew)", file, got, want)
	}
}

// kept are the traces that package simnet keeps.
func kept(t testing.TB) map[string]*simnet.Trace {
	t.Helper()
	files, err := filepath.Glob("../testdata/trace/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("no traces", err)
	}
	traces := map[string]*simnet.Trace{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		trace, err := simnet.ReadTrace(bytes.NewReader(text))
		if err != nil {
			t.Fatal(file, err)
		}
		traces[strings.TrimSuffix(filepath.Base(file), ".jsonl")] = trace
	}
	return traces
}

// What the page is given about each trace, with the state of sockets at each event.
func TestModel(t *testing.T) {
	for name, trace := range kept(t) {
		t.Run(name, func(t *testing.T) { golden(t, name+".txt", traceview.Story(trace, nil)) })
	}
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			trace := traced(t, script(t, p.script), p.build)
			var plain *simnet.Trace
			if p.script != calm {
				if len(trace.Script.Lines) != strings.Count(p.script, "\n")-1 {
					t.Fatalf("the run has another script: %s", trace.Script)
				}
				plain = traced(t, simnet.Calm(), p.build)
			}
			golden(t, p.name+".txt", traceview.Story(trace, plain))
		})
	}
}

// Runs differ where anything differs that happens to whoever an event happens to.
func TestDiffer(t *testing.T) {
	plain := kept(t)["echo"]
	const at = 18 // a Recv
	if traceview.Differ(plain, plain) != -1 {
		t.Error("a run differs from itself")
	}
	for name, change := range map[string]func(*simnet.Event){
		"at":      func(e *simnet.Event) { e.At++ },
		"began":   func(e *simnet.Event) { e.Began++ },
		"task":    func(e *simnet.Event) { e.Task.Incarnation++ },
		"nth":     func(e *simnet.Event) { e.Nth++ },
		"op":      func(e *simnet.Event) { e.Op = "send" },
		"object":  func(e *simnet.Event) { e.Object = "2b" },
		"size":    func(e *simnet.Event) { e.Size++ },
		"fds":     func(e *simnet.Event) { e.FDs++ },
		"timed":   func(e *simnet.Event) { e.Timed = true },
		"until":   func(e *simnet.Event) { e.Until++ },
		"args":    func(e *simnet.Event) { e.Args = "x" },
		"data":    func(e *simnet.Event) { e.Data = "x" },
		"blocked": func(e *simnet.Event) { e.Blocked = !e.Blocked },
		"open":    func(e *simnet.Event) { e.Open = "killed" },
		"moved":   func(e *simnet.Event) { e.Moved-- },
		"passed":  func(e *simnet.Event) { e.Passed++ },
		"err":     func(e *simnet.Event) { e.Err = "EOF" },
		"why":     func(e *simnet.Event) { e.Why = "x" },
		"made":    func(e *simnet.Event) { e.Made = "x" },
		"from":    func(e *simnet.Event) { e.From = nil },
	} {
		other := *plain
		other.Events = slices.Clone(plain.Events)
		change(&other.Events[at])
		if got := traceview.Differ(&other, plain); got != at {
			t.Errorf("%s: the runs differ from event %d on, and not %d", name, got, at)
		}
	}
	short := *plain
	short.Events = plain.Events[:at]
	if got := traceview.Differ(&short, plain); got != at {
		t.Errorf("a shorter run differs from event %d on, and not %d", got, at)
	}
	// Who receives what is sent is no difference to the one who sends.
	other := *plain
	other.Events = slices.Clone(plain.Events)
	for i := range other.Events {
		other.Events[i].To, other.Events[i].Choices = nil, nil
	}
	if got := traceview.Differ(&other, plain); got != -1 {
		t.Errorf("the runs differ from event %d on", got)
	}
}

// Of many tasks those share lanes that do not live at the same time, and only those.
func TestLanesShared(t *testing.T) {
	trace := traced(t, simnet.Calm(), func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			for i := range 60 {
				p.Go("short", func() { p.Sleep(p.Now().Add(time.Duration(i%3+1) * time.Millisecond)) })
				p.Sleep(p.Now().Add(time.Millisecond))
			}
		})
	})
	list, count := traceview.Lanes(trace)
	if len(list) != 62 || count > 8 {
		t.Errorf("%d tasks have %d lanes", len(list), count)
	}
	for i, x := range list {
		for _, y := range list[:i] {
			if x.Lane == y.Lane && x.First <= y.Last && y.First <= x.Last {
				t.Errorf("%+v and %+v are in one lane", x, y)
			}
		}
	}
}

// A process may be called world.
func TestProcessCalledWorld(t *testing.T) {
	trace := traced(t, simnet.Calm(), func(w *simnet.World) { w.Process("world").Go("main", func() {}) })
	list, count := traceview.Lanes(trace)
	if count != 2 || len(list) != 2 || list[0].Lane == list[1].Lane {
		t.Errorf("the lanes are %+v", list)
	}
}

// What is to be started finally has no lane and no state before it is.
func TestFinally(t *testing.T) {
	res := simnet.Run(simnet.Config{Trace: true}, func(w *simnet.World) {
		w.Process("p").Go("main", func() {})
		w.Finally(simnet.ProcessConfig{Name: "check", Main: func(*simnet.Process) {}})
	})
	story := traceview.Story(res.Trace, nil)
	if strings.Contains(story, "process :") || !strings.Contains(story, "start check finally") || !strings.Contains(story, "process check: state running") {
		t.Errorf("the page is given\n%s", story)
	}
}

// The states at the end are those that the run itself finds when it takes stock.
func TestStatesAgree(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 60
	}
	seen := map[string]int{}
	for seed := range seeds {
		faults := simnet.AllFaults(1500)
		if seed%3 == 0 {
			faults = simnet.Faults{}
		}
		res := simnet.Run(simnet.Config{Chooser: simnet.Random(seed), Trace: true, Faults: faults}, arbitrary(seed))
		if res.Trace == nil || res.Census == nil {
			t.Fatal(seed, res.Err, res.Diverged)
		}
		agree(t, seed, res, seen)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s\n%s", seed, traceview.Story(res.Trace, nil), res.Census)
		}
	}
	for _, what := range []string{"unread", "other end gone", "listener", "descriptors"} {
		if seen[what] < 20 {
			t.Errorf("%s: compared only %d times", what, seen[what])
		}
	}
}

func agree(t *testing.T, seed uint64, res *simnet.Result, seen map[string]int) {
	finals := traceview.Finals(res.Trace)
	counts := map[string]int{}
	for _, d := range res.Census.Descriptors {
		counts[d.Process]++
		switch {
		case d.Kind == "listener":
			seen["listener"]++
			if f := finals[d.Path]; !strings.Contains(f.Holder, d.Process) {
				t.Errorf("seed %d: listener %s of %s is %+v", seed, d.Path, d.Process, f)
			}
		case d.End != "":
			f := finals[d.End]
			if f.Unread > 0 {
				seen["unread"]++
			}
			if f.Unread != d.Unread && !(f.Sending && f.Unread < d.Unread) {
				t.Errorf("seed %d: %s has %d bytes unread, and not %d", seed, d.End, d.Unread, f.Unread)
			}
			peer := finals[d.PeerEnd]
			if d.Peer == 0 {
				seen["other end gone"]++
				peer = finals[other(d.End)]
				if peer.State != "closed" && peer.State != "reset" && peer.State != "" {
					t.Errorf("seed %d: the other end of %s is gone, and not %q", seed, d.End, peer.State)
				}
			}
		}
	}
	for label, n := range counts {
		seen["descriptors"]++
		if f := finals[label]; f.FDs != n {
			t.Errorf("seed %d: %s has %d descriptors, and not %d", seed, label, n, f.FDs)
		}
	}
}

func other(end string) string {
	if n := len(end) - 1; end[n] == 'a' {
		return end[:n] + "b"
	}
	return end[:len(end)-1] + "a"
}
