package traceview_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
