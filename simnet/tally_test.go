package simnet_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/internal/trust"
)

// TestTally has what a Tally counts agree with what the run itself says, and with
// what its Chooser was asked; and it must change nothing.
func TestTally(t *testing.T) {
	simnet.Loop(func(r *simnet.Runner) {
		tally := simnet.Count(nil, 1000)
		for _, program := range programs {
			for seed := range uint64(5) {
				cfg := program.cfg
				cfg.Chooser = simnet.Random(seed)
				want := r.Run(cfg, program.build)

				tally.Reset(simnet.Random(seed), 1000)
				cfg.Chooser = tally
				quick := r.Run(cfg, program.build)
				tasks := slices.Clone(tally.Tasks)
				byKind := tally.Asked

				var counts, last [simnet.KindPause + 1]int
				random := simnet.Random(seed)
				tally.Reset(asked(func(p *simnet.Point) int {
					counts[p.Kind]++
					return random.Choose(p)
				}), 1000)
				slow := r.Run(cfg, program.build)

				if quick.Hash != want.Hash || slow.Hash != want.Hash {
					t.Fatal(program.name, seed, "it is another run with a Tally")
				}
				for k := range last {
					last[k] = byKind[k]
				}
				if last != counts || tally.Asked != byKind {
					t.Fatal(program.name, seed, byKind, tally.Asked, counts)
				}
				all, ended := 0, 0
				for _, task := range tasks {
					all += task.Operations
				}
				// Ends are counted by their tasks, but are no steps.
				if ended = all - want.Steps; ended < 0 || ended > want.Tasks || len(tasks) != want.Tasks {
					t.Fatal(program.name, seed, all, "operations,", want.Steps, "steps,", len(tasks), "tasks of", want.Tasks)
				}
				if !slices.Equal(tasks, tally.Tasks) {
					t.Fatal(program.name, seed, tasks, tally.Tasks)
				}
			}
		}
	})
}

// TestTallyWithin has a Tally count where another Chooser, or Verify, is asked
// first, and pass on what a Chooser inside it wants to know.
func TestTallyWithin(t *testing.T) {
	program := programs[0]
	rec := simnet.Record(simnet.Random(1))
	outer := simnet.Count(rec, 1000)
	res := simnet.Run(simnet.Config{Chooser: outer}, program.build)
	if len(res.Script.Lines) == 0 {
		t.Error("the Recorder in a Tally has recorded nothing")
	}
	inner := simnet.Count(simnet.Random(1), 1000)
	again := simnet.Run(simnet.Config{Chooser: simnet.Record(inner)}, program.build)
	if again.Hash != res.Hash || inner.Asked != outer.Asked || !slices.Equal(inner.Tasks, outer.Tasks) {
		t.Error(inner.Asked, outer.Asked)
	}
	verified := simnet.Count(simnet.Random(1), 1000)
	res = simnet.Verify(simnet.Config{Chooser: verified}, program.build)
	if res.Hash != again.Hash || verified.Asked != outer.Asked || !slices.Equal(verified.Tasks, outer.Tasks) {
		t.Error(res.Err, verified.Asked, outer.Asked)
	}
	script, err := simnet.ParseScript("brine script 1\nclient/main 2 fail ENOBUFS\n")
	ok(t, err)
	var told []string
	res = simnet.Run(simnet.Config{Chooser: simnet.Count(simnet.Replay(script), 1)}, ordering(&told, ""))
	if res.Fired[simnet.FaultENOBUFS] != 1 {
		t.Error("a script in a Tally is not asked for its faults", told)
	}
	few := simnet.Count(simnet.Random(1), 2)
	simnet.Run(simnet.Config{Chooser: few}, program.build)
	if !slices.Equal(few.Tasks, outer.Tasks[:2]) {
		t.Error(few.Tasks)
	}
}

// TestNameHash has hashes of names differ exactly where the names do, and be the
// same in every run.
func TestNameHash(t *testing.T) {
	hashes := map[simnet.TaskName]uint64{}
	names := map[uint64]simnet.TaskName{}
	for seed := range uint64(20) {
		random := simnet.Random(seed)
		res := simnet.Run(simnet.Config{Chooser: asked(func(p *simnet.Point) int {
			for _, id := range p.Tasks {
				name, hash := p.Name(id), p.NameHash(id)
				if h, ok := hashes[name]; ok && h != hash {
					t.Fatal(name, "has two hashes")
				}
				if n, ok := names[hash]; ok && n != name {
					t.Fatal(name, n, "have one hash")
				}
				hashes[name], names[hash] = hash, name
			}
			return random.Choose(p)
		})}, func(w *simnet.World) {
			p := w.Process("p")
			q, err := w.Start(simnet.ProcessConfig{Name: "q", Main: func(q *simnet.Process) { q.Go("a", q.Yield) }})
			ok(t, err)
			for range 2 {
				p.Go("a", func() {
					p.Go("a", func() { p.Go("a", p.Yield) })
					p.Go("a", p.Yield)
					q.Go("b", q.Yield)
				})
			}
			p.Go("restart", func() { q.Restart() })
			p.Go("b", p.Yield)
		})
		ok(t, res.Err)
	}
	if len(hashes) < 15 {
		t.Error("only these names:", names)
	}
}

// A loose Chooser is trusted and should not be.
type loose struct{ trust.Mark }

func (loose) Choose(p *simnet.Point) int { return p.N }

// TestTrusted has an answer out of range be found even of a trusted Chooser.
func TestTrusted(t *testing.T) {
	for answer := range 2 {
		res := simnet.Run(simnet.Config{Chooser: loose{}}, func(w *simnet.World) {
			p := w.Process("p")
			for range 2 + answer {
				p.Go("task", p.Yield)
			}
		})
		if misuse, ok := res.Err.(*simnet.Misuse); !ok || misuse.What == "" {
			t.Error(res.Err)
		}
	}
}

// A noting Chooser notes what it is asked.
type noting struct {
	c    simnet.Chooser
	told []string
}

func (n *noting) Choose(p *simnet.Point) int {
	n.told = append(n.told, fmt.Sprint(p.Kind, p.N, p.Rate, p.Rates, p.Tasks, p.Task, p.Nth, p.After))
	return n.c.Choose(p)
}

// A trusting Chooser is the same, and trusted.
type trusting struct {
	trust.Mark
	noting
}

// TestTrustedPoint has a trusted Chooser be told the same as any other.
func TestTrustedPoint(t *testing.T) {
	for _, program := range programs {
		for seed := range uint64(3) {
			cfg := program.cfg
			one := &trusting{noting: noting{c: simnet.Random(seed)}}
			cfg.Chooser = one
			first := simnet.Run(cfg, program.build)
			other := &noting{c: simnet.Random(seed)}
			cfg.Chooser = other
			second := simnet.Run(cfg, program.build)
			if first.Hash != second.Hash || !slices.Equal(one.told, other.told) {
				t.Fatal(program.name, seed, "they are told otherwise")
			}
			if len(one.told) < 10 {
				t.Fatal(program.name, "asks", len(one.told), "questions")
			}
		}
	}
}

// A Tally tells what a run consists of.
func ExampleCount() {
	tally := simnet.Count(simnet.Calm(), 10)
	simnet.Run(simnet.Config{Chooser: tally}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("sender", func() {
			for range 3 {
				a.Send([][]byte{[]byte("hello")}, nil, time.Time{})
			}
		})
		p.Go("receiver", func() { b.Recv([][]byte{make([]byte, 100)}, nil, time.Time{}) })
	})
	fmt.Println(tally.Asked[simnet.KindRun], "questions of who goes on")
	for _, task := range tally.Tasks {
		fmt.Println(task.Operations)
	}
	// Output:
	// 4 questions of who goes on
	// 4
	// 2
}
