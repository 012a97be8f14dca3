//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/examples"
	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// read takes what --json has written.
func read[T any](t *testing.T, got outcome) (v T) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(got.out))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil || d.More() {
		t.Fatalf("%v in %+v", err, got)
	}
	return v
}

// Every example's bug is found, and the script that is kept is the run that is
// reported: on any number of processors.
func TestRunAndReplay(t *testing.T) {
	for _, p := range examples.All() {
		t.Run(p.Name, func(t *testing.T) {
			dir := t.TempDir()
			one := finish(t, brine(t, dir, "run", p.Name, "--wrong", "--json", "--cores", "1"), "")
			two := finish(t, brine(t, dir, "run", p.Name, "--wrong", "--json", "--cores", "2", "--out", "found/here"), "")
			if one.code != exitOther || two.code != exitOther {
				t.Fatalf("exit %d and %d: %s", one.code, two.code, one.err)
			}
			a, b := read[reportJSON](t, one), read[reportJSON](t, two)
			files := b.Failure.Files
			for _, r := range []*reportJSON{&a, &b} {
				r.Seconds, r.PerSecond, r.Failure.Again, r.Failure.Files = 0, 0, "", nil
			}
			if !reflect.DeepEqual(a, b) {
				t.Errorf("on one processor\n%+v %+v\non two\n%+v %+v", a, a.Failure, b, b.Failure)
			}
			if len(files) != 4 {
				t.Fatalf("written were %q", files)
			}
			page, err := os.ReadFile(filepath.Join(dir, files[0]))
			if err != nil || !bytes.HasPrefix(page, []byte("<!doctype html>")) || !bytes.Contains(page, []byte("brine replay "+p.Name)) || !bytes.Contains(page, []byte(`"calm":{`)) {
				t.Errorf("the page of %d bytes, %v, is none, or does not have the calm run beside the other", len(page), err)
			}
			trace := replaysAs(t, dir, p.Name, files[1], b.Failure.Property)
			if kept, err := os.ReadFile(filepath.Join(dir, files[2])); err != nil || !bytes.Equal(kept, trace) {
				t.Errorf("the trace is another one than when it was found: %v", err)
			}
			text, err := os.ReadFile(filepath.Join(dir, files[3]))
			if err != nil || !strings.Contains(string(text), "brine replay "+p.Name+" --wrong "+files[1]+"\n") {
				t.Errorf("the report does not say how to have it again: %v\n%s", err, text)
			}
		})
	}
}

// replaysAs replays a script of a wrong version, and returns the trace.
func replaysAs(t *testing.T, dir, name, script, property string) []byte {
	t.Helper()
	got := finish(t, brine(t, dir, "replay", name, "--wrong", "--json", "--trace", "again.jsonl", script), "")
	r := read[replayJSON](t, got)
	if got.code != exitOther || !r.Failed || r.Verdict != property || len(r.Unused) > 0 {
		t.Errorf("replayed it is %+v, and not %q", r, property)
	}
	text, err := os.ReadFile(filepath.Join(dir, "again.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	trace, err := simnet.ReadTrace(bytes.NewReader(text))
	if err != nil || fmt.Sprintf("%016x", trace.Hash) != r.Hash {
		t.Errorf("the trace is of another run: %v", err)
	}
	return text
}

func TestRunFaults(t *testing.T) {
	for _, c := range []struct {
		list string
		want []string // that strike
	}{
		{"none", nil},
		{"kill", []string{"kill"}},
		{"restart,dirgone", []string{"dirgone", "restart"}}, // dirgone is none of the example's
	} {
		got := finish(t, brine(t, t.TempDir(), "run", "takeover", "--wrong", "--json", "--runs", "400", "--strategy", "walk", "--faults", c.list), "")
		r := read[reportJSON](t, got)
		for name := range r.Faults {
			if !strings.Contains(","+c.list+",", ","+name+",") {
				t.Errorf("--faults %s: %s has struck", c.list, name)
			}
		}
		if r.Failure != nil && !strings.Contains(r.Failure.Again, " --strategy walk --runs 400 --faults "+c.list) {
			t.Errorf("--faults %s is had again by %s", c.list, r.Failure.Again)
		}
	}
	p, _ := exampleNamed("takeover")
	faults := (&options{faults: &[]simnet.Fault{simnet.FaultKill, simnet.FaultDirGone}}).faultsOf(p)
	want := simnet.Faults{simnet.FaultKill: p.World.Faults[simnet.FaultKill], simnet.FaultDirGone: {Rate: rateOfOthers}}
	if faults != want {
		t.Errorf("faults are %v, and not %v", faults, want)
	}
	if got := new(options).faultsOf(p); got != p.World.Faults {
		t.Errorf("without the flag, faults are %v", got)
	}
}

// The line by which a failure is had again has the same found once more.
func TestRunAgain(t *testing.T) {
	first := read[reportJSON](t, finish(t, brine(t, t.TempDir(), "run", "atmostonce", "--wrong", "--json", "--seed", "3", "--strategy", "pos", "--faults", "reset,late"), ""))
	if first.Failure == nil {
		t.Fatal("nothing was found")
	}
	line := strings.Fields(first.Failure.Again)
	second := read[reportJSON](t, finish(t, brine(t, t.TempDir(), append(line[1:], "--json")...), ""))
	if second.Failure == nil || second.Failure.Script != first.Failure.Script || second.Runs != first.Runs {
		t.Errorf("%s\nfound %+v, and not %+v", first.Failure.Again, second.Failure, first.Failure)
	}
}

func TestRunTime(t *testing.T) {
	began := time.Now()
	r := read[reportJSON](t, finish(t, brine(t, t.TempDir(), "run", "broker", "--json", "--time", "300ms"), ""))
	if d := time.Since(began); r.Runs == 0 || r.Seconds < 0.2 || d > 30*time.Second {
		t.Errorf("in %v: %+v", d, r)
	}
}

// An exploration that a signal ended has not passed, whether or not a run was over by
// then, and tells what it has in either form.
func TestRunInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	p, _ := exampleNamed("takeover")
	verdict := func() string {
		var out bytes.Buffer
		s := &session{ctx: ctx, out: &out, options: options{name: p.Name}}
		if err := s.tellRun(p, &explore.Report{Runs: 5, Strategy: "walk"}, files{}); err != nil {
			t.Fatal(err)
		}
		word, _, _ := strings.Cut(out.String(), " ")
		return word
	}
	if got := verdict(); got != "passed" {
		t.Errorf("five runs that passed are called %s", got)
	}
	cancel(&signalError{syscall.SIGINT})
	if got := verdict(); got != "stopped" {
		t.Errorf("interrupted, they are called %s", got)
	}
	var out bytes.Buffer
	s := &session{ctx: ctx, out: &out, err: io.Discard, options: options{name: p.Name, json: true}}
	var r reportJSON
	if code := exitCode(s.ended(s.run())); code != exitSignal+int(syscall.SIGINT) {
		t.Errorf("exit %d", code)
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || r.Stopped != "interrupt" || r.Failure != nil {
		t.Errorf("written was %s, %v", &out, err)
	}
}

// A line that is too wide would stay when the next is written over it.
func TestProgressLine(t *testing.T) {
	var b bytes.Buffer
	p := &progressLine{w: &b, live: true, width: 60}
	p.clear()
	if b.Len() > 0 {
		t.Errorf("cleared before it is there: %q", &b)
	}
	p.done(&explore.Execution{Marks: []uint32{uint32(simnet.FaultKill), uint32(simnet.FaultKill), uint32(simnet.FaultShort)}})
	p.show(explore.Progress{Runs: 12345, Distinct: 678, Elapsed: 2 * time.Second})
	p.show(explore.Progress{Runs: 1, Distinct: 1, Elapsed: time.Second})
	p.clear()
	p.clear()
	want := "\r12,345 runs, 6,172 a second, 678 different, 3 faults of 2 k\x1b[K" +
		"\r1 run, 1 a second, 1 different, 3 faults of 2 kinds\x1b[K" + "\r\x1b[K"
	if b.String() != want {
		t.Errorf("written was\n%q, and not\n%q", b.String(), want)
	}
	b.Reset()
	p = &progressLine{w: &b, width: 60}
	p.show(explore.Progress{Runs: 1})
	p.clear()
	if b.Len() > 0 {
		t.Errorf("without a terminal it is %q", &b)
	}
}

// The line says how much there is to do.
func TestProgressBudget(t *testing.T) {
	at := explore.Progress{Runs: 2500, Elapsed: 1999 * time.Millisecond}
	for _, c := range []struct {
		runs int
		most time.Duration
		want string
	}{
		{0, 0, "2,500 runs"},
		{20000, 0, "2,500 of 20,000 runs"},
		{0, time.Minute, "2,500 runs in 1s of 1m0s"},
		{20000, 6 * time.Second, "2,500 of 20,000 runs in 1s of 6s"},
	} {
		if got := (&progressLine{runs: c.runs, most: c.most}).budget(at); got != c.want {
			t.Errorf("of %d runs and %v: %q, want %q", c.runs, c.most, got, c.want)
		}
	}
	// Without a budget it is explore's own.
	p, _ := exampleNamed("takeover")
	rep, err := (&session{ctx: t.Context(), err: io.Discard}).explore(p, false)
	if err != nil || rep.Runs != runsDefault {
		t.Errorf("without a budget there were %d runs, %v; want %d", rep.Runs, err, runsDefault)
	}
}

// The line's faults are those of the runs.
func TestProgressProgram(t *testing.T) {
	p, _ := exampleNamed("takeover")
	line := &progressLine{}
	rep, err := explore.Run(t.Context(), explore.Config{World: p.World, Runs: 200, Done: line.done}, line.program(p.Build(false)))
	if err != nil || rep.Failure != nil {
		t.Fatal(err, rep.Failure)
	}
	if line.fired != rep.Fired || rep.Fired == (simnet.Fired{}) {
		t.Errorf("the line has %v, the report %v", line.fired, rep.Fired)
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{grouped(0), "0"}, {grouped(999), "999"}, {grouped(1000), "1,000"}, {grouped(1234567), "1,234,567"}, {grouped(-100), "-100"}, {grouped(-1000), "-1,000"},
		{plural(1, "run"), "1 run"}, {plural(0, "run"), "0 runs"}, {plural(2000, "run"), "2,000 runs"},
		{plain(`C:\a b`), `C:\a b`}, {plain(""), `""`}, {plain("a "), `"a "`}, {plain("a\x1b"), `"a\x1b"`}, {plain("\xff"), `"\xff"`}, {plain("é"), "é"},
		{visible("a\tb\n'é'→│\x1b[m\r\u202e\x00\xff"), "a\tb\n'é'→│\\x1b[m\\r\\u202e\\x00\ufffd"},
		{quoted("a/b-c.script"), "a/b-c.script"}, {quoted("a b"), "'a b'"}, {quoted("it's"), `'it'\''s'`}, {quoted(""), "''"}, {quoted("-x"), "'-x'"},
		{fmt.Sprint(rounded(1234567 * time.Nanosecond)), "1.2ms"}, {fmt.Sprint(rounded(12345 * time.Millisecond)), "12.3s"},
		{flagDoc{text: "wait at most so long (1s, 2m) for it. Default: no"}.short(), "wait at most so long for it"},
		{flagDoc{text: "if a run fails, write it"}.short(), "if a run fails, write it"},
	} {
		if c.got != c.want {
			t.Errorf("%q, and not %q", c.got, c.want)
		}
	}
}
