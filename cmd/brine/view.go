//go:build unix || windows

package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"example.com/brine/simnet"
	"example.com/brine/simnet/traceview"
)

// viewFlags adds the flags of view.
func (o *options) viewFlags(f *flag.FlagSet) {
	o.format = "html"
	f.Func("calm", "", file(&o.calm))
	f.Func("title", "", text(&o.title))
	f.Func("replay", "", text(&o.howAgain))
	f.Func("o", "", file(&o.output))
	f.Func("format", "", func(v string) error {
		switch v {
		case "html", "trace-event", "text":
			o.format = v
			return nil
		}
		return errors.New("write html, trace-event or text")
	})
}

// text returns what reads a flag's words.
func text(to *string) func(string) error {
	return func(v string) error {
		if *to = v; v == "" {
			return errors.New("write what is to stand on the page")
		}
		return nil
	}
}

// viewMistake returns which flags of view do not go together, or "".
func (o *options) viewMistake(command string) string {
	switch {
	case command != "view":
	case o.format != "html" && cmp.Or(o.calm, o.title, o.howAgain) != "":
		return "--calm, --title and --replay are for a page only; leave out --format " + o.format
	case o.calm == "-" && o.path == "-":
		return "only one of TRACE and --calm can be standard input"
	}
	return ""
}

// view turns a trace into a page, or into another format.
func (s *session) view() error {
	output := s.viewOutput()
	for _, input := range []string{s.path, s.calm} {
		if sameFile(input, output) {
			return &usageError{fmt.Sprintf("%s would be overwritten; write to another file with -o", input), "view"}
		}
	}
	trace, err := s.readTrace(s.path)
	if err != nil {
		return err
	}
	opt := traceview.Options{Title: s.title, Replay: s.howAgain}
	if s.path != "-" && s.title == "" {
		opt.Title = strings.TrimSuffix(filepath.Base(s.path), ".jsonl")
	}
	if s.calm != "" {
		if opt.Calm, err = s.readTrace(s.calm); err != nil {
			return err
		}
	}
	write := func(w io.Writer) error {
		switch s.format {
		case "trace-event":
			return traceview.WriteTraceEvent(w, trace)
		case "text":
			var b bytes.Buffer
			if err := trace.WriteText(&b); err != nil {
				return err
			}
			_, err := io.WriteString(w, visible(b.String()))
			return err
		}
		return traceview.Write(w, trace, opt)
	}
	if output == "-" {
		return outputError(write(s.out))
	}
	if err := writeFile(output, write); err != nil {
		return err
	}
	verdict, how := "passed", "open it in a browser"
	if trace.Verdict != "" {
		verdict = "failed"
	}
	switch s.format {
	case "trace-event":
		how = "open it in ui.perfetto.dev or chrome://tracing"
	case "text":
		how = "a line for each event"
	}
	_, err = fmt.Fprintf(s.out, "wrote %s, a run of %d events that %s: %s\n", plain(output), trace.Skipped+len(trace.Events), verdict, how)
	return outputError(err)
}

// viewOutput returns where to write.
func (s *session) viewOutput() string {
	switch {
	case s.output != "":
		return s.output
	case s.path == "-" || s.format == "text":
		return "-"
	}
	end := ".html"
	if s.format == "trace-event" {
		end = ".trace.json"
	}
	return strings.TrimSuffix(s.path, ".jsonl") + end
}

// sameFile reports whether two names are of one file that is there.
func sameFile(a, b string) bool {
	if a == "-" || b == "-" {
		return false
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// readTrace reads a file, or standard input.
func (s *session) readTrace(path string) (*simnet.Trace, error) {
	return readInput(s, path, simnet.ReadTrace)
}
