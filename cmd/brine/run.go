//go:build unix || windows

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/brine/examples"
	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/simnet/traceview"
)

// A runError is a run that failed, of those that were explored or replayed. What
// there is to say of it is on standard output.
type runError struct{ what string }

func (e *runError) Error() string { return e.what }

// run explores an example, or lists them.
func (s *session) run() error {
	if s.name == "" {
		if s.json {
			return outputError(writeJSON(s.out, listing()))
		}
		return outputError(s.list())
	}
	p, _ := exampleNamed(s.name)
	if err := makeDirectory(s.output); err != nil {
		return err
	}
	rep, err := s.explore(p, s.wrong)
	if err != nil {
		return err
	}
	var saved files
	var unsaved error // which does not keep the failure from being told
	if f := rep.Failure; f != nil {
		saved, unsaved = s.save(p, f)
		if f.Shell = s.again(p); saved.script != "" {
			f.Shell = replayCommand(p.Name, s.wrong, saved.script)
		}
	}
	if s.json {
		err = writeJSON(s.out, explored(p, s.version(), rep, saved))
	} else {
		err = s.tellRun(p, rep, saved)
	}
	switch {
	case err != nil:
		return outputError(err)
	case unsaved != nil:
		return unsaved
	case rep.Failure != nil:
		return &runError{fmt.Sprintf("%s, the %s version: run %d failed", p.Name, s.version(), rep.Failure.Index)}
	case vain(rep):
		return &runError{fmt.Sprintf("%s, the %s version: no run was executed to its end", p.Name, s.version())}
	}
	return context.Cause(s.ctx)
}

// vain reports whether no run has passed and none failed.
func vain(rep *explore.Report) bool { return rep.Failure == nil && rep.Runs == rep.Skipped }

// runsDefault is what explore takes no number and no time for.
const runsDefault = 1000

// explore executes runs of an example, and shows how far it is.
func (s *session) explore(p examples.Program, wrong bool) (*explore.Report, error) {
	line := newProgressLine(s.err)
	if line.runs, line.most = s.runs, s.most; s.runs == 0 && s.most == 0 {
		line.runs = runsDefault
	}
	defer line.clear()
	cfg := explore.Config{
		World: p.World, Strategy: s.strategy, Seed: s.seed, Runs: s.runs, Time: s.most, Cores: s.cores,
		Done: line.done, Progress: line.show,
	}
	cfg.World.Faults = s.faultsOf(p)
	return explore.Run(s.ctx, cfg, line.program(p.Build(wrong)))
}

// list writes which examples there are.
func (s *session) list() error {
	p := paintOn(s.out)
	var b strings.Builder
	for _, e := range examples.All() {
		fmt.Fprintf(&b, "%s%s  %s\n", p.bold(e.Name), strings.Repeat(" ", 10-len(e.Name)), e.Story)
		fmt.Fprintf(&b, "            wrong: %s\n", e.Wrong)
	}
	b.WriteString("\n'brine run NAME --wrong' finds the bug, 'brine run NAME' explores the version without it\n")
	_, err := io.WriteString(s.out, b.String())
	return err
}

// tellRun writes what came of an exploration, for people.
func (s *session) tellRun(p examples.Program, rep *explore.Report, saved files) error {
	var b strings.Builder
	paint := paintOn(s.out)
	if f := rep.Failure; f != nil {
		f.Columns.Width = reportWidth(s.out)
		fmt.Fprintf(&b, "%s %s\n", paint.red("FAILED"), paint.bold(p.Name+", the "+s.version()+" version"))
		if err := f.WriteText(&b); err != nil {
			return err
		}
		b.WriteString("\n")
		for _, name := range saved.all() {
			fmt.Fprintf(&b, "wrote     %s\n", plain(name))
		}
	} else {
		verdict := paint.green("passed")
		if s.ctx.Err() != nil || vain(rep) {
			verdict = "stopped"
		}
		fmt.Fprintf(&b, "%s %s\n", verdict, paint.bold(p.Name+", the "+s.version()+" version"))
	}
	b.WriteString(summary(rep))
	_, err := io.WriteString(s.out, b.String())
	return err
}

// summary returns the figures of an exploration.
func summary(rep *explore.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "runs      %s by %s, seed %d, in %s: %s a second\n", grouped(rep.Runs), rep.Strategy, rep.Seed,
		rounded(rep.Elapsed), grouped(perSecond(rep.Runs, rep.Elapsed)))
	fmt.Fprintf(&b, "different %s%s, of %s in all\n", about(rep), grouped(rep.Distinct), plural(rep.Steps, "operation"))
	fired := rep.Fired.String()
	if fired == "" {
		fired = "none"
	}
	fmt.Fprintf(&b, "faults    %s\n", fired)
	if rep.Skipped > 0 {
		fmt.Fprintf(&b, "skipped   %s\n", plural(rep.Skipped, "run"))
	}
	if rep.Stopped != "" {
		fmt.Fprintf(&b, "stopped   %s\n", rep.Stopped)
	}
	return b.String()
}

// about stands before a number of different runs that is an estimate.
func about(rep *explore.Report) string {
	if rep.Exactly {
		return ""
	}
	return "about "
}

// reportWidth returns how wide a report is to be: as a terminal, if it is not too
// narrow for columns.
func reportWidth(w io.Writer) int {
	if n := width(w); n >= 60 {
		return n - 1
	}
	return 0
}

// again returns the command line by which the same is explored once more.
func (s *session) again(p examples.Program) string {
	line := []string{commandName(), "run", p.Name, "--" + s.version(), "--seed", fmt.Sprint(s.seed)}
	if s.strategy != "" {
		line = append(line, "--strategy", s.strategy)
	}
	if s.runs > 0 {
		line = append(line, "--runs", fmt.Sprint(s.runs))
	} else if s.most > 0 {
		line = append(line, "--time", s.most.String())
	}
	if s.faults != nil {
		names := []string{}
		for _, f := range *s.faults {
			names = append(names, f.String())
		}
		if len(names) == 0 {
			names = append(names, "none")
		}
		line = append(line, "--faults", strings.Join(names, ","))
	}
	return strings.Join(line, " ")
}

func replayCommand(name string, wrong bool, script string) string {
	version := " "
	if wrong {
		version = " --wrong "
	}
	if strings.HasPrefix(script, "-") { // it is no flag
		script = "./" + script
	}
	return commandName() + " replay " + name + version + quoted(script)
}

// commandName is by what the command was called: go run builds it into a place that
// is gone afterwards.
func commandName() string {
	self, err := os.Executable()
	if dir := filepath.Dir(self); err == nil && filepath.Base(dir) == "exe" && strings.Contains(dir, "go-build") {
		return "go run ./cmd/brine"
	}
	return "brine"
}

// quoted returns a word as a shell takes it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:,@%", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) && word[0] != '-' {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// files are what was written about a failure, by their names; "" is none.
type files struct{ page, script, trace, report string }

func (f files) all() []string {
	return slices.DeleteFunc([]string{f.page, f.script, f.trace, f.report}, func(name string) bool { return name == "" })
}

// save writes a failure into the directory that was asked for, if one was.
func (s *session) save(p examples.Program, f *explore.Failure) (files, error) {
	if s.output == "" {
		return files{}, nil
	}
	return saveFailure(filepath.Join(s.output, p.Name+"-"+s.version()), p, s.wrong, f)
}

// saveFailure writes the script, the trace, the report and the page of a failure into
// files whose names begin with base.
func saveFailure(base string, p examples.Program, wrong bool, f *explore.Failure) (files, error) {
	saved := files{script: base + ".script", report: base + ".txt"}
	reported := *f
	reported.Shell, reported.Columns = replayCommand(p.Name, wrong, saved.script), explore.ColumnsConfig{}
	writers := map[string]func(io.Writer) error{
		saved.script: func(w io.Writer) error {
			text, err := f.Script.MarshalText()
			if err == nil {
				_, err = w.Write(text)
			}
			return err
		},
		saved.report: reported.WriteText,
	}
	if f.Result != nil && f.Result.Trace != nil {
		saved.trace, saved.page = base+".jsonl", base+".html"
		writers[saved.trace] = f.Result.Trace.WriteJSON
		writers[saved.page] = func(w io.Writer) error {
			return traceview.Write(w, f.Result.Trace, traceview.Options{
				Title:  filepath.Base(base),
				Replay: reported.Shell,
				Calm:   simnet.Run(worldOf(p, simnet.Calm()), p.Build(wrong)).Trace,
			})
		}
	}
	for _, name := range saved.all() {
		if err := writeFile(name, writers[name]); err != nil {
			return files{}, err
		}
	}
	return saved, nil
}

// makeDirectory makes a directory, unless its name is "", and sees whether files
// can be made in it: before anything is explored, and not after minutes.
func makeDirectory(name string) error {
	if name == "" {
		return nil
	}
	if err := os.MkdirAll(name, 0o777); err != nil {
		return fileError("create", name, err)
	}
	f, err := os.CreateTemp(name, ".brine-*")
	if err != nil {
		return fileError("create", filepath.Join(name, "…"), err)
	}
	f.Close()
	return fileError("remove", f.Name(), os.Remove(f.Name()))
}

// grouped writes a number for reading: 12,345.
func grouped(n int) string {
	text := fmt.Sprint(n)
	var b bytes.Buffer
	for i, c := range text {
		if i > 0 && (len(text)-i)%3 == 0 && text[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// plural returns a number of things for reading.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}

func perSecond(n int, in time.Duration) int {
	return int(float64(n) / max(in.Seconds(), 1e-9))
}

// rounded returns a duration to three digits or so.
func rounded(d time.Duration) time.Duration {
	switch {
	case d > 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}

// worldOf returns what one run of an example is replayed with.
func worldOf(p examples.Program, c simnet.Chooser) simnet.Config {
	cfg := p.World
	cfg.Chooser, cfg.Trace = c, true
	return cfg
}
