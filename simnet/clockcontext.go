package simnet

import (
	"context"
	"reflect"
	"time"
)

// A clockContext is a context of [Process.Clock] in a run. It is one of package
// context's own, which it embeds, so that whatever is derived from it, by way of
// WithValue, too, is cancelled along with it there and then. That one has been
// given a parent, trigger, from which it hears of the end by a call, not by a
// channel: package context starts a goroutine for neither.
//
// What is above it may be anybody's context, which tells nobody without a
// goroutine; it is looked at instead: by whoever asks, and at every scheduling
// point.
type clockContext struct {
	context.Context // whose parent is trigger

	s      *sched
	parent context.Context
	at     time.Time
	alarm  alarm
	err    error  // why it ended, if not by its CancelFunc
	over   bool   // it has ended
	end    func() // ends Context because of err
}

// clockKey is the key that a clockContext answers to with itself.
type clockKey struct{}

func (p *Process) withDeadline(parent context.Context, at time.Time) (context.Context, context.CancelFunc) {
	if parent == nil {
		panic("simnet: Clock.WithDeadline with a nil parent")
	}
	s, err := p.w.sched, error(nil)
	c := &clockContext{s: s, parent: parent, at: at}
	var cancel context.CancelFunc
	c.Context, cancel = context.WithCancel(trigger{c})
	if p.enter(OpWithDeadline, "") != nil {
		c.finish(context.Canceled)
		return c, cancel
	}
	defer p.leave(OpWithDeadline, &err)
	earlier, ok := parent.Deadline()
	switch {
	case monotonic(at):
		s.wallClock("a deadline")
		c.cancel(context.DeadlineExceeded) // lest somebody goes round in circles until then
	case s.unwatchable(parent) != "":
		s.misuse(s.unwatchable(parent) + ", at " + caller())
		c.cancel(context.DeadlineExceeded)
	case parent.Err() != nil:
		c.cancel(parent.Err())
	case ok && earlier.Before(at):
		c.at = earlier
		s.watchParent(c)
	case elapsed(at) <= s.now:
		c.cancel(context.DeadlineExceeded)
	default:
		t := s.task
		c.alarm = alarm{at: elapsed(at), task: t.id, nth: int32(t.nth), ring: c.expire}
		s.set(&c.alarm)
		if parent.Done() != nil {
			s.watchParent(c)
		}
	}
	return c, func() {
		var err error
		if p.enter(OpCancel, "") != nil {
			if s.ended() {
				cancel()
			}
			return
		}
		cancel()
		s.sweep()
		p.leave(OpCancel, &err)
	}
}

// Done implements context.Context. In a run the channel is to be polled only.
func (c *clockContext) Done() <-chan struct{} {
	c.look()
	return c.Context.Done()
}

// Err implements context.Context.
func (c *clockContext) Err() error {
	c.look()
	return c.Context.Err()
}

// String returns what others of package context do.
func (c *clockContext) String() string {
	name := ""
	if s, ok := c.parent.(interface{ String() string }); ok {
		name = s.String()
	} else {
		name = reflect.TypeOf(c.parent).String()
	}
	return name + ".WithDeadline(" + c.at.String() + ")"
}

// look ends the context if its parent has ended.
func (c *clockContext) look() {
	s := c.s
	if !s.mine() || c.over {
		return
	}
	s.publish()
	err := c.parent.Err()
	s.still()
	if err != nil {
		c.cancel(err)
	}
}

// expire is what its alarm does.
func (c *clockContext) expire() {
	c.look()
	c.cancel(context.DeadlineExceeded)
}

// cancel ends the context, and those below it.
func (c *clockContext) cancel(err error) {
	if !c.over {
		c.finish(err)
		c.s.sweep()
	}
}

func (c *clockContext) finish(err error) {
	c.err = err
	c.stop()
	c.end()
}

// stop is told that the context has ended, by its CancelFunc if by nothing else.
func (c *clockContext) stop() bool {
	was := !c.over
	c.over = true
	if c.alarm.pos != 0 {
		c.s.unset(&c.alarm)
	}
	return was
}

// A trigger is a clockContext as the parent of what it embeds.
type trigger struct{ c *clockContext }

// never is the channel of all triggers, which nobody waits for.
var never = make(chan struct{})

func (t trigger) Deadline() (time.Time, bool) { return t.c.at, true }

func (t trigger) Done() <-chan struct{} { return never }

func (t trigger) Err() error { return t.c.err }

func (t trigger) Value(key any) any {
	if key == (clockKey{}) {
		return t.c
	}
	return t.c.parent.Value(key)
}

// AfterFunc is what package context looks for. What it returns is called when the
// child was cancelled, which may be after the run, on any goroutine.
func (t trigger) AfterFunc(f func()) (stop func() bool) {
	c := t.c
	c.end = f
	return func() bool { return c.s.mine() && c.stop() }
}

// contexts are those that end with their parents, which have to be looked at.
type contexts struct {
	list []*clockContext // each behind its parent
	busy bool            // sweep is at it
}

// watchParent has a context end when its parent does.
func (s *sched) watchParent(c *clockContext) {
	s.contexts.list = append(s.contexts.list, c)
	s.attention.Or(heirs)
}

// sweep ends the contexts whose parents have ended, and forgets those that are
// over. One turn is enough, since parents come first.
func (s *sched) sweep() {
	k := &s.contexts
	if k.busy || len(k.list) == 0 {
		return
	}
	k.busy = true
	n := 0
	for i := 0; i < len(k.list); i++ { // it may grow: a parent of the program's own may make calls
		c := k.list[i]
		if c.look(); !c.over {
			k.list[n] = c
			n++
		}
	}
	clear(k.list[n:])
	if k.list = k.list[:n]; n == 0 {
		s.attention.And(^uint32(heirs))
	}
	k.busy = false
}
