//go:build unix || windows

package main

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A commandDoc is what help and completion say of a command.
type commandDoc struct {
	name  string
	args  string // what stands behind the flags
	does  string // in the list of commands
	about string // what it does, in whole lines
	flags []flagDoc
	rest  string // what follows the flags, in whole lines

	words []words // what each argument can be, for completion; beyond these, nothing
}

// A flagDoc is the same of a flag. How it is read is in [options.flags].
type flagDoc struct {
	name  string
	value string // what stands for its value; "" if it takes none
	text  string // one paragraph
	words words  // what its value can be, for completion
}

// words says what can stand at a place of the command line.
type words struct {
	list    func() []string // these
	several bool            // any number of them, separated by commas
	files   bool            // the name of a file
	dirs    bool            // the name of a directory
}

// commandNamed returns what is said of a command.
func commandNamed(name string) commandDoc {
	i := slices.IndexFunc(commandDocs, func(c commandDoc) bool { return c.name == name })
	return commandDocs[i]
}

// helpFlag is a flag of every command.
var helpFlag = flagDoc{name: "help", text: "this text"}

// text returns the command's help.
func (c commandDoc) text() string {
	var b strings.Builder
	b.WriteString("usage: brine " + c.name)
	if len(c.flags) > 0 {
		b.WriteString(" [flags]")
	}
	b.WriteString(strings.TrimRight(" "+c.args, " ") + "\n\n" + c.about + "\nflags:\n")
	for _, f := range append(slices.Clip(c.flags), helpFlag) {
		b.WriteString(f.lines())
	}
	b.WriteString("\n" + c.rest)
	return b.String()
}

// helpColumn is where the explanations of flags begin, and helpWidth where lines
// end.
const (
	helpColumn = 23
	helpWidth  = 80
)

// lines returns the flag with its explanation beside it.
func (f flagDoc) lines() string {
	return besides(strings.TrimRight("  "+dashed(f.name)+" "+f.value, " "), f.text)
}

// besides returns a paragraph with what it is about on its left.
func besides(left, text string) string {
	var b strings.Builder
	for _, line := range wrap(text, helpWidth-helpColumn) {
		b.WriteString(left + strings.Repeat(" ", helpColumn-len(left)) + line + "\n")
		left = ""
	}
	return b.String()
}

// short returns the beginning of a flag's explanation, without what is in
// parentheses.
func (f flagDoc) short() string {
	const most = 60
	text := f.text
	if before, rest, ok := strings.Cut(text, " ("); ok {
		_, after, _ := strings.Cut(rest, ")")
		text = before + after
	}
	for _, end := range []string{". ", ": ", "; ", ", "} {
		if end != ", " || len(text) > most {
			text, _, _ = strings.Cut(text, end)
		}
	}
	return text
}

// wrap breaks a paragraph into lines.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimLeft(line+" "+word, " ")
	}
	return append(lines, line)
}

// dashed is how a flag is written.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// helpMain is what "brine help" says.
func helpMain() string {
	var list strings.Builder
	say := func(usage, does string) {
		line := "  brine " + usage + strings.Repeat(" ", max(21-len(usage), 1)) + does
		list.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	for _, c := range commandDocs {
		usage := c.name
		if c.args != "" {
			usage += " " + c.args
		}
		say(usage, c.does)
	}
	say("help [TOPIC]", "on a command, on exit (codes) or json (fields)")
	say("--version", "")
	return `brine tests programs that talk over Unix-domain sockets, by executing them on a
simulated machine in many orders and with many faults. Besides, it joins
standard input and output to a real socket.

usage:
` + list.String() + `
Flags may stand before and behind the arguments; -- ends them. Colours and lines
that tell the progress are for terminals only; NO_COLOR=1 keeps colours away.

examples:
  brine demo
  brine run takeover --wrong
  brine serve --mode 0600 /tmp/chat.sock     in one terminal, and in another:
  brine dial /tmp/chat.sock

exit codes:
  0    all is well
  1    a run failed; a failure without an errno
  2    the command line makes no sense
  80…  one code for each errno: see 'brine help exit'
  129, 130, 143  ended by SIGHUP, SIGINT, SIGTERM
  141  standard output was closed by its reader
`
}

// helpTopics is what "brine help TOPIC" knows.
func helpTopics() map[string]string {
	topics := map[string]string{"exit": helpExit(), "json": helpJSON()}
	for _, c := range commandDocs {
		topics[c.name] = c.text()
	}
	return topics
}

func helpExit() string {
	return `brine ends with one of these codes, the same on every system:

  0    serve, dial: both directions ended in order
       conform: no divergence
       run, replay: no run failed
       view: written
       demo: everything went as it tells
  1    a failure without an errno
       conform: a divergence, or nothing was compared
       run, replay: a run failed, or none was executed
       demo: something did not go as it tells
  2    the command line makes no sense

` + codeTable() + `
  119  any other errno; the message names it
  129  ended by SIGHUP
  130  ended by SIGINT
  141  standard output was closed by its reader
  143  ended by SIGTERM

0 of serve and dial says that everything the peer sent has been written out, that
everything from standard input was handed to the connection, and that the peer did
not close it with any of that unread up to then. It cannot say what the peer made
of it.
`
}

func topics() []string { return slices.Sorted(maps.Keys(helpTopics())) }
