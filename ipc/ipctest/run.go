package ipctest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// Run runs every scenario on b as a subtest. With -v it prints which errors of
// which calls were provoked, and what was not run and why. Unless a part was
// selected with -run, it fails if an error of the contract was not provoked
// without a reason, or was provoked although it cannot happen.
func Run(t *testing.T, b Backend) {
	errors := table{backend: b}
	var skipped []string
	all := true
	for _, s := range Scenarios() {
		selected := false
		t.Run(s.Name, func(t *testing.T) {
			selected = true
			if why := lacks(b, &s); why != "" {
				skipped = append(skipped, s.Name+": "+why)
				t.Skip(why)
			}
			for _, e := range Events(b, &s) {
				report(t, e)
				if e.Kind == Provoked {
					errors.provoke(e.Call, e.Errno)
				}
			}
		})
		all = all && selected
	}
	t.Logf("calls and their errors on %s:\n%s", b.Name(), errors.String())
	if len(skipped) > 0 {
		t.Logf("not run on %s:\n%s", b.Name(), strings.Join(skipped, "\n"))
	}
	if !all || t.Failed() {
		t.Log("the table is not judged: not every scenario ran to its end")
		return
	}
	for _, fault := range errors.faults() {
		t.Error(fault)
	}
}

// Events runs one scenario on b and returns what its roles reported, in the
// order in which it arrived. A main role that did not end is a Failed event.
func Events(b Backend, s *Scenario) []Event {
	var mu sync.Mutex
	var list []Event
	b.Run(s, func(e Event) {
		mu.Lock()
		list = append(list, e)
		mu.Unlock()
	})
	mu.Lock()
	defer mu.Unlock()
	for _, e := range list {
		if e.Kind == Ended && e.Role == MainRole {
			return list
		}
	}
	return append(list, Event{Role: MainRole, Kind: Failed, Text: "the role did not end"})
}

// lacks says why a scenario cannot be run on b, "" if it can.
func lacks(b Backend, s *Scenario) string {
	for _, a := range s.Needs {
		if why := b.Lacks(a); why != "" {
			return fmt.Sprintf("needs %s: %s", a, why)
		}
	}
	return ""
}

func report(t *testing.T, e Event) {
	t.Helper()
	line := fmt.Sprintf("%s %s: %s", e.Role, e.At, e.Text)
	switch e.Kind {
	case Failed:
		t.Error(line)
	case Logged:
		t.Log(line)
	}
}
