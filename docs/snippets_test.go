package docs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/brine/simnet"
)

// imports is what the names of packages in blocks without imports mean.
var imports = [][2]string{
	{"bufio", "bufio"}, {"bytes", "bytes"}, {"context", "context"}, {"errors", "errors"}, {"fmt", "fmt"},
	{"io", "io"}, {"net", "net"}, {"http", "net/http"}, {"os", "os"}, {"strings", "strings"}, {"sync", "sync"}, {"syscall", "syscall"}, {"time", "time"},
	{"rapid", "pgregory.net/rapid"},
	{"ipc", "example.com/brine/ipc"}, {"proptest", "example.com/brine/proptest"},
	{"simnet", "example.com/brine/simnet"}, {"transport", "example.com/brine/transport"},
	{"explore", "example.com/brine/simnet/explore"}, {"ipctest", "example.com/brine/ipc/ipctest"},
}

// file makes a file of declarations that has no imports yet.
func file(body string) string {
	var b strings.Builder
	b.WriteString("package app\n\nimport (\n\t\"testing\"\n")
	for _, i := range imports {
		if regexp.MustCompile(`\b` + i[0] + `\.`).MatchString(body) {
			fmt.Fprintf(&b, "\t%q\n", i[1])
		}
	}
	return b.String() + ")\n\n" + body
}

// name is a test's, for a block that has none.
func (b *block) name() string {
	word := strings.NewReplacer("-", "_", ".md", "").Replace(b.page.name)
	return fmt.Sprintf("TestPage_%s_%d", word, b.n)
}

// task is the test of a block of statements of a process's main.
func task(b *block) string {
	return file(`func ` + b.name() + `(t *testing.T) {
	proptest.Config{Runs: 20, Cores: 1}.Check(t, func(s *proptest.Sim) {
		path := s.Path("app.sock")
		var l transport.Listener
		echo := s.Daemon("server", func(tr transport.Transport) {
			for {
				c, err := l.Accept(time.Time{})
				if err != nil {
					return
				}
				tr.Background("echo", func() {
					defer c.Close()
					buf := make([]byte, 100)
					for {
						n, _, err := c.Recv([][]byte{buf}, nil, time.Time{})
						if err == nil {
							_, err = c.Send([][]byte{buf[:n]}, nil, time.Time{})
						}
						if err != nil {
							return
						}
					}
				})
			}
		})
		echo.Setup(func(tr transport.Transport) { l, _ = tr.Listen(path, 8, transport.ListenConfig{}) })
		s.Process("client", func(tr transport.Transport) {
			soon := tr.Now().Add(time.Minute)
			_ = soon
//line app_test.go:1
` + b.text + `
		})
		s.Run()
	})
}
`)
}

// body is the test of a block of statements of a body.
func body(b *block) string {
	return file("func " + b.name() + "(t *testing.T) {\n\tproptest.Config{Runs: 200, Cores: 1}.Check(t, func(s *proptest.Sim) {\n//line app_test.go:1\n" + b.text + "\t})\n}\n")
}

// ordered is the test of lines of a script.
func ordered(b *block) string {
	return file("func " + b.name() + `(t *testing.T) {
	var said []string
	proptest.Replay(t, "brine script 1\n", func(s *proptest.Sim) {
		said = nil
		s.Order(` + fmt.Sprintf("%q", b.text) + `)
		story(s, func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	})
	for _, line := range said {
		fmt.Println(line)
	}
}
`)
}

// write writes a module whose package app is what all pages have of Go.
func write(t *testing.T, dir string, all []*page) {
	t.Helper()
	save := func(name, text string) {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err == nil {
			t.Fatalf("two blocks are called %s", name)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	const module = "module example.com/brine\n"
	if !bytes.HasPrefix(mod, []byte(module)) {
		t.Fatalf("go.mod does not begin with %q", module)
	}
	save("go.mod", "module example.org/app\n"+string(mod[len(module):])+
		"\nrequire example.com/brine v0.0.0\nreplace example.com/brine => "+root+"\n")
	save("go.sum", string(sum))

	for _, p := range all {
		for _, b := range p.blocks {
			name := strings.TrimPrefix(b.name(), "TestPage_") + "_test.go"
			switch {
			case b.lang == "script":
				save(name, ordered(b))
			case b.lang != "go":
			case strings.HasPrefix(b.text, "package app\n"):
				if b.info != "" {
					name = b.info
				}
				save(name, b.text)
			case b.info == "task":
				save(name, task(b))
			case b.info == "body":
				save(name, body(b))
			default:
				t.Fatalf("%v: the block neither begins with package app, nor is it opened by go task or go body", b)
			}
		}
	}
}

// A verdict is what came of a test.
type verdict struct {
	passed, over bool
	output       string
}

// run tests the module, and returns the verdicts by the tests' names; by "" is
// what was printed outside of them.
func run(t *testing.T, dir string) map[string]*verdict {
	t.Helper()
	cmd := exec.Command("go", "test", "-json", "-count=1", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "BRINE_SEED=1")
	for _, name := range []string{"RUNS", "TIME", "STRATEGY", "CORES", "REPLAY", "BACKEND", "SHARD"} {
		cmd.Env = slices.DeleteFunc(cmd.Env, func(s string) bool { return strings.HasPrefix(s, "BRINE_"+name+"=") })
	}
	out, err := cmd.Output() // the exit code is what the verdicts say, or there are none
	got := map[string]*verdict{}
	for line := range bytes.Lines(out) {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(line, &e) != nil {
			t.Fatalf("go test prints %q", line)
		}
		v := got[e.Test]
		if v == nil {
			v = new(verdict)
			got[e.Test] = v
		}
		switch e.Action {
		case "pass", "fail", "skip":
			v.passed, v.over = e.Action == "pass", true
		case "output", "build-output":
			v.output += e.Output
		}
	}
	if len(got) < 2 {
		t.Fatalf("the pages' Go was not run: %v\n%s", err, got[""].output)
	}
	return got
}

// frame is what go test prints around what a test does, and Replay of a script
// without lines.
var frame = regexp.MustCompile(`(?m)^(=== .*|\s*--- (PASS|FAIL|SKIP): .*|.*: the script: passed, 0 of 0 lines applied)\n`)

// said returns what a test printed, without go test's own lines and indentation.
func (v *verdict) said() string {
	text := frame.ReplaceAllString(v.output, "")
	text = regexp.MustCompile(`(?m)^(        |    )`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`(?m)[ \t]+$`).ReplaceAllString(text, "")
	return strings.Trim(text, "\n") + "\n"
}

// luck is what a report says that changes with every improvement of strategies,
// and lines of brine's own files in stacks.
var luck = regexp.MustCompile(`shrunk from \d+ in \d+ executions?|found in run \d+ by \w+|at (\w+\.go):\d+ in (ipc|proptest|transport|simnet)\b|from goroutine \d+`)

// counted is a line of what an exploration has counted, which does so, too.
var counted = regexp.MustCompile(`(?m)^.*(\d+ runs \(strategy|complete: \d).*$`)

// same reports whether two outputs differ in nothing but luck.
func same(a, b string) bool {
	return steady(a) == steady(b)
}

// holds reports whether an output has these lines, of which the first may stand
// behind the line of code that reports it.
func holds(said, lines string) bool {
	said = regexp.MustCompile(`(?m)^\w+_test\.go:\d+: `).ReplaceAllString(said, "")
	return lines != "" && strings.Contains("\n"+steady(said), "\n"+steady(lines))
}

func steady(text string) string {
	text = luck.ReplaceAllString(text, "$1")
	return counted.ReplaceAllStringFunc(text, func(line string) string {
		return regexp.MustCompile(`[\d,]+`).ReplaceAllString(line, "0")
	})
}

// TestSnippets compiles and runs all Go of the pages and of the packages' comments,
// and compares what it prints with what the pages say that it does.
func TestSnippets(t *testing.T) {
	if testing.Short() {
		t.Skip("not run: it calls the go command")
	}
	all := pages(t)
	dir := t.TempDir()
	write(t, dir, all)
	writeComments(t, dir)
	got := run(t, dir)

	shown := map[string]bool{} // tests whose output is shown: these may fail
	anew := map[*block]string{}
	if v := got[""]; strings.Contains(v.output, "[build failed]") {
		t.Error(v.output)
	}
	for _, p := range all {
		for i, b := range p.blocks {
			if b.lang != "text" {
				continue
			}
			name, part := strings.CutPrefix(b.info, "part of ")
			switch {
			case i > 0 && p.blocks[i-1].lang == "script":
				name = p.blocks[i-1].name()
			case b.info == "":
				continue
			case b.info == "part":
				name, part = p.blocks[i-1].name(), true
				fallthrough
			default:
				shown[name] = true
			}
			v := got[name]
			if v == nil {
				t.Errorf("%v: there is no test %s", b, name)
				continue
			}
			switch said := v.said(); {
			case part && !holds(said, b.text):
				t.Errorf("%v: it is no part of what %s prints:\n%s", b, name, said)
			case part || same(said, b.text):
			case *update:
				anew[b] = said
			default:
				t.Errorf("%v: %s prints\n%s", b, name, said)
			}
		}
	}
	for name, v := range got {
		if name != "" && !shown[name] && !v.passed {
			t.Errorf("%s does not pass:\n%s", name, v.said())
		}
		if name != "" && !v.over {
			t.Errorf("%s has not come to its end:\n%s", name, v.said())
		}
	}
	if !t.Failed() {
		replace(t, anew, all)
	}
	t.Logf("%d tests, %d of which print what is shown", len(got)-1, len(shown))
}

// TestCatalogue: each fault has a heading and a line of a script.
func TestCatalogue(t *testing.T) {
	var p *page
	for _, q := range pages(t) {
		if q.name == "faults.md" {
			p = q
		}
	}
	if p == nil {
		t.Fatal("there is no faults.md")
	}
	for f := range simnet.NumFaults {
		at := slices.Index(p.lines, "### "+f.String()+"\n")
		if at < 0 {
			t.Errorf("faults.md has no heading %q", f.String())
			continue
		}
		end := at + 1
		for end < len(p.lines) && !strings.HasPrefix(p.lines[end], "#") {
			end++
		}
		if !slices.ContainsFunc(p.blocks, func(b *block) bool { return b.lang == "script" && b.first > at && b.first < end }) {
			t.Errorf("faults.md has no line of a script for %v", f)
		}
	}
}
