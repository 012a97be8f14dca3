package explore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// found executes a program with random choices, from a seed on, until it fails.
func found(t testing.TB, r *simnet.Runner, b bug, seed uint64) (*simnet.Result, uint64) {
	t.Helper()
	for end := seed + 5000; seed < end; seed++ {
		cfg := simnet.Config{Chooser: simnet.Record(simnet.Random(seed)), Faults: b.faults, Once: true}
		if res := r.Run(cfg, b.build); res.Err != nil {
			return res, seed
		}
	}
	t.Fatalf("%s: 5000 random runs from seed %d have passed", b.name, seed-5000)
	return nil, 0
}

// again returns what Shrink calls to execute a program.
func again(r *simnet.Runner, b bug) func(simnet.Script) *simnet.Result {
	return func(s simnet.Script) *simnet.Result {
		return r.Run(simnet.Config{Chooser: simnet.Record(simnet.Replay(s)), Faults: b.faults, Once: true}, b.build)
	}
}

// TestShrink has the random chooser find what is wrong with some programs, and
// looks how small the scripts get, and how fast.
func TestShrink(t *testing.T) {
	runs := 20
	if testing.Short() {
		runs = 5
	}
	for _, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			simnet.Loop(func(r *simnet.Runner) {
				var executions, lines, before []int
				for seed := uint64(0); len(lines) < runs; seed++ {
					var res *simnet.Result
					res, seed = found(t, r, b, seed)
					got := explore.Shrink(res.Script, explore.ShrinkConfig{Err: res.Err, Faults: b.faults}, again(r, b))
					executions, lines, before = append(executions, got.Executions), append(lines, got.After), append(before, got.Before)
					if !got.Complete || got.Unsteady || !explore.Same(res.Err, got.Result.Err) {
						t.Errorf("seed %d: complete %v, unsteady %v, %v became %v", seed, got.Complete, got.Unsteady, res.Err, got.Result.Err)
					}
				}
				for _, n := range [][]int{executions, lines, before} {
					slices.Sort(n)
				}
				middle, last := runs/2, runs-1
				if lines[middle] > b.lines || lines[last] > 4 {
					t.Errorf("the median script has %d deviations, and the longest %d; at most %d and 4 are to be had", lines[middle], lines[last], b.lines)
				}
				if executions[middle] > b.executions || executions[last] > 2000 {
					t.Errorf("the median takes %d executions, and the worst %d; at most %d and 2000 are to be had", executions[middle], executions[last], b.executions)
				}
				t.Logf("%d to %d deviations (median %d); left of them: %d to %d (%d); executions: %d to %d (%d)", before[0], before[last], before[middle],
					lines[0], lines[last], lines[middle], executions[0], executions[last], executions[middle])
			})
		})
	}
}

// mixture returns lines of two scripts in one, at random.
func mixture(rnd *rand.Rand, a, b simnet.Script) (s simnet.Script) {
	from := [][]simnet.Line{a.Lines, b.Lines}
	for len(from[0])+len(from[1]) > 0 {
		i := rnd.IntN(2)
		if len(from[i]) == 0 {
			i = 1 - i
		}
		if rnd.IntN(4) > 0 {
			s.Lines = append(s.Lines, from[i][0])
		}
		from[i] = from[i][1:]
	}
	s.Data = []simnet.Datum{{Name: "n", JSON: fmt.Sprint(rnd.IntN(100))}}
	return s
}

// TestShrinkProperties shrinks random scripts with random budgets, and looks
// whether what is said of the results is so.
func TestShrinkProperties(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 8
	}
	for i, b := range bugs {
		t.Run(b.name, func(t *testing.T) {
			simnet.Loop(func(r *simnet.Runner) {
				rnd := rand.New(rand.NewPCG(uint64(i), 1))
				shrunk := 0
				for range rounds {
					one, _ := found(t, r, b, rnd.Uint64N(1000))
					other, _ := found(t, r, b, rnd.Uint64N(1000))
					shrunk += checkShrink(t, r, b, mixture(rnd, one.Script, other.Script), 1+rnd.IntN(400))
				}
				if shrunk == 0 {
					t.Errorf("none of %d random scripts got smaller", rounds)
				}
			})
		})
	}
}

// checkShrink shrinks a script, and returns 1 if it got smaller.
func checkShrink(t *testing.T, r *simnet.Runner, b bug, s simnet.Script, budget int) int {
	t.Helper()
	calls := 0
	try := func(c simnet.Script) *simnet.Result {
		if calls++; !reflect.DeepEqual(c.Data, s.Data) {
			t.Errorf("the data %v became %v", s.Data, c.Data)
		}
		return again(r, b)(c)
	}
	first := again(r, b)(s)
	text := s.String()
	got := explore.Shrink(s, explore.ShrinkConfig{Budget: budget}, try)
	if s.String() != text {
		t.Fatalf("the script that was to be shrunk was changed")
	}
	if got.Executions != calls || calls > budget {
		t.Errorf("%d executions, says the result; there were %d, of %d", got.Executions, calls, budget)
	}
	if got.Before != len(s.Lines) || got.After != len(got.Script.Lines) || got.After > got.Before {
		t.Errorf("%d deviations became %d, says the result; it were %d and %d", got.Before, got.After, len(s.Lines), len(got.Script.Lines))
	}
	if !reflect.DeepEqual(got.Script.Data, s.Data) {
		t.Errorf("the data %v became %v", s.Data, got.Script.Data)
	}
	if first.Err == nil || budget < 2 {
		if !got.Unsteady || got.Script.String() != text || got.Complete {
			t.Errorf("a script that does not fail twice: %+v", got)
		}
		return 0
	}
	if got.Unsteady {
		t.Errorf("the program does the same each time, and is called unsteady")
	}
	last := again(r, b)(got.Script)
	if !explore.Same(first.Err, last.Err) || last.Hash != got.Result.Hash || !explore.Same(first.Err, got.Result.Err) {
		t.Errorf("%v became %v, and then %v", first.Err, got.Result.Err, last.Err)
	}
	if got.Complete {
		for i := range got.Script.Lines {
			less := slices.Concat(got.Script.Lines[:i], got.Script.Lines[i+1:])
			if res := again(r, b)(simnet.Script{Lines: less}); explore.Same(res.Err, first.Err) {
				t.Errorf("line %d of a script that is complete can be left out:\n%s", i+1, got.Script)
			}
		}
	}
	if twice := explore.Shrink(s, explore.ShrinkConfig{Budget: budget}, again(r, b)); twice.Script.String() != got.Script.String() || twice.Executions != got.Executions {
		t.Errorf("shrunk again, it is another script:\n%s\n%s", got.Script, twice.Script)
	}
	if got.After < got.Before {
		return 1
	}
	return 0
}

// TestShrinkUnsteady has executions that are not those of a program which does the
// same each time.
func TestShrinkUnsteady(t *testing.T) {
	b := bugNamed(t, "lost update")
	simnet.Loop(func(r *simnet.Runner) {
		res, _ := found(t, r, b, 0)
		run := again(r, b)
		n := 0
		pass := &simnet.Result{}
		tests := []struct {
			name  string
			err   error
			kept  bool // the script is the first one
			calls int  // at most
			try   func(s simnet.Script) *simnet.Result
		}{
			{"nil", nil, true, 1, func(simnet.Script) *simnet.Result { return nil }},
			{"passes", nil, true, 1, func(simnet.Script) *simnet.Result { return pass }},
			{"skipped", nil, true, 1, func(simnet.Script) *simnet.Result { return &simnet.Result{Err: &simnet.Skipped{}} }},
			{"fails otherwise", &simnet.Deadlock{}, true, 1, run},
			{"fails once", nil, true, 2, func(s simnet.Script) *simnet.Result {
				if n > 1 {
					return pass
				}
				return run(s)
			}},
			{"another run each time", nil, true, 3, func(s simnet.Script) *simnet.Result {
				res := run(s)
				res.Hash += uint64(n)
				return res
			}},
			{"nil later", nil, false, 300, func(s simnet.Script) *simnet.Result {
				if n > 2 {
					return nil
				}
				return run(s)
			}},
			{"fails at random", nil, false, 300, func(s simnet.Script) *simnet.Result {
				res := run(s)
				if n > 2 && n%3 == 0 {
					res.Err = nil
				}
				return res
			}},
			{"another run later", nil, false, 300, func(s simnet.Script) *simnet.Result {
				res := run(s)
				if n > 2 {
					res.Hash += uint64(n)
				}
				return res
			}},
		}
		for _, test := range tests {
			n = 0
			got := explore.Shrink(res.Script, explore.ShrinkConfig{Err: test.err, Budget: 300}, func(s simnet.Script) *simnet.Result {
				n++
				return test.try(s)
			})
			if n > test.calls || n != got.Executions {
				t.Errorf("%s: %d executions, says the result; there were %d, of at most %d", test.name, got.Executions, n, test.calls)
			}
			if same := got.Script.String() == res.Script.String(); test.kept && (!same || !got.Unsteady || got.Complete) {
				t.Errorf("%s: %+v", test.name, got)
			}
			if test.name == "another run later" && !got.Unsteady {
				t.Errorf("%s: nobody has noticed", test.name)
			}
			if got.Unsteady && got.Complete {
				t.Errorf("%s: unsteady, and complete", test.name)
			}
		}
	})
}

// TestShrinkSteps has every execution be a long one.
func TestShrinkSteps(t *testing.T) {
	b := bugNamed(t, "overtaken")
	simnet.Loop(func(r *simnet.Runner) {
		res, _ := found(t, r, b, 0)
		for _, test := range []struct {
			steps, each int
			passed      error // what stands for a run that passed
			most        int
		}{
			{1000, 100, nil, 10},
			{0, 1_000_000, nil, 50},
			{0, 10, &simnet.Blocked{}, 60},
		} {
			got := explore.Shrink(res.Script, explore.ShrinkConfig{Steps: test.steps}, func(s simnet.Script) *simnet.Result {
				res := again(r, b)(s)
				res.Steps = test.each
				if res.Err == nil {
					res.Err = test.passed
				}
				return res
			})
			if got.Executions > test.most {
				t.Errorf("%d executions of %d operations each", got.Executions, test.each)
			}
		}
	})
}

// TestShrinkBudgets has the budget spent at every point there is.
func TestShrinkBudgets(t *testing.T) {
	b := bugNamed(t, "lost message")
	simnet.Loop(func(r *simnet.Runner) {
		res, _ := found(t, r, b, 0)
		whole := explore.Shrink(res.Script, explore.ShrinkConfig{}, again(r, b))
		for budget := 1; budget <= whole.Executions; budget++ {
			checkShrink(t, r, b, res.Script, budget)
		}
	})
}

// TestShrinkUnconfirmed has the budget spent when a smaller script has failed once.
func TestShrinkUnconfirmed(t *testing.T) {
	b := bug{build: func(w *simnet.World) {
		p := w.Process("p")
		p.Go("a", func() { p.Yield() })
		p.Go("b", func() { panic("always") })
	}}
	s := sure(simnet.ParseScript("brine script 1\np/a 1 run p/b\n"))
	simnet.Loop(func(r *simnet.Runner) {
		for budget, lines := range map[int]int{2: 1, 3: 1, 4: 0} {
			got := explore.Shrink(s, explore.ShrinkConfig{Budget: budget}, again(r, b))
			if got.After != lines || got.Complete != (lines == 0) || got.Unsteady {
				t.Errorf("with a budget of %d: %+v", budget, got)
			}
		}
	})
}

// TestShrinkUnrecorded has results that do not say which lines applied, or say more
// than there were.
func TestShrinkUnrecorded(t *testing.T) {
	b := bugNamed(t, "overtaken")
	simnet.Loop(func(r *simnet.Runner) {
		res, _ := found(t, r, b, 1)
		for name, script := range map[string]simnet.Script{"none": {}, "more": {Lines: slices.Repeat(res.Script.Lines, 2)}} {
			got := explore.Shrink(res.Script, explore.ShrinkConfig{}, func(s simnet.Script) *simnet.Result {
				res := again(r, b)(s)
				res.Script = script
				return res
			})
			if last := again(r, b)(got.Script); !explore.Same(last.Err, res.Err) || got.After >= got.Before || got.Unsteady {
				t.Errorf("%s: %+v, %v", name, got, last.Err)
			}
		}
	})
}

// TestShrinkAnswers looks whether the answers that are tried are those that there are: a
// program meets the worst, and would do so with the simplest.
func TestShrinkAnswers(t *testing.T) {
	b := bug{build: func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l := sure(server.Listen("/run/app.sock", 2, transport.ListenConfig{}))
		server.Background("main", func() {
			for {
				c, err := l.Accept(forever)
				if err != nil {
					return
				}
				heardAll(c, 100)
				c.Close()
			}
		})
		client.Go("main", func() {
			began := client.Now()
			c, err := client.Dial("/run/app.sock", forever)
			if err != nil {
				panic(errors.New("it failed"))
			}
			defer c.Close()
			if n, err := c.Send([][]byte{make([]byte, 100)}, nil, client.Now()); err != nil || n < 100 {
				panic(errors.New("it failed"))
			}
			at := client.Now().Add(1)
			client.Sleep(at)
			if !client.Now().Equal(at) || client.Now().Sub(began) > 1 {
				panic(errors.New("it failed"))
			}
		})
	}}
	all := simnet.AllFaults(1)
	kills := simnet.Faults{simnet.FaultKill: {Rate: 1}, simnet.FaultEMFILE: {Rate: 1}}
	files := simnet.Faults{simnet.FaultReplaced: {Rate: 1}, simnet.FaultPause: {Rate: 1}}
	none := simnet.Faults{}
	tests := []struct {
		line, want string
		faults     simnet.Faults
	}{
		{"client/main 3 late 10s", "client/main 3 late 1ms", all},
		{"client/main 3 late 10s", "client/main 3 late 1ms", none},
		{"client/main 3 jump 1h", "client/main 3 jump 1s", all},
		{"client/main 3 jump 1h", "client/main 3 jump 1s", none},
		{"client/main 1 fail ENOMEM", "client/main 1 fail EMFILE", all},
		{"client/main 1 fail ENOMEM", "client/main 1 fail ENOMEM", none},
		{"client/main 1 fail ENOMEM", "client/main 1 fail EMFILE", kills},
		{"client/main 1 fail ENFILE", "client/main 1 fail EMFILE", all},
		{"client/main 1 fail ENFILE", "client/main 1 fail ENFILE", files},
		{"client/main 2 fail ENOMEM", "client/main 2 fail EPIPE", all},
		{"client/main 2 fail ENOMEM", "client/main 2 fail ENOMEM", kills},
		{"client/main 2 fail ENOBUFS", "client/main 2 fail EPIPE", all},
		{"client/main 2 kill server", "client/main 2 fail EPIPE", all},
		{"client/main 2 kill server", "client/main 2 kill server", none},
		{"client/main 2 kill server", "client/main 2 kill server", kills},
		{"client/main 1 file dirgone", "client/main 1 file removed", all},
		{"client/main 1 file dirgone", "client/main 1 file dirgone", none},
		{"client/main 1 file dirgone", "client/main 1 file replaced", files},
		{"client/main 1 file replaced", "client/main 1 file removed", all},
		{"client/main 2 pause client", "client/main 2 pause client", all},
	}
	simnet.Loop(func(r *simnet.Runner) {
		for _, test := range tests {
			s := sure(simnet.ParseScript("brine script 1\n" + test.line))
			got := explore.Shrink(s, explore.ShrinkConfig{Faults: test.faults}, again(r, b))
			if got.Unsteady || len(got.Script.Lines) != 1 {
				t.Errorf("%s: %+v", test.line, got)
				continue
			}
			l := got.Script.Lines[0]
			l.Why = ""
			if l.String() != test.want {
				t.Errorf("%s became %s, and not %s", test.line, l, test.want)
			}
		}
	})
}

// TestShrinkLives has a process die three times, of which the last alone matters.
func TestShrinkLives(t *testing.T) {
	b := bug{build: func(w *simnet.World) {
		yields := 0
		sure(w.Start(simnet.ProcessConfig{Name: "the server", Main: func(p *simnet.Process) {
			if yields > 1 {
				panic("started again after two")
			}
			yields = 0
			for range 3 {
				p.Yield()
				yields++
			}
			yields = 0
			sure(w.Start(simnet.ProcessConfig{Name: "other"})).Go("main", func() { p.Yield() })
		}}))
	}}
	s := sure(simnet.ParseScript(strings.Join([]string{"brine script 1",
		"the%20server/main 1     restart the%20server",
		"the%20server#2/main 2   restart the%20server#2",
		"the%20server#3/main 3   restart the%20server#3"}, "\n")))
	simnet.Loop(func(r *simnet.Runner) {
		got := explore.Shrink(s, explore.ShrinkConfig{}, again(r, b))
		const want = "brine script 1\nthe%20server/main 3   restart the%20server   # before its 3rd operation (yield), the%20server is killed and started again\n"
		if got.Script.String() != want || got.Executions > 30 {
			t.Errorf("after %d executions it is\n%s", got.Executions, got.Script)
		}
	})
}
