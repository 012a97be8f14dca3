//go:build unix || windows

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/brine/simnet"
)

// demoRuns is how many runs the corrected daemon is explored with: two seconds' work
// of two processors. On a slow machine demoTime ends them.
const (
	demoRuns = 20_000
	demoTime = 6 * time.Second
)

// demoSeed is one by which it takes a while to find the bug, and little to explain it.
const demoSeed = 2

// demoDaemon is the command that the demo executes itself with. It is in no list.
const demoDaemon = "demo-daemon"

// demo shows what brine does, with the daemon of package takeover.
func (s *session) demo() error {
	remove, err := s.demoSocket()
	if err != nil {
		return err
	}
	defer remove()
	named := s.output != ""
	if err := s.demoDirectory(); err != nil {
		return err
	}
	if !named {
		defer os.Remove(s.output) // which it is not, if anything was written there
	}
	for _, part := range []func() error{s.demoWrong, s.demoRight, s.demoReal} {
		if err := part(); err != nil {
			return err
		}
		if err := context.Cause(s.ctx); err != nil {
			return err
		}
	}
	return nil
}

// demoDirectory makes the directory that is written to.
func (s *session) demoDirectory() (err error) {
	if s.output != "" {
		return makeDirectory(s.output)
	}
	if s.output, err = os.MkdirTemp("", "brine-demo-"); err != nil {
		return fileError("create", filepath.Join(os.TempDir(), "brine-demo-…"), err)
	}
	return nil
}

// say writes a part of what the demo tells.
func (s *session) say(format string, args ...any) error {
	_, err := fmt.Fprintf(s.out, format, args...)
	return outputError(err)
}

// heading begins a part of it.
func (s *session) heading(text string) error {
	return s.say("%s\n\n", paintOn(s.out).bold(text))
}

// demoWrong explores the daemon that looks right.
func (s *session) demoWrong() error {
	const name = "takeover"
	p, _ := exampleNamed(name)
	err := cmp.Or(
		s.heading("1. A daemon that looks right"),
		s.say(`A daemon that is killed leaves its socket file behind. So the next one dials it;
if nobody answers (ECONNREFUSED), it removes the file and listens itself. That is
ListenUnlinking in examples/takeover/listen.go. Two such daemons are started at
once, on a simulated machine, again and again: each time in another order, and
with other faults.

`))
	if err != nil {
		return err
	}
	rep, err := s.explore(p, true)
	if err != nil {
		return err
	}
	if err := context.Cause(s.ctx); err != nil {
		return err
	}
	f := rep.Failure
	if f == nil || f.Result == nil || f.Result.Trace == nil {
		return fmt.Errorf("%s has found nothing in the wrong version; another --seed may", plural(rep.Runs, "run"))
	}
	saved, err := saveFailure(filepath.Join(s.output, name), p, true, f)
	if err != nil {
		return err
	}
	verdict := strings.TrimSpace(f.Result.Log)
	if verdict == "" {
		verdict = f.Property
	}
	return cmp.Or(
		s.say("%s after %s, in %s:\n\n    %s\n\n", paintOn(s.out).red("It fails"), plural(rep.Runs, "run"), rounded(rep.Elapsed), verdict),
		s.say("That run left the calm one in %s. %s more, and this is all that it takes:\n\n%s\n",
			plural(f.Before, "place"), plural(f.Executions, "run"), indented(f.Script.String())),
		s.say("What the daemons did in that order, up to where both listen:\n\n%s\n", demoColumns(f.Result.Trace)),
		s.say("    the whole run, to look at   %s\n", paintOn(s.out).bold(saved.page)),
		s.say("    in columns, and as JSON     %s, %s\n", saved.report, filepath.Base(saved.trace)),
		s.say("    to have it again            %s\n\n", replayCommand(name, true, saved.script)),
	)
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + line)
	}
	return b.String()
}

// demoColumns returns what the two daemons did to the socket file until both listened,
// one beside the other.
func demoColumns(t *simnet.Trace) string {
	const width = 34
	daemons := [2]string{"first", "second"}
	var b strings.Builder
	fmt.Fprintf(&b, "    %-*s%s\n", width, daemons[0], daemons[1])
	listening := 0
	for i := range t.Events {
		e := &t.Events[i]
		col := -1
		for j, name := range daemons {
			if e.Task.Process == name {
				col = j
			}
		}
		if col < 0 || listening == 2 || e.Object == "" || e.Op != "dial" && e.Op != "remove" && e.Op != "listen" && e.Op != "lock" {
			continue
		}
		what := e.Op + " " + e.Object
		switch {
		case e.Err != "":
			what += " -> " + e.Err
		case e.Op == "listen":
			listening++
		}
		fmt.Fprintf(&b, "    %s%s\n", strings.Repeat(" ", col*width), what)
	}
	return b.String()
}

// demoRight explores the corrected daemon.
func (s *session) demoRight() error {
	p, _ := exampleNamed("takeover")
	err := cmp.Or(
		s.heading("2. The corrected daemon, in the same exploration"),
		s.say(`Listen, in the same file, takes a lock before it looks, and keeps it for as long as
it serves: transport.ListenConfig{Takeover: true}.

`))
	if err != nil {
		return err
	}
	s.runs, s.most = demoRuns, demoTime
	rep, err := s.explore(p, false)
	if err != nil {
		return err
	}
	if f := rep.Failure; f != nil {
		var b strings.Builder
		if err := f.WriteText(&b); err != nil {
			return err
		}
		return cmp.Or[error](s.say("%s", b.String()), &runError{"the corrected daemon failed"})
	}
	if err := context.Cause(s.ctx); err != nil {
		return err
	}
	if vain(rep) {
		return &runError{fmt.Sprintf("no run of the corrected daemon was executed to its end in %v", demoTime)}
	}
	struck := strings.Join(wrap(rep.Fired.String(), helpWidth-4), "\n")
	return s.say("%s: %s, of which %s%s were different, in %s. What struck them:\n\n%s\n\n",
		paintOn(s.out).green("None fails"), plural(rep.Runs, "run"), about(rep), grouped(rep.Distinct), rounded(rep.Elapsed), indented(struck))
}

// demoEnd says where to go on.
func (s *session) demoEnd() error {
	_, err := io.WriteString(s.out, "Next: '"+commandName()+" run' lists the examples; README.md has the first test of your own.\n")
	return outputError(err)
}
