//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What bash offers is asked of bash itself.
func TestBashCompletion(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"a file", "b.script"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"brine|", "demo run replay view serve dial conform completion help --version --help"},
		{"brine|re", "replay"},
		{"brine|run|", strings.Join(exampleNames(), " ")},
		{"brine|run|--wrong|", strings.Join(exampleNames(), " ")},
		{"brine|run|--seed|3|b", "broker"},
		{"brine|run|--seed|=|3|b", "broker"},
		{"brine|run|broker|", ""},
		{"brine|run|--w", "--wrong"},
		{"brine|run|--strategy|p", "pct pos portfolio"},
		{"brine|run|--strategy|=", "walk pct pos uniform swarm portfolio"},
		{"brine|run|--strategy|=|u", "uniform"},
		{"brine|run|--seed|", ""},
		{"brine|run|--faults|kill,re", "kill,reset kill,removed kill,replaced kill,restart"},
		{"brine|run|--out|", "dir"},
		{"brine|replay|takeover|", "a file b.script dir"},
		{"brine|replay|takeover|b.script|", ""},
		{"brine|replay|takeover|--trace|b", "b.script"},
		{"brine|serve|--mo", "--mode"},
		{"brine|help|e", "exit"},
		{"brine|completion|", "bash zsh fish"},
		{"brine|listen|", ""},
	} {
		cmd := exec.Command(bash, "--norc", "-c", bashCompletion()+`
			IFS='|' read -ra COMP_WORDS <<<"$1 "
			COMP_WORDS[-1]=${COMP_WORDS[-1]% }
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			unset IFS
			_brine
			printf '%s\n' "${COMPREPLY[@]}"`, "bash", c.line)
		cmd.Dir = dir
		out, err := cmd.Output()
		got := strings.Fields(strings.ReplaceAll(string(out), "a file", "a_file"))
		if list := strings.ReplaceAll(strings.Join(got, " "), "a_file", "a file"); err != nil || !sameWords(list, c.want) {
			t.Errorf("%s is offered %q, %v; want %q", c.line, list, err, c.want)
		}
	}
}

// sameWords leaves aside the order of files, which is the directory's.
func sameWords(a, b string) bool {
	count := map[string]int{}
	for _, w := range strings.Fields(a) {
		count[w]++
	}
	for _, w := range strings.Fields(b) {
		count[w]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// What fish offers is asked of fish.
func TestFishCompletion(t *testing.T) {
	fish, err := exec.LookPath("fish")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "brine.fish")
	if err := os.WriteFile(file, []byte(fishCompletion()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"brine ", "demo run replay view serve dial conform completion help"},
		{"brine --", "--version --help"},
		{"brine run ", strings.Join(exampleNames(), " ")},
		{"brine run --strategy p", "pct pos portfolio"},
		{"brine run --strategy=u", "--strategy=uniform"},
		{"brine run --strategy x", ""},
		{"brine run --seed ", ""},
		{"brine run --out ", "dir/"},
		{"brine run --faults kill,re", "kill,reset kill,removed kill,replaced kill,restart"},
		{"brine view --format ", "html trace-event text"},
		{"brine view -o ", "brine.fish dir/"},
		{"brine help j", "json"},
		{"brine completion ", "bash zsh fish"},
	} {
		cmd := exec.Command(fish, "--no-config", "-c", "source brine.fish; complete -C '"+c.line+"'")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir)
		out, err := cmd.Output()
		var got []string
		for line := range strings.Lines(string(out)) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t") // and what it is
			got = append(got, word)
		}
		if err != nil || !sameWords(strings.Join(got, " "), c.want) {
			t.Errorf("%s is offered %q, %v; want %q", c.line, got, err, c.want)
		}
	}
}

// The others are at least read by their shells, where these are there, and name every
// command and flag anyway.
func TestOtherCompletions(t *testing.T) {
	for shell, text := range map[string]string{"zsh": zshCompletion(), "fish": fishCompletion()} {
		for _, c := range commandDocs {
			for _, f := range c.allFlags() {
				word := dashed(f.name) + map[bool]string{true: "=[", false: "["}[f.value != "" && len(f.name) > 1]
				if shell == "fish" {
					word = "from " + c.name + "' -" + map[bool]string{true: "s ", false: "l "}[len(f.name) == 1] + f.name + " "
				}
				if !strings.Contains(text, word) {
					t.Errorf("%s: nothing of %s of %s", shell, dashed(f.name), c.name)
				}
			}
		}
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("not read by %s: %v", shell, err)
			continue
		}
		file := filepath.Join(t.TempDir(), "brine."+shell)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(shell, "-n", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
}
