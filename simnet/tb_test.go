package simnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/simnet"
)

// equal is a function of the kind that test suites have, for any testing.TB.
func equal(tb testing.TB, what string, got, want any) {
	tb.Helper()
	if got != want {
		tb.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func ExampleWorld_TB() {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		tb := w.TB()
		p := w.Process("app")
		a, b, err := p.Pair()
		equal(tb, "Pair", err, nil)
		p.Go("writer", func() {
			p.Sleep(p.Now().Add(time.Second))
			tb.Log("writing")
			a.Send([][]byte{[]byte("hello")}, nil, time.Time{})
		})
		p.Go("reader", func() {
			buf := make([]byte, 10)
			n, _, err := b.Recv([][]byte{buf}, nil, time.Time{})
			equal(tb, "error", err, nil)
			equal(tb, "message", string(buf[:n]), "goodbye")
		})
	})
	fmt.Println(res.Err)
	// Output:
	// task app/reader failed the run; its log:
	// 1s app/writer tb_test.go:34: writing
	// 1s app/reader tb_test.go:41: message: hello, want goodbye
}

// bench runs f as a task, with the TB of its run.
func bench(f func(tb testing.TB, p *simnet.Process)) *simnet.Result {
	return simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("app")
		p.Go("main", func() { f(w.TB(), p) })
	})
}

func failure(t *testing.T, res *simnet.Result, task, log string) *simnet.Failure {
	t.Helper()
	var f *simnet.Failure
	if !errors.As(res.Err, &f) {
		t.Fatalf("the verdict is %v", res.Err)
	}
	if f.Task != task || f.Log != log || res.Log != log {
		t.Errorf("task %s failed, and logged:\n%s(in all %q)\nwant %s:\n%s", f.Task, f.Log, res.Log, task, log)
	}
	return f
}

// at replaces LINE-n by the n-th line before the one it is called from.
func at(text string) string {
	_, _, n, _ := runtime.Caller(1)
	for i := range 30 {
		text = strings.ReplaceAll(text, fmt.Sprintf("LINE-%d:", i), fmt.Sprintf("tb_test.go:%d:", n-i))
	}
	return text
}

func TestTBFatal(t *testing.T) {
	where := 0
	for name, f := range map[string]func(tb testing.TB){
		"Fatal":  func(tb testing.TB) { where = line(); tb.Fatal("so", 1) },
		"Fatalf": func(tb testing.TB) { where = line(); tb.Fatalf("%s %d", "so", 1) },
	} {
		after, deferred, other := false, 0, false
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("app")
			p.Go("main", func() {
				defer func() {
					deferred++
					_, _, err := p.Pair()
					if !errors.Is(err, syscall.ESRCH) {
						t.Error("a deferred call says", err)
					}
					w.TB().Log("not heard")
					w.TB().FailNow()
					after = true
				}()
				f(w.TB())
				after = true
			})
			p.Go("other", func() {
				p.Yield()
				other = true
			})
		})
		e := failure(t, res, "app/main", fmt.Sprintf("0s app/main tb_test.go:%d: so 1\n", where))
		if after || deferred != 2 || other { // it is executed again
			t.Error(name, after, deferred, other)
		}
		if !strings.Contains(e.Stack, "TestTBFatal") {
			t.Error(e.Stack)
		}
		if res.Trace == nil || res.Diverged != nil {
			t.Error("no trace of the failure", res.Diverged)
		}
	}
}

func TestTBError(t *testing.T) {
	log, failed := "", false
	res := bench(func(tb testing.TB, p *simnet.Process) {
		if tb.Failed() {
			t.Error("it has failed before")
		}
		tb.Errorf("one\ntwo")
		p.Sleep(p.Now().Add(time.Millisecond))
		tb.Error("three", 4)
		failed = tb.Failed()
		log = at("0s app/main LINE-4: one\n    two\n1ms app/main LINE-2: three 4\n")
	})
	if e := failure(t, res, "app/main", log); e.Stack != "" || !failed || res.Elapsed != time.Millisecond {
		t.Error(e.Stack, failed, res.Elapsed)
	}
	res = bench(func(tb testing.TB, p *simnet.Process) { tb.Fail() })
	failure(t, res, "app/main", "")

	// What is wrong besides is of more use.
	res = bench(func(tb testing.TB, p *simnet.Process) {
		tb.Error("so")
		p.NewNotifier().Wait(time.Time{})
	})
	var d *simnet.Deadlock
	if !errors.As(res.Err, &d) || !strings.HasSuffix(res.Log, "so\n") {
		t.Error(res.Err, res.Log)
	}
}

func TestTBBuild(t *testing.T) {
	began := false
	res := simnet.Run(simnet.Config{Name: "mine"}, func(w *simnet.World) {
		p := w.Process("app")
		p.Go("main", func() { began = true })
		w.TB().Fatal("in", w.TB().Name())
	})
	var f *simnet.Failure
	if !errors.As(res.Err, &f) || f.Task != "build" || !strings.HasSuffix(f.Log, ": in mine\n") || began {
		t.Error(res.Err, began)
	}
}

// TestTBSwallow has a task that recovers whatever it can.
func TestTBSwallow(t *testing.T) {
	res := bench(func(tb testing.TB, p *simnet.Process) {
		for {
			func() {
				defer func() { recover() }()
				tb.FailNow()
			}()
		}
	})
	failure(t, res, "app/main", "")
}

func helper(tb testing.TB, text string) {
	tb.Helper()
	func() {
		tb.Helper()
		tb.Log(text)
	}()
}

func TestTBLog(t *testing.T) {
	want := ""
	runs := 0
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		runs++
		p, q := w.Process("p"), w.Process("q")
		tb := w.TB()
		p.Go("main", func() {
			helper(tb, "one")
			tb.Logf("%d", 2)
			want = at("0s p/main LINE-2: one\n0s p/main LINE-1: 2\n")
			fmt.Fprint(tb.Output(), "half a")
			p.Sleep(p.Now().Add(2))
			fmt.Fprintf(tb.Output(), "another\nand a half")
			tb.Log("three")
			tb.Attr("key", "value")
			want += "0s p/main half a\n1ns q/main whole\n2ns p/main another\n2ns p/main and a half\n"
			want += at("2ns p/main LINE-3: three\n2ns p/main LINE-2: attr key value\n2ns p/main the end\n")
			fmt.Fprint(tb.Output(), "the end")
			if tb.Failed() || tb.Skipped() || tb.Name() != "simnet" {
				t.Error(tb.Failed(), tb.Skipped(), tb.Name())
			}
		})
		q.Go("main", func() {
			q.Sleep(q.Now().Add(1))
			fmt.Fprint(tb.Output(), "whole\n")
		})
	})
	if res.Err != nil || res.Log != want || runs != 1 {
		t.Errorf("%v, %d runs\n%swant\n%s", res.Err, runs, res.Log, want)
	}
}

func TestTBSkip(t *testing.T) {
	for name, f := range map[string]func(tb testing.TB){
		"Skip":    func(tb testing.TB) { tb.Skip("not", "here") },
		"Skipf":   func(tb testing.TB) { tb.Skipf("not %s", "here") },
		"SkipNow": func(tb testing.TB) { tb.Log("not here"); tb.SkipNow() },
	} {
		runs, over := 0, false
		var tb testing.TB
		res := bench(func(b testing.TB, p *simnet.Process) {
			tb = b
			runs++
			f(tb)
			over = true
		})
		var s *simnet.Skipped
		if !errors.As(res.Err, &s) || s.Task != "app/main" || !strings.HasSuffix(s.Log, ": not here\n") || res.Log != s.Log || over || runs != 1 || !tb.Skipped() || tb.Failed() {
			t.Errorf("%s: %v, %d runs", name, res.Err, runs)
		}
	}
	log := ""
	res := bench(func(tb testing.TB, p *simnet.Process) {
		n := line()
		log = fmt.Sprintf("0s app/main tb_test.go:%d: bad\n0s app/main tb_test.go:%d: skip\n", n+2, n+3)
		tb.Error("bad")
		tb.Skip("skip")
	})
	failure(t, res, "app/main", log)
}

func TestTBCleanup(t *testing.T) {
	var order []string
	build := func(end func(tb testing.TB)) func(w *simnet.World) {
		return func(w *simnet.World) {
			order = nil
			note := func(s string) func() { return func() { order = append(order, s) } }
			tb := w.TB()
			tb.Cleanup(note("first"))
			p := w.Process("app")
			p.Go("main", func() {
				defer note("task")()
				tb.Cleanup(func() {
					tb.Cleanup(note("nested"))
					tb.Log("clean")
					if tb.Context().Err() == nil {
						t.Error("the context is not cancelled")
					}
					if _, _, err := p.Pair(); !errors.Is(err, syscall.ESRCH) {
						t.Error(err)
					}
					end(tb)
					note("second")()
				})
				p.NewNotifier().Wait(p.Now().Add(time.Second))
			})
		}
	}
	check := func(want ...string) {
		t.Helper()
		if fmt.Sprint(order) != fmt.Sprint(want) {
			t.Error(order, "want", want)
		}
	}
	res := simnet.Run(simnet.Config{}, build(func(testing.TB) {}))
	check("task", "second", "nested", "first")
	if res.Err != nil || !strings.HasPrefix(res.Log, "1s cleanup tb_test.go:") {
		t.Error(res.Err, res.Log)
	}
	for name, f := range map[string]func(tb testing.TB){
		"FailNow": func(tb testing.TB) { tb.FailNow() },
		"SkipNow": func(tb testing.TB) { tb.Fail(); tb.SkipNow() },
	} {
		res = simnet.Run(simnet.Config{}, build(f))
		check("task", "nested", "first")
		var e *simnet.Failure
		if !errors.As(res.Err, &e) || e.Task != "cleanup" || e.Log != res.Log {
			t.Error(name, res.Err)
		}
	}
	res = simnet.Run(simnet.Config{}, build(func(tb testing.TB) { panic(io.ErrNoProgress) }))
	check("task", "nested", "first")
	if !errors.Is(res.Err, io.ErrNoProgress) {
		t.Error(res.Err)
	}
	// A verdict of the run itself stays, and what is said in Cleanup is in its log.
	res = simnet.Run(simnet.Config{}, func(w *simnet.World) {
		w.TB().Cleanup(func() { w.TB().Error("late") })
		w.Process("app").Go("main", func() { w.TB().Fatal("early") })
	})
	var e *simnet.Failure
	if !errors.As(res.Err, &e) || e.Task != "app/main" || strings.Count(e.Log, "\n") != 2 || !strings.HasSuffix(e.Log, ": late\n") {
		t.Error(res.Err)
	}
	// That of the test around it, too, ends what calls it.
	ended := make(chan bool)
	go func() {
		defer close(ended)
		simnet.Run(simnet.Config{}, build(func(testing.TB) { runtime.Goexit() }))
		t.Error("Run returned")
	}()
	<-ended
}

func TestTBContext(t *testing.T) {
	var ctx context.Context
	res := bench(func(tb testing.TB, p *simnet.Process) {
		ctx = tb.Context()
		if ctx != tb.Context() || ctx.Err() != nil {
			t.Error("the context is another one, or over", ctx.Err())
		}
		watched(t)
		view, stop := p.WithCancel(ctx)
		defer stop()
		equal(tb, "Sleep", view.Sleep(p.Now().Add(1)), nil)
	})
	if res.Err != nil || ctx.Err() != context.Canceled {
		t.Error(res.Err, ctx.Err())
	}
}

func TestTBElsewhere(t *testing.T) {
	for what, f := range map[string]func(tb testing.TB){
		"TB.Chdir is about the real machine":       func(tb testing.TB) { tb.Chdir("/") },
		"TB.Setenv is about the real machine":      func(tb testing.TB) { tb.Setenv("a", "b") },
		"TB.TempDir is about the real machine":     func(tb testing.TB) { tb.TempDir() },
		"TB.ArtifactDir is about the real machine": func(tb testing.TB) { tb.ArtifactDir() },
	} {
		res := bench(func(tb testing.TB, p *simnet.Process) { f(tb) })
		var v *simnet.Panic
		if !errors.As(res.Err, &v) || !strings.Contains(fmt.Sprint(v.Value), what) {
			t.Errorf("%v, want %s", res.Err, what)
		}
	}
	defer func() {
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "free mode") {
			t.Error(v)
		}
	}()
	simnet.NewWorld(simnet.Config{}).TB()
}

// TestTBMethods holds that there is no method that is left to the nil TB inside.
func TestTBMethods(t *testing.T) {
	var tb testing.TB
	bench(func(b testing.TB, _ *simnet.Process) { tb = b })
	own := reflect.TypeOf(tb)
	all := reflect.TypeFor[testing.TB]()
	for i := range all.NumMethod() {
		m := all.Method(i)
		if m.PkgPath != "" {
			continue
		}
		f, _ := own.MethodByName(m.Name)
		pc := runtime.FuncForPC(f.Func.Pointer())
		if file, _ := pc.FileLine(pc.Entry()); !strings.HasSuffix(file, "/tb.go") {
			t.Errorf("%s is not the run's own (%s)", m.Name, file)
		}
	}
}

// TestTBStray has goroutines that are no tasks, while the run goes on and after.
func TestTBStray(t *testing.T) {
	for name, f := range map[string]func(tb testing.TB){
		"Log":     func(tb testing.TB) { tb.Log("stray") },
		"Error":   func(tb testing.TB) { tb.Error("stray") },
		"Fatal":   func(tb testing.TB) { tb.Fatal("stray") },
		"Skip":    func(tb testing.TB) { tb.Skip("stray") },
		"Helper":  func(tb testing.TB) { tb.Helper() },
		"Cleanup": func(tb testing.TB) { tb.Cleanup(func() { t.Error("called") }) },
		"Output":  func(tb testing.TB) { fmt.Fprintln(tb.Output(), "stray") },
		"Context": func(tb testing.TB) {
			if tb.Context().Err() == nil {
				t.Error("it has a context")
			}
		},
	} {
		var tb testing.TB
		away := func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				f(tb)
			}()
			<-done
		}
		res := bench(func(b testing.TB, p *simnet.Process) {
			tb = b
			away()
			p.Yield()
		})
		var m *simnet.Misuse
		if !errors.As(res.Err, &m) || !strings.Contains(m.What, "World.TB was called from goroutine ") || res.Log != "" || tb.Failed() || tb.Skipped() {
			t.Errorf("%s: %v, log %q", name, res.Err, res.Log)
		}
		if res = bench(func(b testing.TB, _ *simnet.Process) { tb = b }); res.Err != nil {
			t.Error(res.Err)
		}
		away()
	}
}

// TestTBRandom holds that runs under any chooser have one log each.
func TestTBRandom(t *testing.T) {
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range uint64(200) {
			fails := 0
			res := r.Run(simnet.Config{Chooser: simnet.Random(seed)}, func(w *simnet.World) {
				p := w.Process("app")
				a, b, _ := p.Pair()
				for i := range 3 {
					p.Go("writer", func() { a.Send([][]byte{{byte(i)}}, nil, time.Time{}) })
				}
				p.Go("reader", func() {
					buf := make([]byte, 1)
					for i := range 3 {
						b.Recv([][]byte{buf}, nil, time.Time{})
						if int(buf[0]) != i {
							fails++
							w.TB().Error("out of order")
						}
					}
				})
			})
			if n := strings.Count(res.Log, "\n"); (n == 0) != (res.Err == nil) || 2*n != fails {
				t.Fatalf("seed %d: %d lines of %d failures in two executions, verdict %v", seed, n, fails, res.Err)
			}
		}
	})
}

// Of several that fail a run, the first is named.
func TestTBFirst(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("app")
		for i := range 3 {
			p.Go(fmt.Sprint(i), func() { w.TB().Fail() })
		}
	})
	failure(t, res, "app/0", "")
}

// A run that is skipped has failed if its Cleanup says so.
func TestTBSkipCleanup(t *testing.T) {
	res := bench(func(tb testing.TB, p *simnet.Process) {
		tb.Cleanup(tb.Fail)
		tb.SkipNow()
	})
	failure(t, res, "cleanup", "")
}
