package simnet

import (
	"runtime"
	"runtime/debug"

	"example.com/brine/simnet/internal/coro"
)

// A worker is a goroutine that carries tasks, one after the other, of one run
// after the other. A task that ends by runtime.Goexit takes it along.
type worker struct {
	c *coro.Coro
	r *Runner
	t *task // what it carries; nil if it is idle
}

// body is what the goroutine does.
func (k *worker) body(*coro.Coro) {
	for {
		k.carry()
		if !k.t.s.turn() {
			runtime.Goexit() // it was lost while it was blocked outside; see watchdog.go
		}
		k.advance()
	}
}

// carry carries a task to its end, whatever that is.
func (k *worker) carry() {
	t := k.t
	s := t.s
	t.g = k.c.G()
	s.resume(t)
	t.begun = true
	s.began(t)
	returned := false
	defer func() {
		if !returned {
			k.edge(t, recover())
		}
	}()
	t.f()
	returned = true
}

// edge is where a panic v or a Goexit of a task is caught. It returns only when the
// goroutine is being ended. Even a panic that was recovered is no reason to go on:
// a Goexit may be under way behind it, and that is for the runtime to know.
func (k *worker) edge(t *task, v any) {
	s := t.s
	switch {
	case !s.turn(): // it was lost, or is unwound, and its panics are nobody's
		return
	case s.over:
	case v != nil:
		s.verdict(&Panic{Task: t.who(), Value: v, Stack: string(debug.Stack())})
	default:
		s.verdict(&Exit{Task: t.who(), Stack: string(debug.Stack())})
	}
	k.leave()
}

// leave gives control back to the run, which has its verdict. It does not return:
// the worker is ended from where it is.
func (k *worker) leave() {
	for {
		coro.Switch(k.c, k.r.set.Main)
	}
}

// advance goes on to whatever is next after the end of the task. It returns with
// another task to carry.
func (k *worker) advance() {
	s := k.t.s
	s.finish(k.t)
	next := s.pick()
	k.t = nil
	k.r.idle = append(k.r.idle, k)
	// While it is idle, which may be for long, its stack is to keep no run that is over:
	// neither s nor next is used beyond this.
	to := k.r.set.Main
	if next != nil {
		s.resume(next)
		to = next.c
	}
	for k.t == nil {
		coro.Switch(k.c, to)
	}
}

// worker has a task carried by one that is idle, or a new one.
func (r *Runner) worker(t *task) *worker {
	var k *worker
	if n := len(r.idle); n > 0 {
		k = r.idle[n-1]
		r.idle = r.idle[:n-1]
	} else {
		k = &worker{r: r}
		k.c = r.set.New(k.body)
		r.workers = append(r.workers, k)
	}
	k.t, t.k, t.c, t.g = t, k, k.c, k.c.G()
	return k
}
