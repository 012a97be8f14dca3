package simnet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/brine/simnet/internal/afunix"
)

// A Census is what is left over when a run has ended: in which ways it was not
// back where it began. A process that was killed has left nothing, as the kernel
// has closed what it had, but socket files.
//
// Who made a thing is known in a run that is executed with a census in mind
// ([Config].Census, Tidy or Trace), and where in its code, if it is traced.
type Census struct {
	Descriptors []OpenDescriptor // by process, in the order of their start, and by number
	Tasks       []Wait           // that have not returned, in the order of their start
	Timers      []SetTimer       // of AfterFunc that have not fired, in the order in which they would
	Files       []SocketFile     // by path
}

// A Maker says who made a thing.
type Maker struct {
	Task string // "world" for what build has made; "" if it is not known
	Nth  int    // in which of its operations
	Op   Op
	At   Stack // where that is, if the run was traced
}

// An OpenDescriptor is a number of a process that was not closed.
type OpenDescriptor struct {
	Process string
	Number  int
	Kind    string   // connection, listener, socket (that is neither), lock, or file
	Path    string   // what was dialled or accepted from, the listener's, or the file's; "" if there is none
	Socket  int      // its number in the run, 0 for a file
	End     string   // of a connection: its name in the trace, "1a", if the run was traced
	Peer    int      // of a connection: the number of the other end, 0 if that is gone
	PeerEnd string   // and its name
	Peers   []string // and the processes that have it
	Unread  int      // of a connection: bytes that could have been received
	Leak    bool     // see Config.Tidy
	Made    Maker
}

// A SetTimer is a call of AfterFunc that was still to come.
type SetTimer struct {
	Process    string
	Name       string
	At         time.Duration // when it would fire, as Result.Elapsed counts
	Background bool          // a background task has set it, and the run does not wait for it
	Made       Maker
}

// A SocketFile is the name of a socket in the tree.
type SocketFile struct {
	Path     string
	Listens  []string // the processes that have the listener; a file without one is stale
	Process  string   // who made it; "" if that is not known
	Survives bool     // that process lives
	Leak     bool     // see Config.Tidy
	Made     Maker
}

// Empty reports whether nothing is left over.
func (c *Census) Empty() bool {
	return len(c.Descriptors)+len(c.Tasks)+len(c.Timers)+len(c.Files) == 0
}

// String returns the census for reading.
func (c *Census) String() string {
	if c.Empty() {
		return "nothing is left over"
	}
	var b strings.Builder
	part := func(title string, n int) bool {
		if n > 0 {
			b.WriteString(title + ":\n")
		}
		return n > 0
	}
	if part("descriptors", len(c.Descriptors)) {
		for i := range c.Descriptors {
			c.Descriptors[i].write(&b)
		}
	}
	if part("timers", len(c.Timers)) {
		for i := range c.Timers {
			t := &c.Timers[i]
			fmt.Fprintf(&b, "%s: %s, due at %v", t.Process, t.Name, t.At)
			t.Made.write(&b, "set")
		}
	}
	if part("socket files", len(c.Files)) {
		for i := range c.Files {
			f := &c.Files[i]
			if len(f.Listens) > 0 {
				fmt.Fprintf(&b, "%s: %s listens", f.Path, strings.Join(f.Listens, " and "))
			} else {
				fmt.Fprintf(&b, "%s: nobody listens", f.Path)
			}
			if f.Process != "" && !f.Survives {
				fmt.Fprintf(&b, "; its maker %s was killed", f.Process)
			}
			f.Made.write(&b, "made")
		}
	}
	if part("tasks", len(c.Tasks)) {
		writeWaits(&b, c.Tasks, false)
		writeWaits(&b, c.Tasks, true)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (d *OpenDescriptor) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s %d: %s", d.Process, d.Number, d.Kind)
	if d.End != "" {
		fmt.Fprintf(b, " %s", d.End)
	}
	if d.Path != "" {
		fmt.Fprintf(b, " %s", d.Path)
	}
	if d.Kind == "connection" {
		switch {
		case d.Peer == 0:
			b.WriteString(", whose other end is closed")
		case len(d.Peers) == 0:
			fmt.Fprintf(b, ", whose other end, %s, nobody has yet", socketText(d.PeerEnd, d.Peer))
		default:
			fmt.Fprintf(b, ", whose other end, %s, %s has", socketText(d.PeerEnd, d.Peer), strings.Join(d.Peers, " and "))
		}
		if d.Unread > 0 {
			fmt.Fprintf(b, ", with %d bytes unread", d.Unread)
		}
	}
	d.Made.write(b, "made")
}

// write ends a line and says who has made what it is about.
func (m *Maker) write(b *strings.Builder, made string) {
	switch {
	case m.Task == "":
	case m.Nth == 0:
		fmt.Fprintf(b, "; %s by %s", made, m.Task)
	default:
		fmt.Fprintf(b, "; %s by %s, operation %d, %s", made, m.Task, m.Nth, m.Op)
	}
	b.WriteByte('\n')
	writeStack(b, m.At)
}

// A Leftover is the verdict about a run that passed, but left something that it
// should not have ([Config].Tidy).
type Leftover struct {
	Census *Census // only that
}

// Error implements error.
func (e *Leftover) Error() string {
	return "the run passed, but left over what no background task holds; close, stop or remove it:\n\n" + e.Census.String()
}

// account takes the census of a run that is over, before it is forgotten, and
// the verdict about a run that was to be tidy.
func (s *sched) account(cfg *Config) {
	if s.err == nil && s.books == nil {
		return
	}
	c := s.census()
	full := cfg.Census || s.deep() || s.err != nil
	if s.err == nil && cfg.Tidy {
		if l := c.leaks(); l != nil {
			s.err, full = &Leftover{l}, true
		}
	}
	if full {
		if e, ok := s.err.(*Deadlock); ok {
			c.Tasks = e.Waits
		} else {
			c.Tasks = s.waitFor().waits
		}
		s.left = c
	}
}

// leaks returns what should not have been left, nil if there is nothing.
func (c *Census) leaks() *Census {
	l := &Census{}
	for _, d := range c.Descriptors {
		if d.Leak {
			l.Descriptors = append(l.Descriptors, d)
		}
	}
	for _, t := range c.Timers {
		if !t.Background {
			l.Timers = append(l.Timers, t)
		}
	}
	for _, f := range c.Files {
		if f.Leak {
			l.Files = append(l.Files, f)
		}
	}
	if l.Empty() {
		return nil
	}
	return l
}

// census takes stock of all but the tasks.
func (s *sched) census() *Census {
	c := &Census{}
	for _, p := range s.processes {
		s.w.k.Descs(p.id, func(d afunix.Desc, r afunix.Ref) {
			c.Descriptors = append(c.Descriptors, s.open(p, d, r))
		})
	}
	for _, a := range s.heap[min(1, len(s.heap)):] {
		if t := a.timer; t != nil {
			c.Timers = append(c.Timers, SetTimer{
				Process: t.p.label(), Name: t.name, At: time.Duration(a.at), Background: t.background,
				Made: s.maker(&made{by: a.task, nth: a.nth, op: OpAfterFunc, ok: true, pcs: t.pcs}),
			})
		}
	}
	slices.SortFunc(c.Timers, func(a, b SetTimer) int {
		// As alarms of one time are in the order in which they were set.
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Process, b.Process), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Made.Task, b.Made.Task), cmp.Compare(a.Made.Nth, b.Made.Nth))
	})
	for _, f := range s.w.k.SocketFiles(nil) {
		c.Files = append(c.Files, s.socketFile(f))
	}
	return c
}

// open describes a descriptor.
func (s *sched) open(p *Process, d afunix.Desc, r afunix.Ref) OpenDescriptor {
	k := s.w.k
	m := s.books.of(p, d)
	o := OpenDescriptor{Process: p.label(), Number: int(d), Kind: "file", Path: m.path, Socket: int(r.Sock), Made: s.maker(m), Leak: s.leaks(p, d, r)}
	if r.Sock == 0 {
		if r.Locked {
			o.Kind = "lock"
		}
		return o
	}
	i, _ := k.Describe(r.Sock)
	o.Kind, o.Path, o.Unread = "socket", shown(i.Name), i.Unread
	switch {
	case i.Listening:
		o.Kind = "listener"
	case i.Connected:
		o.Kind, o.End = "connection", s.nameOf(r.Sock)
		if o.Path == "" {
			o.Path = shown(i.PeerName)
		}
		if peer, ok := k.PeerID(r.Sock); ok {
			o.Peer, o.PeerEnd = int(peer), s.nameOf(peer)
			for _, id := range k.Holders(nil, peer) {
				if q := s.process(id); q != nil {
					o.Peers = append(o.Peers, q.label())
				}
			}
		}
	}
	return o
}

// maker puts in words who made a thing.
func (s *sched) maker(m *made) Maker {
	if !m.known() {
		return Maker{}
	}
	return Maker{Task: s.tasks[m.by].String(), Nth: int(m.nth), Op: m.op, At: stackAt(m.pcs)}
}

// socketFile describes a name of a socket.
func (s *sched) socketFile(f afunix.SocketFile) SocketFile {
	o := SocketFile{Path: f.Path}
	if f.Listener != 0 {
		for _, id := range s.w.k.Holders(nil, f.Listener) {
			if q := s.process(id); q != nil {
				o.Listens = append(o.Listens, q.label())
			}
		}
	}
	if m := s.books.file(f.Ino); m != nil {
		o.Made = s.maker(m)
		o.Process, o.Survives = m.p.label(), !m.p.dead
		o.Leak = f.Listener == 0 && o.Survives
	}
	return o
}

// leaks decides whether a descriptor should have been closed: [Config].Tidy has
// the rule.
func (s *sched) leaks(p *Process, d afunix.Desc, r afunix.Ref) bool {
	m := s.books.of(p, d)
	if !m.known() {
		return false // it is inside a call, of a background task that dials, say
	}
	if m.with >= 0 { // a listener's lock
		listener := m.with
		found := true
		s.w.k.Descs(p.id, func(d afunix.Desc, r afunix.Ref) {
			if d == listener {
				found = s.leaks(p, d, r)
			}
		})
		return found
	}
	by := s.tasks[m.by]
	if !m.view {
		return !by.waits(p)
	}
	info, _ := s.w.k.Describe(r.Sock)
	if !info.Listening && by.id != 0 && !by.background {
		return true
	}
	if q := s.w.waitsOf(r.Sock); q != nil {
		for _, q := range [...]*queue{&q.rd, &q.wr} {
			for c := q.first; c != nil; c = c.next {
				if c.s.p == p && c.s.d == d {
					return false
				}
			}
		}
	}
	return !s.tasks[s.books.user(r.Sock)].waits(p)
}

// waits reports whether a task of a process is one that may be left waiting.
func (t *task) waits(p *Process) bool {
	return t.p == p && t.background && t.state != done && t.state != dead
}
