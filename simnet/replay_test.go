package simnet_test

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// serveEcho starts a server with a loop that accepts and a task for each of its
// clients.
func serveEcho(w *simnet.World) {
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
}

// echo is that server with three clients.
func echo(w *simnet.World) {
	serveEcho(w)
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
	for _, l := range script.Lines {
		if strings.HasPrefix(l.Why, "when it has ended") && l.Ask != 1 {
			t.Fatalf("seed %d: a task ends more than once: %s", seed, l)
		}
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
	if testing.Short() || fewSeeds {
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
	if testing.Short() || fewSeeds {
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

// A timer that build has set is the world's, and yet its task is not there from
// the beginning: others that are called so at their end can come before it.
func TestReplayBuildTimer(t *testing.T) {
	build := func(w *simnet.World) {
		p := w.Process("p")
		n := p.NewNotifier()
		x := func() {
			n.Notify()
			p.Yield()
		}
		p.AfterFunc("x", p.Now().Add(time.Millisecond), x)
		p.Go("main", func() { p.Go("x", x) })
		p.Go("beside", func() {
			n.Wait(time.Time{})
			n.Wait(time.Time{})
		})
	}
	names := map[string]bool{}
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range uint64(50) {
			replays(t, r, simnet.Config{}, seed, build)
			for _, l := range r.Run(simnet.Config{Chooser: simnet.Record(simnet.Random(seed))}, build).Script.Lines {
				names[l.Task.String()] = true
			}
		}
	})
	for _, name := range []string{"p/main>x", "p/world>x"} {
		if !names[name] {
			t.Errorf("no script is about %s", name)
		}
	}
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

// A chooser of the test's own that passes questions on.
type asked func(p *simnet.Point) int

func (f asked) Choose(p *simnet.Point) int { return f(p) }

// Questions at one place are counted from 1, without gaps.
func TestAsk(t *testing.T) {
	type place struct {
		task  simnet.TaskID
		nth   int
		after bool
		kind  simnet.Kind
	}
	waits := func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("reader", func() { b.Recv([][]byte{make([]byte, 1)}, nil, time.Time{}) })
		for range 3 {
			p.Go("writer", func() { a.Send([][]byte{{1}}, nil, time.Time{}); p.Yield() })
		}
	}
	for seed := range uint64(50) {
		for _, build := range []func(*simnet.World){echo, timers, waits} {
			inner, counts := simnet.Random(seed), map[place]int{}
			simnet.Run(simnet.Config{Faults: simnet.AllFaults(500), Once: true, Chooser: asked(func(p *simnet.Point) int {
				at := place{p.Task, p.Nth, p.After, p.Kind}
				if counts[at]++; counts[at] != p.Ask {
					t.Errorf("seed %d: %v of %s: asked %d times, says %d", seed, at, p.Name(p.Task), counts[at], p.Ask)
				}
				return inner.Choose(p)
			})}, build)
		}
	}
}

// What a task is called depends on what its parents did, and not on the order in
// which anybody ran; and no two are called the same.
func TestTaskNames(t *testing.T) {
	var cur string
	var body func(me string, p, q *simnet.Process, depth int) func()
	body = func(me string, p, q *simnet.Process, depth int) func() {
		child := func(name string) func() { return body(me+"/"+name, p, q, depth-1) }
		at := func(ms int) time.Time { return p.Now().Add(time.Duration(ms)) }
		return func() {
			call := func(f func()) { cur = me; f() }
			call(p.Yield)
			if depth == 0 {
				return
			}
			call(func() { p.AfterFunc("x", at(7), child("timer")) })
			call(func() { p.Go("x", child("go")) })
			call(func() { p.AfterFunc("x", at(3), child("soon")) })
			call(func() { p.AfterFunc("x", at(3), child("late")) })
			call(func() { p.Go("y", child("other")) })
			call(func() { q.Go("x", body(me+"/there", q, p, depth-1)) })
			call(func() { p.Sleep(at(5)) })
		}
	}
	build := func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		for i := range 2 {
			p.Go("x", body(fmt.Sprint(i), p, q, 2))
			q.Go("y", body(fmt.Sprint(-i), q, p, 2))
		}
	}
	simnet.Loop(func(r *simnet.Runner) {
		whose := map[string]string{}
		var tasks int
		for seed := range uint64(20) {
			inner := simnet.Random(seed)
			names := map[string]simnet.TaskID{}
			res := r.Run(simnet.Config{Chooser: asked(func(p *simnet.Point) int {
				name := p.Name(p.Task).String()
				if id, ok := names[name]; ok && id != p.Task {
					t.Errorf("tasks %d and %d are both %s", id, p.Task, name)
				}
				names[name] = p.Task
				if p.Kind == simnet.KindRun && !p.After {
					if me, ok := whose[name]; ok && me != cur {
						t.Errorf("%s is %s, and with seed %d %s", name, me, seed, cur)
					}
					whose[name] = cur
				}
				return inner.Choose(p)
			})}, build)
			if res.Err != nil {
				t.Fatal(res.Err)
			}
			tasks = res.Tasks
		}
		if len(whose) < tasks/2 {
			t.Errorf("%d tasks, of which %d were seen", tasks, len(whose))
		}
	})
}

// A script names tasks as briefly as it can, a timer that sets itself again
// included.
func TestScriptNames(t *testing.T) {
	names := map[string]bool{}
	build := func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		yield := func() { p.Yield() }
		p.Go("conn", yield)
		p.Go("main", func() {
			p.Go("conn", yield)
			p.Go("conn", yield)
			p.Go("alone", func() { p.Go("main", yield) })
			var tick func()
			n := 0
			tick = func() {
				if n++; n < 5 {
					p.AfterFunc("tick", p.Now().Add(1), tick)
				}
			}
			tick()
		})
		p.Go("busy", func() {
			for range 8 {
				p.Sleep(p.Now().Add(1))
				p.Yield()
			}
		})
		p.Go("main", func() {
			p.Go("alone", func() { p.Go("a b", yield) })
		})
		q.Go("main", func() { p.Go("guest", yield) })
		q.Go("other", func() { p.Go("guest", yield); p.Go("visitor", yield) })
	}
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range uint64(300) {
			for _, l := range r.Run(simnet.Config{Chooser: simnet.Record(simnet.Random(seed))}, build).Script.Lines {
				names[l.Task.String()] = true
				if l.Kind == simnet.KindRun {
					names[l.Answer] = true
				}
			}
		}
	})
	want := []string{
		"world", "q/main", "q/other", "p/busy",
		"p/conn", "p/main", "p/main~2", // were there at the beginning
		"p/main>conn", "p/conn~2",
		"p/main>alone", "p/main~2>alone", "p/alone>main", "p/a%20b",
		"p/tick", "p/tick*2", "p/tick*3", "p/tick*4",
		"p/q%2Fmain>guest", "p/q%2Fother>guest", "p/visitor",
	}
	for _, name := range want {
		if !names[name] {
			t.Errorf("no script named %s", name)
		}
		delete(names, name)
	}
	for name := range names {
		t.Errorf("a script named %s", name)
	}
}

// Ten thousand tasks of one parent, in the time that it takes to name each once.
func TestReplayMany(t *testing.T) {
	build := func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			for range 10_000 {
				p.Go("conn", func() {})
			}
			p.Go("last", func() { p.Yield() })
		})
	}
	rec := simnet.Record(simnet.Random(1))
	first := simnet.Run(simnet.Config{Chooser: rec}, build)
	replay := simnet.Replay(rec.Script())
	second := simnet.Run(simnet.Config{Chooser: replay}, build)
	if len(rec.Script().Lines) < 10_000 || second.Hash != first.Hash || replay.Unused() != nil {
		t.Errorf("%d lines, %v and %v, unused %v", len(rec.Script().Lines), first, second, replay.Unused())
	}
}

// The text of a script, so that it is seen what it reads like.
func TestScriptGolden(t *testing.T) {
	var got strings.Builder
	for _, c := range []struct {
		name  string
		seed  uint64
		rate  int
		build func(*simnet.World)
	}{{"echo", 3, 0, echo}, {"timers", 1, 0, timers}, {"echo, with faults", 5, 900, echo}, {"timers, with faults", 8, 1500, timers}} {
		rec := simnet.Record(simnet.Random(c.seed))
		simnet.Run(simnet.Config{Chooser: rec, Faults: simnet.AllFaults(c.rate)}, c.build)
		fmt.Fprintf(&got, "# %s, seed %d\n%s\n", c.name, c.seed, rec.Script())
	}
	const golden = "testdata/script/recorded.txt"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != got.String() {
		t.Errorf("the scripts are not as in %s (error %v); if they are meant to change, run with -update:\n%s", golden, err, got.String())
	}
}

// Lines that cannot apply are named, and change nothing.
func TestReplayUnused(t *testing.T) {
	const useless = `brine script 1
client/nobody 1    run server/accept   # no such task
client#2/main 1    run server/accept   # no such life
client/main 99     run server/accept   # it has not as many operations
client/main 2.2    run server/accept   # asked but once
client/main 2+     run server/accept   # does not wait
client/main 2      run server/nobody   # nobody
client/main 2      run server/accept>conn~7
client/main 2      wake server         # another question
client/main 2      timer server/accept 3
client/main 2      fail EMFILE         # not what a send fails with
client/main 2      kill nobody
server/conn>accept 1   run client/main   # the wrong way up
world 1            run client/main
`
	script, err := simnet.ParseScript(useless)
	if err != nil {
		t.Fatal(err)
	}
	replay := simnet.Replay(script)
	if got := (simnet.Script{Lines: replay.Unused()}).String(); got != script.String() {
		t.Errorf("before a run:\n%s", got)
	}
	calm := simnet.Run(simnet.Config{}, echo)
	for range 2 {
		if res := simnet.Run(simnet.Config{Chooser: replay}, echo); res.Hash != calm.Hash {
			t.Error("another run than the calm one")
		}
		if got := (simnet.Script{Lines: replay.Unused()}).String(); got != script.String() {
			t.Errorf("after a run:\n%s", got)
		}
	}

	script.Lines = append(script.Lines, simnet.Line{ // not as ParseScript would have it
		Task: simnet.TaskName{Process: "client", Incarnation: 1, Task: "main"}, Op: 2, Ask: 1, Kind: 99,
	}, simnet.Line{Kind: simnet.KindRun, Answer: "x"}, simnet.Line{
		Task: simnet.TaskName{Process: "client", Incarnation: 1, Task: "main"}, Op: 2, Ask: 1, Answer: "server/accept",
	})
	replay = simnet.Replay(script)
	if res := simnet.Run(simnet.Config{Chooser: replay}, echo); res.Hash == calm.Hash {
		t.Error("the line that applies did not")
	}
	if got := replay.Unused(); !reflect.DeepEqual(got, script.Lines[:len(script.Lines)-1]) {
		t.Errorf("unused, but for the one that applies:\n%s", simnet.Script{Lines: got})
	}
}

// What a name alone means where several tasks could be meant, and how the others
// are told from it.
func TestReplayWhole(t *testing.T) {
	var order []string
	build := func(w *simnet.World) {
		order = nil
		p := w.Process("p")
		step := func(name string) func() {
			return func() { p.Yield(); order = append(order, name) }
		}
		p.Go("main", func() { p.Go("conn", step("main's")); p.Yield() })
		p.Go("conn", step("root"))
		p.Go("far", func() { p.Go("main", func() { p.Go("conn", step("far's")) }) })
		p.Go("z", step("z"))
	}
	for _, c := range []struct{ line, want string }{
		{"", "root z main's far's"},
		{"p/conn 1 run p/z", "z main's root far's"},
		{"p/conn 1 run p/main>conn", "main's z root far's"},
	} {
		s, err := simnet.ParseScript("brine script 1\n" + c.line)
		if err != nil {
			t.Fatal(err)
		}
		replay := simnet.Replay(s)
		simnet.Run(simnet.Config{Chooser: replay}, build)
		if got := strings.Join(order, " "); got != c.want || replay.Unused() != nil {
			t.Errorf("%q: %s, not %s; unused %v", c.line, got, c.want, replay.Unused())
		}
	}
}

// A line applies once, although several tasks and several answers may be meant.
func TestReplayOnce(t *testing.T) {
	var order []string
	build := func(w *simnet.World) {
		order = nil
		p := w.Process("p")
		for _, name := range []string{"main", "far"} {
			p.Go(name, func() {
				for _, child := range []string{"conn", "z"} {
					p.Go(child, func() { p.Yield(); order = append(order, name+">"+child) })
				}
			})
		}
	}
	for _, c := range []struct {
		lines, want string
		unused      int
	}{
		{"", "main>conn main>z far>conn far>z", 0},
		{"p/conn 1 run p/z", "main>z far>conn far>z main>conn", 0},
		{"p/conn 1 run p/z\np/conn 1 run p/z", "main>z far>z main>conn far>conn", 0},
		{"p/main>conn 1 run p/z\np/main>conn 1 run p/z", "main>z far>conn far>z main>conn", 1},
	} {
		s, err := simnet.ParseScript("brine script 1\n" + c.lines)
		if err != nil {
			t.Fatal(err)
		}
		replay := simnet.Replay(s)
		simnet.Run(simnet.Config{Chooser: replay}, build)
		if got := strings.Join(order, " "); got != c.want || len(replay.Unused()) != c.unused {
			t.Errorf("%q: %s, not %s; unused %v", c.lines, got, c.want, replay.Unused())
		}
	}
}

// Both work inside of a Chooser of somebody else's, and a Recorder records again.
func TestRecordWrapped(t *testing.T) {
	rec := simnet.Record(simnet.Random(1))
	wrapped := asked(func(p *simnet.Point) int { return rec.Choose(p) })
	first := simnet.Run(simnet.Config{Chooser: wrapped}, echo)
	script := rec.Script()
	if first.Script.Lines != nil || len(script.Lines) < 5 {
		t.Fatalf("in the Result %d lines, from the Recorder %d", len(first.Script.Lines), len(script.Lines))
	}
	if script.Lines[0].Why = "mine"; rec.Script().Lines[0].Why == "mine" {
		t.Error("a script can be changed from outside")
	}
	simnet.Run(simnet.Config{Chooser: wrapped}, timers)
	if other := rec.Script(); len(other.Lines) == 0 || other.Lines[0].Task.Process == script.Lines[0].Task.Process {
		t.Errorf("of another run it recorded\n%s", other)
	}
	replay := simnet.Replay(script)
	for range 2 {
		res := simnet.Run(simnet.Config{Chooser: asked(func(p *simnet.Point) int { return replay.Choose(p) })}, echo)
		if res.Hash != first.Hash || replay.Unused() != nil {
			t.Errorf("replayed: %v, unused %v", res, replay.Unused())
		}
	}
	if res := simnet.Run(simnet.Config{Chooser: simnet.Record(nil)}, echo); res.Script.Lines != nil || res.Err != nil {
		t.Errorf("the calm run: %v", res)
	}
	if n := simnet.Record(nil).Choose(&simnet.Point{N: 2}) + simnet.Replay(script).Choose(&simnet.Point{N: 2}); n != 0 {
		t.Error("a point of no run is not answered calmly")
	}
}

// Which of several timers of one task is meant, is said by what set it, and a
// chain of tasks by how long it is.
func TestScriptForms(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"a/b 3 timer c/d 04", "a/b 3 timer c/d 4"},
		{"a/b 3 timer c/d 4.1 # x", "a/b 3 timer c/d 4 # x"},
		{"a/b 3 timer world 4.2", "a/b 3 timer world 4.2"},
		{"a/b~1*1 3 timer c/d~2*03>e*2", "a/b 3 timer c/d~2*3>e*2"},
		{"a/b 3 timer c/d 4+", `script line 2: "4+": the operation that set a timer is written 3, or 3.2 for its second one`},
		{"a/b 3 timer c/d x", `script line 2: "x": a position is written 3, 3+, 3.2 or 3+.2`},
		{"a/b 3 timer c/d 4 5", `script line 2: "5": nothing follows timer c/d 4 here but a comment, which begins with #`},
		{"a/b 3 run c/d 4", `script line 2: "4": nothing follows run c/d here but a comment, which begins with #`},
		{"a/b*0 3 early", `script line 2: "b*0": tasks of a chain are counted from 1`},
		{"a/b*2~2 3 early", `script line 2: "b*2~2": the second task of a chain of one name is written *2, and a * in a name %2A`},
		{"a*2/b 3 early", `script line 2: "a*2": in a name "*" is written %2A`},
	} {
		s, err := simnet.ParseScript("brine script 1\n" + c.line)
		got := fmt.Sprint(err)
		if err == nil {
			got = s.Lines[0].String()
		}
		if got != c.want {
			t.Errorf("%s: got\n\t%s, not\n\t%s", c.line, got, c.want)
		}
	}
}

func ExampleRecord() {
	build := func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("reader", func() {
			buf := make([]byte, 10)
			b.Recv([][]byte{buf}, nil, time.Time{})
		})
		p.Go("writer", func() { a.Send([][]byte{[]byte("hello")}, nil, time.Time{}) })
	}
	res := simnet.Run(simnet.Config{Chooser: simnet.Record(simnet.Random(4))}, build)
	fmt.Print(res.Script)
	// Output:
	// brine script 1
	// world 5+     run p/writer   # when the scene is set, p/writer goes first
	// p/writer 1   run p/reader   # before its 1st operation (send), p/reader goes first
	// p/reader 1   run p/writer   # before its 1st operation (recv), p/writer goes first
}

func ExampleReplay() {
	var first string // whoever is first
	build := func(w *simnet.World) {
		first = ""
		for _, name := range []string{"hare", "tortoise"} {
			p := w.Process(name)
			p.Go("main", func() {
				p.Yield()
				if first == "" {
					first = name
				}
			})
		}
	}
	simnet.Run(simnet.Config{}, build)
	fmt.Println(first)

	script, err := simnet.ParseScript(`brine script 1
hare/main 1       run tortoise/main
hare/main 7       run tortoise/main   # it has no 7th operation
`)
	if err != nil {
		panic(err)
	}
	replay := simnet.Replay(script)
	simnet.Run(simnet.Config{Chooser: replay}, build)
	fmt.Println(first)
	fmt.Println("unused:", replay.Unused())
	// Output:
	// hare
	// tortoise
	// unused: [hare/main 7 run tortoise/main # it has no 7th operation]
}
