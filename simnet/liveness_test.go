package simnet_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// ticks is a program in which a foreground task goes on for ever, and another
// waits for bytes that nobody sends.
func ticks(w *simnet.World) {
	p := w.Process("p")
	a, b, err := p.Pair()
	if err != nil {
		panic(err)
	}
	p.Go("ticker", func() {
		defer b.Close()
		for range 100 {
			p.Sleep(p.Now().Add(time.Second))
		}
	})
	p.Go("reader", func() { a.Recv([][]byte{make([]byte, 1)}, nil, time.Time{}) })
}

func TestStarved(t *testing.T) {
	rare := simnet.Faults{simnet.FaultEMFILE: {Rate: 1}}
	cfg := simnet.Config{Faults: rare, FaultSteps: 20, Within: 5 * time.Second}
	res := simnet.Run(cfg, ticks)
	var starved *simnet.Starved
	if !errors.As(res.Err, &starved) {
		t.Fatalf("verdict %v", res.Err)
	}
	if got := starved.Tasks; len(got) != 1 || got[0] != "p/reader 1 (recv)" {
		t.Errorf("starved are %q", got)
	}
	if !strings.Contains(res.Err.Error(), "after 5s p/reader 1 (recv) is still blocked") {
		t.Errorf("the verdict reads %v", res.Err)
	}
	if res.Diverged != nil || res.Trace == nil {
		t.Errorf("traced: %v", res.Diverged)
	}
	// The last fault can strike in the 20th operation, at 18 s; a call has 5 s.
	if res.Elapsed < 20*time.Second || res.Elapsed > 30*time.Second {
		t.Errorf("noticed after %v", res.Elapsed)
	}

	for name, cfg := range map[string]simnet.Config{
		"time enough":  {Faults: rare, FaultSteps: 20, Within: time.Hour},
		"no time":      {Faults: rare, FaultSteps: 20},
		"faults go on": {Faults: rare, Within: time.Second},
		"no faults":    {FaultSteps: 20, Within: time.Second},
	} {
		if res := simnet.Run(cfg, ticks); res.Err != nil {
			t.Errorf("%s: %v", name, res.Err)
		}
	}
}

// TestStarvedNobody: a call with a deadline ends by itself, one in the background
// may wait, and where nothing goes on it is a deadlock as ever.
func TestStarvedNobody(t *testing.T) {
	cfg := simnet.Config{Faults: simnet.Faults{simnet.FaultEMFILE: {Rate: 1}}, FaultSteps: 1, Within: time.Second}
	res := simnet.Run(cfg, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Background("reader", func() { a.Recv([][]byte{make([]byte, 1)}, nil, time.Time{}) })
		p.Go("main", func() {
			b.Recv([][]byte{make([]byte, 1)}, nil, p.Now().Add(time.Minute))
			p.Sleep(p.Now().Add(time.Hour))
		})
	})
	if res.Err != nil {
		t.Error(res.Err)
	}
	res = simnet.Run(cfg, stands)
	var deadlock *simnet.Deadlock
	if !errors.As(res.Err, &deadlock) || res.Elapsed != 0 {
		t.Errorf("after %v: %v", res.Elapsed, res.Err)
	}
}

// TestStarvedAtLast: who comes to a call's aid in the last moment has come in time.
// That it is looked at then is no timer, of which it is asked whether it goes off alone.
func TestStarvedAtLast(t *testing.T) {
	for _, late := range []time.Duration{0, 1} {
		cfg := simnet.Config{Faults: simnet.Faults{simnet.FaultEMFILE: {Rate: 1}}, FaultSteps: 1, Within: time.Second}
		cfg.Once, cfg.Chooser = true, asked(func(p *simnet.Point) int {
			if p.Kind == simnet.KindTimer && (late > 0 || p.N != 3) {
				t.Errorf("helped %v after the last moment: %d answers to which timer goes off alone", late, p.N)
			}
			return 0
		})
		res := simnet.Run(cfg, func(w *simnet.World) {
			p := w.Process("p")
			a, b, _ := p.Pair()
			p.Go("reader", func() { a.Recv([][]byte{make([]byte, 1)}, nil, time.Time{}) })
			p.Go("writer", func() {
				p.Yield() // the second operation: no fault strikes any more
				p.Sleep(p.Now().Add(time.Second + late))
				p.Yield()
				b.Send([][]byte{{1}}, nil, time.Time{})
			})
			p.Go("beside", func() { p.Sleep(p.Now().Add(time.Second)) })
		})
		var starved *simnet.Starved
		if late == 0 && res.Err != nil || late > 0 && !errors.As(res.Err, &starved) {
			t.Errorf("helped %v after the last moment: %v", late, res.Err)
		}
	}
}

// stands is a program in which two tasks wait for each other.
func stands(w *simnet.World) {
	p := w.Process("p")
	a, b, _ := p.Pair()
	for _, c := range []transport.Conn{a, b} {
		p.Go("reader", func() {
			p.Yield()
			c.Recv([][]byte{make([]byte, 1)}, nil, time.Time{})
		})
	}
}

// TestFaultSteps: a fault that would strike every time does so in the first
// operations only.
func TestFaultSteps(t *testing.T) {
	cfg := simnet.Config{Faults: simnet.Faults{simnet.FaultEMFILE: {Rate: 65536}}, FaultSteps: 3, Chooser: simnet.Random(1)}
	var got []bool
	res := simnet.Run(cfg, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			for range 5 {
				a, b, err := p.Pair()
				got = append(got, errors.Is(err, syscall.EMFILE))
				if err == nil {
					a.Close()
					b.Close()
				}
			}
		})
	})
	if res.Err != nil {
		t.Fatal(res.Err)
	}
	for i, failed := range got {
		if failed != (i < 3) {
			t.Errorf("of the calls these failed: %v", got)
			break
		}
	}
	cfg.FaultSteps = -1
	if res := simnet.Run(cfg, func(w *simnet.World) { w.Process("p").Go("main", func() {}) }); res.Err == nil {
		t.Error("a negative number passes")
	}
}

// TestFinally: it begins when all is over, in a world without faults, and can
// fail the run.
func TestFinally(t *testing.T) {
	var story []string
	var why error
	build := func(w *simnet.World) {
		story = story[:0]
		p := w.Process("p")
		p.Go("main", func() {
			p.Sleep(p.Now().Add(time.Second))
			story = append(story, "main")
		})
		p.Background("echo", func() {
			l, err := p.Listen("/run/app.sock", 1, transport.ListenConfig{})
			for err == nil {
				_, err = l.Accept(time.Time{})
			}
		})
		why = w.Finally(simnet.ProcessConfig{Name: "check", Main: func(p *simnet.Process) {
			for range 10 {
				c, err := p.Dial("/run/app.sock", transport.Immediate)
				if err != nil {
					w.TB().Fatal(err)
				}
				c.Close()
			}
			story = append(story, "check")
		}})
	}
	cfg := simnet.Config{Trace: true, Chooser: simnet.Random(1), Faults: simnet.Faults{simnet.FaultEMFILE: {Rate: 6000}}}
	passed := 0
	for seed := range uint64(20) {
		cfg.Chooser = simnet.Random(seed)
		res := simnet.Run(cfg, build)
		if why != nil {
			t.Fatal(why)
		}
		if got := strings.Join(story, " "); res.Err == nil && got != "main check" {
			t.Errorf("it went %s", got)
		}
		if res.Err == nil {
			passed++
		}
	}
	if passed == 0 {
		t.Error("it never passed: faults go on")
	}

	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		w.Process("p").Go("main", func() {
			if err := w.Finally(simnet.ProcessConfig{Main: func(*simnet.Process) {}}); !errors.Is(err, syscall.EINVAL) {
				t.Errorf("in a task: %v", err)
			}
		})
		if err := w.Finally(simnet.ProcessConfig{}); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("without a Main: %v", err)
		}
	})
	if res.Err != nil {
		t.Error(res.Err)
	}
	if err := simnet.NewWorld(simnet.Config{}).Finally(simnet.ProcessConfig{}); !errors.Is(err, syscall.ENOTSUP) {
		t.Errorf("in free mode: %v", err)
	}
}

// TestVerifyWhole: what is made before the run is made anew for the second
// execution, and what is not is noticed.
func TestVerifyWhole(t *testing.T) {
	program := func(sent *int) func(run simnet.Execute) *simnet.Result {
		return func(run simnet.Execute) *simnet.Result {
			n := sent
			if n == nil {
				n = new(int)
			}
			return run(func(w *simnet.World) {
				p := w.Process("p")
				p.Go("main", func() {
					*n++
					a, _, _ := p.Pair()
					a.Send([][]byte{make([]byte, *n)}, nil, time.Time{})
				})
			})
		}
	}
	simnet.Loop(func(r *simnet.Runner) {
		if res := r.VerifyWhole(simnet.Config{}, program(nil)); res.Err != nil {
			t.Error(res.Err)
		}
		var d *simnet.Divergence
		if res := r.VerifyWhole(simnet.Config{}, program(new(int))); !errors.As(res.Err, &d) {
			t.Errorf("shared memory: %v", res.Err)
		}
		times := 0
		res := r.VerifyWhole(simnet.Config{}, func(run simnet.Execute) *simnet.Result {
			if times++; times == 2 {
				return &simnet.Result{}
			}
			return program(nil)(run)
		})
		if res.Err == nil {
			t.Error("a program that runs only once passes")
		}
	})
}
