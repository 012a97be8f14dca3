package simnet_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// echo is a server with a loop that accepts and a task for each of its clients.
func echo(w *simnet.World) {
	server := w.Process("server")
	l, err := server.Listen("/run/s", 2, transport.ListenConfig{})
	if err != nil {
		panic(err)
	}
	server.Background("accept", func() {
		for {
			c, err := l.Accept(time.Time{})
			if err != nil {
				return
			}
			server.Go("conn", func() {
				defer c.Close()
				p := make([]byte, 10)
				for {
					n, _, err := c.Recv([][]byte{p}, nil, time.Time{})
					if err != nil {
						return
					}
					c.Send([][]byte{p[:n]}, nil, time.Time{})
				}
			})
		}
	})
	for range 3 {
		w.Start(simnet.ProcessConfig{Name: "client", Main: func(p *simnet.Process) {
			c, err := p.Dial("/run/s", time.Time{})
			if err != nil {
				return
			}
			defer c.Close()
			b := make([]byte, 10)
			for range 2 {
				c.Send([][]byte{[]byte("hello")}, nil, time.Time{})
				c.Recv([][]byte{b}, nil, time.Time{})
			}
		}})
	}
}

// pipeline passes numbers on from queue to queue; two processes wait for one lock.
func pipeline(w *simnet.World) {
	a, b := w.Process("a"), w.Process("b")
	in, out, mu, sum := transport.NewQueue[int](a), transport.NewQueue[int](a), transport.NewMutex(a), 0
	a.Go("source", func() {
		for i := range 6 {
			in.Push(i)
		}
	})
	a.Go("stages", func() {
		g := transport.NewGroup(a)
		defer g.Cancel()
		for range 3 {
			g.Go("stage", func(tr transport.Transport) {
				for range 2 {
					i, err := in.Pop(time.Time{})
					if err != nil {
						return
					}
					mu.Lock()
					sum += i
					tr.Yield()
					mu.Unlock()
					out.Push(2 * i)
				}
			})
		}
		g.Wait(time.Time{})
	})
	for _, p := range []*simnet.Process{a, b, w.Process("c")} {
		p.Go("locker", func() {
			for range 2 {
				if l, err := p.Lock("/tmp/lock", time.Time{}); err == nil {
					p.Yield()
					l.Close()
				}
			}
		})
	}
}

// timers has many things due at the same time, some set by the same task, some by
// none, and timers that set themselves again.
func timers(w *simnet.World) {
	p, q := w.Process("p"), w.Process("q")
	at := func(ms int) time.Time { return p.Now().Add(time.Duration(ms) * time.Millisecond) }
	a, b, _ := p.Pair()
	p.AfterFunc("early", at(5), func() { p.Yield() })
	p.Go("main", func() {
		var ticks int
		var tick func()
		tick = func() {
			if ticks++; ticks < 4 {
				p.AfterFunc("tick", at(5), tick)
				p.AfterFunc("tick", at(5), func() {})
			}
		}
		p.AfterFunc("tick", at(5), tick)
		p.AfterFunc("other", at(5), func() { a.Send([][]byte{{1}}, nil, time.Time{}) })
		stop, _ := p.AfterFunc("tick", at(10), func() {})
		p.Sleep(at(5))
		p.Sleep(at(5))
		stop.Stop()
	})
	for range 2 {
		p.Go("reader", func() {
			buf := [][]byte{make([]byte, 1)}
			for range 3 {
				b.Recv(buf, nil, at(5))
			}
		})
	}
	q.Go("main", func() {
		for range 3 {
			q.Sleep(at(5))
		}
		q.Go("pauser", func() {
			p.Pause()
			q.Sleep(at(3))
			p.Resume()
		})
		p.Go("guest", func() { p.Sleep(at(1)) })
	})
}

// restless kills and restarts processes, of which some have the same name.
func restless(w *simnet.World) {
	main := func(p *simnet.Process) {
		for range 3 {
			p.Yield()
			p.Go("conn", func() { p.Yield() })
		}
		p.Sleep(p.Now().Add(time.Second))
	}
	x, _ := w.Start(simnet.ProcessConfig{Name: "x", Main: main})
	w.Start(simnet.ProcessConfig{Name: "x", Main: main})
	for _, name := range []string{"a", "b"} {
		p := w.Process(name)
		p.Go("main", func() {
			p.Yield()
			x.Restart()
			w.Start(simnet.ProcessConfig{Name: "y/%~", Main: main})
			x.Go("conn", func() {})
		})
	}
}

// tangle starts tasks with few names, from other tasks and in other processes.
func tangle(seed uint64) func(w *simnet.World) {
	return func(w *simnet.World) {
		rnd := seed*2862933555777941757 + 3037000493
		next := func(n int) int {
			rnd = rnd*6364136223846793005 + 1442695040888963407
			return int(rnd>>33) % n
		}
		ps := []*simnet.Process{w.Process("p"), w.Process("q"), w.Process("p")}
		left := 4 + next(12)
		var body func(p *simnet.Process) func()
		spawn := func(p *simnet.Process) {
			name := string("abc"[next(3)])
			if to := ps[next(8)%len(ps)]; next(4) == 0 {
				p = to
			}
			if next(4) == 0 {
				p.AfterFunc(name, ps[0].Now().Add(time.Duration(next(3))), body(p))
				return
			}
			p.Go(name, body(p))
		}
		body = func(p *simnet.Process) func() {
			return func() {
				for range next(4) {
					if left > 0 {
						left--
						spawn(p)
					}
					p.Yield()
				}
			}
		}
		for range 1 + next(4) {
			spawn(ps[next(len(ps))])
		}
	}
}

// replays holds a program to the law: what was recorded is, by way of its text,
// played again to the last bit, with every line used.
func replays(t *testing.T, r *simnet.Runner, cfg simnet.Config, seed uint64, build func(*simnet.World)) {
	t.Helper()
	cfg.Chooser = simnet.Random(seed)
	plain := r.Run(cfg, build)
	rec := simnet.Record(simnet.Random(seed))
	cfg.Chooser = rec
	first := r.Run(cfg, build)
	if first.Hash != plain.Hash {
		t.Fatalf("seed %d: to record changes the run", seed)
	}
	text, err := rec.Script().MarshalText()
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, rec.Script())
	}
	script, err := simnet.ParseScript(string(text))
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, text)
	}
	cfg.Faults = simnet.Faults{}
	replay := simnet.Replay(script)
	for range 2 {
		again := simnet.Record(replay)
		cfg.Chooser = again
		second := r.Run(cfg, build)
		if unused := replay.Unused(); len(unused) > 0 {
			t.Fatalf("seed %d: unused: %v\n%s\nrun:\n%s", seed, unused, text, again.Script())
		}
		if second.Hash != first.Hash || fmt.Sprint(second.Err) != fmt.Sprint(first.Err) {
			t.Fatalf("seed %d: %v %x, not %v %x\n%s\nrun:\n%s", seed, second.Err, second.Hash, first.Err, first.Hash, text, again.Script())
		}
		if !reflect.DeepEqual(again.Script(), script) {
			t.Fatalf("seed %d: recorded\n%s\nnot\n%s", seed, again.Script(), text)
		}
	}
}

func TestReplay(t *testing.T) {
	seeds := uint64(700)
	if testing.Short() {
		seeds = 70
	}
	for _, c := range []struct {
		name  string
		build func(*simnet.World)
	}{{"echo", echo}, {"pipeline", pipeline}, {"timers", timers}, {"restless", restless}} {
		t.Run(c.name, func(t *testing.T) {
			simnet.Loop(func(r *simnet.Runner) {
				for seed := range seeds {
					replays(t, r, simnet.Config{}, seed, c.build)
				}
			})
		})
	}
}

// Whatever the tasks are called.
func TestReplayNames(t *testing.T) {
	programs := uint64(700)
	if testing.Short() {
		programs = 70
	}
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range programs {
			for s := range uint64(3) {
				replays(t, r, simnet.Config{}, s, tangle(seed))
			}
		}
	})
}

// With everything failing that can, and replayed where nothing does but by the
// script.
func TestReplayFaults(t *testing.T) {
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range uint64(200) {
			for _, build := range []func(*simnet.World){echo, timers} {
				replays(t, r, simnet.Config{Faults: simnet.AllFaults(600)}, seed, build)
			}
		}
	})
}
