package simnet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// What a trace may be that is read: its text comes from files that others wrote.
const (
	traceFormat   = "brine trace 1"
	maxTraceHead  = 8 << 20 // bytes of the first line, which has the script
	maxTraceLine  = 1 << 20 // and of any other
	maxTraceText  = 1 << 27
	maxTraceLists = 1 << 16 // moves, or choices, of one event
	maxTraceStack = 1 << 21 // bytes of all stacks in the first line
)

// A traceHead is the first line.
type traceHead struct {
	Format  string `json:"format"`
	Hash    string `json:"hash"` // hexadecimal
	Verdict string `json:"verdict,omitempty"`
	Skipped int    `json:"skipped,omitempty"`
	Script  string `json:"script,omitempty"`
	Events  *int   `json:"events,omitempty"` // how many lines follow; not checked if it is missing

	Stacks [][]traceCall `json:"stacks,omitempty"`
}

// A traceCall is a Frame.
type traceCall struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// A traceLine is an event.
type traceLine struct {
	N       int      `json:"n"`
	At      int64    `json:"at"`
	Began   *int64   `json:"began,omitempty"` // as At if it is missing
	Task    string   `json:"task,omitempty"`
	Nth     int      `json:"nth,omitempty"`
	Op      string   `json:"op"`
	Object  string   `json:"on,omitempty"`
	Size    int      `json:"size,omitempty"`
	FDs     int      `json:"fds,omitempty"`
	Until   *int64   `json:"until,omitempty"`
	Args    string   `json:"args,omitempty"`
	Data    string   `json:"data,omitempty"`
	Blocked bool     `json:"blocked,omitempty"`
	Open    string   `json:"open,omitempty"`
	Moved   int      `json:"moved,omitempty"`
	Passed  int      `json:"passed,omitempty"`
	Err     string   `json:"err,omitempty"`
	Why     string   `json:"why,omitempty"`
	Made    string   `json:"made,omitempty"`
	From    [][]int  `json:"from,omitempty"`
	To      [][]int  `json:"to,omitempty"`
	Choices []string `json:"choices,omitempty"`
	Charged int      `json:"charged,omitempty"`
	Buffer  int      `json:"buffer,omitempty"`
	Stack   int      `json:"stack,omitempty"` // which of the first line's, from 1
}

// WriteJSON writes the trace as JSON Lines: one object a line, the first about
// the run, and then one for each event. What is zero or empty is left out.
//
//	{"format":"brine trace 1","hash":"1f2e3d4c5b6a7988","verdict":"…","skipped":0,"script":"…","events":52,"stacks":[[{"func":"main.serve","file":"/app/serve.go","line":31}]]}
//	{"n":9,"at":1000000,"task":"server/conn","nth":2,"op":"recv","on":"1b","size":10,"moved":5,"from":[[6,5]],"buffer":212992,"stack":1}
//
// Of the run: format, always this one; hash, 16 hexadecimal digits; verdict;
// skipped; script, its text; events, how many there are; stacks, those of its
// events, each a list of calls from the innermost on. Of an event: n; at and began, in nanoseconds since
// the world began, began being as at if it is left out; task, as scripts have
// it, and nth; op; on, the Object; size, fds; until, in nanoseconds; args; data;
// blocked; open; moved, passed; err, why; made; from and to, each a list of pairs
// of an event and bytes; choices, a list of a script's lines; charged and buffer;
// stack, which of the stacks it has, from 1. [Event] says what they mean. When
// stacks would take more than 2 MiB, the last events have none. Errors are w's, and
// what [Script.MarshalText] says.
func (t *Trace) WriteJSON(w io.Writer) error {
	head := traceHead{Format: traceFormat, Hash: fmt.Sprintf("%016x", t.Hash), Verdict: t.Verdict, Skipped: t.Skipped}
	events := len(t.Events)
	head.Events = &events
	if len(t.Script.Lines)+len(t.Script.Data) > 0 {
		text, err := t.Script.MarshalText()
		if err != nil {
			return err
		}
		head.Script = string(text)
	}
	stacks := t.stacks(&head)
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(head); err != nil {
		return err
	}
	for i := range t.Events {
		l := t.Events[i].line()
		l.Stack = stacks[i]
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (e *Event) line() *traceLine {
	l := &traceLine{
		N: e.N, At: int64(e.At), Nth: e.Nth, Op: e.Op, Object: e.Object, Size: e.Size, FDs: e.FDs,
		Args: e.Args, Data: e.Data, Blocked: e.Blocked, Open: e.Open, Moved: e.Moved, Passed: e.Passed,
		Err: e.Err, Why: e.Why, Made: e.Made, From: pairs(e.From), To: pairs(e.To),
		Charged: e.Charged, Buffer: e.Buffer,
	}
	if e.Began != e.At {
		began := int64(e.Began)
		l.Began = &began
	}
	if e.Timed {
		until := int64(e.Until)
		l.Until = &until
	}
	if e.Task != (TaskName{}) {
		l.Task = e.Task.String()
	}
	for _, c := range e.Choices {
		l.Choices = append(l.Choices, c.String())
	}
	return l
}

func pairs(moves []Move) (p [][]int) {
	for _, m := range moves {
		p = append(p, []int{m.Event, m.Bytes})
	}
	return p
}

// A TraceError says what is wrong in the text of a trace.
type TraceError struct {
	Line int    // counted from 1
	What string // what is wrong in it
}

// Error reads like `trace line 3: the event after 1 is 2, and not 4`.
func (e *TraceError) Error() string { return fmt.Sprintf("trace line %d: %s", e.Line, e.What) }

// ReadTrace reads what [Trace.WriteJSON] has written, to the end of r. Nothing in
// it is taken on trust: events are numbered without gaps, time does not go back,
// what refers to an event refers to one that is possible, and there is nothing
// that this version does not know. Lines are limited to 1 MiB (the first to 8),
// events to 131,072, all of it to 128 MiB. Errors are *TraceError, and r's.
func ReadTrace(r io.Reader) (*Trace, error) {
	in := &traceReader{r: bufio.NewReaderSize(r, 1<<16)}
	line, err := in.next(maxTraceHead)
	if err != nil {
		if err == io.EOF {
			return nil, in.wrong("there is no trace; one begins with a line with the format %q", traceFormat)
		}
		return nil, err
	}
	t, err := in.head(line)
	for err == nil {
		if line, err = in.next(maxTraceLine); err == nil {
			err = in.event(t, line)
		}
	}
	if err != io.EOF {
		return nil, err
	}
	if n := in.events; n != nil && *n != len(t.Events) {
		return nil, in.wrong("the first line says that there are %d events, and there are %d; the trace was cut, or joined", *n, len(t.Events))
	}
	last := t.Skipped + len(t.Events)
	for i, e := range t.Events {
		for _, moves := range [...][]Move{e.From, e.To} {
			for _, m := range moves {
				if m.Event > last {
					in.line = 2 + i
					return nil, in.wrong("it refers to event %d, and the last is %d", m.Event, last)
				}
			}
		}
	}
	return t, nil
}

// A traceReader reads a trace line by line.
type traceReader struct {
	r    *bufio.Reader
	line int
	size int

	stacks []Stack
	events *int // how many the first line says that there are
}

func (in *traceReader) wrong(format string, args ...any) error {
	return &TraceError{Line: max(1, in.line), What: fmt.Sprintf(format, args...)}
}

// next returns a line without its end. The end of the text is io.EOF.
func (in *traceReader) next(most int) ([]byte, error) {
	in.line++
	var line []byte
	for {
		part, err := in.r.ReadSlice('\n')
		if in.size += len(part); in.size > maxTraceText {
			return nil, in.wrong("a trace has at most %d bytes", maxTraceText)
		}
		if line = append(line, part...); len(line) > most {
			return nil, in.wrong("the line has more than %d bytes", most)
		}
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && len(line) > 0:
			return nil, in.wrong("the line does not end; the trace was cut")
		default:
			return nil, err
		}
	}
}

// decode reads one object.
func (in *traceReader) decode(line []byte, to any) error {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		var typed *json.UnmarshalTypeError
		switch {
		case err == io.EOF:
			return in.wrong("the line is empty")
		case errors.As(err, &typed) && typed.Field == "":
			return in.wrong("the line is no object: %s", typed.Value)
		case errors.As(err, &typed):
			return in.wrong("%s: it cannot be a %s", shorten(typed.Field), typed.Value)
		}
		return in.wrong("%s", shorten(err.Error()))
	}
	if _, err := dec.Token(); err != io.EOF {
		return in.wrong("there is more than one object in it")
	}
	return nil
}

func (in *traceReader) head(line []byte) (*Trace, error) {
	var h struct {
		Format string `json:"format"`
	}
	switch err := json.Unmarshal(line, &h); {
	case strings.HasPrefix(h.Format, "brine trace ") && h.Format != traceFormat:
		return nil, in.wrong("the trace is of the format %q, and this version reads %q", shorten(h.Format), traceFormat)
	case err != nil || h.Format != traceFormat:
		return nil, in.wrong("the first line of a trace has the format %q", traceFormat)
	}
	var head traceHead
	if err := in.decode(line, &head); err != nil {
		return nil, err
	}
	hash, err := strconv.ParseUint(head.Hash, 16, 64)
	switch {
	case err != nil || len(head.Hash) != 16:
		return nil, in.wrong("hash: %q is not 16 hexadecimal digits", shorten(head.Hash))
	case head.Skipped < 0 || head.Skipped > math.MaxInt32:
		return nil, in.wrong("skipped: %d is out of range", head.Skipped)
	}
	in.events = head.Events
	if err := in.calls(head.Stacks); err != nil {
		return nil, err
	}
	t := &Trace{Hash: hash, Verdict: head.Verdict, Skipped: head.Skipped}
	if head.Script != "" {
		if t.Script, err = ParseScript(head.Script); err != nil {
			return nil, in.wrong("%v", err)
		}
	}
	return t, nil
}

func (in *traceReader) event(t *Trace, line []byte) error {
	var l traceLine
	if err := in.decode(line, &l); err != nil {
		return err
	}
	before := t.Skipped + len(t.Events)
	switch {
	case len(t.Events) == 2*traceLength:
		return in.wrong("a trace has at most %d events", 2*traceLength)
	case l.N != before+1:
		return in.wrong("the event after %d is %d, and not %d", before, before+1, l.N)
	case l.Op == "":
		return in.wrong("it has no op")
	}
	e := Event{
		N: l.N, At: time.Duration(l.At), Began: time.Duration(l.At), Nth: l.Nth, Op: l.Op, Object: l.Object,
		Size: l.Size, FDs: l.FDs, Args: l.Args, Data: l.Data, Blocked: l.Blocked, Open: l.Open,
		Moved: l.Moved, Passed: l.Passed, Err: l.Err, Why: l.Why, Made: l.Made, Charged: l.Charged, Buffer: l.Buffer,
	}
	if l.Began != nil {
		e.Began = time.Duration(*l.Began)
	}
	if l.Until != nil {
		e.Timed, e.Until = true, time.Duration(*l.Until)
	}
	if n := len(t.Events); n > 0 && e.At < t.Events[n-1].At {
		return in.wrong("at: time goes back")
	}
	if e.Began < 0 || e.Began > e.At || e.Until < 0 {
		return in.wrong("began or until: there is no such time")
	}
	for _, n := range [...]int{l.Nth, l.Size, l.FDs, l.Moved, l.Passed, l.Charged, l.Buffer} {
		if n < 0 {
			return in.wrong("a number is negative")
		}
	}
	switch l.Open {
	case "", "blocked", "killed", "runnable", "running":
	default:
		return in.wrong("open: %q is neither blocked, killed, runnable nor running", shorten(l.Open))
	}
	var err error
	if l.Task != "" {
		if e.Task, err = ParseTaskName(l.Task); err != nil {
			return in.wrong("task: %v", err)
		}
	}
	if e.From, err = in.moves(l.From); err == nil {
		e.To, err = in.moves(l.To)
	}
	if err != nil {
		return err
	}
	if len(l.Choices) > maxTraceLists {
		return in.wrong("choices: more than %d", maxTraceLists)
	}
	for _, text := range l.Choices {
		c, err := parseChoice(text)
		if err != nil {
			return in.wrong("choices: %v", err)
		}
		e.Choices = append(e.Choices, c)
	}
	if l.Stack != 0 {
		if e.Stack, err = in.stack(l.Stack); err != nil {
			return err
		}
	}
	t.Events = append(t.Events, e)
	return nil
}

func (in *traceReader) moves(list [][]int) (moves []Move, err error) {
	if len(list) > maxTraceLists {
		return nil, in.wrong("from or to: more than %d", maxTraceLists)
	}
	for _, p := range list {
		if len(p) != 2 || p[0] < 1 || p[1] < 1 {
			return nil, in.wrong("from or to: a move is a pair of an event and bytes, from 1")
		}
		moves = append(moves, Move{p[0], p[1]})
	}
	return moves, nil
}

// parseChoice reads one line of a script.
func parseChoice(text string) (Line, error) {
	if words, _ := scriptWords(text); len(words) == 0 {
		return Line{}, errors.New("an empty line")
	}
	return parseLine(text)
}
