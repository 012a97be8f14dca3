package simnet

import "math/bits"

// A Kind says what a question is about.
type Kind uint8

// The kinds of questions. Those from KindShort on are asked only if they are
// switched on ([Config].Faults).
const (
	// KindRun asks which task goes on: before each operation, where more than one
	// could, and whenever the running task waits or ends. Answer 0 is the running
	// task; where that one cannot go on, the task that has been runnable longest.
	KindRun Kind = iota

	// KindWake asks which process is woken, where tasks of several wait for the same
	// event of a socket, a listener or a lock. Answer 0 is the one that has waited
	// longest.
	KindWake

	// KindTimer asks which of the timers that are due at the same time goes off alone:
	// before the others, which then go off when no task can go on. Answer i is the one
	// that was set i-th. Answer 0 is none: all go off together, in that order, before
	// any task runs.
	KindTimer

	KindShort   // how many bytes a Recv or a Send moves at once: all, 1, half, all but one
	KindFail    // whether an operation fails, and with which errno
	KindEarly   // whether time passes to the next timer although tasks could run
	KindLate    // how late a timer fires
	KindJump    // whether the clock jumps before an operation, and how far
	KindBuffer  // how big the send buffer of a new socket is
	KindFull    // whether other clients have filled a backlog when Dial comes
	KindFile    // what has become of the file that an operation is about to look for
	KindKill    // which process dies before an operation
	KindRestart // which process dies and is started again at once
	KindPause   // which process stops for a while

	numKinds
)

var kindNames = [numKinds]string{
	"run", "wake", "timer", "short", "fail", "early", "late", "jump", "buffer",
	"full", "file", "kill", "restart", "pause",
}

// String returns the kind's word in a script.
func (k Kind) String() string {
	if k < numKinds {
		return kindNames[k]
	}
	return "unknown"
}

// A TaskID numbers the tasks of a run in the order in which they were started,
// from 1. 0 is the world itself: what has no task to ask for it.
type TaskID int32

// A Chooser answers every question that the real world leaves open. The same
// answers to the same program give the same run.
//
// Choose returns a number from 0 to p.N-1, and 0 is always the calm answer. It is
// called on the goroutine of whatever task runs, one call at a time, and must not
// call the world it chooses for. An answer out of range, or a panic, ends the run
// with a [*Misuse].
type Chooser interface{ Choose(p *Point) int }

// A Point is where a question is asked. It is used again for the next: a Chooser
// must not keep it, nor what it refers to.
type Point struct {
	Kind Kind
	N    int // how many answers there are, at least 2: a question with one is not asked

	// Rate is how often a random chooser should leave 0, in 1/65536, and Rates how
	// often it should give each of the other answers. For KindRun and KindWake there
	// are none, and every answer is as good as another. For KindTimer there is a Rate
	// alone: answers other than 0 are as good as each other.
	Rate  int
	Rates []int

	Tasks []TaskID // of kind KindRun: answer i runs Tasks[i]

	// Whose operation the question belongs to: for KindEarly and KindTimer the one that has
	// set the timer. Nth counts a task's operations from 1, its end among them;
	// After says that the operation waits or is the end, and that the question is
	// who goes on. Ask counts the questions of this kind at this place, from 1.
	Task  TaskID
	Nth   int
	After bool
	Ask   int

	s *sched
}

// A Pending is what a task is about to do.
type Pending struct {
	Op      Op
	Process *Process // on whose transport; nil for the world's
	Socket  int      // the number of the socket in this run; 0 if it is none
	Peer    int      // that of the socket at the other end; 0 if there is none
	Path    string   // if it has one; a listener's is what it listens at

	renamed bool // files have, or have had, more than one name
}

// Pending returns what the task of the i-th answer is about to do, or, if it was
// blocked in it, to go on with. It is for KindRun.
func (p *Point) Pending(i int) Pending {
	t := p.s.tasks[p.Tasks[i]]
	w := p.s.w
	q := Pending{Op: t.op, Process: t.on, Socket: int(t.opID), Path: t.path, renamed: w.renamed}
	if t.opID != 0 {
		peer, _ := w.k.PeerID(t.opID)
		q.Peer = int(peer)
	}
	return q
}

// Op returns what kind of operation the task of the i-th answer is about to do. It
// is for KindRun.
func (p *Point) Op(i int) Op { return p.s.tasks[p.Tasks[i]].op }

// Progress returns how many operations the task of the i-th answer has begun, the
// one that it is about to do among them: 0 if it has not run yet. It is for
// KindRun.
func (p *Point) Progress(i int) int { return p.s.tasks[p.Tasks[i]].nth }

// NameHash returns a hash of the name of a task, which takes less time than the
// name. It is the same in every run and on every machine, and the same for
// processes that were given the same name.
func (p *Point) NameHash(id TaskID) uint64 { return p.s.tasks[id].nameHash() }

// Name returns the name of a task, as scripts have it.
func (p *Point) Name(id TaskID) TaskName { return p.s.tasks[id].title() }

// Answer returns the name of an answer, as scripts have it: "" for 0 and where
// there is only one other.
func (p *Point) Answer(i int) string {
	if i <= 0 || i >= p.N {
		return ""
	}
	return p.s.answer(p.Kind, i)
}

// Calm returns a Chooser whose every answer is 0.
func Calm() Chooser { return calm{} }

type calm struct{}

func (calm) Choose(*Point) int { return 0 }

// Random returns a Chooser that answers at random, by Point.Rate. The same seed
// gives the same answers.
func Random(seed uint64) Chooser { return &random{state: seed*0x9e3779b97f4a7c15 + 1} }

// random is Wang Yi's wyrand.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0xa0761d6478bd642f
	hi, lo := bits.Mul64(r.state, r.state^0xe7037ed1a0b428db)
	return hi ^ lo
}

func (r *random) Choose(p *Point) int { return r.pick(p.Kind, p.N, p.Rate, p.Rates) }

func (r *random) pick(k Kind, n, rate int, rates []int) int {
	x := r.next()
	if k < KindTimer {
		hi, _ := bits.Mul64(x, uint64(n))
		return int(hi)
	}
	at := int(x & 0xffff)
	switch {
	case at >= rate:
		return 0
	case k == KindTimer:
		hi, _ := bits.Mul64(x, uint64(n-1))
		return 1 + int(hi)
	}
	for i, rate := range rates {
		if at -= rate; at < 0 {
			return i + 1
		}
	}
	return n - 1
}
