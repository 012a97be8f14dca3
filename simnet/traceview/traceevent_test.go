package traceview_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
)

func events(t testing.TB, trace *simnet.Trace) string {
	t.Helper()
	var b strings.Builder
	if err := traceview.WriteTraceEvent(&b, trace); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A slice is a record of the format, as its readers see it.
type slice struct {
	Name, Cat, Ph string
	TS, Dur       float64
	Pid, Tid, ID  int
	BP, S         string
	Args          map[string]any
}

// valid checks what the readers of the format ask for.
func valid(t testing.TB, text string) []slice {
	t.Helper()
	var file struct {
		DisplayTimeUnit string
		OtherData       map[string]string
		TraceEvents     []slice
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	type thread struct{ pid, tid int }
	named, busy := map[thread]bool{}, map[thread]float64{}
	begun, threads := map[int]slice{}, map[thread][]slice{}
	for _, e := range file.TraceEvents {
		at := thread{e.Pid, e.Tid}
		if e.Pid == 0 {
			t.Errorf("%+v has no process", e)
		}
		switch e.Ph {
		case "M":
			named[at] = true
		case "X":
			if !named[at] {
				t.Errorf("%+v is in a thread without a name", e)
			}
			if e.TS < busy[at] || e.Dur < 1 {
				t.Errorf("%+v begins before %v, or is too short", e, busy[at])
			}
			busy[at] = e.TS + e.Dur
			threads[at] = append(threads[at], e)
		case "s":
			begun[e.ID] = e
		case "f":
			from, ok := begun[e.ID]
			if !ok || from.TS > e.TS || e.BP != "e" {
				t.Errorf("%+v ends %+v", e, from)
			}
			for _, x := range []slice{from, e} {
				if !slices.ContainsFunc(threads[thread{x.Pid, x.Tid}], func(s slice) bool { return s.TS <= x.TS && x.TS <= s.TS+s.Dur }) {
					t.Errorf("%+v is in no slice", x)
				}
			}
		case "i":
			if !named[at] && e.S != "p" {
				t.Errorf("%+v is in a thread without a name", e)
			}
		default:
			t.Errorf("%+v is of no kind that we write", e)
		}
	}
	return file.TraceEvents
}

func TestTraceEvents(t *testing.T) {
	traces := kept(t)
	for _, p := range programs {
		traces[p.name] = traced(t, script(t, p.script), p.build)
	}
	for name, trace := range traces {
		t.Run(name, func(t *testing.T) {
			var flows, moves, faults, deviations int
			for _, e := range valid(t, events(t, trace)) {
				switch {
				case e.Ph == "s":
					flows++
				case e.Ph == "i" && e.Cat == "deviation", e.Ph == "i" && e.Cat == "fault" && e.S == "t":
					deviations++
				case e.Ph == "i" && e.Cat == "fault":
					faults++
				}
			}
			for _, e := range trace.Events {
				moves += len(e.From)
				if e.Op == "killed" {
					faults--
				}
			}
			if flows != moves || faults != 0 || deviations != len(trace.Script.Lines) {
				t.Errorf("%d flows of %d, %d deviations of %d, and %d faults too many", flows, moves, deviations, len(trace.Script.Lines), faults)
			}
		})
	}
}

// How one run looks in the format.
func TestTraceEventStory(t *testing.T) {
	p := programs[slices.IndexFunc(programs, func(p program) bool { return p.name == "faults" })]
	var b strings.Builder
	called := 0
	for _, e := range valid(t, events(t, traced(t, script(t, p.script), p.build))) {
		fmt.Fprintf(&b, "%s %-20s %10.2f", e.Ph, e.Name, e.TS)
		if e.Dur > 0 {
			fmt.Fprintf(&b, " +%.2f", e.Dur)
		}
		fmt.Fprintf(&b, " %d/%d %s", e.Pid, e.Tid, e.Cat)
		if at, ok := e.Args["stack"].(string); ok {
			called++
			if !strings.Contains(at, "program_test.go:") && !strings.Contains(at, "page_test.go:") {
				t.Errorf("%s is called in %s", e.Name, at)
			}
			delete(e.Args, "stack") // with numbers of lines
		}
		if args, err := json.Marshal(e.Args); err == nil {
			fmt.Fprintf(&b, " %s", args)
		}
		b.WriteByte('\n')
	}
	if called == 0 {
		t.Error("no slice has a stack")
	}
	golden(t, "traceevent.txt", b.String())
}
