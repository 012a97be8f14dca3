package traceview

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"example.com/brine/simnet"
)

// A thing is what has a state that the page shows: an end of a connection, a
// listener or a process.
type thing struct {
	Name string `json:"name"`
	Kind string `json:"kind"`           // end, listener or process
	Peer int    `json:"peer,omitempty"` // an end's other end, plus 1
}

// A change is what an event makes of one field of a thing's state.
type change struct {
	Thing int
	Field string
	Value any // an int or a string
}

// MarshalJSON writes [thing, "field", value].
func (c change) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{c.Thing, c.Field, c.Value})
}

// A status is the state of a thing, as far as the trace tells. What is zero
// before an event changes it is so for all things.
type status struct {
	state   string // open, pending, in flight, closed, reset; running, paused, killed
	holder  string // the processes that have it, with commas
	unread  int    // of an end: bytes that it could receive
	carried int    // of an end: descriptors that come with them
	charged int    // of an end: how much of the other's send buffer is taken
	room    int    // and how large that is; 0 if it is not known, or gone
	shut    string // of an end: reads, writes, or both
	note    string // what else is to come
	buffer  string // of an end: what its send buffer was set to
	queued  int    // of a listener: connections that wait to be accepted
	backlog int    // of a listener
	fds     int    // of a process: descriptors
}

// A tracker goes through a trace and keeps the state of all things.
//
// What the trace does not tell of what an event does, later events may: which
// process has what was made before the run began, which listener a connection
// waits for, and that a socket of which no process has a descriptor is on its way
// in a message.
type tracker struct {
	t       *simnet.Trace
	things  []thing
	now     []status
	said    []status         // what the changes so far make
	touched []int            // things that this event may have changed
	ends    map[string]int   // by name
	open    map[string][]int // listeners that are not closed, by path, in the order in which they were made
	procs   map[string]int

	holders map[int][]holding // by end or listener: who has descriptors of it
	had     map[string][]int  // by process: what it has, or has had
	pending map[int][]int     // by listener: ends that wait there
	waits   map[int]int       // by end: the listener that it waits for
	early   map[int]int       // by number of a Send that has not ended: how much of it was received
	locks   map[int]bool      // listeners that hold a lock, too

	uses  map[string][]int  // by name of an end or a listener: which events of tasks use it
	last  map[string]int    // by the same: the last of these that has returned
	comes map[string]string // by name of an accepted end: the path of its listener
}

// A holding is how many descriptors a process has of something. Those that it was
// sent count once it makes sockets of them: before that nobody can tell which they
// are.
type holding struct {
	process string
	count   int
	loose   int // those that Dup made, and are no sockets yet
}

// track returns the things of a trace, and gives events their changes.
func (k *tracker) track(t *simnet.Trace, events []event) []thing {
	*k = tracker{
		t: t, ends: map[string]int{}, open: map[string][]int{}, procs: map[string]int{},
		holders: map[int][]holding{}, had: map[string][]int{}, pending: map[int][]int{}, waits: map[int]int{}, early: map[int]int{},
		locks: map[int]bool{}, uses: map[string][]int{}, last: map[string]int{}, comes: map[string]string{},
	}
	k.lookAhead()
	for i := range t.Events {
		k.step(i)
		events[i].Changes = k.changes()
	}
	return k.things
}

// lookAhead notes what later events tell about earlier ones.
func (k *tracker) lookAhead() {
	for i := range k.t.Events {
		e := &k.t.Events[i]
		if e.Task == (simnet.TaskName{}) || e.Err == "EBADF" || e.Err == "ESRCH" {
			continue
		}
		switch e.Op {
		case "dial", "listen", "start", "kill", "restart", "pause", "resume", "go", "background", "afterfunc", "stop":
			continue
		case "accept":
			if e.Made != "" {
				k.comes[e.Made] = e.Object
			}
		case "adopt", "adoptlistener":
			k.used(e.Made, i)
			continue
		}
		if e.Object != "" {
			k.used(e.Object, i)
		}
	}
}

// used notes that event i uses something.
func (k *tracker) used(name string, i int) {
	k.uses[name] = append(k.uses[name], i)
	if k.t.Events[i].Open == "" { // what was killed stands behind the end of what it used
		k.last[name] = i
	}
}

// user returns the process that uses something first after event i, "" if none
// does.
func (k *tracker) user(name string, i int) string {
	list := k.uses[name]
	at, _ := slices.BinarySearch(list, i+1)
	if at == len(list) {
		return ""
	}
	return k.maker(list[at])
}

// maker returns the process whose task has event i, "" for the world.
func (k *tracker) maker(i int) string {
	if n := k.t.Events[i].Task; n != (simnet.TaskName{}) {
		label, _, _ := strings.Cut(n.String(), "/")
		return label
	}
	return ""
}

// lives reports whether anybody uses something after event i.
func (k *tracker) lives(name string, i int) bool { return k.last[name] > i }

// listener returns the listener that a path means to a process, -1 if none does:
// the last one that it has made or been given there, or else the last one of all.
func (k *tracker) listener(path, label string) int {
	list := k.open[path]
	for i := len(list) - 1; i >= 0; i-- {
		if slices.ContainsFunc(k.holders[list[i]], func(h holding) bool { return h.process == label }) {
			return list[i]
		}
	}
	if len(list) == 0 {
		return -1
	}
	return list[len(list)-1]
}

// touch returns the state of a thing that is about to change.
func (k *tracker) touch(thing int) *status {
	k.touched = append(k.touched, thing)
	return &k.now[thing]
}

func (k *tracker) add(name, kind string) int {
	k.things = append(k.things, thing{Name: name, Kind: kind})
	k.now = append(k.now, status{})
	k.said = append(k.said, status{})
	return len(k.things) - 1
}

// end returns the thing that is an end of a connection, -1 if the name is none.
func (k *tracker) end(name string) int {
	if i, ok := k.ends[name]; ok {
		return i
	}
	number, side := name, ""
	if n := len(name); n > 1 {
		number, side = name[:n-1], name[n-1:]
	}
	if _, err := strconv.Atoi(number); err != nil || side != "a" && side != "b" {
		return -1
	}
	other := "a"
	if side == "a" {
		other = "b"
	}
	i := k.add(name, "end")
	j := k.add(number+other, "end")
	k.ends[name], k.ends[number+other] = i, j
	k.things[i].Peer, k.things[j].Peer = j+1, i+1
	return i
}

func (k *tracker) peer(end int) int { return k.things[end].Peer - 1 }

// process returns the thing that is a process.
func (k *tracker) process(label string) int {
	i, ok := k.procs[label]
	if !ok {
		i = k.add(label, "process")
		k.procs[label] = i
		k.touch(i).state = "running"
	}
	return i
}

// holding returns what a process has of something, nil if it has nothing.
func (k *tracker) holding(thing int, label string) *holding {
	list := k.holders[thing]
	if i := slices.IndexFunc(list, func(h holding) bool { return h.process == label }); i >= 0 {
		return &list[i]
	}
	return nil
}

// hold gives a process another descriptor of something.
func (k *tracker) hold(thing int, label string) *holding {
	h := k.holding(thing, label)
	if h == nil {
		k.holders[thing] = append(k.holders[thing], holding{process: label})
		k.had[label] = append(k.had[label], thing)
		h = k.holding(thing, label)
	}
	h.count++
	k.held(thing)
	return h
}

// adopted is for a descriptor that becomes a socket: one of Dup's, which counts
// already, or else one that was sent.
func (k *tracker) adopted(thing int, label string) {
	if h := k.holding(thing, label); h != nil && h.loose > 0 {
		h.loose--
	} else {
		k.hold(thing, label)
	}
	k.becomes(thing, "open")
}

// becomes changes the state of a socket, but not of one that was reset.
func (k *tracker) becomes(thing int, state string) {
	if s := k.touch(thing); s.state != "reset" {
		s.state = state
	}
}

// drop takes one away. last reports that no process has any other.
func (k *tracker) drop(thing int, label string) (last bool) {
	list := k.holders[thing]
	i := slices.IndexFunc(list, func(h holding) bool { return h.process == label })
	if i < 0 {
		return false
	}
	if list[i].count--; list[i].count == 0 {
		list = slices.Delete(list, i, i+1)
	}
	k.holders[thing] = list
	k.held(thing)
	return len(list) == 0
}

func (k *tracker) held(thing int) {
	var names []string
	for _, h := range k.holders[thing] {
		names = append(names, h.process)
	}
	k.touch(thing).holder = strings.Join(names, ", ")
}

// count changes how many descriptors a process has.
func (k *tracker) count(label string, n int) {
	if label != "" {
		s := k.touch(k.process(label))
		s.fds = max(0, s.fds+n)
	}
}

// changes returns what has changed since it was called last.
func (k *tracker) changes() (list []change) {
	for _, i := range k.touched {
		was, is := &k.said[i], &k.now[i]
		if *was == *is {
			continue
		}
		for _, f := range [...]struct {
			name    string
			was, is any
		}{
			{"state", was.state, is.state}, {"holder", was.holder, is.holder}, {"unread", was.unread, is.unread},
			{"carried", was.carried, is.carried}, {"charged", was.charged, is.charged}, {"room", was.room, is.room}, {"shut", was.shut, is.shut}, {"note", was.note, is.note},
			{"buffer", was.buffer, is.buffer}, {"queued", was.queued, is.queued}, {"backlog", was.backlog, is.backlog},
			{"fds", was.fds, is.fds},
		} {
			if f.was != f.is {
				list = append(list, change{i, f.name, f.is})
			}
		}
		*was = *is
	}
	k.touched = k.touched[:0]
	return list
}
