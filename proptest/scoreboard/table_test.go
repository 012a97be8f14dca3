package scoreboard_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"example.com/brine/proptest/scoreboard"
	"example.com/brine/simnet"
)

var (
	measure = flag.Bool("scoreboard", false, "measure everything, and write docs/scoreboard.md anew")
	repeats = flag.Int("repeats", 10_000, "repeat each program so often with goroutines")
)

// page is where the table is.
const page = "../../docs/scoreboard.md"

// seeds is how often each strategy begins anew.
const seeds = 20

// A score is what a strategy has to show for a program: one number for each seed.
type score struct {
	runs       []int // until the bug was found, itself included; notFound if it was not
	executions []int // that shrinking took
	lines      []int // of the script that came of it
}

const notFound = math.MaxInt

// TestScoreboard measures how many runs each strategy needs for each bug.
func TestScoreboard(t *testing.T) {
	if !*measure {
		t.Skip("it takes minutes: -scoreboard")
	}
	scores := map[string]map[string]*score{}
	goes := map[string]string{}
	for _, p := range scoreboard.Programs {
		scores[p.Name] = map[string]*score{}
		for _, strategy := range strategies {
			scores[p.Name][strategy] = found(t, p, strategy)
		}
		goes[p.Name] = repeated(t, p)
		t.Logf("%s: %v, Go's scheduler: %s", p.Name, scores[p.Name]["portfolio"].runs, goes[p.Name])
	}
	var b strings.Builder
	introduce(&b)
	tableOfRuns(&b, scores, goes)
	tableOfScripts(&b, scores)
	conclude(&b, scores)
	describe(&b)
	if err := os.WriteFile(page, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestPage holds docs/scoreboard.md to be about these programs.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	describe(&b)
	if !strings.Contains(string(text), b.String()) {
		t.Errorf("%s describes other programs than there are: measure anew with -scoreboard", page)
	}
	for _, p := range scoreboard.Programs {
		if row := fmt.Sprintf("| %s | %d | ", p.Name, p.Deviations); strings.Count(string(text), row) != 1 {
			t.Errorf("%s has not one row %q: measure anew with -scoreboard", page, row)
		}
	}
}

// found has a strategy look for the bug of a program, once for each seed.
func found(t *testing.T, p *scoreboard.Program, strategy string) *score {
	s := &score{}
	for seed := range uint64(seeds) {
		cfg := p.Config
		cfg.Runs, cfg.Strategy, cfg.Seed, cfg.Verify = budget, strategy, 1+seed*1_000_003, -1
		rep, err := cfg.Explore(t.Name()+"/"+p.Name, p.Wrong())
		if err != nil {
			t.Fatal(err)
		}
		f := rep.Failure
		if f == nil {
			s.runs = append(s.runs, notFound)
			continue
		}
		s.runs = append(s.runs, f.Index+1)
		s.executions = append(s.executions, f.Executions)
		s.lines = append(s.lines, f.After)
	}
	return s
}

// repeated says how often a program has to be repeated with goroutines for its bug
// to show.
func repeated(t *testing.T, p *scoreboard.Program) string {
	if !p.Free() {
		return "needs a fault"
	}
	if n := repeat(t, p.Config, p.Wrong(), *repeats); n >= 0 {
		return fmt.Sprint(n + 1)
	}
	return fmt.Sprintf("not in %d", *repeats)
}

func introduce(b *strings.Builder) {
	fmt.Fprintf(b, `# The scoreboard

Programs of the size of an example, each with a bug as IPC code has them; none of the bugs shows in the calm run.
They are in package `+"`proptest/scoreboard`"+`, each with its corrected version, and described at the end of this page.
How many runs does a strategy need to find them, of the %d that it has? Of %d seeds, the median and the worst; "–" is
"not in %d runs", and "–(3)" that it was so for three of the seeds. Go is Go's own scheduler: the same program with
ordinary goroutines, on the same sockets, repeated until it fails; once, with GOMAXPROCS=%d.

This page is written by:

	go test ./proptest/scoreboard -run Scoreboard -scoreboard -timeout 0

`, budget, seeds, budget, runtime.GOMAXPROCS(0))
}

func tableOfRuns(b *strings.Builder, scores map[string]map[string]*score, goes map[string]string) {
	fmt.Fprintf(b, "## Runs until found\n\n| program | deviations | %s | Go |\n", strings.Join(strategies, " | "))
	fmt.Fprintf(b, "|---|---|%s---|\n", strings.Repeat("---|", len(strategies)))
	for _, p := range scoreboard.Programs {
		fmt.Fprintf(b, "| %s | %d |", p.Name, p.Deviations)
		for _, strategy := range strategies {
			fmt.Fprintf(b, " %s |", scores[p.Name][strategy].cell())
		}
		fmt.Fprintf(b, " %s |\n", goes[p.Name])
	}
	fmt.Fprint(b, "| **median of all** | |")
	for _, strategy := range strategies {
		var all []int
		for _, p := range scoreboard.Programs {
			all = append(all, median(scores[p.Name][strategy].runs))
		}
		fmt.Fprintf(b, " **%s** |", number(median(all)))
	}
	fmt.Fprint(b, " |\n\n")
}

// cell is the median and the worst of the runs until a bug was found.
func (s *score) cell() string {
	missed := 0
	for _, n := range s.runs {
		if n == notFound {
			missed++
		}
	}
	text := number(median(s.runs)) + " / " + number(slices.Max(s.runs))
	if missed > 0 {
		text += fmt.Sprintf("(%d)", missed)
	}
	return text
}

func tableOfScripts(b *strings.Builder, scores map[string]map[string]*score) {
	fmt.Fprint(b, "## From a failing run to its explanation\n\nOf what the portfolio has found: executions that shrinking took, and "+
		"lines of the script that is\nreported; the fewest that there can be are the column deviations above.\n\n"+
		"| program | executions, median | worst | lines, median | worst |\n|---|---|---|---|---|\n")
	for _, p := range scoreboard.Programs {
		s := scores[p.Name]["portfolio"]
		if len(s.lines) == 0 {
			fmt.Fprintf(b, "| %s | – | – | – | – |\n", p.Name)
			continue
		}
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d |\n", p.Name,
			median(s.executions), slices.Max(s.executions), median(s.lines), slices.Max(s.lines))
	}
	fmt.Fprint(b, "\n")
}

func conclude(b *strings.Builder, scores map[string]map[string]*score) {
	var runs, executions, lines []int
	for _, p := range scoreboard.Programs {
		s := scores[p.Name]["portfolio"]
		runs = append(runs, median(s.runs))
		executions = append(executions, s.executions...)
		lines = append(lines, s.lines...)
	}
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "## In a line each\n\n"+
		"- runs until found with the portfolio, median over the programs: %s (aim: at most 100)\n"+
		"- executions to shrink, median over all that was found: %d (aim: at most 1,000); worst %d\n"+
		"- lines of a script, worst of all that was found: %d (aim: at most 4); median %d\n\n",
		number(median(runs)), median(executions), slices.Max(executions), slices.Max(lines), median(lines))
}

func describe(b *strings.Builder) {
	fmt.Fprint(b, "## The programs\n\n")
	for _, p := range scoreboard.Programs {
		fmt.Fprintf(b, "- **%s**: %s.", p.Name, p.Bug)
		var faults []string
		for f, set := range p.Config.Faults {
			if set.Rate > 0 {
				faults = append(faults, simnet.Fault(f).String())
			}
		}
		if len(faults) > 0 {
			fmt.Fprintf(b, " (Faults: %s.)", strings.Join(faults, ", "))
		}
		fmt.Fprint(b, "\n")
	}
}

// median is the lower one of two, so that it has been measured.
func median(list []int) int {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[(len(sorted)-1)/2]
}

func number(n int) string {
	if n == notFound {
		return "–"
	}
	return fmt.Sprint(n)
}
