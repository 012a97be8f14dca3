package proptest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"unicode"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// found reports a failure that was found, keeps its script for the next time, and
// ends the test.
func (c *check) found(f *explore.Failure, title string) {
	c.t.Helper()
	if f.Diverged == nil && (f.Result.Trace != nil || c.draws.Load() && !exit(f.Result.Err)) { // data may be all there is before the run
		c.keep(f)
	}
	c.report(f, title)
}

// lines says how to have a failure again, but for a flag.
func (c *check) lines(f *explore.Failure) {
	pkg, body := c.where()
	call := "proptest.Replay"
	if c.cfg.World != (simnet.Config{}) || c.cfg.FaultSteps != usualFaultSteps || c.cfg.Within != usualWithin {
		call = "cfg.Replay"
	}
	f.Test = fmt.Sprintf("%s(t, %q, %s)", call, brief(f.Script), body)
	f.Shell = fmt.Sprintf("go test %s -run %s", pkg, quote("^"+pattern(c.name)+"$"))
}

func replayFlag(file string) string { return " -brine.replay=" + quote(filepath.ToSlash(file)) }

// keep writes the regression script, and says how to have the failure again.
func (c *check) keep(f *explore.Failure) {
	c.lines(f)
	if c.draws.Load() && f.Script.Data == nil { // because a generator has failed: what it draws by is all there is
		f.Test = ""
		f.Shell += fmt.Sprintf(" -brine.seed=%d", c.seed)
		return
	}
	text, err := f.Script.MarshalText()
	name := c.file(f.Script, ".script")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(name), 0o777)
	}
	if err == nil {
		err = os.WriteFile(name, text, 0o666)
	}
	switch {
	case err == nil:
		f.Shell += replayFlag(name)
	case f.Strategy != "":
		f.Shell += fmt.Sprintf(" -brine.seed=%d", f.Seed)
	}
	if err != nil {
		c.t.Logf("the script cannot be kept: %v", err)
	}
}

// quote writes a word for a shell.
func quote(word string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("_%+=:,./-", r)
	}
	if strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
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

// where returns the package of the test and the name of the body, as far as they are
// known. The body may be of another package.
func (c *check) where() (pkg, body string) {
	name := runtime.FuncForPC(reflect.ValueOf(c.body).Pointer()).Name()
	dir, last := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir, last = name[:i+1], name[i+1:]
	}
	last, body, _ = strings.Cut(last, ".")
	from := dir + strings.TrimSuffix(last, "_test")
	pkg = from
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasSuffix(info.Path, ".test") {
		pkg = strings.TrimSuffix(info.Path, ".test")
	}
	switch {
	case strings.ContainsAny(body, ".["): // a function in another, or an instance
		body = "body"
	case from != pkg:
		body = last + "." + body
	}
	return pkg, body
}

// report ends the test with a failure.
func (c *check) report(f *explore.Failure, title string) {
	c.t.Helper()
	page := c.page(f)
	if page != nil {
		c.keepPage(f, page)
	}
	var b bytes.Buffer
	if title != "" {
		b.WriteString(title + "\n\n")
	}
	f.WriteText(&b)
	if exit(f.Result.Err) {
		b.WriteString("\nThe Fatal of the test around the run was called, or runtime.Goexit: use the methods of the Sim.\n")
	}
	if where := c.artifacts(f, b.Bytes(), page); where != "" {
		fmt.Fprintf(&b, "\nartifacts: %s\n", where)
	}
	c.t.Fatal(b.String())
}

func exit(err error) bool {
	_, ok := err.(*simnet.Exit)
	return ok
}
