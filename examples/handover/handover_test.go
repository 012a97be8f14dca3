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
		var v1 *proptest.Process
		v1 = s.Process("v1", func(tr transport.Transport) {
			sc.version(tr, 1)
			if s.Simulated() {
				v1.Kill() // it ends: what it has not done by now is not done
			}
		})
		s.Process("alice", sc.client)
		s.Process("bob", sc.client)
		s.Daemon("v2", func(tr transport.Transport) { sc.version(tr, 2) })
		s.Finally("last", sc.last)
		s.Run()
		s.Always("the first version has been replaced", sc.replaced.Load())
	}
}

// With
//
//	go test ./examples/handover -run Right -brine.backend=real -race
//
// the same property is tested on the kernel's sockets, by goroutines.
var config = proptest.Config{
	World:  World(),
	Faults: World().Faults,
	Real:   func(testing.TB) transport.Transport { return realunix.New(realunix.Config{}) },
}

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
		v1 := func(tr transport.Transport) { sc.version(tr, 1) }
		s.Start(proptest.ProcessConfig{Name: "v1", Main: v1, Daemon: true, Spared: true, NOFILE: 10})
		s.Start(proptest.ProcessConfig{Name: "alice", Main: sc.client, Spared: true})
		received := 0
		s.Process("next", func(tr transport.Transport) { // the only one that may be killed
			sc.wait(tr)
			for range 5 {
				c, err := ipc.Connect(tr, control(sc.path), time.Time{})
				if err != nil {
					continue
				}
				next := Server{Version: 2}
				if next.receive(tr, c) == nil {
					received++
					next.clients.Close()
					next.control.Close()
				}
				c.Abort()
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

// The old version dies at whatever point: the new one begins to serve, or fails and
// leaves nothing open.
func TestWidowed(t *testing.T) {
	c := config
	c.Faults = simnet.Faults{simnet.FaultKill: {Rate: 3000, Max: 1}}
	c.Check(t, func(s *proptest.Sim) {
		sc := &scene{tb: s, path: s.Path("app.sock")}
		var v1 *proptest.Process
		v1 = s.Daemon("v1", func(tr transport.Transport) {
			sc.version(tr, 1)
			v1.Kill()
		})
		failed := 0
		s.Start(proptest.ProcessConfig{Name: "v2", Spared: true, Main: func(tr transport.Transport) {
			tr.Sleep(tr.Now().Add(pause))
			for {
				next := Server{Version: 2}
				if next.Start(tr, sc.path) == nil {
					next.clients.Close()
					next.control.Close()
					return
				}
				failed++
			}
		}})
		s.Run()
		s.Sometimes("the new version has to try again", failed > 0)
	})
}

// This is the smallest script that makes the wrong version fail, as TestWrong
// prints it. In a test, it sees to it that the right version stays right.
const script = `brine script 1
v1/main 4   run alice/main   # before its 4th operation (withcancel), alice/main goes first
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
	sc := &scene{tb: t, path: filepath.Join(t.TempDir(), "app.sock")}
	process := func() transport.Transport { return realunix.New(realunix.Config{}) }
	last, stop := process().WithCancel(t.Context())
	defer stop()
	var cast sync.WaitGroup
	daemon := make(chan struct{})
	cast.Go(func() { sc.version(process(), 1) })
	cast.Go(func() { sc.client(process()) })
	cast.Go(func() { sc.client(process()) })
	go func() {
		defer close(daemon)
		sc.version(last, 2)
	}()
	cast.Wait()
	if !sc.replaced.Load() {
		t.Error("the second version has not taken over")
	}
	sc.last(process())
	stop()
	<-daemon
}
