package proptest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// Replay executes a body once, as a script says: its data and its deviations from
// the calm run. The test fails if the run does, and if a line of the script does not
// apply: the body has changed, and the script tests nothing any more. It blocks
// until the run is over. A run that is skipped tests nothing, either.
func Replay(t testing.TB, script string, body func(s *Sim)) {
	t.Helper()
	Config{}.Replay(t, script, body)
}

// Replay is [Replay] with a Config.
func (cfg Config) Replay(t testing.TB, script string, body func(s *Sim)) {
	t.Helper()
	c := newCheck(t, t.Name(), cfg, body)
	if c.backend != "simulated" {
		t.Skipf("a script is simulated only (-brine.backend=%s)", c.backend)
	}
	parsed, err := simnet.ParseScript(script)
	if err != nil {
		t.Fatal("proptest: ", err)
	}
	c.replay("the script", "", parsed, t.Errorf)
}

// replay executes a script, of a file if it is of any, and fails the test if that
// fails. Lines that do not apply are told by tell.
func (c *check) replay(name, file string, script simnet.Script, tell func(format string, args ...any)) {
	c.t.Helper()
	replayer := simnet.Replay(script)
	var res *simnet.Result
	returned := alone(func(r *simnet.Runner) {
		cfg := c.world()
		cfg.Chooser, cfg.Trace = replayer, true
		if len(script.Data) > 0 {
			c.held = script.Data
		}
		res = c.program(explore.NewExecution(r, 0, cfg))
	})
	c.held = nil
	if !returned {
		c.t.Fatalf("%s: the body has left by runtime.Goexit: it has to fail by its Sim, and not by the test", name)
	}
	unused := replayer.Unused()
	for _, l := range unused {
		tell("%s: a line does not apply: %s (%s)", name, l, unapplied(l, res))
	}
	switch res.Err.(type) {
	case nil:
		for _, d := range script.Data[min(len(script.Data), len(res.Script.Data)):] {
			tell("%s: a line does not apply: %s (the body does not draw it)", name, d)
		}
		c.t.Logf("%s: passed, %d of %d lines applied", name, len(script.Lines)-len(unused), len(script.Lines))
	case *misfit:
		tell("%s: its data do not apply: %v", name, res.Err)
	case *simnet.Skipped:
		tell("%s: it tests nothing: %v", name, res.Err)
	default:
		f := explore.NewFailure(res)
		f.Script.Data = script.Data
		if file != "" {
			c.lines(f)
			f.Shell += replayFlag(file)
		}
		c.report(f, name+" fails")
	}
}

// unapplied says why a line of a script did not apply.
func unapplied(l simnet.Line, res *simnet.Result) string {
	if res.Trace == nil {
		return "its question was not put, or the answer was not possible"
	}
	last, there := 0, false
	var others []string
	for i := range res.Trace.Events {
		e := &res.Trace.Events[i]
		name := e.Task
		if name.Process != l.Task.Process || name.Incarnation != l.Task.Incarnation ||
			name.Task != l.Task.Task && !strings.HasSuffix(name.Task, ">"+l.Task.Task) {
			if text := name.String(); !slices.Contains(others, text) {
				others = append(others, text)
			}
			continue
		}
		there, last = true, max(last, e.Nth)
	}
	switch {
	case !there:
		return fmt.Sprintf("there was no task %s; there were %s", l.Task, strings.Join(others, ", "))
	case last < l.Op:
		return fmt.Sprintf("%s made %d operations", l.Task, last)
	}
	return "its question was not put there, or the answer was not possible"
}

// directory is where regression scripts of the test are: a directory for each part
// of its name, in which what a system may not have in names is written %3A. No two
// tests have the same, and none is elsewhere, whatever their names are.
func (c *check) directory() string {
	dir := filepath.Join("testdata", "brine")
	for part := range strings.SplitSeq(c.name, "/") {
		var b strings.Builder
		for i := range len(part) {
			if r := part[i]; strings.IndexByte(`<>:"\|?*%`, r) >= 0 || r < ' ' || r == '.' && i == len(part)-1 {
				fmt.Fprintf(&b, "%%%02X", r)
			} else {
				b.WriteByte(r)
			}
		}
		if part == "" {
			b.WriteString("%")
		}
		dir = filepath.Join(dir, b.String())
	}
	return dir
}

// regress executes the scripts that earlier failures have left.
func (c *check) regress() {
	c.t.Helper()
	files, err := os.ReadDir(c.directory()) // sorted
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENAMETOOLONG) {
		c.t.Fatal("proptest: ", err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".script") && !f.IsDir() {
			c.replayAs(filepath.Join(c.directory(), f.Name()), c.t.Logf)
		}
	}
}

// replayFile executes the script of a file, and nothing else.
func (c *check) replayFile(name string) {
	c.t.Helper()
	c.replayAs(name, c.t.Errorf)
}

func (c *check) replayAs(name string, tell func(format string, args ...any)) {
	c.t.Helper()
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		c.t.Fatalf("proptest: there is no script %s (paths are from the package's directory)", name)
	}
	if err != nil {
		c.t.Fatal("proptest: ", err)
	}
	script, err := simnet.ParseScript(string(text))
	if err != nil {
		c.t.Fatalf("proptest: %s: %v", name, err)
	}
	c.replay(name, name, script, tell)
}
