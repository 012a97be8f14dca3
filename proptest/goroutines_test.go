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
