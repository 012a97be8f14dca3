package protocol

import (
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// A side is one end of a connection and what the rules say of it. Its methods are
// those of ipc.Conn: they make the call and hold what comes of it against the
// answers that the rules leave, given what both sides have done by then.
//
// Both sides live in one memory, of which no operation of another task sees the
// middle. What a side is about to do is noted before the call and what it has
// done after it, so that in between either may be true for the other.
type side struct {
	s    *proptest.Sim
	env  env
	name string
	path string // what its errors are to name
	c    *ipc.Conn
	tr   transport.Transport
	peer *side

	out, in half
	flow    *proptest.Stream // what it sends
	sends   int              // how many sends there were
	tokens  []int64          // the offsets in flow of bytes that carry descriptors

	ending  bool // Done, or more, has begun
	leaving int  // tasks that are in Close or Abort
	gone    bool // the socket is no more
	orderly bool // Close has succeeded
	dying   bool // its process is being killed, or was
	spoiled bool // it has gone, and left something in its socket for sure

	canceling, canceled bool // its view
	moved               bool // it is in another view now
}

// A half is a direction: what it is to answer.
type half struct {
	state  state
	inside bool // a task is in a call
}

type state uint8

const (
	usable state = iota
	ended
	failed
)

// An env is what the faults of a run can bring about that no side has done.
type env struct {
	reset  bool // a connection is reset
	kill   bool // a process dies, and perhaps is started again
	memory bool // ENOBUFS and ENOMEM from sending
	files  bool // EMFILE, ENFILE and ENOMEM from what makes a descriptor
	names  bool // a socket file is not as it was
	full   bool // a backlog is filled by others
	small  bool // a buffer has room for a few kilobytes only
	late   bool // time passes otherwise than when nobody can run
}

func envOf(f simnet.Faults) env {
	on := func(list ...simnet.Fault) bool {
		for _, x := range list {
			if f[x].Rate > 0 {
				return true
			}
		}
		return false
	}
	return env{
		reset:  on(simnet.FaultReset),
		kill:   on(simnet.FaultKill, simnet.FaultRestart),
		memory: on(simnet.FaultENOBUFS, simnet.FaultENOMEM),
		files:  on(simnet.FaultEMFILE, simnet.FaultENFILE, simnet.FaultENOMEM),
		names:  on(simnet.FaultRemoved, simnet.FaultReplaced, simnet.FaultForbidden, simnet.FaultDirGone),
		full:   on(simnet.FaultFull),
		small:  on(simnet.FaultBuffer),
		late:   on(simnet.FaultEarly, simnet.FaultLate, simnet.FaultJump, simnet.FaultPause),
	}
}

// joined returns the two sides of a connection, whose ends come by bind.
func joined(s *proptest.Sim, e env, a, b string) (*side, *side) {
	x := &side{s: s, env: e, name: a, flow: proptest.NewStream(s, a+" to "+b)}
	y := &side{s: s, env: e, name: b, flow: proptest.NewStream(s, b+" to "+a)}
	x.peer, y.peer = y, x
	return x, y
}

// bind gives the side its end.
func (x *side) bind(tr transport.Transport, c *ipc.Conn, path string) {
	x.tr, x.c, x.path = tr, c, path
}

// paired returns both sides of a pair in one process.
func paired(s *proptest.Sim, e env, tr transport.Transport) (a, b *side) {
	a, b = joined(s, e, "a", "b")
	c, d, err := ipc.Pair(tr)
	if err != nil {
		if e.files {
			return nil, nil
		}
		s.Fatalf("pair: %v", err)
	}
	a.bind(tr, c, "")
	b.bind(tr, d, "")
	return a, b
}

// left reports whether the side may have gone, or be about to.
func (x *side) left() bool { return x.leaving > 0 || x.gone || x.dying || x.env.kill }

// cut reports whether the side may find its connection reset: it was, by a
// fault, or the other side has gone without having received everything.
func (x *side) cut() bool {
	received, _, offered := x.flow.Offsets()
	accepted := x.peer.c != nil
	return x.env.reset || x.peer.left() && !x.peer.orderly && (offered > received || !accepted)
}

// readAhead is as much as package ipc reads ahead at most.
const readAhead = 2048

// leave says that the side has gone, without a word. A receive that failed, or
// that was under way, may have taken out of the socket what it did not deliver.
func (x *side) leave(busy bool) {
	received, sure, _ := x.peer.flow.Offsets()
	x.gone = true
	x.spoiled = !busy && x.in.state != failed && sure-received > readAhead
}

// lost says that nobody will ever have the side's end.
func (x *side) lost() { x.ending, x.dying = true, true }

// A moment is what was known when a call began.
type moment struct {
	op       string
	start    time.Time
	deadline time.Time
	canceled bool
	peerGone bool // the peer's socket was no more
	peerOver bool // the peer had ended its sending, or was gone

	spoiled  bool  // the peer had, and has left something unreceived
	waiting  int64 // bytes that could be received
	possible int64 // the same, with those of which it is not certain
}

func (x *side) begin(op string, deadline time.Time) moment {
	received, sure, offered := x.peer.flow.Offsets()
	return moment{
		op: op, start: x.tr.Now(), deadline: deadline,
		canceled: x.canceled,
		peerGone: x.peer.gone,
		peerOver: x.peer.gone || x.peer.out.state == ended,
		spoiled:  x.peer.spoiled,
		waiting:  sure - received, possible: offered - received,
	}
}

// A verdict is the answers that the rules leave; 0 is success.
type verdict []syscall.Errno

func (v verdict) also(cond bool, errnos ...syscall.Errno) verdict {
	if cond {
		return append(v, errnos...)
	}
	return v
}

// admit is what a call in a direction is answered before it reaches the socket;
// ok reports that it does reach it.
func (x *side) admit(h *half) (v verdict, ok bool) {
	switch {
	case x.gone:
		return verdict{syscall.EBADF}, false
	case x.leaving > 0:
		return verdict{syscall.EBADF, syscall.EBUSY}, false
	case h.inside:
		return verdict{syscall.EBUSY}, false
	case h.state == ended:
		return verdict{syscall.EPIPE}, false
	case h.state == failed:
		return verdict{syscall.ECONNRESET}, false
	}
	return nil, true
}

// refusal reports whether an answer says that nothing was done.
func refusal(err error) bool {
	switch transport.Errno(err) {
	case syscall.EBUSY, syscall.EINVAL, syscall.EBADF, syscall.ENOTSUP:
		return true
	}
	return false
}

// settle moves a direction on by what a call of it was answered that had reached
// the socket.
func (h *half) settle(err error, end bool) {
	switch {
	case err == nil || refusal(err):
	case end:
		h.state = ended
	default:
		h.state = failed
	}
}
