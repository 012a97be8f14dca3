package explore

import (
	"fmt"
	"io"
	"strings"

	"example.com/brine/simnet"
)

// A Failure is a run that failed, and what is known of it.
type Failure struct {
	// Property is what failed; if it is empty, VerdictText says it of the Result.
	Property string

	// Script has the run executed again, and is as small as it got. Result is that of
	// the run with it, traced; it may be nil, or have no Trace: then there is none to
	// be shown. Without a Trace, a Script without lines and data is none.
	Script simnet.Script
	Result *simnet.Result

	Before, After int  // deviations of the run that was found, and of Script
	Executions    int  // that it took to get from one to the other
	Complete      bool // none of Script's deviations can be left out
	Unsteady      bool // the program does not do the same each time it is executed

	Strategy string // by which it was found
	Seed     uint64 // of that run
	Index    int    // which run it was, from 0

	// Diverged says, if it is not nil, in what the run was another one when it was
	// executed again, as simnet.Result.Diverged does.
	Diverged error

	// How to have it again: a line for a shell, and one for a test. What is empty is
	// left out.
	Shell, Test string

	// Page is the file in which the trace is drawn, if there is one: see package
	// traceview.
	Page string

	Columns ColumnsConfig // how the trace is shown

	faults simnet.Faults // that the run had
}

// NewFailure returns the failure of a run that was executed as it is, such as that
// of a script.
func NewFailure(res *simnet.Result) *Failure {
	f := &Failure{}
	f.set(res)
	return f
}

// set makes a run the one that is reported.
func (f *Failure) set(res *simnet.Result) {
	f.Property, f.Result, f.Script = VerdictText(res.Err), res, res.Script
	f.Before, f.After = len(f.Script.Lines), len(f.Script.Lines)
}

// WriteText writes the failure for the one who has to find out about it: what
// failed; the script; what happened with that, in columns; who waits for whom, if
// tasks wait for ever; where it is drawn; and how to have it again. It is plain text, in lines of at
// most Columns.Width characters as far as that is for WriteText to say. Errors
// are w's.
func (f *Failure) WriteText(w io.Writer) error {
	var b strings.Builder
	f.writeProperty(&b)
	f.writeScript(&b)
	if err := f.writeRun(&b); err != nil {
		return err
	}
	if d, ok := f.verdict().(*simnet.Deadlock); ok {
		_, graph, _ := strings.Cut(d.Error(), "\n")
		if graph = strings.Trim(graph, "\n"); graph != "" {
			b.WriteString("\nwho waits for whom:\n\n" + graph + "\n")
		}
	}
	f.writeReplay(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (f *Failure) verdict() error {
	if f.Result == nil {
		return nil
	}
	return f.Result.Err
}

func (f *Failure) property() string {
	if f.Property != "" {
		return f.Property
	}
	return VerdictText(f.verdict())
}

func (f *Failure) writeProperty(b *strings.Builder) {
	b.WriteString(strings.TrimRight(f.property(), "\n") + "\n")
	switch {
	case f.Diverged != nil:
		fmt.Fprintf(b, "\nwhat follows is not to be relied on: %v\n", f.Diverged)
	case f.Unsteady:
		b.WriteString("\nwhat follows is not to be relied on: the program did not do the same when it was executed again; simnet.Verify finds the first step that differs\n")
	}
}

func (f *Failure) writeScript(b *strings.Builder) {
	known := len(f.Script.Lines) > 0 || len(f.Script.Data) > 0 || f.Result == nil || f.Result.Trace != nil
	what := makes(f.After)
	if !known {
		what = "it was not executed again, so that there is no script"
	}
	b.WriteString("\n" + what)
	if f.Before > f.After {
		fmt.Fprintf(b, ", shrunk from %d in %s", f.Before, plural(f.Executions, "execution"))
	}
	if f.After > 0 && f.Executions > 0 && !f.Complete {
		b.WriteString(", and fewer might do")
	}
	if f.Strategy != "" {
		fmt.Fprintf(b, "; found in run %d by %s, seed %d", f.Index, f.Strategy, f.Seed)
	}
	b.WriteString("\n")
	if known {
		b.WriteString("\n" + f.Script.String())
	}
}

func makes(deviations int) string {
	switch deviations {
	case 0:
		return "the calm run fails: it takes no deviation"
	case 1:
		return "1 deviation makes it fail"
	}
	return fmt.Sprintf("%d deviations make it fail", deviations)
}

// mostLog is how many lines of a log are shown, the last ones.
const mostLog = 20

func (f *Failure) writeRun(b *strings.Builder) error {
	if f.Result == nil {
		return nil
	}
	if f.Result.Trace != nil {
		b.WriteString("\nwhat happened:\n\n")
		if err := Columns(b, f.Result.Trace, f.Columns); err != nil {
			return err
		}
	}
	if log := lastLines(f.Result.Log, mostLog); f.Result.Log != "" && !strings.Contains(f.property()+"\n", log) {
		b.WriteString("\nwhat was logged:\n\n" + log)
	}
	return nil
}

func (f *Failure) writeReplay(b *strings.Builder) {
	if f.Page != "" {
		b.WriteString("\nto look at it: " + f.Page + "\n")
	}
	if f.Shell == "" && f.Test == "" {
		return
	}
	b.WriteString("\nto have it again:\n\n")
	for _, line := range []string{f.Shell, f.Test} {
		if line != "" {
			b.WriteString("\t" + line + "\n")
		}
	}
}

// VerdictText returns a verdict for reading. Of stacks it has the program's part
// only, of a log the last lines, and of a *simnet.Deadlock not the graph. It is ""
// for nil.
func VerdictText(err error) string {
	switch e := err.(type) {
	case nil:
		return ""
	case *simnet.Panic:
		return fmt.Sprintf("task %s panicked: %v", e.Task, e.Value) + frames(e.Stack)
	case *simnet.Exit:
		return firstPart(e.Error()) + frames(e.Stack)
	case *simnet.Blocked:
		return firstPart(e.Error()) + frames(e.Stack)
	case *simnet.Misuse:
		return firstPart(e.Error()) + frames(e.Stack)
	case *simnet.Deadlock:
		line, _, _ := strings.Cut(e.Error(), "\n")
		return line
	case *simnet.Failure:
		text := "task " + e.Task + " failed the run"
		if e.Log == "" {
			return text + frames(e.Stack)
		}
		return text + "; its log:\n" + strings.TrimSuffix(lastLines(e.Log, mostLog), "\n")
	}
	return err.Error()
}

// firstPart returns what stands before a stack.
func firstPart(text string) string {
	text, _, _ = strings.Cut(text, "\n\n")
	return text
}

// frames returns the program's part of a stack trace, on lines of their own.
func frames(stack string) string {
	const most = 8
	var b strings.Builder
	for i, f := range program(stack) {
		if i == most {
			b.WriteString("\n\tand so on")
			break
		}
		b.WriteString("\n\tat " + f.String())
	}
	return b.String()
}

// lastLines returns the last lines of a text, and says if there were more.
func lastLines(text string, most int) string {
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	more := len(lines) - most
	if more <= 0 {
		return strings.Join(lines, "") + "\n"
	}
	return fmt.Sprintf("(%s before these)\n", plural(more, "line")) + strings.Join(lines[more:], "") + "\n"
}
