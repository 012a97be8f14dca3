package simnet

import (
	"fmt"
	"strings"
)

// retrace executes a run again that has just failed, with the same answers, in
// order to have a trace of it. What comes of that is the result, unless it is
// another run: then it remains the first one's, and says so.
func (r *Runner) retrace(cfg Config, build func(*World), given Chooser, first *Result) *Result {
	if !retraceable(first.Err) {
		return first
	}
	chooser := cfg.Chooser
	cfg.Chooser, cfg.Trace = given, true
	again := r.execute(cfg, build).result()
	if _, ok := chooser.(*Recorder); ok {
		again.Script = first.Script
	}
	if what := otherwise(first, again); what != "" {
		first.Diverged = &diverged{what}
		return first
	}
	return again
}

// retraceable reports whether a failure can be had again. A task that is blocked
// outside would only be lost once more, what another goroutine does is not for
// answers to bring about, and neither is what a Chooser did that had to be
// replaced.
func retraceable(err error) bool {
	switch err := err.(type) {
	case *Blocked, *Skipped:
		return false
	case *Misuse:
		return err.Stack == "" && !strings.HasPrefix(err.What, "the chooser ") // see pose
	}
	return true
}

// otherwise says in what the second of two executions differed from the first.
func otherwise(first, again *Result) string {
	switch a, b := fmt.Sprintf("%T", first.Err), fmt.Sprintf("%T", again.Err); {
	case a != b && again.Err == nil:
		return "the run passed"
	case a != b:
		return "the verdict was another: " + verdictText(again.Err)
	case first.Steps != again.Steps:
		return fmt.Sprintf("the run had %d operations and not %d", again.Steps, first.Steps)
	case first.Choices != again.Choices:
		return fmt.Sprintf("the run asked %d questions and not %d", again.Choices, first.Choices)
	case first.Hash != again.Hash:
		return "something else happened in it"
	}
	return ""
}

// diverged says that a run could not be repeated.
type diverged struct{ what string }

// Error implements error.
func (e *diverged) Error() string {
	return "executed again with the same answers, " + e.what + "; Verify finds the first step that differs, and what may cause it"
}
