package transport_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/transport"
)

// A steps is the smallest machine that Group, Queue and Mutex run on: its tasks
// are coroutines, every call of the transport is a point at which a seed
// decides who goes on, and time passes when nobody can. It has no sockets.
type steps struct {
	rng   *rand.Rand
	now   time.Time
	tasks []*stepTask
	cur   *stepTask
	calls int  // of Wait and Notify
	dead  bool // killed: every call fails
	panic any  // of the first task that panicked
}

type stepTask struct {
	name     string
	resume   func() (struct{}, bool)
	stop     func()
	yield    func(struct{}) bool
	blocked  bool
	deadline time.Time     // of what it is blocked in
	errno    syscall.Errno // with which that ended
	waits    *stepNotifier
	view     *stepView
}

func newSteps(seed uint64) *steps {
	return &steps{rng: rand.New(rand.NewPCG(seed, 0)), now: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// run runs body as the first task until every task has returned. It reports a
// deadlock, with the names of the tasks, and the panic of a task.
func (s *steps) run(body func(transport.Transport)) error {
	v := &stepView{s: s}
	s.spawn("main", func() { body(v) })
	for len(s.tasks) > 0 {
		var ready []*stepTask
		var next *stepTask // the first to time out
		for _, task := range s.tasks {
			switch {
			case !task.blocked:
				ready = append(ready, task)
			case !task.deadline.IsZero() && (next == nil || task.deadline.Before(next.deadline)):
				next = task
			}
		}
		// Now and then time passes although somebody could go on.
		if next != nil && (len(ready) == 0 || s.rng.IntN(16) == 0) {
			if next.deadline.After(s.now) {
				s.now = next.deadline
			}
			s.wake(next, syscall.ETIMEDOUT)
			continue
		}
		if len(ready) == 0 {
			var names []string
			for _, task := range s.tasks {
				names = append(names, task.name)
				task.stop()
			}
			return fmt.Errorf("deadlock of %s", strings.Join(names, ", "))
		}
		s.cur = ready[s.rng.IntN(len(ready))]
		if _, ok := s.cur.resume(); !ok {
			for i, task := range s.tasks {
				if task == s.cur {
					s.tasks = append(s.tasks[:i], s.tasks[i+1:]...)
					break
				}
			}
		}
		s.cur = nil
	}
	if s.panic != nil {
		return fmt.Errorf("panic: %v", s.panic)
	}
	return nil
}

func (s *steps) spawn(name string, f func()) {
	task := &stepTask{name: name}
	task.resume, task.stop = iter.Pull(func(yield func(struct{}) bool) {
		task.yield = yield
		defer func() { // a panic ends at the edge of the task
			if p := recover(); p != nil && s.panic == nil {
				s.panic = p
			}
		}()
		f()
	})
	s.tasks = append(s.tasks, task)
}

// step lets others go first.
func (s *steps) step() {
	if !s.cur.yield(struct{}{}) {
		runtime.Goexit()
	}
}

func (s *steps) block(n *stepNotifier, v *stepView, deadline time.Time) syscall.Errno {
	task := s.cur
	task.blocked, task.deadline, task.waits, task.view, task.errno = true, deadline, n, v, 0
	n.queue = append(n.queue, task)
	s.step()
	return task.errno
}

func (s *steps) wake(task *stepTask, errno syscall.Errno) {
	for i, other := range task.waits.queue {
		if other == task {
			task.waits.queue = append(task.waits.queue[:i], task.waits.queue[i+1:]...)
			break
		}
	}
	task.blocked, task.errno = false, errno
}

// blocked returns how many tasks wait for a notifier.
func (s *steps) blocked() int {
	n := 0
	for _, task := range s.tasks {
		if task.blocked {
			n++
		}
	}
	return n
}

// kill makes every call of every task fail from now on.
func (s *steps) kill() {
	s.dead = true
	for _, task := range s.tasks {
		if task.blocked {
			s.wake(task, syscall.ESRCH)
		}
	}
}

type stepView struct {
	transport.Transport // the calls that are not there panic
	s                   *steps
	outer               *stepView
	done, shield        bool
}

func (v *stepView) cancelled() bool {
	for ; v != nil; v = v.outer {
		if v.done {
			return true
		}
		if v.shield {
			return false
		}
	}
	return false
}

// begin is the scheduling point before a call that can be cancelled.
func (v *stepView) begin(op string) error {
	v.s.step()
	switch {
	case v.s.dead:
		return &transport.Error{Op: op, Err: syscall.ESRCH}
	case v.cancelled():
		return &transport.Error{Op: op, Err: syscall.ECANCELED}
	}
	return nil
}

func (v *stepView) Now() time.Time { return v.s.now }

func (v *stepView) Yield() { v.s.step() }

func (v *stepView) Sleep(until time.Time) error {
	err := v.NewNotifier().Wait(until)
	if transport.Errno(err) == syscall.ETIMEDOUT {
		return nil
	}
	return err
}

func (v *stepView) Go(name string, f func()) error {
	if err := v.begin("go"); err != nil {
		return err
	}
	v.s.spawn(name, f)
	return nil
}

func (v *stepView) Background(name string, f func()) error { return v.Go(name, f) }

func (v *stepView) WithCancel(context.Context) (transport.Transport, func()) {
	inner := &stepView{s: v.s, outer: v}
	return inner, func() {
		if v.s.cur != nil {
			v.s.step()
		}
		inner.done = true
		for _, task := range v.s.tasks {
			if task.blocked && task.view.cancelled() {
				v.s.wake(task, syscall.ECANCELED)
			}
		}
	}
}

func (v *stepView) WithoutCancel() transport.Transport {
	return &stepView{s: v.s, outer: v, shield: true}
}

func (v *stepView) NewNotifier() transport.Notifier {
	v.s.step()
	return &stepNotifier{v: v}
}

type stepNotifier struct {
	v     *stepView
	token bool
	queue []*stepTask
}

func (n *stepNotifier) Notify() {
	s := n.v.s
	s.calls++
	s.step()
	switch {
	case s.dead:
	case len(n.queue) > 0:
		s.wake(n.queue[0], 0)
	default:
		n.token = true
	}
	s.step()
}

func (n *stepNotifier) Wait(deadline time.Time) error {
	s := n.v.s
	s.calls++
	if err := n.v.begin("wait"); err != nil {
		return err
	}
	var errno syscall.Errno
	switch {
	case n.token:
		n.token = false
	case transport.Expired(deadline, s.now):
		errno = syscall.ETIMEDOUT
	default:
		errno = s.block(n, n.v, deadline)
	}
	if errno != 0 {
		return &transport.Error{Op: "wait", Err: errno}
	}
	return nil
}

// newReal returns a transport of the kernel where there is one.
var newReal func(testing.TB) transport.Transport

// onEach runs body on the coroutines of steps, with many seeds, and on the
// kernel with goroutines. body must not call FailNow: it may run on a coroutine.
func onEach(t *testing.T, body func(t testing.TB, tr transport.Transport)) {
	t.Helper()
	t.Run("steps", func(t *testing.T) {
		for seed := range uint64(500) {
			s := newSteps(seed)
			if err := s.run(func(tr transport.Transport) { body(t, tr) }); err != nil {
				t.Errorf("%v", err)
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	})
	t.Run("real", func(t *testing.T) {
		if newReal == nil {
			t.Skip("no kernel backend on this system")
		}
		for range 20 {
			body(t, newReal(t))
		}
	})
}

// alone runs body on steps, once, and returns the machine.
func alone(t *testing.T, body func(s *steps, tr transport.Transport)) *steps {
	t.Helper()
	s := newSteps(1)
	if err := s.run(func(tr transport.Transport) { body(s, tr) }); err != nil {
		t.Fatal(err)
	}
	return s
}
