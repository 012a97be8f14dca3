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

// The README's test is compiled and run as it stands there, and has to pass; it
// has to be able to fail as well.
func TestReadmeTest(t *testing.T) {
	text, root := readme(t, "```go\npackage app\n")
	body, _, ok := strings.Cut(text, "```\n")
	if !ok {
		t.Fatal("README.md has no test")
	}
	test := "package app\n" + body
	for name, c := range map[string]struct {
		source string
		passes bool
	}{
		"as it stands":         {test, true},
		"without the takeover": {strings.Replace(test, "Takeover: true, ", "", 1), false},
	} {
		source := filepath.Join(t.TempDir(), "app_test.go")
		if err := os.WriteFile(source, []byte(c.source), 0o644); err != nil {
			t.Fatal(err)
		}
		run := exec.Command("go", "test", "-count=1", source)
		run.Dir = root // so that brine is the module at hand
		if out, err := run.CombinedOutput(); (err == nil) != c.passes {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
