package traceview

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.com/brine/simnet"
)

// step carries out what event i did to sockets and processes.
func (k *tracker) step(i int) {
	e := &k.t.Events[i]
	label := k.maker(i)
	if label != "" {
		k.process(label)
	}
	for _, c := range e.Choices {
		if c.Kind == simnet.KindFail && (c.Answer == "ECONNRESET" || c.Answer == "EPIPE") {
			k.reset(e.Object)
		}
	}
	switch e.Op {
	case "send":
		k.send(e)
	case "recv":
		k.recv(e, label)
	case "kill", "killed", "restart", "start", "started", "pause", "paused", "resume", "resumed":
		if e.Err == "" && aboutProcess(e) {
			k.life(e, i)
		}
	default:
		if e.Err == "" && e.Open == "" {
			k.call(e, i, label)
		}
	}
}

// call is for operations that have done what they were asked.
func (k *tracker) call(e *simnet.Event, i int, label string) {
	switch e.Op {
	case "listen":
		k.listen(e, i, label)
	case "dial":
		k.dial(e, i, label)
	case "accept":
		k.accept(e, label)
	case "pair":
		a, b, _ := strings.Cut(e.Made, " ")
		for _, name := range [...]string{a, b} {
			k.made(name, label, i)
		}
	case "adopt":
		if x := k.end(e.Made); x >= 0 {
			k.adopted(x, label)
		}
	case "adoptlistener":
		if x := k.listener(e.Made, label); x >= 0 {
			k.adopted(x, label)
		}
	case "dup":
		k.dup(e.Object, label)
	case "lock":
		k.count(label, 1)
	case "close":
		k.shut(e.Object, i, label)
	case "closeread", "closewrite":
		if x := k.end(e.Object); x >= 0 {
			s := k.touch(x)
			s.shut = both(s.shut, strings.TrimPrefix(e.Op, "close")+"s")
		}
	case "setsendbuffer":
		if x := k.end(e.Object); x >= 0 {
			k.touch(x).buffer = e.Args
		}
	}
}

// both adds what is shut down to what was.
func both(shut, more string) string {
	switch {
	case shut == "" || shut == more:
		return more
	default:
		return "reads, writes"
	}
}

// made begins the life of an end that a task has, or one that will be seen to.
func (k *tracker) made(name, label string, i int) {
	x := k.end(name)
	if x < 0 {
		return
	}
	if label == "" {
		label = k.user(name, i)
	}
	k.touch(x).state = "open"
	k.opened(x, label)
}

// opened is for a new descriptor of a process, if it is known of which.
func (k *tracker) opened(x int, label string) {
	if label != "" {
		k.hold(x, label)
		k.count(label, 1)
	}
}

func (k *tracker) listen(e *simnet.Event, i int, label string) {
	x := k.add(e.Object, "listener")
	k.open[e.Object] = append(k.open[e.Object], x)
	s := k.touch(x)
	s.state = "open"
	for _, arg := range strings.Split(e.Args, ", ") {
		if n, ok := strings.CutPrefix(arg, "backlog "); ok {
			s.backlog, _ = strconv.Atoi(n)
		}
		k.locks[x] = k.locks[x] || arg == "takeover"
	}
	if label == "" {
		label = k.user(e.Object, i)
	}
	k.opened(x, label)
	if k.locks[x] {
		k.count(label, 1)
	}
}

func (k *tracker) dial(e *simnet.Event, i int, label string) {
	a := k.end(e.Made)
	if a < 0 {
		return
	}
	k.made(e.Made, label, i)
	b := k.peer(a)
	if k.now[b].state != "" {
		return
	}
	k.touch(b).state = "pending"
	// Dial may have been given another name of the listener's file.
	path, ok := k.comes[k.things[b].Name]
	if !ok {
		path = e.Object
	}
	if list := k.open[path]; len(list) > 0 {
		l := list[len(list)-1]
		k.waits[b] = l
		k.pending[l] = append(k.pending[l], b)
		k.touch(l).queued++
	}
}

func (k *tracker) accept(e *simnet.Event, label string) {
	b := k.end(e.Made)
	if b < 0 {
		return
	}
	k.becomes(b, "open")
	k.opened(b, label)
	if l, ok := k.waits[b]; ok {
		delete(k.waits, b)
		list := k.pending[l]
		if list[0] == b { // as it mostly is
			list = list[1:]
		} else {
			at := slices.Index(list, b)
			list = slices.Delete(list, at, at+1)
		}
		k.pending[l] = list
		k.touch(l).queued = len(list)
	}
}

// named returns the end or the listener that an operation of a process is about,
// -1 for anything else.
func (k *tracker) named(object, label string) int {
	if x := k.listener(object, label); x >= 0 {
		return x
	}
	return k.end(object)
}

func (k *tracker) dup(object, label string) {
	k.count(label, 1)
	if x := k.named(object, label); x >= 0 {
		if label == "" {
			return
		}
		k.hold(x, label).loose++
	}
}

// shut is Close of a socket or of a descriptor.
func (k *tracker) shut(object string, i int, label string) {
	k.count(label, -1)
	name, bare := strings.CutPrefix(object, "fd of ")
	x := k.named(name, label)
	if x < 0 {
		return
	}
	h := k.holding(x, label)
	switch {
	case h == nil:
		return
	case bare && h.loose == 0: // one that was sent
		return
	case bare:
		h.loose--
	case k.locks[x]:
		k.count(label, -1)
	}
	if k.drop(x, label) {
		k.gone(x, i)
	}
}

// gone is for what no process has a descriptor of any more.
func (k *tracker) gone(x, i int) {
	name := k.things[x].Name
	if k.things[x].Kind == "listener" {
		if k.lives(name, i) && !k.boundAgain(name, i) {
			k.touch(x).state = "in flight"
			return
		}
		k.open[name] = slices.DeleteFunc(k.open[name], func(y int) bool { return y == x })
		s := k.touch(x)
		s.state, s.queued = "closed", 0
		for _, b := range k.pending[x] {
			delete(k.waits, b)
			k.closed(b, "never accepted")
		}
		delete(k.pending, x)
		return
	}
	if k.lives(name, i) {
		k.becomes(x, "in flight")
		return
	}
	k.closed(x, "closed")
}

// boundAgain reports whether the next use of a listener's path after event i is
// not of the same socket: it was made anew.
func (k *tracker) boundAgain(name string, i int) bool {
	list := k.uses[name]
	at, _ := slices.BinarySearch(list, i+1)
	return at == len(list) || k.t.Events[list[at]].Op != "adoptlistener"
}

// closed ends the life of an end, of which the other may have to be told.
func (k *tracker) closed(x int, how string) {
	s, peer := k.touch(x), k.touch(k.peer(x))
	if peer.state != "closed" {
		switch {
		case how != "closed":
			peer.note = "the other end was " + how + ": ECONNRESET to come"
		case s.unread > 0:
			peer.note = fmt.Sprintf("the other end was closed with %s unread: ECONNRESET to come", counted(s.unread, "byte"))
		}
	}
	*s = status{state: "closed", shut: s.shut}
}

// reset is the fault by which both ends of a connection are cut off.
func (k *tracker) reset(name string) {
	x, ok := k.ends[name]
	if !ok {
		return
	}
	for _, y := range [...]int{x, k.peer(x)} {
		if s := k.touch(y); s.state != "closed" {
			s.state, s.note = "reset", "ECONNRESET or EPIPE to come"
		}
	}
}

func (k *tracker) send(e *simnet.Event) {
	x := k.end(e.Object)
	early := k.early[e.N]
	delete(k.early, e.N)
	if x < 0 {
		return
	}
	s := k.touch(k.peer(x))
	if s.state != "closed" {
		s.unread += max(0, e.Moved-early)
		s.carried += e.Passed
		s.charged, s.room = e.Charged, e.Buffer
	}
}

func (k *tracker) recv(e *simnet.Event, label string) {
	k.count(label, e.Passed)
	x := k.end(e.Object)
	if x < 0 {
		return
	}
	s := k.touch(x)
	s.charged, s.room = e.Charged, e.Buffer
	// What a Send that has not ended yet has put there was not counted.
	for _, m := range e.From {
		if m.Event > e.N {
			k.early[m.Event] += m.Bytes
			s.unread += m.Bytes
		}
	}
	s.unread = max(0, s.unread-e.Moved)
	s.carried = max(0, s.carried-e.Passed)
	switch {
	case e.Err == "EOF":
		s.unread, s.carried = 0, 0
	case e.Err == "ECONNRESET":
		s.unread, s.carried, s.note = 0, 0, ""
	case s.unread == 0:
		s.carried = 0 // those that it had no room for are lost
	}
}

// life is what becomes of processes.
func (k *tracker) life(e *simnet.Event, i int) {
	switch e.Op {
	case "pause", "paused":
		k.touch(k.process(e.Object)).state = "paused"
	case "resume", "resumed":
		k.touch(k.process(e.Object)).state = "running"
	case "start", "started":
		k.process(e.Object)
	default:
		k.die(e.Object, i)
		if e.Op == "restart" && e.Made != "" {
			k.process(e.Made)
		}
	}
}

// die closes all that a process has.
func (k *tracker) die(label string, i int) {
	s := k.touch(k.process(label))
	if s.state == "killed" {
		return
	}
	s.state, s.fds = "killed", 0
	for _, x := range k.had[label] {
		if h := k.holding(x, label); h != nil {
			h.count = 1
			if k.drop(x, label) {
				k.gone(x, i)
			}
		}
	}
	delete(k.had, label)
}
