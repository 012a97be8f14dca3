package protocol

import (
	"encoding/json"
	"flag"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/brine/proptest"
)

var surveyFlag = flag.String("survey", "none", "for TestMutants: print what notices, and whether this certificate is refuted")

// surveyRuns is how many runs a property has, under each of its mixtures, to
// notice a mutant.
const surveyRuns = 300

// TestSurvey is the other half of TestMutants: with a wrong rule built in, it
// prints which property notices first, and what becomes of a certificate.
func TestSurvey(t *testing.T) {
	if *surveyFlag == "none" {
		t.Skip("it is for TestMutants")
	}
	if n, ok := refuted(t, *surveyFlag); ok {
		tell(n)
	}
	if n, ok := caught(t); ok {
		tell(n)
	}
}

// caught returns by which property something was noticed first.
func caught(t *testing.T) (n noticed, ok bool) {
	for _, p := range properties {
		for _, v := range p.variants() {
			cfg := p.config(v)
			cfg.Runs, cfg.Seed, cfg.Cores, cfg.Verify = p.runs(surveyRuns), 1, 1, -1
			cfg.World.Steps = 20_000
			rep, err := cfg.Explore(p.name, once(func(s *proptest.Sim) { p.body(s, envOf(v.faults)) }))
			if err != nil {
				t.Fatal(err)
			}
			if rep.Failure != nil {
				return noticed{"property " + p.name + ", " + v.name, rep.Runs, first(rep.Failure.Result.Err)}, true
			}
		}
	}
	return noticed{}, false
}

// refuted returns in how many runs a certificate was refuted.
func refuted(t *testing.T, name string) (n noticed, ok bool) {
	for _, p := range proofs {
		if p.name != name {
			continue
		}
		d := &deaf{TB: t}
		over := make(chan struct{})
		go func() { // which Fatal takes along
			defer close(over)
			p.config().Exhaust(d, p.bound, p.run)
		}()
		<-over
		count := ranRuns.FindStringSubmatch(d.said)
		if !d.failed || count == nil {
			return noticed{}, false
		}
		runs, err := strconv.Atoi(strings.ReplaceAll(count[1], ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		return noticed{"certificate " + p.name, runs, ""}, true
	}
	return noticed{}, false
}

var ranRuns = regexp.MustCompile(`([\d,]+) runs? with at most`)

// A deaf test fails without anybody hearing of it.
type deaf struct {
	testing.TB
	failed bool
	said   string
}

func (d *deaf) Logf(format string, args ...any) { d.said += fmt.Sprintf(format, args...) }
func (d *deaf) Log(args ...any)                 { d.said += fmt.Sprint(args...) }
func (d *deaf) Errorf(f string, args ...any)    { d.Logf(f, args...); d.failed = true }
func (d *deaf) Error(args ...any)               { d.Log(args...); d.failed = true }
func (d *deaf) Fatalf(f string, args ...any)    { d.Errorf(f, args...); runtime.Goexit() }
func (d *deaf) Fatal(args ...any)               { d.Error(args...); runtime.Goexit() }
func (d *deaf) Failed() bool                    { return d.failed }
func (d *deaf) Fail()                           { d.failed = true }
func (d *deaf) FailNow()                        { d.failed = true; runtime.Goexit() }

// once returns a body that fails as another does, and when it was looked at again
// only skips: what it has found is not to be shrunk.
func once(body func(*proptest.Sim)) func(*proptest.Sim) {
	failed := 0
	return func(s *proptest.Sim) {
		proptest.Draw(s, rapid.Just(0), "once") // data are drawn, if not by the body
		if failed == 2 {
			s.SkipNow()
		}
		passed := false
		defer func() {
			if !passed {
				failed++
			}
		}()
		body(s)
		passed = !s.Failed()
	}
}

// first is the first line of an error that says something.
func first(err error) string {
	text := ""
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); text == "" {
			text = line
		} else if strings.HasSuffix(text, "its log:") {
			return line
		}
	}
	return text
}

func tell(n noticed) {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	fmt.Printf("noticed %s\n", b)
}
