package traceview

import (
	"cmp"
	"slices"
	"strings"

	"example.com/brine/simnet"
)

// crowded is how many tasks may each have a lane of their own. Of more, those that
// do not live at the same time share lanes.
const crowded = 12

// shared is how many lanes of a process may be shared. With more than that nobody
// could follow them anyway, and a trace may have a hundred thousand tasks.
const shared = 256

// A process is one life of one, or the world, which comes first.
type process struct {
	Name  string `json:"name"`
	Lane  int    `json:"lane"`  // its first
	Lanes int    `json:"lanes"` // how many it has
}

// A task has a lane from its first event on to its last, or to the end of the run
// if it has not returned. The world is the first of them.
type task struct {
	Name    string `json:"name"`  // as scripts have it
	Short   string `json:"short"` // without the process
	Process int    `json:"process"`
	Lane    int    `json:"lane"`
	First   int    `json:"first"` // an index
	Last    int    `json:"last"`
	Ended   string `json:"ended,omitempty"` // returned, killed, or nothing

	Background bool `json:"background,omitempty"` // it may be left waiting
}

// lanes gives tasks their place on the page.
type lanes struct {
	processes []process
	tasks     []task
	count     int
	names     map[simnet.TaskName]int
	labels    map[string]int
}

func newLanes(t *simnet.Trace) *lanes {
	l := &lanes{names: map[simnet.TaskName]int{}, labels: map[string]int{}}
	l.process("")
	l.task(simnet.TaskName{})
	background := map[string]bool{}
	for i := range t.Events {
		e := &t.Events[i]
		n := len(l.tasks)
		task := &l.tasks[l.task(e.Task)]
		if len(l.tasks) > n { // it is its first event
			task.First = i
		}
		task.Last = i
		if e.Op == "end" {
			task.Ended = "returned"
		}
		if aboutProcess(e) {
			l.process(e.Object)
		}
		if e.Op == "background" && e.Err == "" {
			background[e.Made] = true
		}
	}
	for i := range l.tasks {
		l.tasks[i].Background = background[l.tasks[i].Name]
	}
	l.tasks[0].First = 0
	l.ends(t)
	l.place()
	return l
}

// process returns the index of a process, which is a new one if it is not known. The
// world's label is empty, as no process's is.
func (l *lanes) process(label string) int {
	i, ok := l.labels[label]
	if !ok {
		i = len(l.processes)
		l.labels[label] = i
		l.processes = append(l.processes, process{Name: cmp.Or(label, "world")})
	}
	return i
}

// task does the same for a task.
func (l *lanes) task(n simnet.TaskName) int {
	i, ok := l.names[n]
	if !ok {
		i = len(l.tasks)
		l.names[n] = i
		name := n.String()
		label, short, ok := strings.Cut(name, "/")
		if !ok {
			label, short = "", name // the world
		}
		l.tasks = append(l.tasks, task{Name: name, Short: short, Process: l.process(label)})
	}
	return i
}

// timer returns whose timer an event is about, 0 if that is no task of the trace.
func (l *lanes) timer(object string) int {
	if name, _, ok := owner(object); ok {
		return l.names[name]
	}
	return 0
}

// ends finds out until when tasks live that have not returned.
func (l *lanes) ends(t *simnet.Trace) {
	last := max(0, len(t.Events)-1)
	dead := map[int]int{} // by process: when it was killed
	for i := range t.Events {
		e := &t.Events[i]
		if e.Err == "" && (e.Op == "kill" || e.Op == "killed" || e.Op == "restart") {
			if p, ok := l.labels[e.Object]; ok {
				if _, again := dead[p]; !again {
					dead[p] = i
				}
			}
		}
	}
	for i := range l.tasks {
		x := &l.tasks[i]
		if x.Ended != "" {
			continue
		}
		if at, ok := dead[x.Process]; ok {
			x.Last, x.Ended = max(at, x.Last), "killed"
			continue
		}
		x.Last = last
	}
}

// order returns the processes in the order in which they stand: the lives of one
// beside each other.
func (l *lanes) order() []int {
	first := map[string]int{} // by name without the incarnation
	name := func(p int) string {
		s, _, _ := strings.Cut(l.processes[p].Name, "#")
		return s
	}
	list := make([]int, len(l.processes))
	for p := range list {
		list[p] = p
		if _, ok := first[name(p)]; !ok {
			first[name(p)] = p
		}
	}
	slices.SortStableFunc(list, func(p, q int) int { return cmp.Compare(first[name(p)], first[name(q)]) })
	return list
}

// place gives out the lanes, process by process.
func (l *lanes) place() {
	own := make([][]int, len(l.processes))
	for i := range l.tasks {
		p := l.tasks[i].Process
		own[p] = append(own[p], i)
	}
	share := len(l.tasks) > crowded
	for _, p := range l.order() {
		l.processes[p].Lane = l.count
		var free []int // by lane of the process: when its last task has ended
		for _, i := range own[p] {
			x := &l.tasks[i]
			lane := -1
			if share {
				lane = slices.IndexFunc(free[:min(len(free), shared)], func(last int) bool { return last < x.First })
			}
			if lane < 0 {
				lane = len(free)
				free = append(free, 0)
			}
			free[lane] = x.Last
			x.Lane = l.count + lane
		}
		// A process without a task that did anything has a lane, too, for what is
		// done to it.
		l.processes[p].Lanes = max(1, len(free))
		l.count += l.processes[p].Lanes
	}
}
