package simnet

import (
	"context"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/simnet/internal/coro"
	"example.com/brine/transport"
)

// attend sees to what does not happen in every step.
func (s *sched) attend() {
	was := s.limit
	s.attending, s.limit = true, -1 // so that enter looks twice
	s.attendTo(s.attention.Load())
	if s.attending = false; !s.over {
		s.limit = was
	}
}

// chattyContext is about who is called in the midst of another's operation, where
// nobody else can be let go on.
const chattyContext = "a context that is looked at makes a call; its Err may look at the time, and at nothing else"

// refusal is what a call fails with that is made in attend.
func (s *sched) refusal(op Op, path string) error {
	if s.attending {
		return invalid(op, path, chattyContext)
	}
	return nil
}

func (s *sched) attendTo(a uint32) {
	if a&strayed != 0 {
		s.verdict(s.stray.Load())
	}
	if a&heirs != 0 {
		s.sweep()
	}
	if a&booked != 0 {
		s.books.use(s.task)
	}
	if a&viewed != 0 {
		s.look()
	}
	if a&hasty != 0 && !s.over && (s.oldest() != 0 || s.task.state == running) {
		s.hurry()
	}
}

// look cancels the views whose contexts are done.
func (s *sched) look() {
	if s.looking {
		return // a context of the program's own has made a call
	}
	s.looking = true
	n := 0
	for i := 0; i < len(s.views); i++ { // it may grow: a context of the program's own may make calls
		v := s.views[i]
		if v.canceled {
			continue
		}
		s.publish()
		err := v.ctx.Err()
		s.still()
		if err != nil {
			v.cancel()
			continue
		}
		s.views[n] = v
		n++
	}
	s.looking = false
	clear(s.views[n:])
	if s.views = s.views[:n]; n == 0 {
		s.attention.And(^uint32(viewed))
	}
}

// watchContext has a view cancelled when its context is done, at the next
// scheduling point, whoever's it is: no goroutine waits for that.
func (s *sched) watchContext(v *Transport) {
	if v.ctx.Err() != nil {
		v.cancel()
		return
	}
	s.views = append(s.views, v)
	s.attention.Or(viewed)
}

// unwatchable says why a context cannot cancel a view in a run.
func (s *sched) unwatchable(ctx context.Context) string {
	at, ok := ctx.Deadline()
	if !ok {
		return ""
	}
	if c, ok := ctx.Value(clockKey{}).(*clockContext); ok && c.s == s && c.at.Equal(at) {
		return ""
	}
	return "the context has a deadline that is not on the world's clock; use Process.Clock"
}

// strange turns a call away that comes when there is no run, or from a goroutine
// that is none of its tasks. The latter is not the caller's business alone: a
// program that does that is not deterministic, and so its run fails.
func (s *sched) strange(p *Process, op Op, id afunix.ID, path string) error {
	if s.turn() {
		return s.enter(p, op, id, path)
	}
	if s.asks() {
		const what = "the chooser calls the world that it chooses for; it may look at its Point, and at nothing else"
		s.misuse(what)
		return invalid(op, path, what)
	}
	if s.ended() || s.disowned() {
		if s.late.Add(1)%1024 == 0 {
			s.r.forbid()
		}
		return &transport.Error{Op: op.String(), Path: path, Err: syscall.ESRCH, Detail: "the run has ended"}
	}
	stack := make([]byte, 8192)
	stack = stack[:runtime.Stack(stack, false)]
	what := "called from goroutine " + strconv.FormatUint(goroutineOf(stack), 10) + ", which is no task of this world; start tasks with Go of their process"
	s.stray.CompareAndSwap(nil, &Misuse{Op: op, What: what, Stack: string(stack)})
	s.attention.Or(strayed)
	return invalid(op, path, what)
}

// strangeNow is Now for whoever is not the running task. It cannot fail, so only
// the run does, if it is not over.
func (s *sched) strangeNow(p *Process) time.Time {
	if !s.turn() && !s.asks() && !s.ended() && !s.disowned() {
		s.strange(p, OpNow, 0, "")
	}
	return s.glance()
}

//go:norace
func (s *sched) glance() time.Time { return epoch.Add(time.Duration(s.now)) }

// asks reports whether the caller is the running task, in its Chooser.
//
//go:norace
func (s *sched) asks() bool { return s.g == 0 && !s.revoked && coro.Self() == s.asker }

// disowned reports whether the caller was the running task, before it blocked
// outside.
//
//go:norace
func (s *sched) disowned() bool { return s.revoked && coro.Self() == s.g }

// forbid ends the calling goroutine if it was to end long ago, and makes one call
// after the other instead, whatever it is told.
func (r *Runner) forbid() {
	var head [64]byte
	if r.condemned(goroutineOf(head[:runtime.Stack(head[:], false)])) {
		runtime.Goexit()
	}
}

// goroutineOf returns the number that a stack trace begins with.
func goroutineOf(stack []byte) (id uint64) {
	const head = "goroutine "
	if len(stack) < len(head) {
		return 0
	}
	for _, c := range stack[len(head):] {
		if c < '0' || c > '9' {
			break
		}
		id = 10*id + uint64(c-'0')
	}
	return id
}
