package simnet_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// retry is application code that knows nothing of a transport: it takes a clock,
// and calls f until it succeeds or the context is done, waiting longer each time.
func retry(ctx context.Context, c clock.Clock, f func() error) error {
	ctx, cancel := c.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		err := f()
		if err == nil {
			return nil
		}
		if at, ok := ctx.Deadline(); ok && c.Until(at) < wait {
			return fmt.Errorf("%w; no time left for another try", err)
		}
		c.Sleep(wait)
	}
}

func ExampleProcess_Clock() {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		server.Background("main", func() {
			server.Sleep(server.Now().Add(time.Second)) // it takes its time to start
			server.Listen("/run/app.sock", 1, transport.ListenConfig{})
		})
		client.Go("main", func() {
			c := client.Clock()
			began, tries := c.Now(), 0
			err := retry(context.Background(), c, func() error {
				tries++
				_, err := client.Dial("/run/app.sock", time.Time{})
				return err
			})
			fmt.Println(tries, "tries in", c.Since(began), err)
		})
	})
	fmt.Println(res.Err)
	// Output:
	// 5 tries in 1.5s <nil>
	// <nil>
}

// alone runs f as the only task of a process, in the calm run.
func alone(f func(p *simnet.Process)) *simnet.Result {
	return simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("app")
		p.Go("main", func() { f(p) })
	})
}

// passes is for runs that end well.
func passes(t *testing.T, f func(p *simnet.Process)) {
	t.Helper()
	if res := alone(f); res.Err != nil {
		t.Fatal(res.Err)
	}
}

func TestClockTime(t *testing.T) {
	var past, left time.Duration
	res := alone(func(p *simnet.Process) {
		c := p.Clock()
		began := c.Now()
		c.Sleep(-time.Second)
		c.Sleep(0)
		c.Sleep(time.Hour)
		past, left = c.Since(began), c.Until(began.Add(3*time.Hour))
	})
	if res.Err != nil || past != time.Hour || left != 2*time.Hour || res.Elapsed != time.Hour {
		t.Error(res.Err, past, left, res.Elapsed)
	}
}

func TestClockFree(t *testing.T) {
	m := clock.NewMock()
	if c := simnet.NewWorld(simnet.Config{Clock: m}).Process("app").Clock(); c != m {
		t.Errorf("the clock is %v", c)
	}
}

// state is what a context says.
func state(ctx context.Context) string {
	s := fmt.Sprint(ctx.Err(), ", ", context.Cause(ctx))
	select {
	case <-ctx.Done():
		return s + ", done"
	default:
		return s
	}
}

// watched holds that package context has started no goroutine.
func watched(t *testing.T) {
	t.Helper()
	all := make([]byte, 1<<20)
	if all = all[:runtime.Stack(all, true)]; strings.Contains(string(all), "propagateCancel") {
		t.Errorf("a goroutine waits for a context:\n%s", all)
	}
}

const (
	live     = "<nil>, <nil>"
	expired  = "context deadline exceeded, context deadline exceeded, done"
	canceled = "context canceled, context canceled, done"
)

func says(t *testing.T, when string, ctx context.Context, want string) {
	t.Helper()
	if got := state(ctx); got != want {
		t.Errorf("%s: %s, want %s", when, got, want)
	}
}

type key struct{}

// TestClockContext has a context and whatever package context derives from one.
// All of them end at the same moment.
func TestClockContext(t *testing.T) {
	for _, how := range []string{"expires", "is cancelled", "has a parent that is cancelled"} {
		t.Run(how, func(t *testing.T) {
			passes(t, func(p *simnet.Process) {
				cl := p.Clock()
				parent, cancelParent := context.WithCancelCause(context.WithValue(context.Background(), key{}, "mine"))
				ctx, cancel := cl.WithTimeout(parent, time.Second)
				value := context.WithValue(ctx, key{}, "yours")
				child, cancelChild := context.WithCancel(value)
				cause, cancelCause := context.WithCancelCause(child)
				mine, cancelMine := cl.WithTimeout(value, time.Hour)
				leaf, cancelLeaf := context.WithCancel(mine)
				wall, cancelWall := context.WithTimeout(ctx, time.Hour)
				free := context.WithoutCancel(ctx)
				all := []context.Context{ctx, value, child, cause, mine, leaf, wall}
				for i, c := range all {
					says(t, fmt.Sprint("at first ", i), c, live)
					if at, ok := c.Deadline(); !ok || !at.Equal(p.Now().Add(time.Second)) {
						t.Error(i, at, ok)
					}
				}
				if ctx.Value(key{}) != "mine" || leaf.Value(key{}) != "yours" {
					t.Error("values are lost")
				}
				watched(t)
				p.Sleep(p.Now().Add(time.Second - 1))
				for i, c := range all {
					says(t, fmt.Sprint("a nanosecond before ", i), c, live)
				}
				end := expired
				switch how {
				case "expires":
					p.Sleep(p.Now().Add(1))
				case "is cancelled":
					cancel()
					end = canceled
				default:
					cancelParent(errors.New("a reason"))
					end = "context canceled, a reason, done"
					says(t, "at once", ctx, end)
					says(t, "at once", child, end)
					p.Yield()
				}
				for i, c := range all {
					says(t, fmt.Sprint("after the end ", i), c, end)
				}
				says(t, "without cancel", free, live)
				for _, f := range []func(){cancel, cancelMine, cancelLeaf, cancelChild, cancelWall, func() { cancelCause(nil) }, func() { cancelParent(nil) }} {
					f()
				}
				p.Sleep(p.Now().Add(2 * time.Hour))
				for i, c := range all {
					says(t, fmt.Sprint("in the end ", i), c, end)
				}
			})
		})
	}
}

func TestClockContextPast(t *testing.T) {
	passes(t, func(p *simnet.Process) {
		for _, d := range []time.Duration{0, -time.Hour} {
			ctx, cancel := p.Clock().WithTimeout(context.Background(), d)
			says(t, d.String(), ctx, expired)
			cancel()
			says(t, d.String(), ctx, expired)
			if at, ok := ctx.Deadline(); !ok || !at.Equal(p.Now().Add(d)) {
				t.Error(at, ok)
			}
		}
		parent, stop := context.WithCancel(context.Background())
		stop()
		ctx, cancel := p.Clock().WithTimeout(parent, -time.Hour)
		defer cancel()
		says(t, "cancelled before", ctx, canceled)
	})
}

// TestClockContextOrder has deadlines on both sides of the parent's.
func TestClockContextOrder(t *testing.T) {
	passes(t, func(p *simnet.Process) {
		c := p.Clock()
		began := p.Now()
		parent, cancel := c.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		early, cancel := c.WithTimeout(parent, time.Second)
		defer cancel()
		late, cancel := c.WithTimeout(parent, 3*time.Second)
		defer cancel()
		same, cancel := c.WithTimeout(parent, 2*time.Second)
		defer cancel()
		if at, _ := late.Deadline(); at.Sub(began) != 2*time.Second {
			t.Error("the later deadline is", at)
		}
		p.Sleep(began.Add(time.Second))
		says(t, "early after 1s", early, expired)
		for _, ctx := range []context.Context{parent, late, same} {
			says(t, "after 1s", ctx, live)
		}
		p.Sleep(began.Add(2 * time.Second))
		for _, ctx := range []context.Context{parent, late, same} {
			says(t, "after 2s", ctx, expired)
		}
	})
}

// foreign is a context that tells nobody of its end unless it is asked.
type foreign struct {
	context.Context
	done chan struct{}
	err  error

	asked int
}

func (f *foreign) Done() <-chan struct{} { return f.done }

func (f *foreign) Err() error {
	f.asked++
	return f.err
}

func TestClockContextForeign(t *testing.T) {
	passes(t, func(p *simnet.Process) {
		f := &foreign{Context: context.Background(), done: make(chan struct{})}
		ctx, cancel := p.Clock().WithTimeout(f, time.Second)
		defer cancel()
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		below, cancel := p.Clock().WithTimeout(child, time.Second)
		defer cancel()
		leaf, cancel := context.WithCancel(below)
		defer cancel()
		watched(t)
		f.err = errors.New("foreign end")
		close(f.done)
		says(t, "asked", ctx, "foreign end, foreign end, done")
		for _, c := range []context.Context{child, below, leaf} {
			says(t, "below", c, "foreign end, foreign end, done")
		}
	})
	passes(t, func(p *simnet.Process) {
		f := &foreign{Context: context.Background(), done: make(chan struct{})}
		ctx, cancel := p.Clock().WithTimeout(f, time.Second)
		defer cancel()
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		f.err = errors.New("foreign end")
		p.Yield()
		says(t, "not asked", child, "foreign end, foreign end, done")
	})
}

// TestClockContextOver holds that nothing is left of a context that has ended.
func TestClockContextOver(t *testing.T) {
	res := alone(func(p *simnet.Process) {
		f := &foreign{Context: context.Background(), done: make(chan struct{})}
		_, cancel := p.Clock().WithTimeout(f, time.Hour)
		p.Yield()
		if f.asked == 0 {
			t.Error("the parent is not looked at")
		}
		cancel()
		f.asked = 0
		p.Yield()
		p.Yield()
		if f.asked != 0 {
			t.Error("the parent is still looked at")
		}
		p.NewNotifier().Wait(time.Time{})
	})
	var d *simnet.Deadlock
	if !errors.As(res.Err, &d) || res.Elapsed != 0 {
		t.Errorf("after %v: %v", res.Elapsed, res.Err)
	}
}

// TestClockContextCalls cancels calls by the deadline of a context, to the
// nanosecond.
func TestClockContextCalls(t *testing.T) {
	under := func(ctx context.Context, c clock.Clock, d time.Duration) context.Context {
		ctx, cancel := c.WithTimeout(ctx, d)
		t.Cleanup(cancel)
		return ctx
	}
	child := func(ctx context.Context) context.Context {
		ctx, cancel := context.WithCancel(context.WithValue(ctx, key{}, 1))
		t.Cleanup(cancel)
		return ctx
	}
	for name, derive := range map[string]func(ctx context.Context, c clock.Clock) context.Context{
		"itself": func(ctx context.Context, _ clock.Clock) context.Context { return ctx },
		"child":  func(ctx context.Context, _ clock.Clock) context.Context { return child(ctx) },
		"nested": func(ctx context.Context, c clock.Clock) context.Context {
			return child(under(child(ctx), c, time.Hour))
		},
		"inner": func(_ context.Context, c clock.Clock) context.Context {
			return under(child(under(context.Background(), c, time.Hour)), c, time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				var err error
				var took time.Duration
				res := simnet.Run(simnet.Config{Chooser: simnet.Random(seed)}, func(w *simnet.World) {
					p := w.Process("app")
					a, b, _ := p.Pair()
					p.Background("other", func() {
						for range 100 {
							p.Sleep(p.Now().Add(time.Second / 7))
							b.Send([][]byte{{1}}, nil, transport.Immediate)
						}
					})
					p.Go("main", func() {
						began := p.Now()
						ctx, cancel := p.Clock().WithTimeout(context.Background(), time.Second)
						defer cancel()
						view, stop := p.WithCancel(derive(ctx, p.Clock()))
						defer stop()
						c, _ := a.Dup()
						d, aerr := view.Adopt(c)
						if aerr != nil {
							panic(aerr)
						}
						for err == nil {
							_, _, err = d.Recv([][]byte{make([]byte, 1)}, nil, time.Time{})
						}
						took = p.Now().Sub(began)
					})
				})
				if res.Err != nil || !errors.Is(err, syscall.ECANCELED) || took != time.Second {
					t.Fatalf("seed %d: verdict %v, Recv says %v after %v", seed, res.Err, err, took)
				}
			}
		})
	}
}

// TestClockContextWall holds that a deadline on the wall clock is no one's here.
func TestClockContextWall(t *testing.T) {
	wall, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	passes(t, func(p *simnet.Process) {
		for name, ctx := range map[string]context.Context{
			"wall":        wall,
			"child":       context.WithValue(wall, key{}, 1),
			"another run": strange(t),
		} {
			view, stop := p.WithCancel(ctx)
			_, _, err := view.Pair()
			var e *transport.Error
			if !errors.As(err, &e) || e.Err != syscall.EINVAL || !strings.Contains(e.Detail, "Process.Clock") {
				t.Error(name, err)
			}
			stop()
		}
		own, cancel := p.Clock().WithTimeout(context.Background(), time.Hour)
		defer cancel()
		// Package context looks at the wall clock, and finds the deadline passed.
		soon, cancel := context.WithDeadline(own, p.Now().Add(time.Minute))
		defer cancel()
		view, stop := p.WithCancel(soon)
		defer stop()
		if _, _, err := view.Pair(); !errors.Is(err, syscall.EINVAL) {
			t.Error(err)
		}
	})
	for name, f := range map[string]func(p *simnet.Process) (context.Context, context.CancelFunc){
		"a deadline on the wall clock": func(p *simnet.Process) (context.Context, context.CancelFunc) {
			return p.Clock().WithDeadline(context.Background(), time.Now().Add(time.Hour))
		},
		"use Process.Clock": func(p *simnet.Process) (context.Context, context.CancelFunc) {
			return p.Clock().WithTimeout(context.WithValue(wall, key{}, 1), time.Hour)
		},
	} {
		res := alone(func(p *simnet.Process) {
			ctx, cancel := f(p)
			says(t, name, ctx, expired)
			cancel()
		})
		var m *simnet.Misuse
		if !errors.As(res.Err, &m) || !strings.Contains(m.What, name) || !strings.Contains(m.What, "taskclock_test.go:") || m.Task != "app/main" {
			t.Error(res.Err)
		}
	}
}

// strange returns a context of a run that is over.
func strange(t *testing.T) (ctx context.Context) {
	passes(t, func(p *simnet.Process) {
		ctx, _ = p.Clock().WithTimeout(context.Background(), time.Hour)
	})
	says(t, "after its run", ctx, live)
	return ctx
}

func TestClockContextLate(t *testing.T) {
	var ctx context.Context
	var cancel context.CancelFunc
	parent, stop := context.WithCancel(context.Background())
	simnet.Loop(func(r *simnet.Runner) {
		r.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("app")
			p.Go("main", func() { ctx, cancel = p.Clock().WithTimeout(parent, time.Hour) })
		})
		r.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("app")
			p.Go("main", func() {
				other, end := p.Clock().WithTimeout(context.Background(), time.Second)
				defer end()
				stop()
				cancel()
				says(t, "cancelled after its run", ctx, canceled)
				p.Sleep(p.Now().Add(time.Second))
				says(t, "of the next run", other, expired)
			})
		})
	})
}

// TestClockContextStray has a goroutine that is no task.
func TestClockContextStray(t *testing.T) {
	res := alone(func(p *simnet.Process) {
		ctx, cancel := p.Clock().WithTimeout(context.Background(), time.Hour)
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.Clock().WithTimeout(context.Background(), time.Hour)
			p.Clock().Sleep(time.Hour)
			ctx.Err()
			cancel()
		}()
		<-done
		p.Yield()
	})
	var m *simnet.Misuse
	if !errors.As(res.Err, &m) || !strings.Contains(m.What, "no task of this world") {
		t.Error(res.Err)
	}
}

// TestClockContextKilled has contexts of a process that is paused, or killed.
func TestClockContextKilled(t *testing.T) {
	var ctx, other context.Context
	ran := false
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		p.Go("main", func() {
			ctx, _ = p.Clock().WithTimeout(context.Background(), time.Second)
			other, _ = p.Clock().WithTimeout(context.Background(), 3*time.Second)
			p.Clock().Sleep(2 * time.Second)
			says(t, "on going on", ctx, expired)
			p.Clock().Sleep(time.Hour)
			ran = true
		})
		q.Go("main", func() {
			q.Yield()
			p.Pause()
			q.Sleep(q.Now().Add(time.Second))
			says(t, "while it is paused", ctx, expired)
			q.Sleep(q.Now().Add(time.Second))
			p.Resume()
			q.Sleep(q.Now().Add(time.Second / 2))
			p.Kill()
			q.Sleep(q.Now().Add(time.Second / 2))
			says(t, "when it is dead", other, expired)
		})
	})
	if res.Err != nil || ran {
		t.Error(res.Err, ran)
	}
}

func TestClockRefuses(t *testing.T) {
	for instead, f := range map[string]func(c clock.Clock){
		"Clock.After in a run: a task cannot wait on a channel; use Sleep":                          func(c clock.Clock) { c.After(1) },
		"Clock.AfterFunc in a run: a task cannot wait on a channel; use AfterFunc of the transport": func(c clock.Clock) { c.AfterFunc(1, func() {}) },
		"Clock.Tick in a run: a task cannot wait on a channel; use Sleep in a loop":                 func(c clock.Clock) { c.Tick(1) },
		"Clock.Ticker in a run: a task cannot wait on a channel; use Sleep in a loop":               func(c clock.Clock) { c.Ticker(1) },
		"Clock.Timer in a run: a task cannot wait on a channel; use AfterFunc of the transport":     func(c clock.Clock) { c.Timer(1) },
	} {
		res := alone(func(p *simnet.Process) { f(p.Clock()) })
		var v *simnet.Panic
		if !errors.As(res.Err, &v) || !strings.Contains(fmt.Sprint(v.Value), instead) {
			t.Errorf("%v, want %s", res.Err, instead)
		}
	}
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) { w.Process("app").Clock().Sleep(time.Second) })
	if v, ok := res.Err.(*simnet.Panic); !ok || !strings.Contains(fmt.Sprint(v.Value), "in build") {
		t.Error(res.Err)
	}
}

// What was derived from a context in any way is over as soon as that is cancelled.
func TestClockContextAtOnce(t *testing.T) {
	passes(t, func(p *simnet.Process) {
		parent, cancel := p.Clock().WithTimeout(context.Background(), time.Minute)
		child, stop := p.Clock().WithTimeout(parent, time.Hour)
		defer stop()
		below, stop := context.WithCancel(child)
		defer stop()
		cancel()
		if below.Err() != context.Canceled {
			t.Error("it says", below.Err())
		}
	})
}
