//go:build unix || windows

package main

import (
	"encoding/json"
	"fmt"
	"io"

	"example.com/brine/examples"
	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// What --json writes: one object a command. Names of fields are a promise, like
// exit codes; fields may be added.

type exampleJSON struct {
	Name   string   `json:"name"`
	Story  string   `json:"story"`
	Wrong  string   `json:"wrong"`
	Faults []string `json:"faults"`
}

type reportJSON struct {
	Example    string         `json:"example"`
	Version    string         `json:"version"`
	Strategy   string         `json:"strategy"`
	Seed       uint64         `json:"seed"`
	Runs       int            `json:"runs"`
	Skipped    int            `json:"skipped"`
	Verified   int            `json:"verified"`
	Different  int            `json:"different"`
	Exactly    bool           `json:"exactly"`
	Operations int            `json:"operations"`
	Seconds    float64        `json:"seconds"`
	PerSecond  float64        `json:"runs_per_second"`
	Faults     map[string]int `json:"faults"`
	Stopped    string         `json:"stopped,omitempty"`
	Failure    *failureJSON   `json:"failure"`
}

type failureJSON struct {
	Run        int      `json:"run"`
	Property   string   `json:"property"`
	Script     string   `json:"script"`
	Deviations int      `json:"deviations"`
	Before     int      `json:"deviations_before"`
	Executions int      `json:"executions"`
	Complete   bool     `json:"complete"`
	Unsteady   bool     `json:"unsteady"`
	Again      string   `json:"again"`
	Files      []string `json:"files"`
}

type replayJSON struct {
	Example     string         `json:"example"`
	Version     string         `json:"version"`
	Failed      bool           `json:"failed"`
	Verdict     string         `json:"verdict"`
	Hash        string         `json:"hash"`
	Operations  int            `json:"operations"`
	Nanoseconds int64          `json:"virtual_nanoseconds"`
	Faults      map[string]int `json:"faults"`
	Lines       int            `json:"lines"`
	Unused      []string       `json:"not_applied"`
	Trace       string         `json:"trace,omitempty"`
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func listing() any {
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
	return map[string]any{"examples": list}
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
