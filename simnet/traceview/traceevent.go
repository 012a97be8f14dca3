package traceview

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"example.com/brine/simnet"
)

// WriteTraceEvent writes the trace in the Trace Event Format, which Perfetto
// (ui.perfetto.dev) and chrome://tracing read: processes and tasks as processes
// and threads, operations as slices, bytes as flows, and deviations, faults and
// timers as instants.
//
// Virtual time stands still while anyone can run, so that most of a run happens at
// the same points in time. To be seen one after another, events are drawn a
// microsecond apart: ts is the virtual time plus a microsecond for each event
// before. The virtual times are args.at and args.began. An operation that waited
// is drawn from where it can have begun, any other a microsecond long.
//
// Errors are w's.
func WriteTraceEvent(w io.Writer, t *simnet.Trace) error {
	x := &tracing{t: t, lanes: newLanes(t), out: bufio.NewWriter(w)}
	x.out.WriteString(`{"displayTimeUnit":"ns","otherData":`)
	x.json(map[string]string{
		"hash": fmt.Sprintf("%016x", t.Hash), "verdict": cmp.Or(t.Verdict, "passed"), "script": t.Script.String(),
		"time": "ts is the virtual time plus a microsecond for each event before; args.at is the virtual time",
	})
	x.out.WriteString(`,"traceEvents":[`)
	x.names()
	x.slices()
	x.flows()
	x.out.WriteString("\n]}\n")
	return x.out.Flush()
}

// A tracing writes one trace. The numbers of processes and threads are indexes
// plus 1: some viewers take 0 for the idle one.
type tracing struct {
	t      *simnet.Trace
	lanes  *lanes
	out    *bufio.Writer
	comma  bool
	starts []float64 // by event: where its slice begins
}

// A record is one line of the format.
type record struct {
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"`
	Time     float64        `json:"ts"` // microseconds
	Duration float64        `json:"dur,omitempty"`
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	ID       int            `json:"id,omitempty"`
	Bind     string         `json:"bp,omitempty"`
	Scope    string         `json:"s,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

func (x *tracing) json(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // there is nothing in it that JSON does not have
	}
	x.out.Write(text)
}

func (x *tracing) write(r record) {
	if x.comma {
		x.out.WriteByte(',')
	}
	x.comma = true
	x.out.WriteByte('\n')
	x.json(r)
}

// names writes the names of processes and threads, and their order.
func (x *tracing) names() {
	for i, p := range x.lanes.processes {
		x.write(record{Name: "process_name", Phase: "M", Process: i + 1, Args: map[string]any{"name": p.Name}})
		x.write(record{Name: "process_sort_index", Phase: "M", Process: i + 1, Args: map[string]any{"sort_index": i}})
	}
	for i, t := range x.lanes.tasks {
		p := t.Process + 1
		x.write(record{Name: "thread_name", Phase: "M", Process: p, Thread: i + 1, Args: map[string]any{"name": t.Short}})
		x.write(record{Name: "thread_sort_index", Phase: "M", Process: p, Thread: i + 1, Args: map[string]any{"sort_index": i}})
	}
}

// end returns where the slice of an event ends, in microseconds.
func (x *tracing) end(i int) float64 { return x.begin(i) + 1 }

// begin returns where it begins if it did not wait.
func (x *tracing) begin(i int) float64 { return float64(x.t.Events[i].At)/1e3 + float64(i) }

func (x *tracing) slices() {
	x.starts = make([]float64, len(x.t.Events))
	last := map[int]int{} // by task
	for i := range x.t.Events {
		e := &x.t.Events[i]
		task := x.lanes.task(e.Task)
		before, ok := last[task]
		if !ok {
			before = -1
		}
		last[task] = i
		from := x.begin(i)
		if e.Op != "timer" && (e.Blocked || e.Open != "" || e.At > e.Began) {
			k := began(x.t, i, before)
			from = min(from, max(float64(e.Began)/1e3+float64(k), x.floor(before)))
		}
		x.starts[i] = from
		p := x.lanes.tasks[task].Process + 1
		switch {
		case e.Nth == 0 && e.Task == (simnet.TaskName{}):
			x.happened(e, i)
		default:
			x.write(record{
				Name: strings.TrimSpace(e.Op + " " + e.Object), Category: category(e), Phase: "X", Time: from, Duration: x.end(i) - from,
				Process: p, Thread: task + 1, Args: arguments(e),
			})
		}
		for _, l := range e.Choices {
			c := newChoice(l)
			kind := "deviation"
			if c.Fault {
				kind = "fault"
			}
			x.write(record{Name: c.Text, Category: kind, Phase: "i", Time: from, Process: p, Thread: task + 1, Scope: "t", Args: why(c.Why)})
		}
	}
}

// floor is where the slice before ends.
func (x *tracing) floor(before int) float64 {
	if before < 0 {
		return 0
	}
	return x.end(before)
}

// happened writes what is no task's operation, at the thread or the process that it
// concerns.
func (x *tracing) happened(e *simnet.Event, i int) {
	r := record{
		Name: strings.TrimSpace(e.Op + " " + e.Object), Category: "world", Phase: "i", Time: x.begin(i),
		Process: 1, Thread: 1, Scope: "t", Args: arguments(e),
	}
	if aboutProcess(e) {
		r.Process, r.Thread, r.Scope, r.Category = x.lanes.process(e.Object)+1, 0, "p", "fault"
	} else if task := x.lanes.timer(e.Object); task > 0 {
		r.Process, r.Thread, r.Category = x.lanes.tasks[task].Process+1, task+1, "timer"
	}
	x.write(r)
}

func category(e *simnet.Event) string {
	switch {
	case e.Err != "" && e.Err != "EOF":
		return "error"
	case e.Blocked || e.Open != "":
		return "blocked"
	}
	return "operation"
}

func why(text string) map[string]any {
	if text == "" {
		return nil
	}
	return map[string]any{"why": text}
}

// arguments are what else there is to an event, without what is empty.
func arguments(e *simnet.Event) map[string]any {
	m := map[string]any{"event": e.N, "at": brief(e.At)}
	for name, text := range map[string]string{
		"args": e.Args, "data": e.Data, "open": e.Open, "err": e.Err, "meaning": errnoMeanings[e.Err], "why": e.Why, "made": e.Made,
	} {
		if text != "" {
			m[name] = text
		}
	}
	for name, n := range map[string]int{"nth": e.Nth, "size": e.Size, "fds": e.FDs, "moved": e.Moved, "passed": e.Passed} {
		if n != 0 {
			m[name] = n
		}
	}
	if e.Began != e.At {
		m["began"] = brief(e.Began)
	}
	if e.Timed {
		m["deadline"] = brief(e.Until)
	}
	if e.Blocked {
		m["blocked"] = true
	}
	if e.Buffer > 0 {
		m["send buffer"] = strconv.Itoa(e.Charged) + " of " + strconv.Itoa(e.Buffer)
	}
	if len(e.Stack) > 0 {
		m["stack"] = e.Stack.String()
	}
	return m
}

// flows writes the bytes that went from one event to another. A Send that waited
// may have ended after they were received: then they leave it just before that.
func (x *tracing) flows() {
	id := 0
	for to := range x.t.Events {
		for _, m := range x.t.Events[to].From {
			from := m.Event - 1 - x.t.Skipped
			if from < 0 || from >= len(x.t.Events) || from == to {
				continue
			}
			id++
			args := map[string]any{"bytes": m.Bytes}
			leave, arrive := x.end(from)-0.5, x.end(to)-0.25
			if leave > arrive {
				leave = max(x.starts[from], arrive-0.5)
				arrive = max(arrive, leave)
			}
			x.write(x.flow("s", from, leave, id, args))
			r := x.flow("f", to, arrive, id, args)
			r.Bind = "e"
			x.write(r)
		}
	}
}

func (x *tracing) flow(phase string, i int, at float64, id int, args map[string]any) record {
	task := x.lanes.task(x.t.Events[i].Task)
	return record{
		Name: "bytes", Category: "bytes", Phase: phase, Time: at, ID: id, Process: x.lanes.tasks[task].Process + 1, Thread: task + 1, Args: args,
	}
}
