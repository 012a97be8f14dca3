package explore

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// Same reports whether two verdicts are the same failure: whether they are of one
// [Class]. What did not fail is not the same as anything. It does not block, and
// may be called from any goroutine.
func Same(a, b error) bool {
	c := Class(a)
	return c != "" && c == Class(b)
}

// Class returns in a line what makes a verdict the failure that it is, and leaves
// out what differs from run to run: numerals, addresses, quoted data, and which
// task it was. It is "" for nil and for a run that was skipped, which have not
// failed.
//
//   - Of a *simnet.Panic it has the value and the innermost place of the program;
//   - of a *simnet.Failure the place that called Fatal, as Helper has it. Where only
//     Error was called, that is the first place from which the task logged anything;
//   - of a *simnet.Exit the innermost place;
//   - of a *simnet.Misuse what it says;
//   - of others of package simnet the kind alone: a *simnet.Deadlock is one,
//     whoever waits.
//
// Another error may have a method Class() string, and is what that says. Of one
// that has not, its type counts, and of a type of packages errors and fmt, which
// says nothing, the text besides.
//
// A place is a file's name and a line. It does not block, and may be called from
// any goroutine.
func Class(err error) string {
	switch e := err.(type) {
	case nil, *simnet.Skipped:
		return ""
	case *simnet.Panic:
		return "panic: " + mask(fmt.Sprint(e.Value)) + at(innermost(e.Stack))
	case *simnet.Failure:
		return "failure" + at(failedAt(e))
	case *simnet.Exit:
		return "exit" + at(innermost(e.Stack))
	case *simnet.Misuse:
		return "misuse: " + mask(e.What)
	case interface{ Class() string }:
		return e.Class()
	}
	kind := fmt.Sprintf("%T", err)
	switch t := reflect.TypeOf(err); {
	case t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "errors",
		t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "fmt":
		line, _, _ := strings.Cut(err.Error(), "\n")
		return kind + ": " + mask(line)
	}
	return kind
}

// Kinds of text that differ from run to run.
var (
	quotedData = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`")
	address    = regexp.MustCompile(`0x[0-9a-fA-F]+`)
	number     = regexp.MustCompile(`[0-9]+`)
	numerals   = regexp.MustCompile(`#(?:[ ,]+#)+`) // a list of whatever length
)

// mask takes out of a text what differs from run to run.
func mask(text string) string {
	text = quotedData.ReplaceAllString(text, `""`)
	text = address.ReplaceAllString(text, "#")
	text = number.ReplaceAllString(text, "#")
	return numerals.ReplaceAllString(text, "#")
}

func at(place string) string {
	if place == "" {
		return ""
	}
	return " at " + place
}

// failedAt returns the place that has failed a run.
func failedAt(e *simnet.Failure) string {
	stack := program(e.Stack)
	place := ""
	for line := range strings.Lines(e.Log) {
		p := loggedAt(line, e.Task)
		if p == "" {
			continue
		}
		if len(stack) == 0 { // Error goes on: who was first is to be had
			return p
		}
		for _, f := range stack { // Fatal does not: who was last
			if placeOf(f) == p {
				place = p
			}
		}
	}
	if place == "" && len(stack) > 0 {
		place = placeOf(stack[0])
	}
	return place
}

// loggedAt returns the place of a line like
// `1ms client/main client_test.go:31: got 5`, if it is the task's. The body of a
// property, which is no task, logs without the time and its name.
func loggedAt(line, task string) string {
	rest := line
	if task != "body" {
		_, rest, _ = strings.Cut(line, " ")
		var ok bool
		if rest, ok = strings.CutPrefix(rest, task+" "); !ok {
			return ""
		}
	}
	place, _, ok := strings.Cut(rest, ": ")
	file, n, isPlace := strings.Cut(place, ":")
	if _, err := strconv.Atoi(n); !ok || !isPlace || err != nil || file == "" || strings.Contains(file, " ") {
		return ""
	}
	return place
}

// innermost returns the innermost place of the program in a stack trace.
func innermost(stack string) string {
	for _, f := range program(stack) {
		return placeOf(f)
	}
	return ""
}

func placeOf(f simnet.Frame) string { return filepath.Base(f.File) + ":" + strconv.Itoa(f.Line) }

// program returns the calls in the stack trace of a goroutine that are the
// program's own, from the innermost on: not those of this module's machinery, nor
// of the standard library.
func program(stack string) (s simnet.Stack) {
	function := ""
	for line := range strings.Lines(stack) {
		line = strings.TrimSuffix(line, "\n")
		place, indented := strings.CutPrefix(line, "\t")
		switch {
		case strings.HasPrefix(line, "created by "):
			return s
		case !indented:
			if end := strings.LastIndexByte(line, '('); end > 0 {
				line = line[:end]
			}
			function = line
		case !machinery(function, place):
			place, _, _ = strings.Cut(place, " +0x")
			i := strings.LastIndexByte(place, ':')
			if i < 0 {
				continue
			}
			n, _ := strconv.Atoi(place[i+1:])
			s = append(s, simnet.Frame{Func: function, File: place[:i], Line: n})
		}
	}
	return s
}

// Functions whose names begin so are not the program's, and neither is what is in
// files of the standard library.
var (
	simnetPath = reflect.TypeFor[simnet.World]().PkgPath()
	foreign    = []string{
		simnetPath + ".",
		simnetPath + "/internal/",
		reflect.TypeFor[ShrinkConfig]().PkgPath() + ".",
		reflect.TypeFor[transport.Error]().PkgPath() + ".",
		strings.TrimSuffix(simnetPath, "simnet") + "proptest.",
		"runtime.", "runtime/", "iter.", "testing.", "reflect.",
	}
	library = libraryFiles()
)

func machinery(function, place string) bool {
	if function == "" || function == "panic" || library != "" && strings.HasPrefix(place, library) {
		return true
	}
	if strings.Contains(place, "_test.go:") { // a test of it
		return false
	}
	for _, f := range foreign {
		if strings.HasPrefix(function, f) {
			return true
		}
	}
	return false
}

// libraryFiles returns where the files of the standard library are, "" if they have
// no such place (-trimpath).
func libraryFiles() string {
	f := runtime.FuncForPC(reflect.ValueOf(errors.New).Pointer())
	if f == nil {
		return ""
	}
	file, _ := f.FileLine(f.Entry())
	dir, _ := strings.CutSuffix(filepath.ToSlash(file), "errors/errors.go")
	if dir == filepath.ToSlash(file) {
		return ""
	}
	return dir
}
