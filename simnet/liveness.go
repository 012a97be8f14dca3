package simnet

import (
	"cmp"
	"fmt"
	"strings"
	"syscall"
	"time"
)

// A Starved is the verdict about a run in which a foreground call was still
// blocked [Config].Within after the last fault could strike, although something
// went on meanwhile: nobody came to its aid. Where nothing goes on, it is a
// [*Deadlock].
type Starved struct {
	Within time.Duration
	Tasks  []string // whose calls they are, with the number of the operation: "client/main 5 (recv)"

	// Waits are those of all tasks that have not returned, in the order in which
	// they were started.
	Waits []Wait
}

// Error implements error. It has the whole graph.
func (e *Starved) Error() string {
	var b strings.Builder
	verb := "are"
	if len(e.Tasks) == 1 {
		verb = "is"
	}
	fmt.Fprintf(&b, "no fault strikes any more, and after %v %s %s still blocked\n\n", e.Within, strings.Join(e.Tasks, " and "), verb)
	writeWaits(&b, e.Waits, false)
	return strings.TrimSuffix(b.String(), "\n")
}

// A vigil watches, from the last fault on, for foreground calls that do not end.
type vigil struct {
	alarm
	calls []struct { // that are watched
		task *task
		nth  int
	}
}

// Finally has a process started when the run would have passed: every foreground
// task has returned, and nothing is left that can go on. From then on no fault
// strikes. It is for what must be so in the end, whatever happened on the way: a
// server answers again, a file is gone. Those of several calls start together, in
// the order of the calls.
//
// It is for build, and does not block. Errors: EINVAL for a process without a
// Main, or once the run has begun; ENOTSUP in free mode; ESRCH after the run.
func (w *World) Finally(cfg ProcessConfig) (err error) {
	const op = OpStart
	if w.sched == nil {
		return fail(op, "", syscall.ENOTSUP)
	}
	if err := w.enter(nil, op, 0, cfg.Dir); err != nil {
		return err
	}
	defer w.leave(nil, op, &err)
	switch {
	case !w.sched.setup:
		return invalid(op, "", "the run has begun; say in build what is to be done finally")
	case cfg.Main == nil:
		return invalid(op, "", "the process has no Main")
	}
	if tr := w.tracing(); tr != nil {
		tr.now().Args = legible(cmp.Or(cfg.Name, "a process")) + " finally"
	}
	w.sched.finals = append(w.sched.finals, cfg)
	return nil
}

// conclude starts the processes of Finally.
func (s *sched) conclude() {
	finals := s.finals
	s.finals = nil
	s.subside()
	for _, cfg := range finals {
		if _, err := s.w.start(cfg, 1); err != nil {
			s.verdict(&Misuse{Op: OpStart, What: "what is to be done finally cannot be begun: " + err.Error()})
		}
	}
}

// subside ends the faults, and begins to watch that calls end.
func (s *sched) subside() {
	s.limit = s.bound
	if s.lineage != nil {
		s.lineage.scope = whole // which calls are blocked now is everybody's
	}
	if s.striker != nil {
		clear(s.striker.left[:])
	}
	s.attention.And(^uint32(hasty))
	if s.within > 0 && s.vigil == nil {
		s.vigil = new(vigil)
		s.watchCalls()
	}
}

// watchCalls notes which foreground calls are blocked, and looks again when the
// time is over that they have.
func (s *sched) watchCalls() {
	v := s.vigil
	v.calls = v.calls[:0]
	for _, t := range s.tasks[1:] {
		if t.depends() {
			v.calls = append(v.calls, struct {
				task *task
				nth  int
			}{t, t.nth})
		}
	}
	v.alarm = alarm{at: later(s.now, int64(s.within)), ring: s.lookAfter}
	s.setLast(&v.alarm)
}

// depends reports whether a foreground task is blocked in a call that only
// somebody else can end. One with a deadline ends by itself.
func (t *task) depends() bool {
	return !t.background && t.state == blocked && t.call.alarm.pos == 0
}

func (s *sched) lookAfter() {
	var tasks []string
	for _, c := range s.vigil.calls {
		if c.task.depends() && c.task.nth == c.nth {
			tasks = append(tasks, fmt.Sprintf("%s %d (%s)", c.task, c.nth, c.task.doing()))
		}
	}
	if len(tasks) > 0 {
		s.verdict(&Starved{Within: time.Duration(s.within), Tasks: tasks, Waits: s.waitFor().waits})
		return
	}
	s.watchCalls()
}

// watched reports whether an alarm is all that could still happen, and it is that of
// the vigil: nothing goes on by itself.
func (s *sched) watched(a *alarm) bool { return s.watches(a) && len(s.heap) == 2 }

// watches reports whether an alarm is that of the vigil.
func (s *sched) watches(a *alarm) bool { return s.vigil != nil && a == &s.vigil.alarm }
