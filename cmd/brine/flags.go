//go:build unix || windows

package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/brine/simnet"
)

// options are what the flags say.
type options struct {
	path     string
	timeout  time.Duration // 0: none
	mode     fs.FileMode   // 0: the system's
	allowUID []int
	takeover bool
	wait     bool
	showPeer bool

	// of conform
	ops     int // 0: not given
	forTime time.Duration
	seed    uint64

	// of view, where path is the trace's
	calm     string
	format   string
	title    string
	howAgain string // how the run is executed again

	// of run, replay, demo and completion; replay's script is the path
	name         string // of an example
	wrong, right bool
	strategy     string
	runs         int           // 0: not given
	most         time.Duration // 0: not given
	cores        int           // 0: not given
	faults       *[]simnet.Fault
	output       string // a directory; view's is a file
	trace        string // a file
	json         bool
	shell        string
}

// A usageError is a mistake in the command line. It ends with exit code 2.
type usageError struct {
	text  string
	topic string // of the help that says how it is done, or ""
}

func (e *usageError) Error() string { return e.text }

// parse reads the arguments of a command. Flags may stand before and after
// PATH; "--" ends them.
//
// Package flag keeps the flags and their values, but the loop is ours: its own
// stops at the first argument that is not a flag, and its messages do not say
// what to do instead.
func parse(command string, args []string) (options, error) {
	o, text := parseFlags(command, args)
	if text != "" {
		return o, &usageError{text, command}
	}
	return o, nil
}

// parseFlags returns what is wrong with the arguments, or "".
func parseFlags(command string, args []string) (o options, mistake string) {
	known := o.flags(command)
	var paths []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			paths = append(paths, args...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			paths = append(paths, arg)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		f := known.Lookup(name)
		if f == nil {
			return o, unknownFlag(command, name, known)
		}
		if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			if !hasValue {
				value = "true"
			} else if _, err := strconv.ParseBool(value); err != nil {
				return o, dashed(name) + " takes no value"
			}
		} else if !hasValue {
			if len(args) == 0 {
				return o, dashed(name) + " needs a value"
			}
			value, args = args[0], args[1:]
		}
		if err := known.Set(name, value); err != nil {
			return o, fmt.Sprintf("%s %s: %v", dashed(name), plain(value), err)
		}
	}
	return o, cmp.Or(o.arguments(command, paths), o.nameless(command, known))
}

// arguments takes what is no flag, and returns what is wrong with it, or "".
func (o *options) arguments(command string, args []string) string {
	places, needs := []*string{&o.path}, command+" needs the PATH of a socket"
	least := 1
	switch command {
	case "conform", "demo":
		places = nil
	case "view":
		needs = "view needs the TRACE of a run: a file, or - for standard input"
	case "run":
		places, least = []*string{&o.name}, 0
	case "replay":
		places, least = []*string{&o.name, &o.path}, 2
		needs = "replay needs the NAME of an example, and a SCRIPT: a file, or - for standard input"
	case "completion":
		places, needs = []*string{&o.shell}, "completion needs a SHELL: bash, zsh or fish"
	}
	switch {
	case len(args) > len(places) && len(places) == 0:
		return fmt.Sprintf("%s takes no arguments, but %q", command, args)
	case len(args) > len(places):
		return fmt.Sprintf("%s takes %s, not %d: %q", command, takes(command), len(args), args)
	case len(args) < min(least, len(places)):
		return needs
	}
	for i, arg := range args {
		// Of a socket, the system says what it makes of no name at all.
		if arg == "" && (places[i] != &o.path || command == "view" || command == "replay") {
			return fmt.Sprintf("%s is empty; a variable that is not set, perhaps", placeNames(command)[i])
		}
		*places[i] = arg
	}
	return cmp.Or(o.exampleMistake(), o.viewMistake(command))
}

// placeNames returns what stands behind the flags of a command, in the words of its
// help.
func placeNames(command string) []string {
	return strings.Fields(strings.Trim(commandNamed(command).args, "[]"))
}

// takes is what stands behind the flags of a command, in a sentence.
func takes(command string) string {
	if command == demoDaemon {
		return "one PATH"
	}
	if names := placeNames(command); len(names) == 1 {
		return "one " + names[0]
	}
	return commandNamed(command).args
}

// flags returns the flags of a command, which set o.
func (o *options) flags(command string) *flag.FlagSet {
	f := flag.NewFlagSet(command, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	switch command {
	case "conform":
		o.conformFlags(f)
		return f
	case "view":
		o.viewFlags(f)
		return f
	case "run", "replay", "demo":
		o.exampleFlags(command, f)
		return f
	case "completion":
		return f
	}
	f.Func("timeout", "", func(v string) (err error) { o.timeout, err = parseTimeout(v); return })
	f.Func("allow-uid", "", func(v string) error { return o.addUIDs(v) })
	f.BoolVar(&o.showPeer, "show-peer", false, "")
	switch command {
	case "serve":
		f.Func("mode", "", func(v string) (err error) { o.mode, err = parseMode(v); return })
		f.BoolVar(&o.takeover, "takeover", false, "")
	case "dial":
		f.BoolVar(&o.wait, "wait", false, "")
	}
	return f
}

func parseTimeout(v string) (time.Duration, error) {
	d, err := parseDuration(v)
	if err == nil && d <= 0 {
		err = fmt.Errorf("must be more than 0; leave --timeout out to wait without limit")
	}
	return d, err
}

func parseDuration(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil {
		if _, e := strconv.Atoi(v); e == nil && v != "0" {
			return 0, fmt.Errorf("a unit is missing; write %ss for seconds", v)
		}
		return 0, fmt.Errorf("write a duration such as 500ms, 30s or 2m")
	}
	return d, nil
}

func parseMode(v string) (fs.FileMode, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(v, "0o"), 8, 32)
	if err != nil {
		return 0, fmt.Errorf("write permission bits in octal, such as 0600")
	}
	mode := fs.FileMode(n)
	switch {
	case mode > fs.ModePerm:
		return 0, fmt.Errorf("only the permission bits 0001 to 0777 can be set")
	case mode == 0:
		return 0, fmt.Errorf("would keep everyone out; 0600 lets your own processes in")
	}
	return mode, nil
}

func (o *options) addUIDs(v string) error {
	for _, s := range strings.Split(v, ",") {
		// IDs have 32 bits, and the highest stands for "none".
		uid, err := strconv.ParseUint(s, 10, 32)
		if err != nil || uid == 1<<32-1 {
			return fmt.Errorf("write user IDs as numbers, such as 1000 or 0,1000; 'id -u NAME' tells that of a name")
		}
		o.allowUID = append(o.allowUID, int(uid))
	}
	return nil
}

// wantsHelp reports whether help is asked for anywhere among the flags, so that
// a person may add --help to the line at hand.
func wantsHelp(args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return slices.ContainsFunc(args, func(a string) bool { return a == "--help" || a == "-help" || a == "-h" })
}

func unknownFlag(command, name string, known *flag.FlagSet) string {
	var others []string
	for _, other := range commandDocs {
		if other.name != command && new(options).flags(other.name).Lookup(name) != nil {
			others = append(others, other.name)
		}
	}
	if n := len(others); n > 0 {
		if n > 1 {
			others = []string{strings.Join(others[:n-1], ", ") + " and " + others[n-1]}
		}
		return fmt.Sprintf("%s is a flag of %s, not of %s", dashed(name), others[0], command)
	}
	var names []string
	known.VisitAll(func(f *flag.Flag) {
		if len(f.Name) > 1 { // nobody means a short one by mistake
			names = append(names, f.Name)
		}
	})
	if len(names) == 0 {
		return fmt.Sprintf("unknown flag %s; %s has none", plain(dashed(name)), command)
	}
	return fmt.Sprintf("unknown flag %s%s", plain(dashed(name)), didYouMean(name, names, "--"))
}

// didYouMean names the candidate that word was probably meant to be, or lists
// all of them if none is near.
func didYouMean(word string, candidates []string, prefix string) string {
	best, least := "", 3
	word = strings.ToLower(word)
	for _, c := range candidates {
		lower := strings.ToLower(c)
		if d := distance(word, lower); d < least && 2*d < len(c) { // tcsh is not bash
			best, least = c, d
		}
		if len(word) >= 3 && strings.HasPrefix(lower, word) {
			best, least = c, 0
		}
	}
	if best != "" {
		return "; did you mean " + prefix + best + "?"
	}
	return "; known: " + prefix + strings.Join(candidates, ", "+prefix)
}

// distance is how many letters have to be changed, added, left out or swapped
// with their neighbour to make b of a.
func distance(a, b string) int {
	before, last, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(last[j]+cost, last[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, last, next = last, next, before
	}
	return last[len(b)]
}
