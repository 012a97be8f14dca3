package proptest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

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

// TestOtherData: a script whose data are not what the body draws any more is no
// failure of the body. It is told, and Replay, which has nothing else to test, fails.
func TestOtherData(t *testing.T) {
	two := func(fails bool) func(s *proptest.Sim) {
		return func(s *proptest.Sim) {
			proptest.Draw(s, rapid.Int(), "a")
			if fails {
				s.Fatal("it is 7")
			}
			proptest.Draw(s, rapid.Int(), "b")
			right(s)
		}
	}
	k := judge(t, func(t testing.TB) { proptest.Check(t, two(true)) })
	k.fails(t, "it is 7", "data a 0", "-brine.replay=")
	judgeIn(t, k.dir, func(t testing.TB) { proptest.Check(t, two(false)) }).passes(t, ".script: its data do not apply: the body draws b, of which")
	judge(t, func(t testing.TB) { proptest.Replay(t, "brine script 1\ndata a 7\n", two(false)) }).fails(t, "its data do not apply: the body draws b")
}

// TestGeneratorFails: a failure without all of the data leaves no script, which
// would be of another program when the generator is mended, but says how to have it
// again.
func TestGeneratorFails(t *testing.T) {
	two := func(broken bool) func(s *proptest.Sim) {
		return func(s *proptest.Sim) {
			proptest.Draw(s, rapid.Int(), "a")
			proptest.Draw(s, rapid.Custom(func(t *rapid.T) int {
				n := rapid.Int().Draw(t, "n")
				if broken {
					panic("no value today")
				}
				return n
			}), "b")
			right(s)
		}
	}
	for name, test := range map[string]func(t testing.TB, body func(s *proptest.Sim)){
		"check":   func(t testing.TB, body func(s *proptest.Sim)) { proptest.Config{Seed: 3}.Check(t, body) },
		"exhaust": func(t testing.TB, body func(s *proptest.Sim)) { proptest.Config{Seed: 3}.Exhaust(t, 0, body) },
	} {
		t.Run(name, func(t *testing.T) {
			k := judge(t, func(t testing.TB) { test(t, two(true)) })
			k.fails(t, "in the generator of b, panicked: no value today", "' -brine.seed=3\n")
			judgeIn(t, k.dir, func(t testing.TB) { test(t, two(false)) }).passes(t)
		})
	}
	none := func(s *proptest.Sim) {
		proptest.Draw(s, rapid.Int(), "a")
		proptest.Draw(s, rapid.Int().Filter(func(int) bool { return false }), "b")
		right(s)
	}
	judge(t, func(t testing.TB) { proptest.Exhaust(t, 0, none) }).fails(t, "in vain: 1 of 1 runs were skipped")
}
