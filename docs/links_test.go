package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	code    = regexp.MustCompile("`[^`\n]*`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors returns what the headings of a page are called in addresses.
func anchors(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return all
}

// TestLinks: what the pages, the README and the rules for contributors refer to
// is there.
func TestLinks(t *testing.T) {
	all := pages(t)
	for _, name := range []string{"../README.md", "../CONTRIBUTING.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parse(t, name, string(text)))
	}
	n := 0
	for _, p := range all {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(p.outside(), ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			n++
			file, anchor, anchored := strings.Cut(m[1], "#")
			to := p.name
			if file != "" {
				to = filepath.Join(filepath.Dir(p.name), file)
			}
			text, err := os.ReadFile(to)
			if _, stat := os.Stat(to); err != nil && stat != nil {
				t.Errorf("%s refers to %s, which is not there", p.name, m[1])
				continue
			}
			if anchored && !slices.Contains(anchors(parse(t, to, string(text)).outside()), anchor) {
				t.Errorf("%s refers to %s, and there is no such heading", p.name, m[1])
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d links were found; how are they written?", n)
	}
}

// TestIndex: each page is in the index.
func TestIndex(t *testing.T) {
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages(t) {
		if p.name != "README.md" && !strings.Contains(string(index), "]("+p.name+")") {
			t.Errorf("README.md does not name %s", p.name)
		}
	}
}

var (
	command  = regexp.MustCompile(`(?m)^(?:cd (\S+) && )?(go test .*)$`)
	selector = regexp.MustCompile(`-(run|bench)[ =](?:'([^']+)'|(\S+))`)
	folder   = regexp.MustCompile(` \./([\w/]+)`)
	function = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Example)\w*)\(`)
	row      = regexp.MustCompile("(?m)^\\| (`\\w+`(?:, `\\w+`)*) \\|")
)

// functions returns the names of the tests, examples and benchmarks of a folder.
func functions(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range function.FindAllStringSubmatch(string(text), -1) {
			names = append(names, f[1])
		}
	}
	return names
}

// misplaced is a flag of proptest ahead of the packages, where go test takes it and
// all that follows for arguments, and tests nothing but the directory that it is
// called in; or for all packages, of which only some know it.
var misplaced = regexp.MustCompile("go test[^`\n]* -brine\\.\\S+ \\.?/|go test[^`\n]* \\./\\.\\.\\.[^`\n]* -brine\\.")

// TestFlags: no command, on the pages or in a package's documentation, has flags of
// proptest where they do harm.
func TestFlags(t *testing.T) {
	files, err := filepath.Glob("../*/doc.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no documentation of packages: ", err)
	}
	more, err := filepath.Glob("*.md")
	if err != nil || len(more) == 0 {
		t.Fatal("no pages: ", err)
	}
	for _, name := range append(files, more...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range misplaced.FindAllString(string(text), -1) {
			t.Errorf("%s: %s …: flags of proptest stand behind packages that know them", name, command)
		}
	}
	for _, wrong := range []string{"go test -race -brine.backend=free ./...", "go test ./... -brine.runs 5"} {
		if !misplaced.MatchString(wrong) {
			t.Errorf("%s is not noticed", wrong)
		}
	}
}

// TestCommands: the commands of the pages name packages that are there, and tests
// or benchmarks that they have; the tables of figures.md, benchmarks.
func TestCommands(t *testing.T) {
	var benchmarks []string
	n := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.lang != "sh" {
				continue
			}
			for _, m := range command.FindAllStringSubmatch(b.text, -1) {
				n++
				dir := m[1]
				if f := folder.FindStringSubmatch(m[2]); f != nil {
					dir = f[1]
				}
				have := functions(t, dir)
				if len(have) == 0 {
					t.Errorf("%v: %s: no tests are in %q", b, m[0], dir)
				}
				benchmarks = append(benchmarks, have...)
				for _, sel := range selector.FindAllStringSubmatch(m[2], -1) {
					for alternative := range strings.SplitSeq(sel[2]+sel[3], "|") {
						is := regexp.MustCompile(alternative)
						if alternative != "^$" && !slices.ContainsFunc(have, func(name string) bool {
							return strings.HasPrefix(name, "Benchmark") == (sel[1] == "bench") && is.MatchString(name)
						}) {
							t.Errorf("%v: %s: nothing there is called %s", b, m[0], alternative)
						}
					}
				}
			}
		}
		if p.name != "figures.md" {
			continue
		}
		rows := row.FindAllStringSubmatch(p.outside(), -1)
		for _, m := range rows {
			for name := range strings.SplitSeq(m[1], ", ") {
				if !slices.Contains(benchmarks, "Benchmark"+strings.Trim(name, "`")) {
					t.Errorf("figures.md: none of its commands has a benchmark %s", name)
				}
			}
		}
		if len(rows) < 10 {
			t.Errorf("figures.md has only %d rows about benchmarks; how are they written?", len(rows))
		}
	}
	if n < 5 {
		t.Errorf("only %d commands were found; how are they written?", n)
	}
}
