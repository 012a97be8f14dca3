//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// readme returns the text of the README after the first occurrence of mark, and
// the folder that it stands in.
func readme(t *testing.T, mark string) (text, root string) {
	t.Helper()
	if testing.Short() {
		t.Skip("not run: it calls the go command")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(all), mark)
	if !ok {
		t.Fatalf("README.md has no %q", mark)
	}
	return text, root
}

// The README's first program is compiled and run as it stands there, and has to
// print what stands below it.
func TestReadmeProgram(t *testing.T) {
	text, root := readme(t, "```go\n")
	program, rest, ok := strings.Cut(text, "```\n")
	_, rest, ok2 := strings.Cut(rest, "```\n")
	want, _, ok3 := strings.Cut(rest, "```\n")
	if !ok || !ok2 || !ok3 {
		t.Fatal("README.md has no program with its output below it")
	}

	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "first")
	if err := os.WriteFile(source, []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", binary, source)
	build.Dir = root // so that brine is the module at hand
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command(binary)
	run.Dir = dir
	out, err := run.CombinedOutput()
	if err != nil || string(out) != want {
		t.Errorf("it prints %q, %v; want %q", out, err, want)
	}
	if _, err := os.Lstat(filepath.Join(dir, "shout.sock")); err == nil {
		t.Error("it leaves its socket file behind")
	}
}

// The README's tests are compiled and run as they stand there, and have to pass;
// each has to be able to fail as well.
func TestReadmeTests(t *testing.T) {
	const mark = "```go\npackage app\n"
	text, root := readme(t, mark)
	blocks := strings.Split(text, mark)
	broken := [][2]string{
		{`!bytes.HasSuffix(line, []byte("\n"))`, `len(line) == 0`},
		{"Takeover: true, ", ""},
	}
	if len(blocks) != len(broken) {
		t.Fatalf("README.md has %d tests, and it is known how to break %d", len(blocks), len(broken))
	}
	for i, block := range blocks {
		body, _, ok := strings.Cut(block, "```\n")
		if !ok || !strings.Contains(body, broken[i][0]) {
			t.Fatalf("test %d of README.md is not as it was", i+1)
		}
		stands := "package app\n" + body
		breaks := strings.Replace(stands, broken[i][0], broken[i][1], 1)
		for source, passes := range map[string]bool{stands: true, breaks: false} {
			file := filepath.Join(t.TempDir(), "app_test.go")
			if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
				t.Fatal(err)
			}
			run := exec.Command("go", "test", "-vet=off", "-count=1", file)
			run.Dir = root // so that brine is the module at hand
			out, err := run.CombinedOutput()
			if (err == nil) != passes || !strings.Contains(string(out), "app_test.go:") && !passes {
				t.Errorf("%v, of\n%s\n%s", err, source, out)
			}
		}
	}
}
