package explore_test

import (
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// TestNamed has every name mean the strategy of that name, and says what others
// there are.
func TestNamed(t *testing.T) {
	for _, name := range append(explore.Names(), "pct1", "pct2", "pct99") {
		s, err := explore.Named(name)
		if err != nil || s.Name() != name {
			t.Error(name, s, err)
		}
	}
	if s, err := explore.Named(""); err != nil || s.Name() != "portfolio" {
		t.Error(s, err)
	}
	for _, name := range []string{"Walk", "pct0", "pct-1", "pct+1", "pct01", "pct100", "pctx", "random", "swarm of pct"} {
		s, err := explore.Named(name)
		if err == nil {
			t.Error(name, "is", s.Name())
			continue
		}
		for _, one := range explore.Names() {
			if !strings.Contains(err.Error(), one) {
				t.Error(err, "does not name", one)
			}
		}
	}
}

// strategies are all that there are, and some with parameters.
func strategies() []explore.Strategy {
	return []explore.Strategy{
		explore.Walk(), explore.PCT(0), explore.PCT(1), explore.PCT(5), explore.POS(), explore.Uniform(),
		explore.Swarm(explore.Walk()), explore.Swarm(explore.PCT(2)), explore.Portfolio(),
	}
}

// medley is a program with something of everything: a server that is killed and
// started again by faults, clients that dial, give up and wait, timers, notifiers
// and a lock.
func medley(w *simnet.World) {
	_, err := w.Start(simnet.ProcessConfig{Name: "server", Main: func(p *simnet.Process) {
		l, err := p.Listen("/run/s", 2, transport.ListenConfig{Takeover: true})
		if err != nil {
			return
		}
		p.Background("accept", func() {
			for {
				c, err := l.Accept(time.Time{})
				if err != nil {
					return
				}
				p.Background("conn", func() {
					defer c.Close()
					for b := make([]byte, 8); ; {
						n, _, err := c.Recv([][]byte{b}, nil, time.Time{})
						if err != nil {
							return
						}
						c.Send([][]byte{b[:n]}, nil, p.Now().Add(time.Second))
					}
				})
			}
		})
	}})
	if err != nil {
		panic(err)
	}
	for range 2 {
		p := w.Process("client")
		p.Go("main", func() {
			wake := p.NewNotifier()
			p.AfterFunc("tick", p.Now().Add(time.Millisecond), wake.Notify)
			p.Go("waiter", func() { wake.Wait(p.Now().Add(time.Second)) })
			if fd, err := p.Lock("/run/lock", p.Now().Add(time.Second)); err == nil {
				defer fd.Close()
			}
			c, err := p.Dial("/run/s", p.Now().Add(time.Second))
			if err != nil {
				p.Yield()
				return
			}
			defer c.Close()
			for range 3 {
				if _, err := c.Send([][]byte{[]byte("hello")}, nil, p.Now().Add(time.Second)); err != nil {
					return
				}
				c.Recv([][]byte{make([]byte, 8)}, nil, p.Now().Add(time.Millisecond))
				p.Sleep(p.Now().Add(time.Millisecond))
			}
		})
	}
}

// A checked Chooser holds another one to the range of answers.
type checked struct {
	t testing.TB
	c simnet.Chooser
}

func (c checked) Choose(p *simnet.Point) int {
	i := c.c.Choose(p)
	if i < 0 || i >= p.N {
		c.t.Errorf("%d answers a question of kind %s with %d answers", i, p.Kind, p.N)
	}
	return i
}

// trials are the programs that strategies are tried with.
var trials = []struct {
	name  string
	cfg   simnet.Config
	build func(*simnet.World)
}{
	{"medley", simnet.Config{}, medley},
	{"faults", simnet.Config{Faults: simnet.AllFaults(2000)}, medley},
	{"orders", simnet.Config{}, func(w *simnet.World) { writersReader(make([]byte, writers*writes))(w) }},
}

// TestStrategies has every strategy answer in range, make the same run for the same
// seed and knowledge, whoever plans it and whether or not it is trusted, and other
// runs for other seeds.
func TestStrategies(t *testing.T) {
	for _, s := range strategies() {
		for _, program := range trials {
			simnet.Loop(func(r *simnet.Runner) {
				knowing := newExplorer(s)
				for range 64 + 1 {
					knowing.next(r, program.cfg, program.build)
				}
				for _, k := range []*explore.Knowledge{nil, {}, &knowing.known} {
					attend(t, r, s, program.cfg, k, program.build, program.name)
				}
			})
		}
	}
}

func attend(t *testing.T, r *simnet.Runner, s explore.Strategy, cfg simnet.Config, k *explore.Knowledge, build func(*simnet.World), name string) {
	const seeds = 50
	hashes := map[uint64]bool{}
	used, faults := s.Planner(), cfg.Faults
	for seed := range uint64(seeds) {
		cfg.Chooser, cfg.Faults = used.Plan(seed, k, faults)
		first := r.Run(cfg, build)
		hashes[first.Hash] = true
		c, f := s.Planner().Plan(seed, k, faults)
		cfg.Chooser, cfg.Faults = checked{t, c}, f
		again := r.Run(cfg, build)
		if first.Hash != again.Hash || first.Steps != again.Steps {
			t.Fatalf("%s, %s: seed %d makes different runs", s.Name(), name, seed)
		}
		if misuse, ok := first.Err.(*simnet.Misuse); ok {
			t.Fatal(s.Name(), misuse)
		}
	}
	// Without change points there are as many runs as orders of tasks.
	if least := seeds / 3; len(hashes) < least && s.Name() != "pct1" {
		t.Errorf("%s, %s: %d seeds make %d runs", s.Name(), name, seeds, len(hashes))
	}
}

// TestLearning has what strategies learn not depend on how many cores there are,
// and change what they do.
func TestLearning(t *testing.T) {
	for _, name := range explore.Names() {
		var reports [2]*explore.Report
		for i, cores := range []int{1, 3} {
			rep, err := explore.Find(t.Context(), explore.Config{Strategy: name, Runs: 500, Cores: cores, Verify: -1,
				World: simnet.Config{Faults: simnet.AllFaults(500)}}, explore.World(medley))
			if err != nil {
				t.Fatal(err)
			}
			rep.Elapsed = 0
			reports[i] = rep
		}
		a, b := reports[0], reports[1]
		if a.Runs != b.Runs || a.Steps != b.Steps || a.Distinct != b.Distinct || a.Fired != b.Fired {
			t.Errorf("%s: on one core %+v, on three %+v", name, a, b)
		}
	}
	for _, s := range []explore.Strategy{explore.PCT(3), explore.Uniform(), explore.Portfolio()} {
		same := 0
		simnet.Loop(func(r *simnet.Runner) {
			e := newExplorer(s)
			for range 64 + 1 {
				e.next(r, simnet.Config{}, medley)
			}
			for seed := range uint64(20) {
				var hashes [2]uint64
				for i, k := range []*explore.Knowledge{nil, &e.known} {
					c, _ := s.Planner().Plan(seed, k, simnet.Faults{})
					hashes[i] = r.Run(simnet.Config{Chooser: c}, medley).Hash
				}
				if hashes[0] == hashes[1] {
					same++
				}
			}
		})
		if same > 15 {
			t.Errorf("%s: of 20 runs, %d are the same with knowledge", s.Name(), same)
		}
	}
}

// FuzzStrategies has strategies choose for trials of any shape: each byte of
// shape is a task, and says what it does.
func FuzzStrategies(f *testing.F) {
	f.Add(uint64(1), uint8(0), 0, []byte{3, 200, 17})
	f.Add(uint64(2), uint8(4), 5000, []byte{255, 0, 128, 64, 32, 1, 7})
	f.Add(uint64(3), uint8(8), 65536, []byte{90, 91, 92})
	f.Fuzz(func(t *testing.T, seed uint64, which uint8, rate int, shape []byte) {
		all := strategies()
		s := all[int(which)%len(all)]
		cfg := simnet.Config{Faults: simnet.AllFaults(max(0, min(rate, 65536))), Steps: 2000}
		cfg.Faults[simnet.FaultEarly].Max, cfg.Faults[simnet.FaultLate].Max = 10, 10
		build := func(w *simnet.World) {
			p := w.Process("p")
			a, b, err := p.Pair()
			if err != nil {
				panic(err)
			}
			for _, do := range shape[:min(len(shape), 20)] {
				p.Go("task", func() {
					for range 1 + do>>4 {
						switch do & 7 {
						case 0, 1:
							a.Send([][]byte{{do}}, nil, time.Time{})
						case 2, 3:
							b.Recv([][]byte{make([]byte, 3)}, nil, p.Now().Add(time.Millisecond))
						case 4:
							p.Sleep(p.Now().Add(time.Millisecond))
						case 5:
							p.Yield()
						case 6:
							if fd, err := p.Lock("/run/lock", p.Now().Add(time.Second)); err == nil {
								fd.Close()
							}
						case 7:
							p.Go("child", p.Yield)
						}
					}
				})
			}
			p.Go("last", func() {})
		}
		var k explore.Knowledge
		var learner explore.Learner
		var hashes [2]uint64
		for range 2 {
			for i := range hashes {
				c, faults := s.Planner().Plan(seed, &k, cfg.Faults)
				again := cfg
				again.Chooser, again.Faults = learner.Of(checked{t, c}), faults
				if i == 1 {
					again.Chooser = learner.Of(c)
				}
				res := simnet.Run(again, build)
				if misuse, ok := res.Err.(*simnet.Misuse); ok {
					t.Fatal(s.Name(), misuse)
				}
				hashes[i] = res.Hash
			}
			if hashes[0] != hashes[1] {
				t.Fatal(s.Name(), "makes two runs of one seed")
			}
			k.Merge([]*explore.Lesson{learner.Lesson()})
		}
	})
}

// TestPlanAllocates has a plan for a run allocate nothing but the random walk's
// state, once the planner has been used, and choosing nothing at all.
func TestPlanAllocates(t *testing.T) {
	for _, s := range strategies() {
		simnet.Loop(func(r *simnet.Runner) {
			e, build := newExplorer(s), writersReader(make([]byte, writers*writes))
			for range 64 + 1 {
				e.next(r, simnet.Config{}, build)
			}
			seed := uint64(0)
			calm := testing.AllocsPerRun(200, func() { r.Run(simnet.Config{Chooser: simnet.Calm()}, build) })
			own := testing.AllocsPerRun(200, func() {
				seed++
				c, _ := e.planner.Plan(seed, &e.known, simnet.AllFaults(0))
				r.Run(simnet.Config{Chooser: c}, build)
			})
			if own > calm+1 {
				t.Errorf("%s: a run allocates %.0f times, a calm one %.0f times", s.Name(), own, calm)
			}
		})
	}
}

// TestTraced has runs be recorded, traced, replayed and given orders under choosers
// that are trusted otherwise.
func TestTraced(t *testing.T) {
	for _, s := range strategies() {
		simnet.Loop(func(r *simnet.Runner) {
			planner := s.Planner()
			for seed := range uint64(3) {
				c, faults := planner.Plan(seed, nil, simnet.AllFaults(500))
				recorded := r.Run(simnet.Config{Chooser: simnet.Record(c), Faults: faults, Once: true}, medley)
				c, _ = planner.Plan(seed, nil, simnet.AllFaults(500))
				traced := r.Run(simnet.Config{Chooser: c, Faults: faults, Trace: true}, medley)
				if recorded.Hash != traced.Hash || recorded.Script.String() != traced.Script.String() {
					t.Fatalf("%s: recorded\n%s\ntraced\n%s", s.Name(), recorded.Script, traced.Script)
				}
				again := r.Run(simnet.Config{Chooser: simnet.Replay(traced.Script), Once: true}, medley)
				if again.Hash != traced.Hash {
					t.Fatal(s.Name(), "replayed, it is another run")
				}
			}
			c, _ := planner.Plan(1, nil, simnet.Faults{})
			res := r.Run(simnet.Config{Chooser: c}, func(w *simnet.World) {
				medley(w)
				if err := w.Order("client/main 3 jump 1s"); err != nil {
					panic(err)
				}
			})
			if res.Err != nil || res.Fired[simnet.FaultJump] != 1 {
				t.Error(s.Name(), res.Err, res.Fired)
			}
		})
	}
}
