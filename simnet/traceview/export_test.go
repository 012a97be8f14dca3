package traceview

import (
	"fmt"
	"strings"

	"example.com/brine/simnet"
)

// Story writes what the page is given about a trace, for reading: the lanes, and
// each event as WriteText has it, with where it began, and below it what it changed.
func Story(t, calm *simnet.Trace) string {
	m := newModel(t, calm)
	r := m.Run
	var b strings.Builder
	for i, x := range r.Tasks {
		fmt.Fprintf(&b, "lane %d  %s of %s, events %d to %d %s", x.Lane, x.Name, r.Processes[x.Process].Name, x.First+1, x.Last+1, x.Ended)
		if x.Background {
			b.WriteString(" in the background")
		}
		if i == 0 {
			fmt.Fprintf(&b, "(of %d lanes)", r.Lanes)
		}
		b.WriteByte('\n')
	}
	lines := strings.Split(t.String(), "\n")
	for i := range r.Events {
		e := &r.Events[i]
		b.WriteString(lines[i])
		if e.Since > 0 {
			fmt.Fprintf(&b, "  (since before #%d)", e.Since)
		}
		b.WriteByte('\n')
		if e.Gap != "" {
			fmt.Fprintf(&b, "      gap %s, %v wide\n", e.Gap, e.Wide)
		}
		if e.Late > 0 {
			fmt.Fprintf(&b, "      deadline %s later, at #%d\n", e.Left, e.Late+1)
		}
		for _, c := range e.Changes {
			x := r.Things[c.Thing]
			fmt.Fprintf(&b, "      %s %s: %s %v\n", x.Kind, x.Name, c.Field, c.Value)
		}
	}
	for i, at := range m.Lines {
		fmt.Fprintf(&b, "line %d was answered in #%d\n", i+1, at+1)
	}
	if m.Differ != nil {
		fmt.Fprintf(&b, "differs from the calm run: %+v\n", *m.Differ)
	}
	return b.String()
}

// A Final is the state of something when a run has ended.
type Final struct {
	Kind, State, Holder string
	Unread, Queued, FDs int
	Sending             bool // a Send to this end has not returned
}

// Finals returns them by name. Several listeners of one name are one, held by all
// who have any of them.
func Finals(t *simnet.Trace) map[string]Final {
	events := make([]event, len(t.Events))
	k := &tracker{}
	things := k.track(t, events)
	finals := map[string]Final{}
	for i, x := range things {
		s := k.now[i]
		if x.Kind == "listener" {
			s.holder += " " + finals[x.Name].Holder
		}
		finals[x.Name] = Final{Kind: x.Kind, State: s.state, Holder: s.holder, Unread: s.unread, Queued: s.queued, FDs: s.fds}
	}
	for i := range t.Events {
		if e := &t.Events[i]; e.Op == "send" && e.Open != "" {
			if x, ok := k.ends[e.Object]; ok {
				name := things[k.peer(x)].Name
				f := finals[name]
				f.Sending = true
				finals[name] = f
			}
		}
	}
	return finals
}

// Differ says where two traces begin to differ, as the page has it: an index, or -1.
func Differ(t, calm *simnet.Trace) int {
	if d := differ(t, calm); !d.None {
		return d.At
	}
	return -1
}

// A Lane is where a task is on the page.
type Lane struct {
	Name              string
	Lane, First, Last int
}

// Lanes returns that of each task, and how many lanes there are.
func Lanes(t *simnet.Trace) (list []Lane, count int) {
	l := newLanes(t)
	for _, x := range l.tasks {
		list = append(list, Lane{x.Name, x.Lane, x.First, x.Last})
	}
	return list, l.count
}

// Meanings are the words that have an explanation.
func Meanings() (errnos, ops map[string]string) { return errnoMeanings, opMeanings }
