package simnet

import (
	"reflect"
	"sync"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// Config is what a machine is like. The zero value is a Linux as it comes, with
// the real clock.
type Config struct {
	// Clock is what deadlines are points on: nil for the real one, which in a
	// bubble of testing/synctest is the bubble's. With a *clock.Mock nothing
	// times out until the test moves it, and then to the nanosecond.
	Clock clock.Clock

	SendBuffer    int // of a new socket in bytes (net.core.wmem_default); 0 is 212992
	MaxSendBuffer int // that can be asked for (net.core.wmem_max); 0 is 4194304
	MaxBacklog    int // of a listener (net.core.somaxconn); 0 is 4096
	MaxFiles      int // open files of all processes (fs.file-max); 0 is 1<<20
	NOFILE        int // descriptors of a process that has no limit of its own; 0 is 1024

	// What follows is for [Run].

	Chooser Chooser // who answers; nil is [Calm]
	Steps   int     // operations after which a run is [Stuck]; 0 is 1,000,000
	Trace   bool    // the Result has the Trace, whether the run fails or not
	Once    bool    // a run that fails is not executed again, for those who execute many
	Faults  Faults  // what may fail

	// Census says that the Result has a Census, whether the run fails or not.
	Census bool

	// Tidy says that a run which passes otherwise fails with a [*Leftover] if its
	// processes have left something that nobody holds any more. What a background
	// task holds that has not returned may stay, as a server's listener does:
	//
	//   - a listener, if such a task of its process waits in Accept, or was the last
	//     to call anything on it, whoever made it, and then the lock of its Takeover;
	//   - a connection, if that is so, and if besides no foreground task has made it
	//     (Dial, Accept, Pair, Adopt): what such a task makes, it closes, also if
	//     another reads from it in the background;
	//   - another descriptor (of Dup, Lock or Recv), if such a task has made it.
	//
	// Timers of foreground tasks do not remain, as a run waits for them; those of
	// background tasks may. A socket file may not remain without a listener, if the
	// process lives that made it. Processes that were killed have left nothing, nor
	// has the world.
	Tidy bool

	// FaultSteps is after how many operations of a run no fault strikes any more; 0
	// is never. From then on the program has to come to its end by itself.
	FaultSteps int

	// Within is how long, in virtual time, a foreground call without a deadline may
	// be blocked once no fault strikes any more: after FaultSteps operations, or
	// when [World.Finally] begins. One that is for longer makes the run fail with a
	// [*Starved]. 0 is any time.
	Within time.Duration

	Name string // what the run is called ([World.TB])
}

// A World is a machine. Make one with [NewWorld]. All methods, and those of its
// processes, may be called from any goroutine; a World needs no closing.
//
// It begins with the directories /run (mode 0755) and /tmp (mode 1777), which
// belong to root. Its methods that are about files act as root, and take paths
// from the root directory.
type World struct {
	clock clock.Clock
	real  bool   // clock is the real one: it moves while one looks
	gate  gate   // nil in free mode
	sched *sched // nil in free mode; in a run it is the gate, too
	plain *sched // the same, if nothing stands before it

	// mu guards all that follows, and everything of processes, views, sockets,
	// descriptors and blocked calls that is not said to be constant. It is held
	// for moments only, never while anyone waits.
	mu   sync.Mutex
	k    *afunix.Kernel
	root afunix.ProcID // whose hands the World's own methods are

	renamed bool // a file has, or has had, more than one name

	// What a call waits for is either in one of these or a notifier's. Between
	// two holders of mu, no call that is blocked could go on: who makes that
	// possible carries the call out.
	waits   []*waits // by ID of the socket; nil if nobody has ever waited for it
	dials   queue    // for room in a backlog
	locks   queue    // for advisory locks
	naps    queue    // for a point in time only
	blocked int      // how many calls wait, notifiers' included

	work             []afunix.Waiter // events that are still to be served, by unlock
	ready, lastReady *call           // calls that are over, to be woken by unlock; linked by link

	// Scratch for one operation of k.
	descs *[transport.MaxFDs]afunix.Desc
	one   [1][]byte
	rest  [][]byte
	part  [][]byte

	// Not a package's: a channel of one synctest bubble must not come up in
	// another.
	calls *sync.Pool // nil in a run
}

// waits are the calls that are blocked on one socket, whoever's descriptor of it
// they use.
type waits struct{ rd, wr queue }

// NewWorld returns a machine without processes. It does not block.
func NewWorld(cfg Config) *World {
	w := &World{clock: cfg.Clock, k: afunix.New(cfg.kernel())}
	system := clock.New()
	if w.clock == nil {
		w.clock = system
	}
	w.real = reflect.TypeOf(w.clock) == reflect.TypeOf(system)
	w.calls = &sync.Pool{New: func() any { return newCall(w) }}
	w.descs = new([transport.MaxFDs]afunix.Desc)
	w.begin()
	return w
}

// begin furnishes an empty machine.
func (w *World) begin() {
	w.root, _ = w.k.Spawn(afunix.Process{})
	w.k.Mkdir(w.root, "/run", 0o755)
	w.k.Mkdir(w.root, "/tmp", 0o1777)
}

// kernel is what the machine's administrator decides.
func (cfg *Config) kernel() afunix.Config {
	return afunix.Config{
		SndBuf:    cfg.SendBuffer,
		SndBufMax: cfg.MaxSendBuffer,
		SoMaxConn: cfg.MaxBacklog,
		MaxFiles:  cfg.MaxFiles,
		NoFile:    cfg.NOFILE,
	}
}

// now is the machine's time.
func (w *World) now() time.Time {
	if w.sched != nil {
		return w.sched.time()
	}
	return w.clock.Now()
}

// lock locks mu. In a run there is nothing to lock: one task runs at a time.
func (w *World) lock() {
	if w.sched == nil {
		w.mu.Lock()
	}
}

// unlock serves what the caller's operations made possible, releases mu, and
// only then wakes, so that whoever is woken does not find the lock taken. In a run
// nothing is put off: who can go on is told at once, see events.
func (w *World) unlock() {
	if w.sched != nil {
		return
	}
	if len(w.work) > 0 {
		w.settle()
	}
	ready := w.ready
	w.ready = nil
	w.mu.Unlock()
	for ready != nil {
		c := ready
		ready, c.link = c.link, nil // before c can be used again
		c.woken <- struct{}{}       // has room: it is sent to once for each wait
	}
}

// events takes note of what an operation of k made possible. The list is k's,
// and gone with its next operation.
func (w *World) events(woken []afunix.Waiter) {
	if s := w.sched; s != nil {
		// Nothing is carried out by that, so that it can be done at once.
		for _, e := range woken {
			s.serve(e)
		}
		return
	}
	for _, e := range woken {
		if w.awaited(e) {
			w.work = append(w.work, e)
		}
	}
}

// awaited reports whether an event could be of interest to anybody.
func (w *World) awaited(e afunix.Waiter) bool {
	if e.Events&(afunix.In|afunix.Out) != 0 && int(e.ID) < len(w.waits) {
		if q := w.waits[e.ID]; q != nil && (q.rd.first != nil || q.wr.first != nil) {
			return true
		}
	}
	if e.Events&(afunix.Slot|afunix.Names) != 0 && w.dials.first != nil {
		return true
	}
	return e.Events&(afunix.Unlocked|afunix.Names) != 0 && w.locks.first != nil
}

// settle serves all events, those included that come of it. Every call either
// ends or is left blocked, and bytes only move on, so that it comes to an end.
func (w *World) settle() {
	for i := 0; i < len(w.work); i++ {
		w.serve(w.work[i])
	}
	w.work = w.work[:0]
}

func (w *World) serve(e afunix.Waiter) {
	if e.Events&(afunix.In|afunix.Out) != 0 {
		if q := w.waitsOf(e.ID); q != nil {
			if e.Events&afunix.In != 0 {
				w.serveQueue(&q.rd)
			}
			if e.Events&afunix.Out != 0 {
				w.serveQueue(&q.wr)
			}
		}
	}
	if e.Events&afunix.Slot != 0 {
		w.serveThose(&w.dials, e.ID)
	}
	if e.Events&afunix.Unlocked != 0 {
		w.serveThose(&w.locks, e.ID)
	}
	if e.Events&afunix.Names != 0 {
		w.serveThose(&w.dials, 0)
		w.serveThose(&w.locks, 0)
	}
}

// serveQueue carries the calls of a queue out for as long as they can go on.
func (w *World) serveQueue(q *queue) {
	for c := q.first; c != nil && w.try(c); c = q.first {
	}
}

// serveThose tries the calls of a queue that wait for id, or all of them for 0.
func (w *World) serveThose(q *queue, id afunix.ID) {
	for c := q.first; c != nil; {
		next := c.next
		if (id == 0 || c.id == id) && !w.try(c) && c.id == id {
			return // still full, or locked: it is so for those behind, too
		}
		c = next
	}
}

// waitsOf returns who waits for a socket, nil if nobody ever has.
func (w *World) waitsOf(id afunix.ID) *waits {
	if int(id) < len(w.waits) {
		return w.waits[id]
	}
	return nil
}

// waitsAt does, too, and makes room for them.
func (w *World) waitsAt(id afunix.ID) *waits {
	for int(id) >= len(w.waits) {
		w.waits = append(w.waits, nil)
	}
	if w.waits[id] == nil {
		w.waits[id] = &waits{}
	}
	return w.waits[id]
}

func fail(op Op, path string, errno syscall.Errno) error {
	return &transport.Error{Op: op.String(), Path: path, Err: errno}
}

func invalid(op Op, path, detail string) error {
	return &transport.Error{Op: op.String(), Path: path, Err: syscall.EINVAL, Detail: detail}
}
