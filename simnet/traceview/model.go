package traceview

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"example.com/brine/simnet"
)

// A model is what the page's script is given, as JSON: the runs with all that has
// to be worked out from them. Where JavaScript's numbers might not do, points in
// time are texts.
type model struct {
	Run    run               `json:"run"`
	Calm   *run              `json:"calm,omitempty"`
	Differ *difference       `json:"differ,omitempty"`
	Lines  []int             `json:"lines"` // by line of the script: in which event it was answered, an index, or -1
	Errnos map[string]string `json:"errnos"`
	Ops    map[string]string `json:"ops"`
}

// A run is one trace. Indexes are into its own lists.
type run struct {
	Skipped   int       `json:"skipped,omitempty"`
	Verdict   string    `json:"verdict,omitempty"`
	Processes []process `json:"processes"`
	Tasks     []task    `json:"tasks"`
	Lanes     int       `json:"lanes"`
	Things    []thing   `json:"things"`
	Events    []event   `json:"events"`
	Stacks    [][]call  `json:"stacks,omitempty"`
}

// A call is a frame of a stack: its text, and its file with the whole path.
type call [2]string

// An event is a simnet.Event. What is zero is left out; at is, if it is that of
// the event before.
type event struct {
	At      string   `json:"at,omitempty"`
	Gap     string   `json:"gap,omitempty"`  // how much time has passed since the event before
	Wide    float64  `json:"wide,omitempty"` // the logarithm of that in nanoseconds
	Task    int      `json:"task,omitempty"`
	Nth     int      `json:"nth,omitempty"`
	Op      string   `json:"op"`
	Object  string   `json:"on,omitempty"`
	Size    int      `json:"size,omitempty"`
	FDs     int      `json:"fds,omitempty"`
	Until   string   `json:"until,omitempty"` // "at once" for a call that does not block
	Left    string   `json:"left,omitempty"`  // how long before the deadline it ended
	Late    int      `json:"late,omitempty"`  // the index of the event at which the deadline comes or is over, if it is after this
	Args    string   `json:"args,omitempty"`
	Data    string   `json:"data,omitempty"`
	Blocked bool     `json:"blocked,omitempty"`
	Since   int      `json:"since,omitempty"`  // if it waited: with which index the first event after its begin has, plus 1
	Waited  string   `json:"waited,omitempty"` // how long, if time passed
	Open    string   `json:"open,omitempty"`
	Moved   int      `json:"moved,omitempty"`
	Passed  int      `json:"passed,omitempty"`
	Err     string   `json:"err,omitempty"`
	Why     string   `json:"why,omitempty"`
	Made    string   `json:"made,omitempty"`
	From    [][2]int `json:"from,omitempty"` // as in the trace, numbers and not indexes
	To      [][2]int `json:"to,omitempty"`
	Choices []choice `json:"choices,omitempty"`
	Timer   int      `json:"timer,omitempty"`   // of which task it is the timer
	Process int      `json:"process,omitempty"` // what is done to which process, its index plus 1
	Changes []change `json:"changes,omitempty"`
	Stack   int      `json:"stack,omitempty"` // the index of its stack, plus 1
}

// A choice is a deviation.
type choice struct {
	Text  string `json:"text"`
	Why   string `json:"why,omitempty"`
	After bool   `json:"after,omitempty"`
	Fault bool   `json:"fault,omitempty"` // and not a matter of the order only
}

func newModel(t, calm *simnet.Trace) *model {
	m := &model{Run: newRun(t), Errnos: map[string]string{}, Ops: map[string]string{}}
	m.words(t)
	if calm != nil {
		r := newRun(calm)
		m.Calm = &r
		m.Differ = differ(t, calm)
		m.words(calm)
	}
	m.Lines = answered(t)
	return m
}

// words explains what occurs.
func (m *model) words(t *simnet.Trace) {
	for i := range t.Events {
		e := &t.Events[i]
		if text, ok := errnoMeanings[e.Err]; ok {
			m.Errnos[e.Err] = text
		}
		if text, ok := opMeanings[e.Op]; ok {
			m.Ops[e.Op] = text
		}
	}
}

// answered finds the event of each line of the script.
func answered(t *simnet.Trace) []int {
	at := map[simnet.Line]int{}
	for i := range t.Events {
		for _, l := range t.Events[i].Choices {
			l.Why = ""
			if _, ok := at[l]; !ok {
				at[l] = i
			}
		}
	}
	lines := make([]int, len(t.Script.Lines))
	for i, l := range t.Script.Lines {
		l.Why = ""
		lines[i] = -1
		if e, ok := at[l]; ok {
			lines[i] = e
		}
	}
	return lines
}

func newRun(t *simnet.Trace) run {
	r := run{Skipped: t.Skipped, Verdict: t.Verdict, Events: make([]event, len(t.Events))}
	l := newLanes(t)
	r.Processes, r.Tasks, r.Lanes = l.processes, l.tasks, l.count
	last := map[int]int{}             // by task: the index of its last event
	stacks := map[*simnet.Frame]int{} // by the first frame, since those of one place share it
	for i := range t.Events {
		e := &t.Events[i]
		task := l.task(e.Task)
		before, ok := last[task]
		if !ok {
			before = -1
		}
		last[task] = i
		r.Events[i] = newEvent(t, i, before)
		r.Events[i].Task = task
		r.Events[i].Stack = r.stack(e.Stack, stacks)
		switch {
		case e.Op == "timer":
			r.Events[i].Timer = l.timer(e.Object)
		case aboutProcess(e):
			r.Events[i].Process = l.process(e.Object) + 1
		}
	}
	r.Things = new(tracker).track(t, r.Events)
	return r
}

// stack returns the index of a stack in the run's, plus 1, and 0 for none.
func (r *run) stack(s simnet.Stack, known map[*simnet.Frame]int) int {
	if len(s) == 0 {
		return 0
	}
	n, ok := known[&s[0]]
	if !ok {
		calls := make([]call, len(s))
		for i, f := range s {
			calls[i] = call{f.String(), f.File + ":" + strconv.Itoa(f.Line)}
		}
		r.Stacks = append(r.Stacks, calls)
		n = len(r.Stacks)
		known[&s[0]] = n
	}
	return n
}

// newEvent makes the event with an index, apart from what needs names. before is
// the index of the same task's event before it, or -1.
func newEvent(t *simnet.Trace, i, before int) event {
	e := &t.Events[i]
	m := event{
		Nth: e.Nth, Op: e.Op, Object: e.Object, Size: e.Size, FDs: e.FDs, Args: e.Args, Data: e.Data,
		Blocked: e.Blocked, Open: e.Open, Moved: e.Moved, Passed: e.Passed, Err: e.Err, Why: e.Why, Made: e.Made,
		From: pairs(e.From), To: pairs(e.To),
	}
	var was time.Duration
	if i > 0 {
		was = t.Events[i-1].At
	}
	if i == 0 || e.At != was {
		m.At = brief(e.At)
	}
	if gap := e.At - was; gap > 0 && (i > 0 || t.Skipped == 0) {
		m.Gap = brief(gap)
		m.Wide = math.Round(100*math.Log10(float64(gap))) / 100
	}
	if e.Timed {
		m.Until, m.Left, m.Late = until(t, i)
	}
	if e.Blocked || e.Open != "" || e.At > e.Began && e.Op != "timer" {
		m.Since = 1 + began(t, i, before)
		if e.At > e.Began {
			m.Waited = brief(e.At - e.Began)
		}
	}
	for _, c := range e.Choices {
		m.Choices = append(m.Choices, newChoice(c))
	}
	return m
}

// began returns the index of the first event that can have come after the begin
// of one: of the events in between a trace says only when they ended.
func began(t *simnet.Trace, i, before int) int {
	since := t.Events[i].Began
	first := sort.Search(i, func(k int) bool { return t.Events[k].At >= since })
	return max(first, before+1)
}

// until returns what is to be said about a deadline, and the first event that
// comes at that time or later.
func until(t *simnet.Trace, i int) (text, left string, at int) {
	e := &t.Events[i]
	sets := e.Op == "setdeadline" || e.Op == "afterfunc" || e.Op == "sleep"
	if !sets && e.Until <= e.Began {
		return "at once", "", 0
	}
	if e.Until > e.At {
		left = brief(e.Until - e.At)
		at = i + 1 + sort.Search(len(t.Events)-i-1, func(k int) bool { return t.Events[i+1+k].At >= e.Until })
		if at == len(t.Events) {
			at = 0
		}
	}
	return brief(e.Until), left, at
}

func pairs(moves []simnet.Move) (p [][2]int) {
	for _, m := range moves {
		p = append(p, [2]int{m.Event, m.Bytes})
	}
	return p
}

// ordering are the kinds of choices that say who goes first, and let nothing
// fail or lag.
var ordering = []simnet.Kind{simnet.KindRun, simnet.KindWake, simnet.KindTimer}

func newChoice(l simnet.Line) choice {
	text := strings.TrimSpace(l.Kind.String() + " " + l.Answer)
	return choice{Text: text, Why: l.Why, After: l.After, Fault: !slices.Contains(ordering, l.Kind)}
}

// aboutProcess reports whether the object of an event is a process. What is to be
// started finally is none yet.
func aboutProcess(e *simnet.Event) bool {
	switch e.Op {
	case "start", "kill", "restart", "pause", "resume", "killed", "started", "paused", "resumed":
		return e.Object != ""
	}
	return false
}

// owner splits the object of a timer's event into the task and the number of the
// operation that set it.
func owner(object string) (simnet.TaskName, int, bool) {
	name, nth, ok := strings.Cut(object, " ")
	if !ok {
		return simnet.TaskName{}, 0, false
	}
	task, err := simnet.ParseTaskName(name)
	n, bad := strconv.Atoi(nth)
	return task, n, err == nil && bad == nil
}
