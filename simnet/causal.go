package simnet

import (
	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/simnet/internal/causal"
)

// A lineage finds out in what state a run is, so that a run which comes to a state
// that another has come to can be known by a number. A state cannot be had by
// looking at it, since most of it is in the program's variables. But it is a
// function of what has been done, and in which order, as far as the order matters.
//
// So a run is cut into slices: all that happens from one operation of a task to
// the next, or to where it waits, with the code of the program in between; a call
// that waits goes on in further slices. A slice reads and writes objects: the
// process (its memory, its descriptors), the connection that its operation
// is about (both ends), and what there is one of (see scope). Its number is made of what the
// task did (which operation, on which socket, what came of it), of the time, of the
// answers to questions within it, and of the number of the slice that had each of
// these objects before. By induction it stands for all that the slice depends on,
// and for what it has left in the objects. Two slices that share no object can
// change places, and have the same numbers whichever comes first.
//
// The sum of the numbers of all slices says which there were, in whatever order: so what
// every object is like. What is no object's is a count to which slices add
// (foreground, steps, limits, faults that are left), and the order does not matter;
// or it is the run queue, to which slices append. That one is in the state as it is, by
// the age of its tasks, and so is the task that asks. The numbers of tasks, sockets,
// processes and inodes are given out by slices that have the one object in common,
// and so are the same in both orders.
//
// In doubt two slices share an object. It costs nothing but that some states are
// told apart that are the same.
type lineage struct {
	f    causal.Follower
	s    *sched
	sum  uint64 // of the numbers of all slices
	wall uint64 // the number of the last that had everything
	one  uint64 // the number of the last that had what there is one of

	procs []uint64 // by ProcID: the number of the slice that had it last
	socks []uint64 // by ID of a socket
	loads []bool   // by ID of a socket: descriptors may be under way on its connection
	rides bool     // descriptors were sent in this run
	doing []doing  // by TaskID: what its slices are part of

	// Of the slice under way, and of what happens between two.
	scope  scope
	notes  uint64 // answers to questions, results
	more   [4]afunix.ID
	extra  int     // how many of more there are
	veiled bool    // the next question is put in a state that is not known
	had    [8]mark // scratch of cut
}

// A mark is where the number of the slice stands that had an object last.
type mark struct {
	list *[]uint64
	i    int
}

// A scope is what a slice has beside the process and the connection of its
// operation.
type scope uint8

const (
	local  scope = iota // nothing
	single              // what there is one of: time, timers, names, numbers, limits, notifiers
	whole               // everything there is: it changes places with nothing
)

// doing is an operation of a task, of which one slice or more are part.
type doing struct {
	op    Op
	scope scope
	nth   int32
	on    afunix.ProcID
	sock  afunix.ID
	peer  afunix.ID
}

// scopes has what is not whole. What an operation has beyond that, because it waits
// with a deadline, say, it is found to have when it does.
var scopes = func() (list [numOps]scope) {
	for i := range list {
		list[i] = whole
	}
	for _, op := range [...]Op{
		OpBegin, OpEnd, OpYield, OpSend, OpRecv, OpCloseRead, OpCloseWrite, OpPeerCred, OpSendBuffer, OpSetSendBuffer,
	} {
		list[op] = local
	}
	for _, op := range [...]Op{
		OpListen, OpDial, OpPair, OpAccept, OpClose, OpDup, OpAttach, OpAttachListener, OpSetDeadline,
		OpSleep, OpAfterFunc, OpStop, OpGo, OpBackground, OpNotify, OpWait, OpWithCancel,
	} {
		list[op] = single
	}
	return list
}()

// followed prepares for a run whose Chooser wants to be told states.
func (s *sched) followed(c Chooser) {
	f, ok := c.(causal.Follower)
	if !ok || !f.Follow() {
		return
	}
	x := s.r.kept.lineage
	if x == nil {
		x = &lineage{}
	}
	clear(x.procs)
	clear(x.socks)
	clear(x.loads)
	clear(x.doing)
	*x = lineage{f: f, s: s, procs: x.procs, socks: x.socks, loads: x.loads, doing: x.doing}
	s.lineage, s.r.kept.lineage = x, x
}

// at returns the place of i in a list, for which it makes room.
func at[T any](list *[]T, i int) *T {
	for i >= len(*list) {
		var zero T
		*list = append(*list, zero)
	}
	return &(*list)[i]
}

// enter is told that the running task is about to begin an operation.
func (x *lineage) enter(t *task) {
	x.cut(t)
	d := doing{op: t.op, scope: scopes[t.op], nth: int32(t.nth), sock: t.opID}
	if t.on != nil {
		d.on = t.on.id
	}
	if d.sock != 0 {
		// It may have another by the time of the operation only if this one is dead.
		d.peer, _ = x.s.w.k.PeerID(d.sock)
	}
	if d.op == OpClose && (d.sock == 0 || t.path != "") {
		d.scope = whole // it is no connection that is closed
	}
	*at(&x.doing, int(t.id)) = d
}

// cut ends the slice of the running task.
func (x *lineage) cut(t *task) {
	d := *at(&x.doing, int(t.id))
	scope := max(x.scope, d.scope)
	if x.rides && (d.op == OpClose || *at(&x.loads, int(d.sock))) {
		scope = whole // descriptors were received with it, perhaps, or are closed
	}
	h := mix(x.wall^uint64(t.id)<<32^uint64(t.state), uint64(d.op)<<32^uint64(d.nth))
	h = mix(h^x.notes, uint64(x.s.now))
	had := x.had[:0]
	if t.p != nil {
		had = append(had, mark{&x.procs, int(t.p.id)})
	}
	if d.on != 0 {
		had = append(had, mark{&x.procs, int(d.on)})
	}
	if d.sock != 0 {
		had = append(had, mark{&x.socks, int(d.sock)})
	}
	if d.peer != 0 {
		had = append(had, mark{&x.socks, int(d.peer)})
	}
	for _, id := range x.more[:x.extra] {
		had = append(had, mark{&x.socks, int(id)})
	}
	for _, o := range had {
		h = mix(h^uint64(o.i), *at(o.list, o.i))
	}
	if scope >= single {
		h = mix(h, x.one)
	}
	if scope == whole {
		h = mix(h, x.sum)
	}
	for _, o := range had {
		(*o.list)[o.i] = h
	}
	x.took(h, scope)
	x.scope, x.notes, x.extra = local, 0, 0
	// Somebody's contexts are looked at, or it is asked whether time passes, before
	// the next question: that is whoever's it may be. And books are kept of who comes
	// to a socket that several processes have before he does anything there.
	a := x.s.attention.Load()
	if x.veiled = a&^booked != 0 || a != 0 && x.rides; x.veiled {
		x.scope = whole
	}
}

// took adds a slice, which has had what there is one of, or everything.
func (x *lineage) took(h uint64, scope scope) {
	x.sum += h
	if scope >= single {
		x.one = h
	}
	if scope == whole {
		x.wall = h
	}
}

// reached tells the Chooser the state in which it is asked who goes on.
func (x *lineage) reached(t *task) {
	if x.veiled {
		return
	}
	s := x.s
	h := mix(x.sum^uint64(x.scope)<<56, x.notes)
	h = mix(h, uint64(s.now))
	if !t.after {
		h = mix(h, 1<<32^uint64(t.id)) // it goes on, if the answer is calm
	}
	for id := s.oldest(); id != 0; id = s.next[id] {
		h = mix(h, uint64(id))
	}
	x.f.Reached(h)
}

// answered is told the answer to a question, other than who goes on.
func (x *lineage) answered(k Kind, n, i int) {
	x.notes = mix(x.notes^uint64(k)<<32, uint64(n)<<32^uint64(i))
	if i != 0 && k > KindShort {
		x.scope = whole // a fault that is no one operation's, or may not be
	}
}

// left is told what came of an operation.
func (x *lineage) left(n int, err error) {
	x.notes = mix(x.notes, uint64(n)^1<<63)
	if err != nil {
		x.notes = mix(x.notes, errorHash(err))
	}
}

// rang is told that an alarm goes off. That is a slice of its own: it may make a
// task runnable that waits for anything, or start one.
func (x *lineage) rang(a *alarm) {
	h := mix(x.wall^x.notes, uint64(a.task)<<32^uint64(a.nth))
	h = mix(mix(h, x.sum), uint64(a.at))
	x.took(mix(h, x.one), whole)
	x.notes = 0
}

// timed is told that an alarm is set, or is not to go off any more.
func (x *lineage) timed() { x.scope = max(x.scope, single) }

// closed is told that a number is closed.
func (x *lineage) closed() {
	if t := x.s.task; t.op != OpClose || at(&x.doing, int(t.id)).scope == whole {
		x.scope = whole // and with it whatever it refers to
	}
}

// made is told of a connection that has become a task's.
func (x *lineage) made(id afunix.ID) {
	x.touch(id)
	if peer, ok := x.s.w.k.PeerID(id); ok {
		x.touch(peer)
	}
}

func (x *lineage) touch(id afunix.ID) {
	if x.extra == len(x.more) {
		x.scope = whole
		return
	}
	x.more[x.extra] = id
	x.extra++
}

// sends is told that the running task's operation sends descriptors: what is
// received from the connection, from now on, may be any of them, and what closes
// it may close them.
func (x *lineage) sends() {
	x.scope, x.rides = whole, true
	id := x.s.task.opID
	*at(&x.loads, int(id)) = true
	if peer, ok := x.s.w.k.PeerID(id); ok {
		*at(&x.loads, int(peer)) = true
	}
}
