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

// patience is for how long, in real time, a task may do something else than to
// run before the watchdog takes it to be blocked.
const patience = time.Second

// spin is for how long one may run between two calls.
const spin = 20 * time.Second

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

// progress is something that changes whenever a task makes a call, or a run
// begins or ends.
//
//go:norace
func (s *sched) progress() (steps int, t *task) { return s.steps, s.task }

// revoke makes whoever calls next wait until the watchdog has looked; it is
// looked at by mine.
//
//go:norace
func (s *sched) revoke(on bool) { s.revoked = on }

//go:norace
func (t *task) goroutine() uint64 {
	if k := t.k; k != nil {
		return k.c.ID()
	}
	return 0
}

// watch looks after the runs until there are no more. A task that blocks on
// something that no task can bring about (a channel, a lock that is held across a
// call) would hold up everybody for ever.
func (r *Runner) watch(over chan struct{}) {
	const every = patience / 4
	tick := time.NewTicker(every)
	defer tick.Stop()
	var run uint64
	var steps int
	var task *task
	since := time.Now()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		s := r.now.run.Load()
		if s == nil {
			run = 0
			continue
		}
		n := r.now.count.Load()
		st, t := s.progress()
		if n != run || st != steps || t != task {
			run, steps, task, since = n, st, t, time.Now()
			continue
		}
		if idle := time.Since(since); idle >= patience {
			r.examine(s, t, idle)
		}
	}
}

// examine decides about a task that has made no call for long.
func (r *Runner) examine(s *sched, t *task, idle time.Duration) {
	r.look.Lock()
	defer r.look.Unlock()
	s.revoke(true)
	// To have the stacks, the world is stopped: a task that is found outside after
	// that, and calls later, finds itself revoked.
	stack, state := stackOf(t.goroutine())
	if now := r.now.run.Load(); now != s || stack == "" {
		s.revoke(false)
		return
	}
	if outside(state) {
		r.lost = &lost{t, state, stack}
		go r.set.Rescue(t.k.c)
		return
	}
	if idle >= spin {
		fmt.Fprintf(os.Stderr, "simnet: task %s has made no call for %v of real time, and cannot be stopped:\n\n%s\n", t, idle.Round(time.Second), stack)
		os.Exit(2)
	}
	s.revoke(false)
}

// lost is what the watchdog has found.
type lost struct {
	t            *task
	state, stack string
}

// lose is the verdict about a task that blocks.
func (s *sched) lose(l *lost) {
	s.acquire()
	t := l.t
	b := &Blocked{Task: t.String(), State: l.state, Stack: l.stack}
	if strings.Contains(l.state, "Mutex") {
		for _, o := range s.tasks[1:] {
			if o.k != nil && o != t {
				b.Inside = append(b.Inside, fmt.Sprintf("%s (%s)", o, o.doing()))
			}
		}
	}
	s.lost = t.k
	s.verdict(b)
}

// outside reports whether a goroutine's state, as a stack trace has it, is one that
// others have to end.
func outside(state string) bool {
	for _, s := range [...]string{"running", "runnable", "preempted", "copystack", "GC ", "coroutine"} {
		if strings.HasPrefix(state, s) {
			return false
		}
	}
	return true
}

// stackOf returns the stack of a goroutine, and what it is doing.
func stackOf(id uint64) (stack, state string) {
	head := fmt.Appendf(nil, "goroutine %d [", id)
	for size := 1 << 16; ; size *= 4 {
		all := make([]byte, size)
		all = all[:runtime.Stack(all, true)]
		i := bytes.Index(all, head)
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
