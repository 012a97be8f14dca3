package proptest

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// found reports a failure that was found, keeps its script for the next time, and
// ends the test.
func (c *check) found(f *explore.Failure, title string) {
	c.t.Helper()
	if f.Diverged == nil && f.Result.Trace != nil {
		c.keep(f)
	}
	c.report(f, title)
}

// keep writes the regression script.
func (c *check) keep(f *explore.Failure) {
	text, err := f.Script.MarshalText()
	if err != nil {
		c.t.Logf("the script cannot be kept: %v", err)
		return
	}
	h := fnv.New32a()
	h.Write(text)
	name := filepath.Join(c.directory(), fmt.Sprintf("%08x.script", h.Sum32()))
	if err = os.MkdirAll(filepath.Dir(name), 0o777); err == nil {
		err = os.WriteFile(name, text, 0o666)
	}
	if err != nil {
		c.t.Logf("the script cannot be kept: %v", err)
		return
	}
	pkg, body := c.where()
	f.Shell = fmt.Sprintf("go test %s -run '^%s$' -brine.replay=%s", pkg, pattern(c.name), filepath.ToSlash(name))
	call := "proptest.Replay"
	if c.cfg.World != (simnet.Config{}) {
		call = "cfg.Replay"
	}
	f.Test = fmt.Sprintf("%s(t, %q, %s)", call, brief(f.Script), body)
}

// brief writes a script without its comments and columns.
func brief(s simnet.Script) string {
	var b strings.Builder
	for _, d := range s.Data {
		b.WriteString(d.String() + "\n")
	}
	head, _, _ := strings.Cut(simnet.Script{}.String(), "\n")
	for _, l := range s.Lines {
		l.Why = ""
		b.WriteString(l.String() + "\n")
	}
	return head + "\n" + b.String()
}

// pattern returns what -run takes to run a test.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return strings.Join(parts, "$/^")
}

// where returns the package and the name of the body, as far as they are known.
func (c *check) where() (pkg, body string) {
	name := runtime.FuncForPC(reflect.ValueOf(c.body).Pointer()).Name()
	dir, last := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir, last = name[:i+1], name[i+1:]
	}
	pkg, body, _ = strings.Cut(last, ".")
	if strings.Contains(body, ".") { // a function in another
		body = "body"
	}
	return dir + strings.TrimSuffix(pkg, "_test"), body
}

// report ends the test with a failure.
func (c *check) report(f *explore.Failure, title string) {
	c.t.Helper()
	var b bytes.Buffer
	if title != "" {
		b.WriteString(title + "\n\n")
	}
	f.WriteText(&b)
	if exit(f.Result.Err) {
		b.WriteString("\nThe Fatal of the test around the run was called, or runtime.Goexit: use the methods of the Sim.\n")
	}
	if where := c.artifacts(f, b.Bytes()); where != "" {
		fmt.Fprintf(&b, "\nartifacts: %s\n", where)
	}
	c.t.Fatal(b.String())
}

func exit(err error) bool {
	_, ok := err.(*simnet.Exit)
	return ok
}

// artifacts writes what a person may want to look at to the test's directory for
// such things, which is kept if go test was told so.
func (c *check) artifacts(f *explore.Failure, report []byte) string {
	dir := c.t.ArtifactDir()
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			c.t.Logf("an artifact cannot be kept: %v", err)
		}
	}
	write("report.txt", report)
	write("run.script", []byte(f.Script.String()))
	if f.Result.Trace != nil {
		var b bytes.Buffer
		if err := f.Result.Trace.WriteJSON(&b); err == nil {
			write("trace.jsonl", b.Bytes())
		}
	}
	if given := artifactsKept(); !given {
		return ""
	}
	return dir
}
