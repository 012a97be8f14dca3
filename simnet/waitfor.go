package simnet

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"example.com/brine/simnet/internal/afunix"
)

// A Reason says what a task waits for.
type Reason uint8

// The reasons to wait.
const (
	ForNothing Reason = iota // it could go on, or does
	ForBytes                 // in Recv, for the other end to send or to close
	ForRoom                  // in Send, for the other end to receive: the buffer is full
	ForDial                  // in Accept, for a connection
	ForAccept                // in Dial, for room in a backlog
	ForLock                  // in Lock, for whoever has the lock on the file
	ForMutex                 // in the Lock of a transport.Mutex
	ForItem                  // in the Pop of a transport.Queue
	ForGroup                 // in the Wait or Stop of a transport.Group
	ForNotify                // in the Wait of another Notifier
	ForTime                  // in Sleep
	ForResume                // for nothing but that its process goes on, which is paused

	numReasons
)

var reasonNames = [numReasons]string{
	"nothing", "bytes", "room", "dial", "accept", "lock", "mutex", "item", "group",
	"notify", "time", "resume",
}

// String returns the reason's word.
func (r Reason) String() string {
	if r < numReasons {
		return reasonNames[r]
	}
	return "unknown"
}

// A Wait is what one task waits for when a run ends, and who could have ended
// the wait. Sockets go by their number in the run, as in [Pending].
type Wait struct {
	Task       string        // who waits: "client/main"
	Background bool          // it may be left waiting
	Nth        int           // in which of its operations, counted from 1
	Op         Op            // which is this
	Path       string        // of the operation, if it has one
	Socket     int           // of the operation, 0 if it has none
	End        string        // the name of that in the trace, "1a", if it is a connection and the run was traced
	For        Reason        //
	Until      time.Duration // when it would give up, as Result.Elapsed counts; 0 is never

	Peer    int      // ForBytes, ForRoom: the other end
	PeerEnd string   // its name, as End is
	Holders []string // the processes that have the other end, the listener or the lock
	Pending bool     // ForBytes, ForRoom: the other end has yet to be accepted, from the listener at Path
	Charged int      // ForRoom: how many bytes of the buffer are taken
	Buffer  int      // ForRoom: of how many
	Unread  int      // ForRoom: how many bytes the other end could read
	Queued  int      // ForAccept: how many connections wait to be accepted
	Backlog int      // ForAccept: how many can
	Paused  string   // the process of the task, if that is paused

	// Who could end the wait are tasks that have not returned; the first eight are
	// named and Others counts the rest. Sure says that these, and nobody else, hold
	// what is waited for, or wait themselves at the other end; otherwise they are
	// just those that have the means.
	Who    []string
	Others int
	Sure   bool

	// Of ForMutex: which task has the mutex, which operation it had begun last when
	// it took it, where that was, and whether it has returned since. It is empty if
	// nobody has it.
	Owner     string
	OwnerNth  int
	OwnerOp   Op
	OwnerGone bool
	Locked    Stack

	Stack Stack // where the task waits, if the run was traced
}

// at says what the operation is and on what: "recv on socket 3", "dial /run/s".
func (w *Wait) at() string {
	switch w.For {
	case ForMutex:
		return "lock of a mutex"
	case ForItem:
		return "pop of a queue"
	case ForGroup:
		return "wait for a group"
	}
	s := w.Op.String()
	switch {
	case w.Op == OpSend || w.Op == OpRecv:
		s += " on " + socketText(w.End, w.Socket)
	case w.Path != "":
		s += " " + w.Path
	}
	return s
}

// most is how many tasks a Wait names.
const most = 8

// waitFor is the graph of who waits for whom.
type waitFor struct {
	s     *sched
	names []string   // of tasks, once they were asked for
	front [][]TaskID // by process: its foreground tasks that have not returned
	back  [][]TaskID // and its background tasks
	waits []Wait     // of tasks that have not returned
	nodes []node     // of the same
	at    []int32    // by TaskID: where it is in waits; -1 if it is not
}

// A node is a Wait's edges.
type node struct {
	id    TaskID
	who   []TaskID
	total int // tasks that could end the wait, of which who are the first
}

// waitFor draws the graph. It changes nothing.
func (s *sched) waitFor() *waitFor {
	g := &waitFor{s: s, names: make([]string, len(s.tasks)), at: make([]int32, len(s.tasks))}
	n := 1 // and not one for each process: there have been others, see crowd
	for _, p := range s.processes {
		n = max(n, int(p.id)+1)
	}
	g.front, g.back = make([][]TaskID, n), make([][]TaskID, n)
	for _, t := range s.tasks[1:] {
		if t.state == done || t.state == dead {
			continue
		}
		if t.background {
			g.back[t.p.id] = append(g.back[t.p.id], t.id)
		} else {
			g.front[t.p.id] = append(g.front[t.p.id], t.id)
		}
	}
	for i, t := range s.tasks {
		g.at[i] = -1
		if i == 0 || t.state == done || t.state == dead {
			continue
		}
		g.at[i] = int32(len(g.waits))
		w, nd := g.look(t)
		g.waits, g.nodes = append(g.waits, w), append(g.nodes, nd)
	}
	if s.deep() {
		g.trace()
	}
	return g
}

// name returns the name of a task.
func (g *waitFor) name(id TaskID) string {
	if g.names[id] == "" {
		g.names[id] = g.s.tasks[id].String()
	}
	return g.names[id]
}

// trace adds the stacks.
func (g *waitFor) trace() {
	ids := make(map[uint64]bool, len(g.nodes)) // only looked up
	for _, n := range g.nodes {
		if id := g.s.tasks[n.id].goroutine(); id != 0 {
			ids[id] = true
		}
	}
	stacks := stacksOf(ids)
	for i, n := range g.nodes {
		if id := g.s.tasks[n.id].goroutine(); id != 0 {
			g.waits[i].Stack = stacks[id]
		}
	}
}

// look says what a task waits for.
func (g *waitFor) look(t *task) (Wait, node) {
	s, k, c := g.s, g.s.w.k, &t.call
	w := Wait{Task: g.name(t.id), Background: t.background, Nth: t.nth, Op: t.op, Path: t.path, Socket: int(t.opID)}
	if t.op == OpSend || t.op == OpRecv {
		w.End = s.nameOf(t.opID)
	}
	n := node{id: t.id}
	if t.p.paused {
		w.Paused = t.p.label()
	}
	switch {
	case t.state == held || t.state == blocked && t.p.paused && s.able(c):
		w.For = ForResume
		g.anybody(&n, t)
		g.fill(&w, &n)
		return w, n
	case t.state != blocked || !c.blocked:
		return w, n
	}
	if c.alarm.pos != 0 {
		w.Until = time.Duration(c.alarm.at)
	}
	switch c.kind {
	case toRecv, toSend:
		w.For = ForBytes
		own, _ := k.Describe(c.s.id)
		if c.kind == toSend {
			w.For, w.Charged, w.Buffer = ForRoom, own.Charged, own.SndBuf
		}
		peer, ok := k.PeerID(c.s.id)
		if !ok {
			break
		}
		w.Peer, w.PeerEnd = int(peer), s.nameOf(peer)
		other, _ := k.Describe(peer)
		if w.Unread = 0; c.kind == toSend {
			w.Unread = other.Unread
		}
		if other.Embryo {
			w.Pending, w.Path = true, shown(other.Name)
			if l := g.listener(other.Name); l != 0 {
				g.holders(&w, &n, t, l, true)
			}
			break
		}
		g.holders(&w, &n, t, peer, false)
	case toAccept:
		w.For = ForDial
		g.anybody(&n, t)
	case toDial:
		w.For = ForAccept
		if i, ok := k.Describe(c.id); ok {
			w.Queued, w.Backlog = i.Pending, i.Backlog+1
		}
		g.holders(&w, &n, t, c.id, true)
	case toLock:
		w.For = ForLock
		g.locker(&w, &n, t, c.id)
	case toWait:
		g.notifier(&w, &n, t, c.on)
	case toSleep:
		w.For = ForTime
	}
	g.fill(&w, &n)
	return w, n
}

// able reports whether a blocked call could go on: nobody has told it so, because
// its process is paused.
func (s *sched) able(c *call) bool {
	k := s.w.k
	switch c.kind {
	case toRecv, toAccept:
		return k.PollID(c.s.id)&afunix.PollIn != 0
	case toSend:
		return k.PollID(c.s.id)&afunix.PollOut != 0
	case toDial:
		i, ok := k.Describe(c.id)
		return !ok || i.Pending <= i.Backlog
	}
	return c.kind == toLock && len(s.lockers(c.id)) == 0
}

// fill names who could end a wait.
func (g *waitFor) fill(w *Wait, n *node) {
	for _, id := range n.who {
		w.Who = append(w.Who, g.name(id))
	}
	w.Others = n.total - len(n.who)
}

// could adds tasks to those that could end the wait of t, t itself left out.
func (n *node) could(t *task, some []TaskID) {
	for _, id := range some {
		if id == t.id {
			continue
		}
		if n.total++; len(n.who) < most {
			n.who = append(n.who, id)
		}
	}
}

// those adds the tasks of processes: those in the foreground, or, if there are
// none, the others, and t itself if it is the only one.
func (g *waitFor) those(n *node, t *task, procs []afunix.ProcID) {
	for _, of := range [...][][]TaskID{g.front, g.back} {
		for _, p := range procs {
			if int(p) < len(of) {
				n.could(t, of[p])
			}
		}
		if n.total > 0 {
			return
		}
	}
	if slices.Contains(procs, t.p.id) {
		n.who, n.total = append(n.who, t.id), 1
	}
}

// anybody adds the tasks of all processes.
func (g *waitFor) anybody(n *node, t *task) {
	for _, of := range [...][][]TaskID{g.front, g.back} {
		for _, some := range of {
			n.could(t, some)
		}
		if n.total > 0 {
			return
		}
	}
}

// holders adds who has a socket: the tasks that wait at it, or else all of its
// holders'.
func (g *waitFor) holders(w *Wait, n *node, t *task, id afunix.ID, listens bool) {
	procs := g.s.w.k.Holders(nil, id)
	for _, p := range procs {
		w.Holders = append(w.Holders, g.process(p))
	}
	if q := g.s.w.waitsOf(id); q != nil {
		for _, q := range [...]*queue{&q.rd, &q.wr} {
			for c := q.first; c != nil; c = c.next {
				n.could(t, []TaskID{c.task.id})
			}
		}
	}
	if w.Sure = n.total > 0; !w.Sure {
		g.those(n, t, procs)
	}
}

// process returns the name of one that lives.
func (g *waitFor) process(id afunix.ProcID) string {
	if p := g.s.process(id); p != nil {
		return p.label()
	}
	return "the world"
}

// process finds a process.
func (s *sched) process(id afunix.ProcID) *Process {
	i := sort.Search(len(s.processes), func(i int) bool { return s.processes[i].id >= id })
	if i < len(s.processes) && s.processes[i].id == id {
		return s.processes[i]
	}
	return nil
}

// listener finds the listener in whose backlog an embryo of this name stands.
func (g *waitFor) listener(name string) (id afunix.ID) {
	k := g.s.w.k
	for _, p := range g.s.processes {
		k.Descs(p.id, func(_ afunix.Desc, r afunix.Ref) {
			if i, ok := k.Describe(r.Sock); ok && id == 0 && i.Listening && i.Name == name && i.Pending > 0 {
				id = r.Sock
			}
		})
	}
	return id
}

// locker adds who has the lock on a file.
func (g *waitFor) locker(w *Wait, n *node, t *task, file afunix.ID) {
	procs := g.s.lockers(file)
	for _, p := range procs {
		w.Holders = append(w.Holders, g.process(p))
	}
	g.those(n, t, procs)
}

// lockers returns the processes that have the lock on a file.
func (s *sched) lockers(file afunix.ID) (procs []afunix.ProcID) {
	for _, p := range s.processes {
		s.w.k.Descs(p.id, func(_ afunix.Desc, r afunix.Ref) {
			if r.File == file && r.Locked && !slices.Contains(procs, p.id) {
				procs = append(procs, p.id)
			}
		})
	}
	return procs
}

// notifier adds who could notify.
func (g *waitFor) notifier(w *Wait, n *node, t *task, on *reporter) {
	w.For = ForNotify
	switch {
	case on == nil:
	case on.role == "mutex":
		w.For, w.Sure = ForMutex, true
		if !on.owned {
			return
		}
		o := g.s.tasks[on.owner]
		w.Owner, w.OwnerNth, w.OwnerOp, w.Locked = g.name(o.id), int(on.nth), on.op, stackAt(on.pcs)
		if w.OwnerGone = o.state == done || o.state == dead; !w.OwnerGone {
			n.who, n.total = []TaskID{o.id}, 1
		}
		return
	case on.role == "group":
		w.For, w.Sure = ForGroup, true
		for _, o := range g.s.tasks[1:] {
			if on.view != nil && o.view == on.view && o.state != done && o.state != dead {
				if n.total++; len(n.who) < most { // itself, too
					n.who = append(n.who, o.id)
				}
			}
		}
		return
	case on.role == "queue":
		w.For = ForItem
	}
	g.those(n, t, []afunix.ProcID{t.p.id})
	if n.total == 1 && n.who[0] == t.id {
		n.who, n.total = nil, 0 // it waits, and nobody is left in its process
	}
}

// why says in words what a wait is for, and who could end it. doing says what a
// task does.
func (w *Wait) why(doing func(string) string) (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	who := func() string { return w.who(doing) }
	holders := strings.Join(w.Holders, " and ")
	switch w.For {
	case ForBytes, ForRoom:
		must, peer := "send", socketText(w.PeerEnd, w.Peer)
		if w.For == ForRoom {
			must = "receive"
			say("the buffer is full: %d of %d bytes are charged, and %d bytes unread at the other end", w.Charged, w.Buffer, w.Unread)
		}
		switch {
		case w.Pending && holders != "":
			say("the other end was not accepted; %s has the listener %s and would have to accept: %s", holders, w.Path, who())
		case w.Pending:
			say("the other end was not accepted")
		case holders == "":
			say("the other end, %s, travels in a message that nobody has received", peer)
		default:
			say("%s has the other end, %s, and would have to %s: %s", holders, peer, must, who())
		}
	case ForDial:
		say("nobody dials; left that could: %s", who())
	case ForAccept:
		say("the backlog is full: %d of %d connections wait to be accepted", w.Queued, w.Backlog)
		if holders == "" {
			say("the listener travels in a message that nobody has received")
		} else {
			say("%s has the listener and would have to accept: %s", holders, who())
		}
	case ForLock:
		if holders == "" {
			say("the descriptor that has the lock travels in a message that nobody has received")
		} else {
			say("%s has the lock and would have to close its descriptor: %s", holders, who())
		}
	case ForMutex:
		switch {
		case w.Owner == "":
			say("nobody has the mutex")
		case w.Owner == TaskName{}.String():
			say("the mutex was locked before the run began")
		default:
			since := ", locked before its first operation"
			if w.OwnerNth > 0 {
				since = fmt.Sprintf(", locked after its operation %d, %s", w.OwnerNth, w.OwnerOp)
			}
			if len(w.Locked) > 0 {
				since += fmt.Sprintf(", at %s", w.Locked[0])
			}
			switch {
			case w.OwnerGone:
				say("%s has the mutex%s, and has returned without Unlock", w.Owner, since)
			default:
				say("%s has the mutex%s", who(), since)
			}
		}
	case ForItem:
		say("the queue has nothing; left that could push: %s", who())
	case ForGroup:
		say("left in the group: %s", who())
	case ForNotify:
		say("nobody notifies; left that could: %s", who())
	case ForTime:
		if w.Until == 0 {
			say("it sleeps until it is cancelled")
		}
	case ForResume:
		say("its process is paused; left that could resume it: %s", who())
	case ForNothing:
		say("it could go on")
	}
	if w.Paused != "" && w.For != ForResume {
		say("and its process is paused")
	}
	if w.Until != 0 {
		say("until %v", w.Until)
	}
	return lines
}

// who lists who could end a wait.
func (w *Wait) who(doing func(string) string) string {
	if len(w.Who) == 0 {
		return "nobody"
	}
	all := make([]string, 0, len(w.Who)+1)
	for _, name := range w.Who {
		if name == w.Task {
			all = append(all, "the task itself")
		} else if d := doing(name); d != "" {
			all = append(all, name+" ("+d+")")
		} else {
			all = append(all, name)
		}
	}
	if w.Others > 0 {
		all = append(all, fmt.Sprintf("%d more", w.Others))
	}
	return strings.Join(all, ", ")
}

// writeWaits writes waits, each with why it is. waits must have all that are
// mentioned.
func writeWaits(b *strings.Builder, waits []Wait, background bool) {
	at := make(map[string]string, len(waits)) // only looked up
	for i := range waits {
		at[waits[i].Task] = waits[i].at()
		if waits[i].Paused != "" {
			at[waits[i].Task] += ", paused"
		}
	}
	const shown = 50
	n := 0
	for i := range waits {
		w := &waits[i]
		if w.Background != background {
			continue
		}
		if n++; n > shown {
			continue
		}
		fmt.Fprintf(b, "%s, operation %d: %s\n", w.Task, w.Nth, w.at())
		for _, l := range w.why(func(name string) string { return at[name] }) {
			fmt.Fprintf(b, "\t%s\n", l)
		}
		writeStack(b, w.Stack)
	}
	if n > shown {
		fmt.Fprintf(b, "and %d more\n", n-shown)
	}
}
