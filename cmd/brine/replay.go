//go:build unix || windows

package main

import (
	"fmt"
	"io"
	"strings"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// replay executes one run of an example, as a script says.
func (s *session) replay() error {
	if sameFile(s.path, s.trace) {
		return &usageError{fmt.Sprintf("%s would be overwritten; write the trace to another file", s.path), "replay"}
	}
	script, err := readInput(s, s.path, readScript)
	if err != nil {
		return err
	}
	p, _ := exampleNamed(s.name)
	replayer := simnet.Replay(script)
	res := simnet.Run(worldOf(p, replayer), p.Build(s.wrong))
	unused := replayer.Unused()
	if s.trace != "" {
		if res.Trace == nil {
			return fmt.Errorf("the run has no trace: %w", res.Diverged)
		}
		if s.trace != "-" {
			if err := writeFile(s.trace, res.Trace.WriteJSON); err != nil {
				return err
			}
		}
	}
	switch {
	case s.trace == "-":
		err = res.Trace.WriteJSON(s.out)
	case s.json:
		err = writeJSON(s.out, replayed(p, s.version(), s.trace, res, script, unused))
	default:
		err = s.tellReplay(res, script, unused)
	}
	if err != nil {
		return outputError(err)
	}
	if failed(res) {
		return &runError{fmt.Sprintf("%s, the %s version: the run failed", p.Name, s.version())}
	}
	return nil
}

// failed reports whether a run has failed; one that was skipped has not.
func failed(res *simnet.Result) bool { return explore.Class(res.Err) != "" }

// tellReplay writes what came of a replayed run, for people.
func (s *session) tellReplay(res *simnet.Result, script simnet.Script, unused []simnet.Line) error {
	var b strings.Builder
	paint, title := paintOn(s.out), s.name+", the "+s.version()+" version"
	if n := len(unused); n > 0 {
		fmt.Fprintf(&b, "%s of %s did not apply:\n", plural(n, "line"), grouped(len(script.Lines)))
		for _, line := range unused {
			fmt.Fprintf(&b, "\t%v\n", line)
		}
		b.WriteString("\n")
	}
	if failed(res) {
		f := explore.NewFailure(res)
		f.Columns.Width = reportWidth(s.out)
		fmt.Fprintf(&b, "%s %s\n", paint.red("FAILED"), paint.bold(title))
		if err := f.WriteText(&b); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(&b, "%s %s: %s, %v of virtual time\n", paint.green("passed"), paint.bold(title), plural(res.Steps, "operation"), res.Elapsed)
		if res.Trace != nil {
			b.WriteString("\nwhat happened:\n\n")
			if err := explore.Columns(&b, res.Trace, explore.ColumnsConfig{Width: reportWidth(s.out)}); err != nil {
				return err
			}
		}
	}
	if s.trace != "" {
		fmt.Fprintf(&b, "\nwrote %s\n", plain(s.trace))
	}
	_, err := io.WriteString(s.out, b.String())
	return err
}

// mostScript is more than a script can have.
const mostScript = 1<<20 + 1

// readScript reads the script from a file, or from standard input.
func readScript(in io.Reader) (simnet.Script, error) {
	text, err := io.ReadAll(io.LimitReader(in, mostScript))
	if err != nil {
		return simnet.Script{}, err
	}
	return simnet.ParseScript(string(text))
}
