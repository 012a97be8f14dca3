//go:build unix || windows

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"example.com/brine/examples"
	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// What --json writes: one object a command. Names of fields are a promise, like
// exit codes; fields may be added. What each means is said by 'brine help json'.

type listJSON struct {
	Examples []exampleJSON `json:"examples" means:"an object for each example"`
}

type exampleJSON struct {
	Name   string   `json:"name" means:"by which run and replay know it"`
	Story  string   `json:"story" means:"what it does"`
	Wrong  string   `json:"wrong" means:"what the version with the bug does"`
	Faults []string `json:"faults" means:"those that the right version endures"`
}

type reportJSON struct {
	Example    string         `json:"example" means:"its name"`
	Version    string         `json:"version" means:"right or wrong"`
	Strategy   string         `json:"strategy" means:"what decided in which order things happened"`
	Seed       uint64         `json:"seed" means:"number of the exploration"`
	Runs       int            `json:"runs" means:"how many were executed, up to the one that failed"`
	Skipped    int            `json:"skipped" means:"of these: neither passed nor failed"`
	Verified   int            `json:"verified" means:"of these: executed twice, and compared"`
	Different  int            `json:"different" means:"of these: unlike each other"`
	Exactly    bool           `json:"exactly" means:"whether different is counted, and not estimated"`
	Operations int            `json:"operations" means:"of all runs"`
	Seconds    float64        `json:"seconds" means:"how long that took, without shrinking"`
	PerSecond  float64        `json:"runs_per_second" means:"the one divided by the other"`
	Faults     map[string]int `json:"faults" means:"how often each has struck; one that has not is left out"`
	Stopped    string         `json:"stopped,omitempty" means:"why there were fewer runs than asked for; left out if there were not"`
	Failure    *failureJSON   `json:"failure" means:"an object, or null if no run failed"`
}

type failureJSON struct {
	Run        int      `json:"run" means:"which run failed; the first is 0"`
	Property   string   `json:"property" means:"what it broke"`
	Script     string   `json:"script" means:"how to have it again, shrunk"`
	Deviations int      `json:"deviations" means:"how many the script has"`
	Before     int      `json:"deviations_before" means:"how many it had before it was shrunk"`
	Executions int      `json:"executions" means:"that shrinking took"`
	Complete   bool     `json:"complete" means:"whether no deviation can be left out"`
	Unsteady   bool     `json:"unsteady" means:"whether the program does something else each time"`
	Again      string   `json:"again" means:"the command that has it again"`
	Files      []string `json:"files" means:"what was written into the directory of --out"`
}

type replayJSON struct {
	Example     string         `json:"example" means:"its name"`
	Version     string         `json:"version" means:"right or wrong"`
	Failed      bool           `json:"failed" means:"whether the run failed"`
	Verdict     string         `json:"verdict" means:"what it broke, or that it was skipped; empty if it passed"`
	Hash        string         `json:"hash" means:"of the trace: the same run has the same"`
	Operations  int            `json:"operations" means:"how many were carried out"`
	Nanoseconds int64          `json:"virtual_nanoseconds" means:"how much virtual time passed"`
	Faults      map[string]int `json:"faults" means:"how often each has struck; one that has not is left out"`
	Lines       int            `json:"lines" means:"how many the script has"`
	Unused      []string       `json:"not_applied" means:"those of its lines that did not apply"`
	Trace       string         `json:"trace,omitempty" means:"the file of --trace, if it was given"`
}

// helpJSON is what "brine help json" says.
func helpJSON() string {
	var b strings.Builder
	b.WriteString(`With --json, run and replay write one object, on one line: also if a run failed,
its files could not be written, or a signal ended the exploration. They write
none if the command line makes no sense or a script cannot be read. What went
wrong is told by the exit code ('brine help exit') and, in words, on standard
error.

Fields may be added; those that are there keep their names and types.
`)
	for _, object := range []struct {
		of    string
		value any
	}{
		{"brine run --json", listJSON{}},
		{"each of examples", exampleJSON{}},
		{"brine run NAME --json", reportJSON{}},
		{"failure", failureJSON{}},
		{"brine replay NAME SCRIPT --json", replayJSON{}},
	} {
		b.WriteString("\n" + object.of + ":\n")
		for field := range reflect.TypeOf(object.value).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			b.WriteString(besides("  "+name, field.Tag.Get("means")))
		}
	}
	return b.String()
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func listing() listJSON {
	list := []exampleJSON{}
	for _, p := range examples.All() {
		e := exampleJSON{Name: p.Name, Story: p.Story, Wrong: p.Wrong, Faults: []string{}}
		for f, setting := range p.World.Faults {
			if setting.Rate > 0 {
				e.Faults = append(e.Faults, simnet.Fault(f).String())
			}
		}
		list = append(list, e)
	}
	return listJSON{list}
}

func firedJSON(fired simnet.Fired) map[string]int {
	m := map[string]int{}
	for f, n := range fired {
		if n > 0 {
			m[simnet.Fault(f).String()] = n
		}
	}
	return m
}

func explored(p examples.Program, version string, rep *explore.Report, saved files) reportJSON {
	r := reportJSON{
		Example: p.Name, Version: version, Strategy: rep.Strategy, Seed: rep.Seed, Runs: rep.Runs, Skipped: rep.Skipped,
		Verified: rep.Verified, Different: rep.Distinct, Exactly: rep.Exactly, Operations: rep.Steps,
		Seconds: rep.Elapsed.Seconds(), PerSecond: float64(rep.Runs) / max(rep.Elapsed.Seconds(), 1e-9),
		Faults: firedJSON(rep.Fired), Stopped: rep.Stopped,
	}
	if f := rep.Failure; f != nil {
		r.Failure = &failureJSON{
			Run: f.Index, Property: f.Property, Script: f.Script.String(), Deviations: f.After, Before: f.Before,
			Executions: f.Executions, Complete: f.Complete, Unsteady: f.Unsteady, Again: f.Shell, Files: saved.all(),
		}
	}
	return r
}

func replayed(p examples.Program, version, trace string, res *simnet.Result, script simnet.Script, unused []simnet.Line) replayJSON {
	r := replayJSON{
		Example: p.Name, Version: version, Failed: failed(res), Verdict: explore.VerdictText(res.Err),
		Hash: fmt.Sprintf("%016x", res.Hash), Operations: res.Steps, Nanoseconds: int64(res.Elapsed),
		Faults: firedJSON(res.Fired), Lines: len(script.Lines), Unused: []string{}, Trace: trace,
	}
	for _, line := range unused {
		r.Unused = append(r.Unused, line.String())
	}
	return r
}
