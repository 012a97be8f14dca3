package proptest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/brine/proptest"
	"example.com/brine/proptest/scoreboard"
	"example.com/brine/transport"
)

func wrong(s *proptest.Sim) {
	s.Process("p", func(transport.Transport) { s.Fatal("it is 7") })
	s.Run()
}

func right(s *proptest.Sim) {
	s.Process("p", func(transport.Transport) {})
	s.Run()
}

// TestOddNames: whatever a test is called, its script is kept where it is found the
// next time, by no other test, and by what a shell makes of the line to paste.
func TestOddNames(t *testing.T) {
	names := []string{"plain", "[a]", "n<5", "n>5", "n_5", "n%3C5", "../../up", "..", ".", "a/b", "a//b", "a.script", "it's", "(x)&$HOME;*", strings.Repeat("x", 300)}
	dir := filepath.Join(t.TempDir(), "package", "of", "it")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			judgeIn(t, dir, func(t testing.TB) { proptest.Check(t, right) }).passes(t)
			k := judgeIn(t, dir, func(t testing.TB) { proptest.Check(t, wrong) })
			line := regexp.MustCompile(`(?m)^\s+go (test .*)$`).FindStringSubmatch(k.log.String())
			if line == nil {
				t.Fatalf("no line for a shell:\n%s", k.log.String())
			}
			if len(name) > 255 {
				k.fails(t, "the script cannot be kept", " -brine.seed=", "proptest.Replay(t, ")
				return
			}
			words, err := exec.Command("sh", "-c", "printf '%s\n' "+line[1]).Output()
			if err != nil {
				t.Skip(err) // a system without one
			}
			word := strings.Split(strings.TrimSuffix(string(words), "\n"), "\n")
			if len(word) != 5 || word[1] != "example.com/brine/proptest" {
				t.Fatalf("a shell makes of it: %q", word)
			}
			parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(word[3], "^"), "$"), "$/^")
			for i, part := range strings.Split(t.Name(), "/") {
				if got := regexp.MustCompile("^" + parts[i] + "$"); !got.MatchString(part) {
					t.Errorf("pattern %q for %q", parts[i], part)
				}
			}
			script := strings.TrimPrefix(word[4], "-brine.replay=")
			if _, err := os.Stat(filepath.FromSlash(script)); err != nil || !filepath.IsLocal(script) || !strings.HasPrefix(script, "testdata/brine/TestOddNames/") {
				t.Errorf("script %s: %v", script, err)
			}
			judgeIn(t, dir, func(t testing.TB) { proptest.Check(t, right) }).passes(t, ".script: passed")
		})
	}
}

// TestBodyOfOthers: the line for a shell is about the package of the test, and that
// for a test says whose the body is.
func TestBodyOfOthers(t *testing.T) {
	judge(t, func(t testing.TB) { proptest.Check(t, wrong) }).fails(t, "go test example.com/brine/proptest ", `proptest.Replay(t, "brine script 1\n", wrong)`)
	other := scoreboard.Programs[0]
	cfg := other.Config
	cfg.Runs, cfg.Seed = 1000, 1
	judge(t, func(t testing.TB) { cfg.Check(t, other.Wrong()) }).fails(t, "go test example.com/brine/proptest -run", ", body)")
	judge(t, func(t testing.TB) { proptest.Config{Within: time.Minute}.Check(t, wrong) }).fails(t, "cfg.Replay(t, ")
}

// TestUnreadable: scripts that are there and cannot be executed do not pass.
func TestUnreadable(t *testing.T) {
	check := func(t testing.TB) { proptest.Check(t, right) }
	for name, test := range map[string]struct {
		make func(dir string) error
		said string
	}{
		"damaged":   {func(dir string) error { return os.WriteFile(dir+"/a.script", []byte("brine scr"), 0o666) }, "a.script: "},
		"no file":   {func(dir string) error { return os.Symlink("nowhere", dir+"/a.script") }, "there is no script"},
		"no folder": {func(dir string) error { os.Remove(dir); return os.WriteFile(dir, nil, 0o666) }, "not a directory"},
		"of Windows": {func(dir string) error {
			return os.WriteFile(dir+"/a.script", []byte("brine script 1\r\np/main 1 early\r\n"), 0o666)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := judge(t, func(t testing.TB) {
				dir := filepath.Join("testdata", "brine", filepath.FromSlash(strings.ReplaceAll(t.Name(), " ", "_")))
				if err := os.MkdirAll(dir, 0o777); err != nil {
					t.Fatal(err)
				}
				if err := test.make(dir); err != nil {
					t.Fatal(err)
				}
				check(t)
			})
			if test.said == "" {
				k.passes(t, "a line does not apply: p/main 1 early")
				return
			}
			k.fails(t, test.said)
		})
	}
}
