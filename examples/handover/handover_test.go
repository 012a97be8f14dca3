//go:build unix

package handover

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/realunix"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// replace is the property: the second version takes over from the first, which
// ends, and every client has its answers.
func replace(wrong bool) func(s *proptest.Sim) {
	return func(s *proptest.Sim) {
		sc := &scene{tb: s, path: s.Path("app.sock"), reopen: wrong}
		serve(s, sc, proptest.ProcessConfig{Name: "v1"})
		s.Process("alice", sc.client)
		s.Process("bob", sc.client)
		s.Daemon("v2", sc.second)
		s.Finally("last", sc.last)
		s.Run()
		s.Always("the first version has been replaced", sc.replaced.Load())
	}
}

// serve has the first version serve from the first moment on.
func serve(s *proptest.Sim, sc *scene, cfg proptest.ProcessConfig) {
	v1 := s.Start(cfg)
	s.Setup(func(*simnet.World) { sc.begin(v1.Transport()) })
	main := func(tr transport.Transport) {
		sc.first(tr)
		if s.Simulated() {
			v1.Kill() // it ends: what it has not done by now is not done
		}
	}
	if cfg.Daemon {
		v1.Background("main", main)
	} else {
		v1.Go("main", main)
	}
}

// The scene is set in a world, so that this runs on simulated sockets only; see
// TestReal for the kernel's.
var config = proptest.Config{World: World(), Faults: World().Faults}

// Who is scheduled when is enough to lose a client.
func TestWrong(t *testing.T) {
	c := config
	c.Faults = simnet.Faults{}
	rep, err := c.Explore(t.Name(), replace(true))
	if err != nil {
		t.Fatal(err)
	}
	if rep.Failure == nil {
		t.Fatalf("%d runs have found nothing", rep.Runs)
	}
	if what := rep.Failure.Property; !strings.Contains(what, "a client was lost") {
		t.Errorf("found was something else: %s", what)
	}
	t.Logf("after %d runs:\n%s\n%s", rep.Runs, rep.Failure.Property, rep.Failure.Script)
}

func TestRight(t *testing.T) {
	config.Check(t, replace(false))
}

// New versions die before they are ready, at whatever point, one after the other:
// the old one serves on, and lacks nothing.
func TestStillborn(t *testing.T) {
	c := config
	c.Faults = simnet.Faults{simnet.FaultKill: {Rate: 2000, Max: 1}, simnet.FaultEMFILE: {Rate: 3000}}
	c.Check(t, func(s *proptest.Sim) {
		sc := &scene{tb: s, path: s.Path("app.sock")}
		serve(s, sc, proptest.ProcessConfig{Name: "v1", Daemon: true, Spared: true, NOFILE: 10})
		s.Start(proptest.ProcessConfig{Name: "alice", Main: sc.client, Spared: true})
		received := 0
		s.Process("next", func(tr transport.Transport) { // the only one that may be killed
			for range 5 {
				received += sc.stillborn(tr)
			}
		})
		s.Finally("last", sc.last)
		s.Run()
		s.Sometimes("it dies before it has the descriptors", received == 0)
		s.Sometimes("there are many", received > 3)
		if sc.replaced.Load() {
			s.Error("the old version has ended, and there is no new one")
		}
	})
}

// stillborn begins to take over, and returns 1 if it got as far as to have the
// descriptors.
func (s *scene) stillborn(tr transport.Transport) (received int) {
	c, err := ipc.Connect(tr, control(s.path), time.Time{})
	if err != nil {
		return 0
	}
	defer c.Abort()
	next := Server{Version: 2}
	if next.receive(tr, c) != nil {
		return 0
	}
	next.clients.Close()
	next.control.Close()
	return 1
}

// The old version dies at whatever point: the new one begins to serve, or fails,
// leaves nothing open, and may try again.
func TestWidowed(t *testing.T) {
	c := config
	c.Faults = simnet.Faults{simnet.FaultKill: {Rate: 3000, Max: 1}}
	c.Check(t, func(s *proptest.Sim) {
		sc := &scene{tb: s, path: s.Path("app.sock")}
		serve(s, sc, proptest.ProcessConfig{Name: "v1", Daemon: true})
		failed := 0
		s.Start(proptest.ProcessConfig{Name: "v2", Spared: true, Main: func(tr transport.Transport) {
			v2 := Server{Version: 2}
			for v2.Start(tr, sc.path) != nil {
				failed++
				tr.Sleep(tr.Now().Add(pause))
			}
			v2.clients.Close()
			v2.control.Close()
		}})
		s.Run()
		s.Sometimes("the new version has to try again", failed > 0)
	})
}

// Two new versions are started at once: one takes over from the other, no client is
// lost, and one is left.
func TestRivals(t *testing.T) {
	c := config
	c.World.Tidy = false // the end may come while one talks to the other
	c.Check(t, func(s *proptest.Sim) {
		sc := &scene{tb: s, path: s.Path("app.sock")}
		serve(s, sc, proptest.ProcessConfig{Name: "v1"})
		s.Process("alice", sc.client)
		ended := 0
		for _, name := range []string{"v2", "v3"} {
			s.Daemon(name, func(tr transport.Transport) {
				sc.second(tr)
				ended++
			})
		}
		s.Finally("last", sc.last)
		s.Run()
		s.Always("the first version has been replaced", sc.replaced.Load())
		s.Always("one is left", ended < 2)
		s.Sometimes("one of the new has been replaced, too", ended == 1)
	})
}

// The second version dies while the first is still busy with a slow client: a third
// need not wait for that one.
func TestOrphaned(t *testing.T) {
	c := config
	c.Faults = simnet.Faults{}
	c.Check(t, func(s *proptest.Sim) {
		sc := &scene{tb: s, path: s.Path("app.sock")}
		serve(s, sc, proptest.ProcessConfig{Name: "v1", Daemon: true})
		s.Process("versions", func(tr transport.Transport) {
			slow, err := ipc.Connect(tr, sc.path, time.Time{})
			if err != nil {
				s.Fatal(err)
			}
			defer slow.Abort()
			tr.Sleep(tr.Now().Add(pause)) // it is accepted, and asks nothing
			v2, v3 := Server{Version: 2}, Server{Version: 3}
			if err := v2.Start(tr, sc.path); err != nil {
				s.Fatal(err)
			}
			tr.Sleep(tr.Now().Add(pause))
			v2.clients.Close() // as when it is killed
			v2.control.Close()
			dead := tr.Now()
			if err := v3.Start(tr, sc.path); err != nil {
				s.Errorf("the third version cannot start: %v", err)
				return
			}
			s.Always("it starts at once", tr.Now().Equal(dead))
			s.Sometimes("the first version was still there", !sc.replaced.Load())
			v3.clients.Close()
			v3.control.Close()
		})
		s.Run()
	})
}

// This is the smallest script that makes the wrong version fail, as TestWrong
// prints it. In a test, it sees to it that the right version stays right.
const script = `brine script 1
alice/main 1   run v2/main   # before its 1st operation (dial), v2/main goes first
`

func TestReplay(t *testing.T) {
	wrong, err := simnet.ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	if res := simnet.Run(simnet.Config{Chooser: simnet.Replay(wrong)}, Build(true)); res.Err == nil {
		t.Error("the wrong version passes")
	}
	config.Replay(t, script, replace(false))
}

// The same cast, on the kernel's sockets.
func TestReal(t *testing.T) {
	process := func() transport.Transport { return realunix.New(realunix.Config{}) }
	v2, stop := process().WithCancel(t.Context())
	defer stop()
	sc := &scene{tb: t, path: filepath.Join(t.TempDir(), "app.sock")}
	sc.begin(process())
	var cast, daemon sync.WaitGroup
	cast.Go(func() { sc.first(process()) })
	cast.Go(func() { sc.client(process()) })
	cast.Go(func() { sc.client(process()) })
	daemon.Go(func() { sc.second(v2) })
	cast.Wait()
	if !sc.replaced.Load() {
		t.Error("the second version has not taken over")
	}
	sc.last(process())
	stop()
	daemon.Wait()
}
