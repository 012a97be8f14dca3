package proptest_test

import (
	"flag"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// on has a test run on another backend.
func on(t *testing.T, backend string) {
	t.Helper()
	flag.Set("brine.backend", backend)
	t.Cleanup(func() { flag.Set("brine.backend", "simulated") })
}

// TestFree: the bodies of this package's tests pass, and fail, with goroutines, and
// leave none behind.
func TestFree(t *testing.T) {
	on(t, "free")
	before := runtime.NumGoroutine()
	judge(t, func(t testing.TB) { proptest.Check(t, echo) }).passes(t, "10 runs with goroutines (-brine.backend=free)")
	judge(t, func(t testing.TB) { proptest.Check(t, hello(false)) }).passes(t)
	judge(t, func(t testing.TB) { proptest.Check(t, shouting) }).passes(t)
	for name, test := range map[string]struct {
		task, body func(s *proptest.Sim)
		said       string
	}{
		"fatal":       {task: func(s *proptest.Sim) { s.Fatal("it is 7") }, said: "goroutines_test.go:"},
		"error":       {task: func(s *proptest.Sim) { s.Error("it is 7") }, said: "it is 7"},
		"panic":       {task: func(s *proptest.Sim) { panic("it is 7") }, said: "task p/main panicked: it is 7"},
		"after":       {body: func(s *proptest.Sim) { s.Fatal("it is 7") }, said: "it is 7"},
		"after panic": {body: func(s *proptest.Sim) { panic("it is 7") }, said: "task body panicked: it is 7"},
	} {
		t.Run(name, func(t *testing.T) {
			judge(t, func(t testing.TB) {
				proptest.Check(t, func(s *proptest.Sim) {
					p := s.Process("p", func(tr transport.Transport) {
						if test.task != nil {
							test.task(s)
						}
					})
					p.Go("other", func(tr transport.Transport) { tr.Sleep(tr.Now().Add(time.Millisecond)) })
					p.Background("waits", func(tr transport.Transport) { tr.NewNotifier().Wait(time.Time{}) })
					s.Run()
					if test.body != nil {
						test.body(s)
					}
				})
			}).fails(t, test.said)
		})
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 1000 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestSimulatedOnly: what goroutines cannot be told skips the test there, and says
// why.
func TestSimulatedOnly(t *testing.T) {
	on(t, "free")
	for what, f := range map[string]func(s *proptest.Sim, p *proptest.Process){
		"Kill of a process":    func(s *proptest.Sim, p *proptest.Process) { p.Kill() },
		"Restart of a process": func(s *proptest.Sim, p *proptest.Process) { p.Restart() },
		"Pause of a process":   func(s *proptest.Sim, p *proptest.Process) { p.Pause() },
		"Resume of a process":  func(s *proptest.Sim, p *proptest.Process) { p.Resume() },
	} {
		k := judge(t, func(t testing.TB) {
			proptest.Check(t, func(s *proptest.Sim) {
				if s.Simulated() {
					s.Error("it is simulated")
				}
				var p *proptest.Process
				p = s.Process("p", func(tr transport.Transport) { f(s, p) })
				s.Run()
			})
		})
		if !k.skipped || k.failed || !strings.Contains(k.log.String(), what+" is simulated only") {
			t.Errorf("%s: %s", what, k.log.String())
		}
	}
	k := judge(t, func(t testing.TB) {
		proptest.Check(t, func(s *proptest.Sim) { s.Order("p/main 1 early") })
	})
	if !k.skipped || !strings.Contains(k.log.String(), "Order is simulated only") {
		t.Error(k.log.String())
	}
	k = judge(t, func(t testing.TB) { proptest.Exhaust(t, 1, half) })
	if !k.skipped {
		t.Error(k.log.String())
	}
	k = judge(t, func(t testing.TB) { proptest.Replay(t, "brine script 1\n", half) })
	if !k.skipped {
		t.Error(k.log.String())
	}
	on(t, "real")
	k = judge(t, func(t testing.TB) { proptest.Check(t, half) })
	if !k.skipped || !strings.Contains(k.log.String(), "Config.Real is nil") {
		t.Error(k.log.String())
	}
	k = judge(t, func(t testing.TB) {
		proptest.Config{Real: func(testing.TB) transport.Transport { return nil }}.Check(t, half)
	})
	k.fails(t, "Config.Real returned no transport")
	on(t, "surreal")
	judge(t, func(t testing.TB) { proptest.Check(t, half) }).fails(t, "the backends are simulated, free and real")
}

// TestFreeSetup: the scene is set on whatever world there is.
func TestFreeSetup(t *testing.T) {
	for _, backend := range []string{"simulated", "free"} {
		on(t, backend)
		judge(t, func(t testing.TB) {
			proptest.Check(t, func(s *proptest.Sim) {
				s.Setup(func(w *simnet.World) {
					if err := w.Mkdir("/run/d", 0o700); err != nil {
						s.Fatal(err)
					}
				})
				s.Start(proptest.ProcessConfig{Name: "p", UID: 1000, NOFILE: 1, Main: func(tr transport.Transport) {
					if _, err := tr.Listen("/run/d/s", 1, transport.ListenConfig{}); err == nil {
						s.Error("a stranger may listen there")
					}
					if _, _, err := tr.Pair(); err == nil {
						s.Error("one descriptor is two")
					}
				}})
				s.Run()
			})
		}).passes(t)
	}
}

// TestFreeTasks: a run waits for what tasks start, and what fails there fails the
// run, as in a simulation.
func TestFreeTasks(t *testing.T) {
	later := func(tr transport.Transport, d time.Duration) time.Time { return tr.Now().Add(d) }
	for name, f := range map[string]func(tr transport.Transport, f func()){
		"go": func(tr transport.Transport, f func()) { tr.Go("child", f) },
		"go of a child": func(tr transport.Transport, f func()) {
			tr.Go("child", func() { tr.Sleep(later(tr, time.Millisecond)); tr.Go("child", f) })
		},
		"go of a view": func(tr transport.Transport, f func()) {
			view, _ := tr.WithCancel(t.Context())
			view.WithoutCancel().Go("child", f)
		},
		"timer": func(tr transport.Transport, f func()) {
			begun := tr.NewNotifier()
			tr.AfterFunc("timer", later(tr, time.Millisecond), func() {
				begun.Notify()
				f()
			})
			begun.Wait(time.Time{}) // a timer that has not gone off is not waited for
		},
	} {
		for _, backend := range []string{"simulated", "free"} {
			t.Run(backend+"/"+name, func(t *testing.T) {
				on(t, backend)
				judge(t, func(t testing.TB) {
					proptest.Config{Runs: 5}.Check(t, func(s *proptest.Sim) {
						over := false
						s.Process("p", func(tr transport.Transport) {
							f(tr, func() {
								tr.Sleep(later(tr, 10*time.Millisecond))
								over = true
							})
						})
						s.Run()
						if !over {
							s.Error("the task is not over")
						}
					})
				}).passes(t)
				judge(t, func(t testing.TB) {
					proptest.Config{Runs: 5}.Check(t, func(s *proptest.Sim) {
						s.Process("p", func(tr transport.Transport) { f(tr, func() { panic("it is 7") }) })
						s.Run()
					})
				}).fails(t, "panicked: it is 7")
			})
		}
	}
}

// TestFreeFinally: that there is no transport for what is done finally is told.
func TestFreeFinally(t *testing.T) {
	on(t, "real")
	n := 0
	judge(t, func(t testing.TB) {
		proptest.Config{Real: func(t testing.TB) transport.Transport {
			if n++; n > 1 {
				t.Fatal("there is no more")
			}
			return simnet.NewWorld(simnet.Config{}).Process("real")
		}}.Check(t, func(s *proptest.Sim) {
			s.Process("p", func(transport.Transport) {})
			s.Finally("f", func(transport.Transport) {})
			s.Run()
		})
	}).fails(t, "run 0 with goroutines (-brine.backend=real)", "there is no more")
}

// TestFreeData: the seed is told, and the data of a run that fails.
func TestFreeData(t *testing.T) {
	on(t, "free")
	judge(t, func(t testing.TB) { proptest.Config{Seed: 5}.Check(t, echo) }).passes(t, "10 runs with goroutines (-brine.backend=free), seed 5")
	judge(t, func(t testing.TB) { proptest.Config{Seed: 1}.Check(t, big) }).fails(t, "seed 1: ", "its data:\ndata n ")
	set(t, "time", "1ns")
	judge(t, func(t testing.TB) { proptest.Check(t, echo) }).passes(t, "1 runs with goroutines")
	k := judge(t, func(t testing.TB) { proptest.Check(t, func(s *proptest.Sim) { s.Skip("not today") }) })
	if !k.skipped {
		t.Error("it is not skipped:\n", k.log.String())
	}
}
