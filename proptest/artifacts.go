package proptest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/simnet/traceview"
)

// file returns where something about a run of the test is kept: by its script, so
// that the same failure is kept once.
func (c *check) file(script simnet.Script, suffix string) string {
	text, _ := script.MarshalText()
	h := fnv.New32a()
	h.Write(text)
	return filepath.Join(c.directory(), fmt.Sprintf("%08x%s", h.Sum32(), suffix))
}

// page returns the run of a failure as a page to look at, nil if it has no trace.
func (c *check) page(f *explore.Failure) []byte {
	if f.Result.Trace == nil {
		return nil
	}
	var b bytes.Buffer
	if err := traceview.Write(&b, f.Result.Trace, traceview.Options{Title: c.name, Replay: f.Shell, Calm: c.calm(f)}); err != nil {
		c.t.Logf("the trace cannot be drawn: %v", err)
		return nil
	}
	return b.Bytes()
}

// keepPage writes the page where scripts are kept, and tells the report of it. A
// page can be had again at any time, and is nothing to commit.
func (c *check) keepPage(f *explore.Failure, page []byte) {
	name := c.file(f.Script, ".html")
	err := os.MkdirAll(filepath.Dir(name), 0o777)
	if err == nil {
		err = os.WriteFile(name, page, 0o666)
	}
	if err == nil {
		f.Page = name
		err = ignorePages(filepath.Join("testdata", "brine", ".gitignore"))
	}
	if err != nil {
		c.t.Logf("the page cannot be kept: %v", err)
	}
}

// ignorePages keeps pages out of version control, unless there is a file already
// that says what is.
func ignorePages(name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString("# scripts are for keeping, and the pages beside them can be had again\n*.html\n")
	return errors.Join(err, f.Close())
}

// artifacts writes what a person may want to look at to the test's directory for
// such things, if go test was told to keep that, and returns where it is.
func (c *check) artifacts(f *explore.Failure, report, page []byte) string {
	if kept := flag.Lookup("test.artifacts"); kept == nil || kept.Value.String() != "true" {
		return ""
	}
	dir := c.t.ArtifactDir()
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			c.t.Logf("artifact %s cannot be kept: %v", name, err)
		}
	}
	write("report.txt", report)
	write("run.script", []byte(f.Script.String()))
	if trace := f.Result.Trace; trace != nil {
		var b bytes.Buffer
		if err := trace.WriteJSON(&b); err != nil {
			c.t.Logf("artifact trace.jsonl cannot be kept: %v", err)
		} else {
			write("trace.jsonl", b.Bytes())
		}
	}
	if page != nil {
		write("trace.html", page)
	}
	return dir
}

// calm returns the trace of the calm run with the data of a failure: nil if there
// is none.
func (c *check) calm(f *explore.Failure) (trace *simnet.Trace) {
	alone(func(r *simnet.Runner) {
		cfg := c.world()
		cfg.Chooser, cfg.Trace = simnet.Calm(), true
		had := c.held
		c.held = f.Script.Data
		trace = c.program(explore.NewExecution(r, f.Index, cfg)).Trace
		c.held = had
	})
	return trace
}
