// Package docs_test compiles and runs what these pages show.
//
// A block of Go that begins with a package clause is a file as it stands: of
// package app, whose tests and examples are run. Its name may follow the word go
// in the line that opens the block. A block that is opened by
//
//	```go task
//
// is statements of a process's main. It is executed in twenty runs with
//
//	tr    transport.Transport // the process's
//	s     *proptest.Sim
//	path  string              // where a server answers every byte with the same byte
//	soon  time.Time           // a minute from now
//
// and a block that is opened by "go body" is statements of a body, func(s
// *proptest.Sim). Neither needs imports.
//
// A block opened by "text TestName" is all that the test prints, and is written
// anew by -update; one opened by "text part of TestName" is lines of that, in a
// row, and "text part" is of the block above. A test that has none has to pass. A block of the language script is
// lines of a script. They are ordered from func story of the same page, and the
// block of text behind is what that says.
//
// The Go in the comments of packages is compiled and run too, each snippet in a
// setting of comments_test.go.
package docs_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the outputs that the pages show anew")

// A page is one of the files here.
type page struct {
	name   string // from-net.md
	lines  []string
	blocks []*block
}

// A block is what stands between two fences.
type block struct {
	page  *page
	n     int    // which of its page, from 1
	lang  string // go, text, sh, script
	info  string // what follows the language
	first int    // the index in page.lines of the first line
	text  string // with a newline at the end, unless it is empty
}

// String says where the block is, as in faults.md:12.
func (b *block) String() string { return fmt.Sprintf("%s:%d", b.page.name, b.first) }

// fence opens or closes a block.
var fence = regexp.MustCompile("^```(\\w*) ?(.*)$")

// pages reads all pages.
func pages(t *testing.T) []*page {
	t.Helper()
	names, err := filepath.Glob("*.md")
	if err != nil || len(names) == 0 {
		t.Fatal("there are no pages here: ", err)
	}
	var all []*page
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parse(t, name, string(text)))
	}
	return all
}

func parse(t *testing.T, name, text string) *page {
	t.Helper()
	p := &page{name: name, lines: strings.SplitAfter(text, "\n")}
	var open *block
	for i, line := range p.lines {
		m := fence.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		switch {
		case m == nil && open != nil:
			open.text += line
		case m == nil:
		case open == nil:
			open = &block{page: p, n: len(p.blocks) + 1, lang: m[1], info: m[2], first: i + 1}
			p.blocks = append(p.blocks, open)
		case m[1] != "":
			t.Fatalf("%s:%d: a block begins within the one of line %d", name, i+1, open.first)
		default:
			open = nil
		}
	}
	if open != nil {
		t.Fatalf("%v: the block has no end", open)
	}
	return p
}

// outside returns the page's text without its blocks.
func (p *page) outside() string {
	var b strings.Builder
	inside := false
	for _, line := range p.lines {
		if strings.HasPrefix(line, "```") {
			inside = !inside
		} else if !inside {
			b.WriteString(line)
		}
	}
	return b.String()
}

// replace writes pages anew in which the texts of blocks are others.
func replace(t *testing.T, texts map[*block]string, all []*page) {
	t.Helper()
	for _, p := range all {
		var b strings.Builder
		skip := 0
		for i, line := range p.lines {
			for _, blk := range p.blocks {
				if text, ok := texts[blk]; ok && blk.first == i {
					b.WriteString(text)
					skip = strings.Count(blk.text, "\n")
				}
			}
			if skip > 0 {
				skip--
				continue
			}
			b.WriteString(line)
		}
		if b.String() != strings.Join(p.lines, "") {
			if err := os.WriteFile(p.name, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
