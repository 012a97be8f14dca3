package simnet_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// A fickle is a program that does not do the same each time it is executed. It
// notes what it sends, so that a test can tell where that differs.
type fickle struct {
	execution int      // from 1
	sent      []string // in this one
	before    []string // and in the one before
}

// peers gives f a connection to send on, to somebody who takes everything.
func (f *fickle) peers(w *simnet.World, body func(p *simnet.Process, c transport.Conn)) {
	f.execution++
	f.before, f.sent = f.sent, nil
	p := w.Process("fickle")
	a, b, err := p.Pair()
	if err != nil {
		panic(err)
	}
	p.Go("main", func() {
		body(p, a)
		a.Close()
	})
	p.Background("sink", func() {
		for {
			if _, _, err := b.Recv([][]byte{make([]byte, 100)}, nil, time.Time{}); err != nil {
				return
			}
		}
	})
}

func (f *fickle) send(c transport.Conn, data string) {
	f.sent = append(f.sent, data)
	c.Send([][]byte{[]byte(data)}, nil, time.Time{})
}

// differs returns which of what was sent is the first to differ, from 1.
func (f *fickle) differs(t *testing.T) int {
	for i := range f.sent {
		if i >= len(f.before) || f.sent[i] != f.before[i] {
			return i + 1
		}
	}
	t.Fatal("both executions have sent the same")
	return 0
}

// The programs of the table. The stack of what differs leads into them.

func (f *fickle) mapOrder(_ *simnet.Process, c transport.Conn) {
	m := map[int]bool{}
	for i := range 64 {
		m[i] = true
	}
	for range 8 { // each range begins somewhere else
		for i := range m {
			f.send(c, fmt.Sprintf("key %02d", i))
		}
	}
}

func (f *fickle) globalRand(_ *simnet.Process, c transport.Conn) {
	f.send(c, "the same")
	f.send(c, string(binary.BigEndian.AppendUint64(nil, rand.Uint64())))
}

var kept int // the package's, from one execution to the next

func (f *fickle) packageVariable(_ *simnet.Process, c transport.Conn) {
	kept++
	f.send(c, "first")
	f.send(c, strings.Repeat("x", kept))
}

func (f *fickle) lateBytes(_ *simnet.Process, c transport.Conn) {
	f.send(c, strings.Repeat("y", 40)+string(rune('0'+f.execution)))
}

func (f *fickle) clockAsData(_ *simnet.Process, c transport.Conn) {
	f.send(c, fmt.Sprintf("%020d", time.Now().UnixNano()))
}

func (f *fickle) clockAsDeadline(p *simnet.Process, c transport.Conn) {
	p.Sleep(time.Now().Round(0).Add(time.Second))
}

// race has two goroutines of its own, and does what the one says that comes
// first: in one execution this one, in the other that one.
func (f *fickle) race(_ *simnet.Process, c transport.Conn) {
	first := make(chan string, 2)
	turn := make(chan struct{})
	names := []string{"left ", "right"}
	if f.execution%2 == 0 {
		slices.Reverse(names)
	}
	go func() { first <- names[0]; close(turn) }()
	go func() { <-turn; first <- names[1] }()
	f.send(c, "ready")
	f.send(c, <-first)
}

func (f *fickle) moreSteps(p *simnet.Process, c transport.Conn) {
	f.send(c, "ready")
	for range f.execution {
		p.Yield()
	}
	f.send(c, "steady")
}

func (f *fickle) fewerTasks(p *simnet.Process, c transport.Conn) {
	if f.execution == 1 {
		p.Go("only once", func() {})
	}
}

func (f *fickle) otherTask(p *simnet.Process, c transport.Conn) {
	p.Go(fmt.Sprint("task", f.execution), func() {})
}

func (f *fickle) otherPath(p *simnet.Process, c transport.Conn) {
	p.Dial(fmt.Sprint("/run/", f.execution), time.Time{})
}

func (f *fickle) otherTimer(p *simnet.Process, conn transport.Conn) {
	timer, _ := p.AfterFunc("timer", p.Now().Add(time.Duration(f.execution)*time.Hour), func() {})
	timer.Stop()
}

func TestVerifyDiffers(t *testing.T) {
	first := func(n int) func(*fickle, *testing.T) int {
		return func(*fickle, *testing.T) int { return n }
	}
	bySent := func(f *fickle, t *testing.T) int { return f.differs(t) }
	for _, c := range []struct {
		name  string
		body  func(*fickle, *simnet.Process, transport.Conn)
		in    string // the function that both stacks lead to
		nth   func(*fickle, *testing.T) int
		what  string
		cause string
	}{
		{"map order", (*fickle).mapOrder, "mapOrder", bySent, "the data that are sent differ", ""},
		{"global rand", (*fickle).globalRand, "globalRand", first(2), "the data that are sent differ", ""},
		{"package variable", (*fickle).packageVariable, "packageVariable", first(2), "bytes are sent", ""},
		{"bytes beyond the beginning", (*fickle).lateBytes, "lateBytes", first(1), "differ, after the first 32 bytes", ""},
		{"time.Now as data", (*fickle).clockAsData, "clockAsData", first(1), "data that are sent differ", ""},
		{"time.Now as a deadline", (*fickle).clockAsDeadline, "clockAsDeadline", first(1), "the deadline differs", "time.Now"},
		{"goroutines of its own", (*fickle).race, "race", first(2), "data that are sent differ", ""},
		{"more steps", (*fickle).moreSteps, "moreSteps", nil, "the task does something else", ""},
		{"fewer tasks", (*fickle).fewerTasks, "", first(1), "the task does something else", ""},
		{"another task", (*fickle).otherTask, "otherTask", first(1), "another task is started", ""},
		{"another timer", (*fickle).otherTimer, "otherTimer", first(1), "the deadline differs", ""},
		{"another path", (*fickle).otherPath, "otherPath", first(1), "about something else", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			leaks(t)
			f := &fickle{}
			kept = 0
			build := func(w *simnet.World) {
				f.peers(w, func(p *simnet.Process, conn transport.Conn) { c.body(f, p, conn) })
			}
			res := simnet.Verify(simnet.Config{}, build)
			var d *simnet.Divergence
			if !errors.As(res.Err, &d) {
				t.Fatalf("no divergence: %v", res.Err)
			}
			if !strings.Contains(d.What, c.what) || !strings.Contains(d.Cause, c.cause) || c.cause == "" && d.Cause != "" {
				t.Errorf("it differs in: %s; because: %s", d.What, d.Cause)
			}
			for _, a := range []simnet.Account{d.First, d.Second} {
				if a.Task != "fickle/main" {
					t.Errorf("task %q", a.Task)
				}
				if c.nth != nil && a.Nth != c.nth(f, t) {
					t.Errorf("its operation %d, want %d", a.Nth, c.nth(f, t))
				}
				if c.in != "" && (!strings.Contains(a.Stack, "(*fickle)."+c.in+"\n") || !strings.Contains(a.Stack, "/verify_test.go:")) {
					t.Errorf("the stack does not lead to %s:\n%s", c.in, a.Stack)
				}
				for _, frame := range []string{"simnet.(*", "iter.", "runtime.", "internal/coro"} {
					if strings.Contains(a.Stack, frame) {
						t.Errorf("%s in the stack:\n%s", frame, a.Stack)
					}
				}
			}
			// Nobody else makes a step before main's first, and in the calm run main
			// goes on as long as it can.
			if c.in != "" && d.Step != d.First.Nth {
				t.Errorf("step %d, operation %d", d.Step, d.First.Nth)
			}
			text := res.Err.Error()
			for _, part := range []string{fmt.Sprintf("step %d", d.Step), d.What, "\nfirst: task ", "\nsecond: task ", "map", "math/rand", "time.Now", "goroutine", "variable", "addresses", "sync.Pool", "select"} {
				if !strings.Contains(text, part) {
					t.Errorf("%q is not in:\n%s", part, text)
				}
			}
			if testing.Verbose() {
				t.Log(text)
			}
		})
	}
}

// stray calls the transport from a goroutine of its own, and waits for it.
func (f *fickle) stray(_ *simnet.Process, c transport.Conn) {
	over := make(chan struct{})
	shared := "nothing yet"
	go func() {
		defer close(over)
		shared = fmt.Sprint("written in execution ", f.execution)
		c.Send([][]byte{[]byte("stray")}, nil, time.Time{})
	}()
	<-over
	f.send(c, shared)
}

func (f *fickle) wallClock(p *simnet.Process, _ transport.Conn) {
	p.Sleep(time.Now().Add(time.Second))
}

// lateStray differs first, and calls from a goroutine of its own after that.
func (f *fickle) lateStray(p *simnet.Process, c transport.Conn) {
	f.send(c, fmt.Sprint(f.execution))
	if f.execution == 2 {
		f.stray(p, c)
	}
}

// fatalStray calls from a goroutine of its own, and fails before anybody has
// looked at that.
func (f *fickle) fatalStray(_ *simnet.Process, c transport.Conn) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		c.Send([][]byte{[]byte("stray")}, nil, time.Time{})
	}()
	<-over
	panic("what the goroutine has done")
}

// TestVerifyNames is about causes that are told exactly, whatever else differs.
func TestVerifyNames(t *testing.T) {
	for _, c := range []struct {
		name string
		body func(*fickle, *simnet.Process, transport.Conn)
		what string
		in   string
	}{
		{"stray goroutine", (*fickle).stray, "which is no task", "(*fickle).stray.func1"},
		{"stray goroutine, after a difference", (*fickle).lateStray, "which is no task", "(*fickle).stray.func1"},
		{"stray goroutine, before a panic", (*fickle).fatalStray, "which is no task", "(*fickle).fatalStray.func1"},
		{"time.Now as a deadline", (*fickle).wallClock, "time.Now", "verify_test.go:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			leaks(t)
			f := &fickle{}
			res := simnet.Verify(simnet.Config{}, func(w *simnet.World) {
				f.peers(w, func(p *simnet.Process, conn transport.Conn) { c.body(f, p, conn) })
			})
			var m *simnet.Misuse
			if !errors.As(res.Err, &m) {
				t.Fatalf("no misuse: %v", res.Err)
			}
			if text := res.Err.Error(); !strings.Contains(text, c.what) || !strings.Contains(m.Stack+m.What, c.in) {
				t.Errorf("neither %q nor %s in:\n%s", c.what, c.in, text)
			}
		})
	}
}

// TestVerifyVerdict verifies programs that fail: the same way each time, or not.
func TestVerifyVerdict(t *testing.T) {
	execution := 0
	run := func(main func(p *simnet.Process)) *simnet.Result {
		execution = 0
		return simnet.Verify(simnet.Config{Steps: 1000}, func(w *simnet.World) {
			execution++
			p := w.Process("p")
			p.Go("main", func() { main(p) })
		})
	}
	t.Run("deadlock", func(t *testing.T) {
		res := run(func(p *simnet.Process) { p.NewNotifier().Wait(time.Time{}) })
		if d := (*simnet.Deadlock)(nil); !errors.As(res.Err, &d) {
			t.Fatal(res.Err)
		}
	})
	t.Run("panic", func(t *testing.T) {
		res := run(func(p *simnet.Process) { panic("each time") })
		if d := (*simnet.Panic)(nil); !errors.As(res.Err, &d) {
			t.Fatal(res.Err)
		}
	})
	t.Run("stuck", func(t *testing.T) {
		res := run(func(p *simnet.Process) {
			for {
				p.Yield()
			}
		})
		if d := (*simnet.Stuck)(nil); !errors.As(res.Err, &d) {
			t.Fatal(res.Err)
		}
	})
	for name, main := range map[string]func(p *simnet.Process){
		"once only": func(p *simnet.Process) {
			p.Yield()
			if execution == 2 {
				panic("the second time")
			}
		},
		"the first time only": func(p *simnet.Process) {
			p.Yield()
			if execution == 1 {
				panic("the first time")
			}
		},
		"for another reason": func(p *simnet.Process) {
			p.Yield()
			panic(fmt.Sprint("reason ", execution))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var d *simnet.Divergence
			if res := run(main); !errors.As(res.Err, &d) || d.Step != 1 || !strings.Contains(res.Err.Error(), "panicked: ") {
				t.Fatal(res.Err)
			}
		})
	}
	t.Run("build", func(t *testing.T) {
		execution := 0
		res := simnet.Verify(simnet.Config{}, func(w *simnet.World) {
			execution++
			w.Process("p").Go("main", func() {})
			w.Process("q").Listen(fmt.Sprint("/run/", execution), 0, transport.ListenConfig{})
		})
		var d *simnet.Divergence
		if !errors.As(res.Err, &d) || d.Step != 0 || d.First.Task != "build" || d.First.Object != "/run/1" || d.Second.Object != "/run/2" ||
			!strings.Contains(d.First.Stack, "TestVerifyVerdict") || !strings.Contains(res.Err.Error(), "set-up") {
			t.Fatal(res.Err)
		}
	})
	t.Run("chooser", func(t *testing.T) {
		res := simnet.Verify(simnet.Config{Chooser: wrong{}}, func(w *simnet.World) {
			p := w.Process("p")
			p.Go("a", p.Yield)
			p.Go("b", p.Yield)
		})
		if m := (*simnet.Misuse)(nil); !errors.As(res.Err, &m) || !strings.Contains(m.What, "the chooser answered") {
			t.Fatal(res.Err)
		}
	})
}

// wrong answers out of range.
type wrong struct{}

func (wrong) Choose(p *simnet.Point) int { return p.N }

// TestVerifyBound is about what comes after the events that are kept.
func TestVerifyBound(t *testing.T) {
	simnet.Loop(func(r *simnet.Runner) {
		simnet.BoundVerify(r, 100)
		for _, differs := range []bool{false, true} {
			execution := 0
			res := r.Verify(simnet.Config{}, func(w *simnet.World) {
				execution++
				p := w.Process("p")
				a, _, _ := p.Pair()
				p.Go("main", func() {
					for i := range 200 {
						data := []byte{byte(i)}
						if differs && i == 150 {
							data[0] += byte(execution)
						}
						a.Send([][]byte{data}, nil, time.Time{})
					}
				})
			})
			var d *simnet.Divergence
			switch {
			case !differs:
				if res.Err != nil {
					t.Error(res.Err)
				}
			case !errors.As(res.Err, &d) || d.Step < 40 || d.Step > 50 || !strings.Contains(d.What, "no record"):
				t.Error(res.Err)
			}
		}
	})
}

// TestVerifySame holds Verify to keep quiet about what does the same each time.
func TestVerifySame(t *testing.T) {
	leaks(t)
	seeds := uint64(200)
	if testing.Short() || fewSeeds {
		seeds = 20
	}
	simnet.Loop(func(r *simnet.Runner) {
		for _, p := range programs {
			for seed := range seeds {
				cfg := p.cfg
				cfg.Chooser = simnet.Random(seed)
				res := r.Verify(cfg, p.build)
				cfg.Chooser = simnet.Random(seed)
				again := r.Run(cfg, p.build)
				if res.Err != nil || again.Err != nil {
					t.Fatalf("%s, seed %d: %v; executed once: %v", p.name, seed, res.Err, again.Err)
				}
				if res.Hash != again.Hash || res.Steps != again.Steps {
					t.Fatalf("%s, seed %d: verified %x, %d steps; executed once %x, %d steps", p.name, seed, res.Hash, res.Steps, again.Hash, again.Steps)
				}
			}
		}
	})
}
