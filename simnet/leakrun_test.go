package simnet_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// endings are programs that end in every way there is, but for a task that is
// blocked outside: that one's goroutine does stay behind.
var endings = []struct {
	name string
	as   error // what kind of verdict
	f    func(w *simnet.World)
}{
	{"pass", nil, pingpong},
	{"kill", nil, func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		a, _, _ := p.Pair()
		for range 3 {
			p.Go("victim", func() {
				defer a.Close()
				defer p.Go("never", func() {})
				defer p.Kill()
				defer a.Recv([][]byte{{1}}, nil, never)
				a.Recv([][]byte{{1}}, nil, never)
			})
		}
		q.Go("main", func() { q.Yield(); p.Kill() })
	}},
	{"suicide", nil, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() { defer p.Yield(); p.Kill() })
	}},
	{"restart", nil, func(w *simnet.World) {
		p, _ := w.Start(simnet.ProcessConfig{Name: "p", Main: func(p *simnet.Process) {
			if p.Incarnation() < 3 {
				p.Sleep(p.Now().Add(time.Hour))
			}
		}})
		q := w.Process("q")
		q.Go("main", func() {
			for range 2 {
				q.Yield()
				p, _ = p.Restart()
			}
		})
	}},
	{"deadlock", &simnet.Deadlock{}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		for _, c := range []transport.Conn{a, b} {
			p.Go("main", func() { defer c.Close(); c.Recv([][]byte{{1}}, nil, never) })
		}
	}},
	{"stuck", &simnet.Stuck{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Background("ticker", func() {
			for {
				p.Yield()
			}
		})
		p.Go("main", func() {})
	}},
	{"panic", &simnet.Panic{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("other", func() { p.NewNotifier().Wait(never) })
		p.Go("main", func() { p.Yield(); panic("oh") })
	}},
	{"goexit", &simnet.Exit{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() { defer p.Yield(); runtime.Goexit() })
	}},
	{"panic in goexit", &simnet.Panic{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() { defer panic("oh"); runtime.Goexit() })
	}},
	{"panic in build", &simnet.Panic{}, func(w *simnet.World) { panic("oh") }},
	{"goexit in build", &simnet.Exit{}, func(w *simnet.World) { runtime.Goexit() }},
	{"nothing", &simnet.Misuse{}, func(w *simnet.World) {}},
	{"stubborn", &simnet.Deadlock{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			defer func() {
				recover()
				panic("while it is ended")
			}()
			p.NewNotifier().Wait(never)
		})
	}},
}

// verdict checks what kind of verdict a run has.
func verdict(t *testing.T, name string, got, want error) {
	t.Helper()
	if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
		t.Errorf("%s: the verdict is %v, not a %T", name, got, want)
	}
}

// TestRunLeaks runs each ending by itself: afterwards no goroutine is left.
func TestRunLeaks(t *testing.T) {
	for _, e := range endings {
		t.Run(e.name, func(t *testing.T) {
			leaks(t)
			verdict(t, e.name, simnet.Run(simnet.Config{Steps: 1000}, e.f).Err, e.as)
		})
	}
}

// TestRunnerLeaks runs them many times on one Runner, which grows neither in
// goroutines nor in memory. BRINE_RUNS says how many times; 1,000,000 take about
// five minutes, for most of them fail, and are executed again.
func TestRunnerLeaks(t *testing.T) {
	leaks(t)
	n := 20_000
	if testing.Short() || fewSeeds {
		n = 2_000
	}
	if s := os.Getenv("BRINE_RUNS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	simnet.Loop(func(r *simnet.Runner) {
		var heap uint64
		var goroutines int
		began := time.Now()
		for i := range n {
			e := endings[i%len(endings)]
			res := r.Run(simnet.Config{Steps: 100, Chooser: simnet.Random(uint64(i))}, e.f)
			if verdict(t, e.name, res.Err, e.as); t.Failed() {
				return
			}
			if i == n/10 || i == n-1 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				if i == n/10 {
					heap, goroutines = m.HeapAlloc, runtime.NumGoroutine()
					continue
				}
				t.Logf("%d runs in %v, %d KiB and %d goroutines after a tenth, %d and %d in the end",
					n, time.Since(began).Round(time.Millisecond), heap>>10, goroutines, m.HeapAlloc>>10, runtime.NumGoroutine())
				if m.HeapAlloc > heap+1<<20 {
					t.Errorf("the heap has grown from %d to %d", heap, m.HeapAlloc)
				}
				if runtime.NumGoroutine() > goroutines+10 {
					t.Errorf("%d goroutines, %d after a tenth of the runs", runtime.NumGoroutine(), goroutines)
				}
			}
		}
	})
}

// TestRunPanic has tasks panic in all ways.
func TestRunPanic(t *testing.T) {
	leaks(t)
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		f     func(p *simnet.Process)
		words []string
		is    error
	}{
		"error":  {func(*simnet.Process) { panic(boom) }, []string{"task p/main panicked: boom", "TestRunPanic"}, boom},
		"nil":    {func(*simnet.Process) { panic(nil) }, []string{"panic called with nil"}, nil},
		"deref":  {func(*simnet.Process) { var p *int; *p = 1 }, []string{"nil pointer dereference"}, nil},
		"defer":  {func(p *simnet.Process) { defer panic("late"); p.Yield() }, []string{"late"}, nil},
		"second": {func(p *simnet.Process) { defer panic("second"); panic("first") }, []string{"second"}, nil},
		"calls":  {func(p *simnet.Process) { defer p.Sleep(p.Now().Add(1)); panic("first") }, []string{"first"}, nil},
	} {
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("p")
			p.Go("main", func() { p.Yield(); c.f(p) })
			p.Background("other", func() { p.NewNotifier().Wait(never) })
		})
		verdict(t, name, res.Err, &simnet.Panic{})
		contains(t, res.Err, c.words...)
		if c.is != nil && !errors.Is(res.Err, c.is) {
			t.Errorf("%s: %v is not found in it", name, c.is)
		}
	}
	contains(t, simnet.Run(simnet.Config{}, func(*simnet.World) { panic("oh") }).Err, "task build panicked: oh")
	contains(t, simnet.Run(simnet.Config{}, func(*simnet.World) { runtime.Goexit() }).Err, "task build called runtime.Goexit", "returning")
}

// TestRecovered has tasks recover everything, and go on calling when nothing that
// they do counts any more.
func TestRecovered(t *testing.T) {
	leaks(t)
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		again := func() {
			defer func() { recover() }()
			for {
				p.Yield()
				panic("again")
			}
		}
		p.Go("defers", func() {
			defer func() {
				for {
					again() // for ever, also when it is ended
				}
			}()
			p.NewNotifier().Wait(never)
		})
	})
	verdict(t, "recovered", res.Err, &simnet.Deadlock{})

	for _, f := range []func(p *simnet.Process){
		func(p *simnet.Process) {
			defer func() {
				recover()
				go p.Yield() // a goroutine of its own
			}()
			p.NewNotifier().Wait(never)
		},
		func(p *simnet.Process) {
			defer func() {
				defer func() { recover() }()
				panic("while it is ended")
			}()
			p.NewNotifier().Wait(never)
		},
	} {
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("p")
			p.Go("main", func() { f(p) })
		})
		verdict(t, "recovered", res.Err, &simnet.Deadlock{})
	}
}

// A bad is a Chooser that does f the third time.
type bad struct {
	n int
	f func(p *simnet.Point) int
}

func (c *bad) Choose(p *simnet.Point) int {
	if c.n++; c.n == 3 {
		return c.f(p)
	}
	return 0
}

// TestBadChooser has Choosers do what they must not.
func TestBadChooser(t *testing.T) {
	quick(t)
	release := make(chan struct{})
	var world *simnet.World
	for name, c := range map[string]struct {
		f     func(p *simnet.Point) int
		words []string
	}{
		"negative":               {func(*simnet.Point) int { return -1 }, []string{"the chooser answered -1 where 0 to"}},
		"beyond":                 {func(p *simnet.Point) int { return p.N }, []string{"the chooser answered", "were possible"}},
		"panic":                  {func(*simnet.Point) int { panic("oh") }, []string{"the chooser panicked: oh"}},
		"goexit":                 {func(*simnet.Point) int { runtime.Goexit(); return 0 }, []string{"the chooser called runtime.Goexit"}},
		"calls":                  {func(*simnet.Point) int { world.Mkdir("/d", 0o755); return 0 }, []string{"the chooser calls the world"}},
		"blocks":                 {func(*simnet.Point) int { <-release; return 0 }, []string{"blocks outside its transport (chan receive)", "TestBadChooser"}},
		"blocks, and then exits": {func(*simnet.Point) int { <-release; runtime.Goexit(); return 0 }, []string{"blocks outside"}},
	} {
		res := simnet.Run(simnet.Config{Chooser: &bad{f: c.f}}, func(w *simnet.World) {
			world = w
			pingpong(w)
		})
		if res.Err == nil {
			t.Errorf("%s: passed", name)
		}
		contains(t, res.Err, c.words...)
	}
	close(release)
	gone(t)
	leaks(t)
	contains(t, simnet.Run(simnet.Config{Chooser: (*bad)(nil)}, pingpong).Err, "the chooser panicked", "nil pointer")
}

// TestStuckNames has the verdict name what could go on.
func TestStuckNames(t *testing.T) {
	leaks(t)
	res := simnet.Run(simnet.Config{Steps: 100}, func(w *simnet.World) {
		p := w.Process("p")
		p.Background("ticker", func() {
			for {
				p.Yield()
			}
		})
		p.Go("main", func() {
			for {
				p.Rename("/a", "/b")
			}
		})
	})
	contains(t, res.Err, "no end after 100 operations", "p/main", "p/ticker")
}

// A run may have as many operations as it is allowed, and not one more; those of
// build do not count.
func TestSteps(t *testing.T) {
	for steps, stuck := range map[int]bool{9: true, 10: false} {
		res := simnet.Run(simnet.Config{Steps: steps}, func(w *simnet.World) {
			p := w.Process("p")
			w.Process("q").Yield()
			p.Go("main", func() {
				for range 10 {
					p.Yield()
				}
			})
		})
		if e := (*simnet.Stuck)(nil); errors.As(res.Err, &e) != stuck || !stuck && res.Steps != 10 {
			t.Errorf("with %d: %d operations, %v", steps, res.Steps, res.Err)
		}
	}
}

// TestBuildBlocks has build wait for what is not simulated.
func TestBuildBlocks(t *testing.T) {
	quick(t)
	release := make(chan struct{})
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) { <-release })
	contains(t, res.Err, "task build blocks outside", "TestBuildBlocks")
	close(release)
	gone(t)
}

// TestNilFunctions are refused.
func TestNilFunctions(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			_, timer := p.AfterFunc("f", never, nil)
			for _, err := range []error{p.Go("f", nil), p.Background("f", nil), timer} {
				contains(t, err, "nil function", "EINVAL")
			}
		})
	})
	if res.Err != nil {
		t.Error(res.Err)
	}
}
