//go:build unix || windows

package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// width returns how many characters a line of w has, or 0 if that is not known.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok && isTerminal(w) {
		return columnsOf(f)
	}
	return 0
}

// A paint says whether what is written has colours: on a terminal that knows them,
// if NO_COLOR is not set (no-color.org).
type paint bool

func paintOn(w io.Writer) paint {
	return paint(isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && coloursKnown)
}

func (p paint) bold(text string) string  { return p.as("1", text) }
func (p paint) red(text string) string   { return p.as("1;31", text) }
func (p paint) green(text string) string { return p.as("1;32", text) }

func (p paint) as(code, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[m"
}

// plain returns a word as it stands in a message: with quotation marks, if it would
// otherwise not be seen, or do something to a terminal.
func plain(word string) string {
	if word == "" || strings.TrimSpace(word) != word || strings.ContainsFunc(word, func(r rune) bool { return !shows(r) }) {
		return strconv.Quote(word)
	}
	return word
}

// visible returns a text in which a terminal has nothing to carry out: what is in a
// trace may come from anywhere.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == '\n' || r == '\t' || shows(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// shows reports whether a rune is one that is seen.
func shows(r rune) bool { return strconv.IsPrint(r) && r != utf8.RuneError }

// A progressLine is one line of a terminal, written over and over again, on how far
// an exploration is. Where there is no terminal, or one that cannot do that, it is
// nothing.
type progressLine struct {
	w     io.Writer
	live  bool
	width int

	runs int           // at most; 0: any number
	most time.Duration // at most; 0: any

	mu    sync.Mutex
	shown bool
	fired simnet.Fired
}

func newProgressLine(w io.Writer) *progressLine {
	p := &progressLine{w: w, live: isTerminal(w) && os.Getenv("TERM") != "dumb", width: 80}
	if n := width(w); n > 0 {
		p.width = n
	}
	return p
}

// program returns what explores build and tells the line which faults have struck,
// by the marks of each run.
func (p *progressLine) program(build func(*simnet.World)) explore.Program {
	return func(x *explore.Execution) *simnet.Result {
		res := x.Run(build)
		for f, n := range res.Fired {
			for ; n > 0; n-- {
				x.Marks = append(x.Marks, uint32(f))
			}
		}
		return res
	}
}

// done is told of every run that counts.
func (p *progressLine) done(x *explore.Execution) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range x.Marks {
		p.fired[f]++
	}
}

// show writes how far an exploration is.
func (p *progressLine) show(at explore.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	faults, kinds := 0, 0
	for _, n := range p.fired {
		faults += n
		if n > 0 {
			kinds++
		}
	}
	p.write(fmt.Sprintf("%s, %s a second, %s different, %s of %s", p.budget(at),
		grouped(perSecond(at.Runs, at.Elapsed)), grouped(at.Distinct), plural(faults, "fault"), plural(kinds, "kind")))
}

// budget returns how much was executed, of how much.
func (p *progressLine) budget(at explore.Progress) string {
	text := plural(at.Runs, "run")
	if p.runs > 0 {
		text = grouped(at.Runs) + " of " + plural(p.runs, "run")
	}
	if p.most > 0 {
		text += fmt.Sprintf(" in %v of %v", at.Elapsed.Truncate(time.Second), p.most)
	}
	return text
}

// write writes the line, for those who hold mu or are alone.
func (p *progressLine) write(line string) {
	if !p.live {
		return
	}
	if len(line) > p.width-1 {
		line = line[:max(p.width-1, 0)]
	}
	fmt.Fprintf(p.w, "\r%s\x1b[K", line)
	p.shown = true
}

// clear takes the line away.
func (p *progressLine) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
