package proptest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"example.com/brine/simnet/explore"
)

// Sometimes notes whether something that should happen in some run has happened in
// this one. If the condition is true in no run, the test fails: it would pass in
// vain. A label names it, and is the same in every run. Call it where some run is
// sure to come by: of a label that none comes by the test knows nothing. It is for
// the body and for tasks, and schedules nothing.
func (s *Sim) Sometimes(label string, cond bool) {
	s.mark(label, false, cond)
}

// Always fails the run, and ends it, if the condition is false. In how many runs it
// was come by stands in the summary of a test that passes; to have it fail if there
// are none, note that with [Sim.Sometimes] where every run comes by.
func (s *Sim) Always(label string, cond bool) {
	s.mark(label, true, true)
	if !cond {
		s.tell(fmt.Sprintf("always %q: false", label))
		s.FailNow()
	}
}

// mark notes once in a run that a label was come by, and that it was true.
func (s *Sim) mark(label string, always, cond bool) {
	m := s.c.labels.number(label, always) << 1
	if cond {
		m |= 1
	}
	if s.g != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	if !slices.Contains(s.x.Marks, m) {
		s.x.Marks = append(s.x.Marks, m)
	}
}

// labels are those of all runs of a test.
type labels struct {
	mu   sync.RWMutex
	of   map[label]uint32 // by name and kind; only looked up
	list []label          // in the order in which they were first come by, on whatever core
}

type label struct {
	name   string
	always bool
	runs   int // it was come by in so many
	held   int // it was true in so many
	first  int // the run in which it first was come by
}

func (l *labels) number(name string, always bool) uint32 {
	l.mu.RLock()
	key := label{name: name, always: always}
	i, ok := l.of[key]
	l.mu.RUnlock()
	if ok {
		return i
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if i, ok := l.of[key]; ok {
		return i
	}
	if l.of == nil {
		l.of = map[label]uint32{}
	}
	i = uint32(len(l.list))
	l.of[key] = i
	l.list = append(l.list, key)
	return i
}

// count counts the marks of a run.
func (l *labels) count(x *explore.Execution) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range x.Marks {
		b := &l.list[m>>1]
		other := m ^ 1
		if m&1 != 0 {
			b.held++
		}
		if m&1 != 0 || !slices.Contains(x.Marks, other) {
			if b.runs == 0 {
				b.first = x.Index
			}
			b.runs++
		}
	}
}

// seen returns those that were come by in runs that count, in the order of their
// first runs and then by name, which is the same on any number of cores.
func (l *labels) seen() []label {
	l.mu.Lock()
	defer l.mu.Unlock()
	var seen []label
	for _, b := range l.list {
		if b.runs > 0 {
			seen = append(seen, b)
		}
	}
	slices.SortFunc(seen, func(a, b label) int {
		if a.first != b.first {
			return a.first - b.first
		}
		switch {
		case a.name != b.name:
			return strings.Compare(a.name, b.name)
		case a.always:
			return 1
		}
		return -1
	})
	return seen
}
