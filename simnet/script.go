package simnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/brine/transport"
)

// What a script may be. Its text comes from files, flags and environment
// variables, so the work of reading it is bounded. Numbers stop where an int
// does on any system.
const (
	scriptHeader    = "brine script 1"
	maxScriptText   = 1 << 20
	maxScriptLines  = 100_000
	maxScriptNumber = math.MaxInt32
)

// A Script is a run as its deviations from the calm one. Each line says where a
// question had another answer than the calm one, and which: by task, by that
// task's operation and by the answer's name, so that it survives edits elsewhere
// in the program and can be read as an explanation. The script of the calm run
// has no lines.
//
//	brine script 1
//	data msg "aGk="
//	client/main 3     run daemon/accept   # before its 3rd operation, daemon/accept goes first
//	daemon/conn~2 2   short 1             # its 2nd operation moves one byte
//	client/main 5.2   fail ECONNRESET     # the second time that its 5th was asked whether it fails
//	client/main 3+    run server/main     # when its 3rd operation waited
//	daemon#2/main 4   early
//
// The first line says the version. Data lines are a name and one JSON value, to
// the end of the line. All others are a task, a position, a verb, mostly an
// answer, and after " #" a comment:
//
//	task       process/task, process#2/task (incarnation), or world
//	position   3 before the operation, 3+ after it, 3.2 and 3+.2 for the second time
//	run        a task                      timer    a task, and where it has set several
//	                                                the operation that did, as in c/main 4
//	wake       a process                   kill     a process, as in server#2
//	restart    a process                   pause    a process
//	short      1, half or most             fail     an errno's name
//	late       a duration                  jump     a duration
//	buffer     a number of bytes           file     removed, replaced, forbidden or dirgone
//	early      nothing                     full     nothing
//
// Words are separated by spaces and tabs. Blank lines and lines that begin with
// # mean nothing and are not kept; lines may end in CR LF. In the names of
// processes, tasks and data every byte but those of letters, digits and _-.@: is
// written %XX, and the empty name is %.
type Script struct {
	Data  []Datum // values that a property test drew, in order
	Lines []Line
}

// ParseScript reads a script. Errors are *ScriptError. More than 1 MiB of text
// or 100,000 lines of it are an error, and so is what [Script.String] could not
// write in that space.
func ParseScript(text string) (Script, error) {
	if len(text) > maxScriptText {
		line := 1 + strings.Count(text[:maxScriptText], "\n")
		return Script{}, &ScriptError{Line: line, What: fmt.Sprintf("a script has at most %d bytes, and this one %d", maxScriptText, len(text))}
	}
	var s Script
	n, headed := 0, false
	for line := range strings.Lines(text) {
		if n++; n > maxScriptLines {
			return Script{}, &ScriptError{Line: n, What: fmt.Sprintf("a script has at most %d lines", maxScriptLines)}
		}
		line = strings.Trim(line, scriptBlank+"\n")
		if line == "" || line[0] == '#' {
			continue
		}
		var err error
		if headed {
			err = s.add(line)
		} else {
			headed, err = true, checkHeader(line)
		}
		if err != nil {
			return Script{}, inScript(n, line, err)
		}
	}
	if !headed {
		return Script{}, &ScriptError{Line: n + 1, What: fmt.Sprintf("there is no script; one begins with the line %q", scriptHeader)}
	}
	if size := len(s.String()); size > maxScriptText {
		return Script{}, &ScriptError{Line: n, What: fmt.Sprintf("a script has at most %d bytes, and this one %d when written in full", maxScriptText, size)}
	}
	return s, nil
}

func checkHeader(line string) error {
	words, _ := scriptWords(line)
	header := strings.Join(words, " ")
	if header == scriptHeader {
		return nil
	}
	if len(words) == 3 && strings.HasPrefix(header, "brine script ") {
		return wrong(header, "this version reads 1")
	}
	return wrong(line, "a script begins with the line %q", scriptHeader)
}

// add reads one line that is not blank.
func (s *Script) add(line string) error {
	if word, rest := cutWord(line); word == "data" {
		d, err := parseDatum(strings.Trim(rest, scriptBlank))
		s.Data = append(s.Data, d)
		return err
	}
	l, err := parseLine(line)
	s.Lines = append(s.Lines, l)
	return err
}

// String writes the script in its canonical form, each line with its newline:
// data first, columns aligned, nothing that may be left out. Line breaks in JSON
// and in comments become spaces. [ParseScript] of it is the script again if every
// field is as it would have read it; [Script.MarshalText] finds out.
func (s Script) String() string {
	text := s.text(true)
	if len(text) > maxScriptText { // and not for want of what to say
		text = s.text(false)
	}
	return text
}

func (s Script) text(aligned bool) string {
	var b strings.Builder
	b.WriteString(scriptHeader + "\n")
	for _, d := range s.Data {
		b.WriteString(d.String() + "\n")
	}
	var where, what column
	if aligned {
		for _, l := range s.Lines {
			where.fit(l.where())
			if l.Why != "" {
				what.fit(l.what())
			}
		}
	}
	for _, l := range s.Lines {
		l.write(&b, where, what)
		b.WriteByte('\n')
	}
	return b.String()
}

// A column is how wide its cells are, the gap after them included.
type column int

// fit makes the column wide enough for one more cell. Very wide ones stick out
// instead, lest one of them make all lines long.
func (c *column) fit(cell string) {
	const widest, gap = 40, 3
	if n := utf8.RuneCountInString(cell); n <= widest {
		*c = max(*c, column(n+gap))
	}
}

func (c column) write(b *strings.Builder, cell string) {
	b.WriteString(cell)
	b.WriteByte(' ')
	for range int(c) - utf8.RuneCountInString(cell) - 1 {
		b.WriteByte(' ')
	}
}

// MarshalText returns what [Script.String] does. It fails with a *ScriptError
// for a script that would be read as another one, or not at all: with an
// operation 0, say, an answer that its kind does not have, or a comment of two
// lines.
func (s Script) MarshalText() ([]byte, error) {
	text := s.String()
	back, err := ParseScript(text)
	if err != nil {
		return nil, err
	}
	if i := differ(s.Data, back.Data); i >= 0 {
		return nil, &ScriptError{Line: 2 + i, Text: shorten(s.Data[i].String()), What: "would not be read as what it is"}
	}
	if i := differ(s.Lines, back.Lines); i >= 0 {
		return nil, &ScriptError{Line: 2 + len(s.Data) + i, Text: shorten(s.Lines[i].String()), What: "would not be read as what it is"}
	}
	return []byte(text), nil
}

// differ returns the first index at which got is not as want, or -1. What a
// field smuggles in makes got longer, from a line on that differs already.
func differ[V comparable](want, got []V) int {
	for i := range want {
		if i >= len(got) || want[i] != got[i] {
			return i
		}
	}
	return -1
}

// UnmarshalText does what [ParseScript] does. After an error the script is as it
// was.
func (s *Script) UnmarshalText(text []byte) error {
	read, err := ParseScript(string(text))
	if err == nil {
		*s = read
	}
	return err
}

// A Datum is one value that a property test drew.
type Datum struct {
	Name string // what the test called it
	JSON string // the value
}

func parseDatum(text string) (Datum, error) {
	word, rest := cutWord(text)
	value := strings.Trim(rest, scriptBlank)
	if value == "" {
		return Datum{}, wrong(strings.TrimSpace("data "+text), `data is followed by a name and a JSON value, as in data msg "aGk="`)
	}
	name, err := unescapeName(word)
	if err != nil {
		return Datum{}, err
	}
	if !json.Valid([]byte(value)) {
		return Datum{}, wrong(value, "not JSON; what follows the name is one value, to the end of the line and without a comment")
	}
	return Datum{Name: name, JSON: value}, nil
}

// String returns the datum's line in a script.
func (d Datum) String() string {
	return "data " + escapeName(d.Name) + " " + oneLine(d.JSON)
}

// A Line is one deviation: a question, and what was answered.
type Line struct {
	Task   TaskName // whose operation the question belongs to
	Op     int      // its n-th operation, counted from 1; the end of a task counts as one
	After  bool     // asked when that operation waited or ended ("3+"), not before it ("3")
	Ask    int      // which time the question was put there, from 1 (".2"; ".1" is left out)
	Kind   Kind     // what was asked: the verb
	Answer string   // the answer's name; empty for KindEarly and KindFull, which have one beside the calm one
	Why    string   // the comment: one line without space around it
}

func parseLine(text string) (Line, error) {
	words, why := scriptWords(text)
	l := Line{Why: why}
	var err error
	if l.Task, err = ParseTaskName(words[0]); err != nil {
		return l, err
	}
	if len(words) < 2 {
		return l, wrong(text, "a task is followed by the number of its operation, as in client/main 3 run server/main")
	}
	if l.Op, l.After, l.Ask, err = parsePosition(words[1]); err != nil {
		return l, err
	}
	if len(words) < 3 {
		return l, wrong(text, "a position is followed by a verb, one of %s", verbs())
	}
	kind := slices.Index(kindNames[:], words[2])
	if kind < 0 {
		return l, wrong(words[2], "not a verb; the verbs are %s", verbs())
	}
	l.Kind = Kind(kind)
	l.Answer, err = parseAnswer(l.Kind, text, words[3:])
	return l, err
}

func verbs() string { return strings.Join(kindNames[:], ", ") }

// parsePosition reads 3, 3+, 3.2 or 3+.2.
func parsePosition(text string) (op int, after bool, ask int, err error) {
	at, again, isAgain := strings.Cut(text, ".")
	at, after = strings.CutSuffix(at, "+")
	const forms = "a position is written 3, 3+, 3.2 or 3+.2"
	if op, err = parseNumber(at, text, "operations", forms); err != nil {
		return 0, false, 0, err
	}
	ask = 1
	if isAgain {
		ask, err = parseNumber(again, text, "the times that a question was put", forms)
	}
	return op, after, ask, err
}

const (
	taskForm     = "a task, as in client/main"
	processForm  = "a process, as in server or server#2"
	durationForm = "a duration of more than 0, as in 1.5s"
	bytesForm    = "a number of bytes, as in 4096"
)

// answerForms says of each kind what follows it, and reads that into its
// canonical form. Kinds that are not here have one answer beside the calm one.
var answerForms = [numKinds]struct {
	words string
	read  func(word string) (string, error) // errNoAnswer: not what words says
}{
	KindRun:     {taskForm, readTask},
	KindWake:    {processForm, readProcess},
	KindTimer:   {taskForm, readTask},
	KindShort:   {"1, half or most", oneOf("1", "half", "most")},
	KindFail:    {"the name of an errno, as in ECONNRESET", readErrno},
	KindLate:    {durationForm, readDuration},
	KindJump:    {durationForm, readDuration},
	KindBuffer:  {bytesForm, readBytes},
	KindFile:    {"removed, replaced, forbidden or dirgone", oneOf("removed", "replaced", "forbidden", "dirgone")},
	KindKill:    {processForm, readProcess},
	KindRestart: {processForm, readProcess},
	KindPause:   {processForm, readProcess},
}

var errNoAnswer = errors.New("no answer of this kind")

// parseAnswer reads what follows a verb.
func parseAnswer(kind Kind, line string, words []string) (answer string, err error) {
	form := answerForms[kind]
	if form.read != nil {
		if len(words) == 0 {
			return "", wrong(line, "%s is followed by %s", kind, form.words)
		}
		switch answer, err = form.read(words[0]); {
		case err == errNoAnswer:
			return "", wrong(words[0], "%s is followed by %s", kind, form.words)
		case err != nil:
			return "", err
		}
		words = words[1:]
	}
	if kind == KindTimer && len(words) > 0 {
		// Which of several that the task has set.
		op, after, ask, err := parsePosition(words[0])
		if err == nil && after {
			err = wrong(words[0], "the operation that set a timer is written 3, or 3.2 for its second one")
		}
		if err != nil {
			return "", err
		}
		answer += " " + position(op, false, ask)
		words = words[1:]
	}
	if len(words) > 0 {
		return "", wrong(words[0], "nothing follows %s here but a comment, which begins with #", strings.TrimSpace(kind.String()+" "+shorten(answer)))
	}
	return answer, nil
}

func readTask(word string) (string, error) {
	n, err := ParseTaskName(word)
	return n.String(), err
}

func readProcess(word string) (string, error) {
	if strings.Contains(word, "/") { // a task
		return "", errNoAnswer
	}
	name, incarnation, err := parseProcess(word)
	return processName(name, incarnation), err
}

func readErrno(word string) (string, error) {
	if _, ok := transport.ParseErrno(word); !ok {
		return "", errNoAnswer
	}
	return word, nil
}

func readDuration(word string) (string, error) {
	d, err := time.ParseDuration(word)
	if err != nil || d <= 0 {
		return "", errNoAnswer
	}
	return d.String(), nil
}

func readBytes(word string) (string, error) {
	n, err := parseNumber(word, word, "bytes", "buffer is followed by "+bytesForm)
	return strconv.Itoa(n), err
}

func oneOf(answers ...string) func(string) (string, error) {
	return func(word string) (string, error) {
		if !slices.Contains(answers, word) {
			return "", errNoAnswer
		}
		return word, nil
	}
}

// String returns the line as it stands in a script, but with one space where the
// script aligns columns.
func (l Line) String() string {
	var b strings.Builder
	l.write(&b, 0, 0)
	return b.String()
}

func (l Line) write(b *strings.Builder, where, what column) {
	where.write(b, l.where())
	why := oneLine(l.Why)
	if why == "" {
		b.WriteString(l.what())
		return
	}
	what.write(b, l.what())
	b.WriteString("# " + why)
}

// where returns the task and the position.
func (l Line) where() string {
	return l.Task.String() + " " + position(l.Op, l.After, l.Ask)
}

// position is what parsePosition reads.
func position(op int, after bool, ask int) string {
	s := strconv.Itoa(op)
	if after {
		s += "+"
	}
	if ask > 1 {
		s += "." + strconv.Itoa(ask)
	}
	return s
}

// what returns the verb and the answer.
func (l Line) what() string {
	if l.Answer == "" {
		return l.Kind.String()
	}
	return l.Kind.String() + " " + l.Answer
}

// A ScriptError says what is wrong in the text of a script.
type ScriptError struct {
	Line int    // counted from 1; 0 for a text that is no script, as ParseTaskName's
	Text string // the words that are wrong, cut if long; "" where they are missing
	What string // what is wrong with them, and what would be right
}

// Error reads like `script line 3: "0": operations are counted from 1`.
func (e *ScriptError) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "script line %d: ", e.Line)
	}
	if e.Text != "" {
		b.WriteString(strconv.Quote(e.Text) + ": ")
	}
	return b.String() + e.What
}

// wrong makes a ScriptError without a line's number.
func wrong(text, format string, args ...any) error {
	return &ScriptError{Text: shorten(text), What: fmt.Sprintf(format, args...)}
}

// inScript gives an error of wrong its line in a script. Where words are
// missing, the error quotes text.
func inScript(line int, text string, err error) error {
	if e, ok := errors.AsType[*ScriptError](err); ok {
		e.Line = line
		if e.Text == "" {
			e.Text = shorten(text)
		}
	}
	return err
}

// shorten cuts text to what a message can hold.
func shorten(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}

// parseNumber reads a number from 1, which is a part of a word. counted says in
// the plural what it counts, and form how the word would be written.
func parseNumber(text, word, counted, form string) (int, error) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, wrong(word, "%s", form)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case n <= 0:
		return 0, wrong(word, "%s are counted from 1", counted)
	case err != nil || n > maxScriptNumber:
		return 0, wrong(word, "%s are counted up to %d", counted, maxScriptNumber)
	}
	return int(n), nil
}

// scriptBlank is the space around the words of a line. A carriage return is
// there for CR LF, and separates nothing.
const scriptBlank = " \t\r"

// cutWord returns the first word of text and what comes right behind it.
func cutWord(text string) (word, rest string) {
	text = strings.TrimLeft(text, " \t")
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

// scriptWords splits a line into its words and its comment.
func scriptWords(text string) (words []string, why string) {
	for {
		word, rest := cutWord(text)
		switch {
		case word == "":
			return words, ""
		case word[0] == '#':
			return words, strings.Trim(word[1:]+rest, scriptBlank)
		}
		words = append(words, word)
		text = rest
	}
}

// oneLine makes of a comment or of JSON what can stand at the end of a line. A
// line break in JSON is space between tokens.
func oneLine(text string) string {
	return strings.Trim(strings.ReplaceAll(text, "\n", " "), scriptBlank)
}
