package simnet

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

// patience is for how long, in real time, a task may wait for something that is
// not its transport's before it is taken to be blocked.
var patience = time.Second

// spin is for how long one may run between two calls. Nobody can stop a goroutine
// that makes none.
var spin = 20 * time.Second

// looks is how often the watchdog looks while it is patient. It counts looks, not
// time: a process that was stopped (by a debugger, with its machine) has not made
// its tasks wait.
const looks = 4

// watched is the run that the watchdog looks at.
type watched struct {
	run   atomic.Pointer[sched]
	count atomic.Uint64 // runs so far
}

func (n *watched) begin(s *sched) {
	n.count.Add(1)
	n.run.Store(s)
}

func (n *watched) end() { n.run.Store(nil) }

// progress is something that changes whenever a task makes a call, or another
// runs. What it reads may be changing: it is compared, and nothing else.
//
//go:norace
func (s *sched) progress() (steps int, t *task) { return s.steps, s.task }

// revoke makes whoever calls next wait until the watchdog has looked.
//
//go:norace
func (s *sched) revoke(on bool) { s.revoked = on }

//go:norace
func (s *sched) isRevoked() bool { return s.revoked }

// still is for the running task after it has called code that is not this
// package's, which may have blocked for so long that the run went on without it.
// Then it does not return: the goroutine ends, and touches nothing.
func (s *sched) still() {
	if !s.isRevoked() {
		return
	}
	s.r.look.Lock()
	gone := s.isRevoked()
	s.r.look.Unlock()
	if gone {
		runtime.Goexit()
	}
}

//go:norace
func (t *task) goroutine() uint64 {
	if k := t.k; k != nil {
		return k.c.ID()
	}
	return 0
}

// A pulse is what the watchdog has seen of a run.
type pulse struct {
	run   uint64
	steps int
	task  *task
	still int    // for how many looks nothing has changed
	stack string // where the task was blocked outside at the last look; "" if it was not
	same  int    // for how many looks it has been there
}

// watch looks after the runs until there are no more. A task that blocks on
// something that no task can bring about (a channel, a lock that is held across a
// call) would hold up everybody for ever.
func (r *Runner) watch(over chan struct{}) {
	every, tired := patience/looks, int(spin/(patience/looks))
	tick := time.NewTicker(every)
	defer tick.Stop()
	var p pulse
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		s := r.now.run.Load()
		if s == nil {
			p = pulse{}
			continue
		}
		n := r.now.count.Load()
		if steps, t := s.progress(); n != p.run || steps != p.steps || t != p.task {
			p = pulse{run: n, steps: steps, task: t}
			continue
		}
		if p.still++; p.still >= looks/2 {
			r.examine(s, &p, tired)
		}
	}
}

// examine decides about a task that has made no call for some time. While it
// looks, the task can do what it likes, except to make a call: it is revoked, and
// so has to wait for the verdict. It is taken to be blocked only if it is found
// so again and again, in the same place: a task may well write to a log.
func (r *Runner) examine(s *sched, p *pulse, tired int) {
	r.look.Lock()
	defer r.look.Unlock()
	s.revoke(true)
	// To have the stacks, the world is stopped: a task that is found outside after
	// that, and calls later, finds itself revoked.
	stack, state := stackOf(p.task.goroutine())
	steps, t := s.progress()
	if r.now.run.Load() != s || r.now.count.Load() != p.run || steps != p.steps || t != p.task || stack == "" {
		*p = pulse{}
		s.revoke(false)
		return
	}
	switch {
	case waitsForUs(stack):
		*p = pulse{} // it has just gone on; or it waits for another run, which is watched
	case !outside(state) || internal(state, stack):
		p.stack, p.same = "", 0
	case stack != p.stack:
		p.stack, p.same = stack, 1
	default:
		p.same++
	}
	// A call of the system may be a slow disk.
	enough := looks - 1
	if state == "syscall" {
		enough = 5 * looks
	}
	if p.same >= enough {
		s.acquire()
		r.lost = &lost{t, state, stack}
		r.now.run.CompareAndSwap(s, nil) // is not looked at again
		r.condemn(t.k)
		t.k.c.Strand()
		go r.set.Rescue(t.k.c)
		return
	}
	if p.still >= tired {
		fmt.Fprintf(os.Stderr, "simnet: task %s has made no call for %v of real time, and a goroutine that runs cannot be stopped; have it call Yield, or find out why it does not end:\n\n%s\n",
			t.who(), spin, stack)
		os.Exit(2)
	}
	s.revoke(false)
}

// who is String for a verdict, which may be about build.
func (t *task) who() string {
	if t.id == 0 {
		return "build"
	}
	return t.String()
}

// lost is what the watchdog has found.
type lost struct {
	t            *task
	state, stack string
}

// lose is the verdict about a task that blocks. If a goroutine has strayed in,
// that is the cause, as likely as not.
func (s *sched) lose(l *lost) {
	s.acquire()
	t := l.t
	s.lost = t.k
	if stray := s.stray.Load(); stray != nil {
		s.verdict(stray)
		return
	}
	b := &Blocked{Task: t.who(), State: l.state, Stack: l.stack}
	if strings.Contains(l.state, "Mutex") {
		for _, o := range s.tasks[1:] {
			if o.k != nil && o.begun && o != t {
				b.Inside = append(b.Inside, fmt.Sprintf("%s (%s)", o, o.doing()))
			}
		}
	}
	s.verdict(b)
}

// outside reports whether a goroutine's state, as a stack trace has it, is one that
// others have to end. (runtime.waitReasonStrings; what is not listed is the
// runtime's own, and passes.)
func outside(state string) bool {
	for _, s := range [...]string{
		"chan ", "select", "sleep", "semacquire", "sync.", "synctest.", "IO wait", "syscall",
	} {
		if strings.HasPrefix(state, s) {
			return true
		}
	}
	return false
}

// internal reports whether a goroutine waits in a function of the runtime's own,
// such as GC: that passes. An allocation that is to start a collection waits, too,
// for whoever has stopped the world, and its frames are not shown: semacquire with
// neither sync nor internal/poll on top.
func internal(state, stack string) bool {
	_, top, _ := strings.Cut(stack, "\n")
	return strings.HasPrefix(top, "runtime.") ||
		state == "semacquire" && !strings.HasPrefix(top, "sync.") && !strings.HasPrefix(top, "internal/")
}

// waitsForUs reports whether a goroutine waits for a watchdog: for this one, to be
// done with looking, or in [Loop], which has one of its own.
func waitsForUs(stack string) bool {
	const pkg = "/simnet."
	return strings.Contains(stack, pkg+"(*sched).turn(") ||
		strings.Contains(stack, pkg+"(*sched).still(") ||
		strings.Contains(stack, pkg+"(*Runner).watch(")
}

// stackOf returns the stack of a goroutine, and what it is doing.
func stackOf(id uint64) (stack, state string) {
	if id == 0 {
		return "", ""
	}
	head := fmt.Appendf(nil, "goroutine %d [", id)
	for size := 1 << 16; ; size *= 4 {
		all := make([]byte, size)
		all = all[:runtime.Stack(all, true)]
		i := 0
		if !bytes.HasPrefix(all, head) {
			if i = bytes.Index(all, append([]byte("\n\n"), head...)); i >= 0 {
				i += 2
			}
		}
		if i < 0 {
			if len(all) < size || size >= 1<<28 {
				return "", ""
			}
			continue
		}
		one := all[i:]
		end := bytes.Index(one, []byte("\n\n"))
		if end < 0 && len(all) == size && size < 1<<28 {
			continue
		}
		if end >= 0 {
			one = one[:end]
		}
		state, _, _ = strings.Cut(string(one[len(head):]), "]")
		state, _, _ = strings.Cut(state, ",")
		return string(one), state
	}
}
