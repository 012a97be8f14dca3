package simnet_test

import (
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/internal/causal"
	"example.com/brine/transport"
)

// A follower is a Chooser that answers at random, and collects the states that it
// is told.
type follower struct {
	simnet.Chooser
	off    bool
	states map[uint64]bool
	told   int
	asked  int
}

var _ causal.Follower = (*follower)(nil)

func (f *follower) Follow() bool { return !f.off }

func (f *follower) Reached(state uint64) { f.states[state] = true; f.told++ }

func (f *follower) Choose(p *simnet.Point) int {
	if p.Kind == simnet.KindRun {
		f.asked++
	}
	return f.Chooser.Choose(p)
}

// states returns how many states n random runs of a program come to.
func states(t *testing.T, n int, build func(*simnet.World)) *follower {
	f := &follower{states: map[uint64]bool{}}
	simnet.Loop(func(r *simnet.Runner) {
		for i := range n {
			f.Chooser = simnet.Random(uint64(i))
			if res := r.Run(simnet.Config{Chooser: f}, build); res.Err != nil {
				t.Error(res.Err)
				return
			}
		}
	})
	return f
}

// What two processes do that has nothing to do with each other has as many states
// as there are pairs of what each can have done, with either of them asking. What
// depends on each other has one for each order.
func TestStates(t *testing.T) {
	const ops = 6 // of each task, its begin and end not counted
	loop := func(f func() error) func() {
		return func() {
			for range ops {
				if err := f(); err != nil {
					panic(err)
				}
			}
		}
	}
	send := func(p *simnet.Process) func() error {
		a, _, err := p.Pair()
		if err != nil {
			panic(err)
		}
		return func() error {
			_, err := a.Send([][]byte{{1}}, nil, time.Time{})
			return err
		}
	}
	yield := func(p *simnet.Process) func() error { return func() error { p.Yield(); return nil } }
	for _, tt := range []struct {
		name        string
		independent bool
		op          func(p *simnet.Process) func() error
		one         bool // both tasks are one process's
	}{
		{"yields", true, yield, false},
		{"sends", true, send, false},
		{"yields of one process", false, yield, true},
		{"sends of one process", false, send, true},
		{"pairs", false, func(p *simnet.Process) func() error {
			return func() error { _, _, err := p.Pair(); return err }
		}, false},
		{"timers", false, func(p *simnet.Process) func() error {
			return func() error { _, err := p.AfterFunc("t", p.Now().Add(time.Second), func() {}); return err }
		}, false},
		{"names", false, func(p *simnet.Process) func() error {
			return func() error { p.Remove("/run/none"); return nil }
		}, false},
		{"notifiers", false, func(p *simnet.Process) func() error {
			n := p.NewNotifier()
			return func() error { n.Notify(); return nil }
		}, false},
		{"deadlines", false, func(p *simnet.Process) func() error {
			a, _, err := p.Pair()
			if err != nil {
				panic(err)
			}
			return func() error { return a.SetReadDeadline(p.Now().Add(time.Second)) }
		}, false},
	} {
		f := states(t, 2000, func(w *simnet.World) {
			p, q := w.Process("p"), w.Process("q")
			if tt.one {
				q = p
			}
			first, second := tt.op(p), tt.op(q)
			p.Background("task", loop(first))
			q.Background("task", loop(second))
			w.Process("r").Go("main", func() {})
		})
		// Either has begun none to all of its operations, or has returned, the third
		// has or not, and one of three asks, or nobody as the last has returned.
		most := (ops + 2) * (ops + 2) * 2 * 3
		if n := len(f.states); tt.independent != (n < most) || f.told != f.asked {
			t.Errorf("%s: %d states, independent if less than %d; told of %d questions of %d", tt.name, n, most, f.told, f.asked)
		}
	}
}

// Both ends of a connection, and whoever has it, depend on each other; a state is
// not told where another's context may be looked at before the question, or where
// orders were given.
func TestStatesUnknown(t *testing.T) {
	talk := func(w *simnet.World, view func(p *simnet.Process) transport.Transport) {
		p, q := w.Process("p"), w.Process("q")
		tr := view(p)
		p.Go("main", func() { tr.Yield(); tr.Yield() })
		q.Go("main", func() { q.Yield(); q.Yield() })
	}
	plain := func(p *simnet.Process) transport.Transport { return p }
	f := states(t, 50, func(w *simnet.World) { talk(w, plain) })
	if f.told != f.asked || f.told == 0 {
		t.Errorf("told of %d questions of %d", f.told, f.asked)
	}
	f = states(t, 50, func(w *simnet.World) {
		talk(w, func(p *simnet.Process) transport.Transport {
			ctx, _ := p.Clock().WithTimeout(t.Context(), time.Hour)
			tr, _ := p.WithCancel(ctx)
			return tr
		})
	})
	if f.told != 0 || f.asked == 0 {
		t.Errorf("with a context that is looked at: told of %d questions of %d", f.told, f.asked)
	}
	f = &follower{Chooser: simnet.Calm(), states: map[uint64]bool{}}
	res := simnet.Run(simnet.Config{Chooser: f}, func(w *simnet.World) {
		if err := w.Order("p/main 1 run q/main"); err != nil {
			t.Error(err)
		}
		talk(w, plain)
	})
	if res.Err != nil || f.told != 0 || f.asked == 0 {
		t.Errorf("with orders: %v, told of %d questions of %d", res.Err, f.told, f.asked)
	}
	off := &follower{Chooser: simnet.Random(1), off: true}
	if res := simnet.Run(simnet.Config{Chooser: off}, func(w *simnet.World) { talk(w, plain) }); res.Err != nil || off.told != 0 {
		t.Errorf("%v, told %d", res.Err, off.told)
	}
}
