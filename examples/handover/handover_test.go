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

// A new version dies before it is ready, at whatever point: the old one serves on.
func TestStillborn(t *testing.T) {
	c := config
	c.Faults = simnet.Faults{simnet.FaultKill: {Rate: 4000, Max: 1}}
	c.Check(t, func(s *proptest.Sim) {
		sc := &scene{tb: s, path: s.Path("app.sock")}
		v1 := func(tr transport.Transport) { sc.version(tr, 1) }
		s.Start(proptest.ProcessConfig{Name: "v1", Main: v1, Daemon: true, Spared: true})
		s.Start(proptest.ProcessConfig{Name: "alice", Main: sc.client, Spared: true})
		born := false
		s.Process("v2", func(tr transport.Transport) { // alone may be killed
			for !sc.begun.Load() {
				tr.Sleep(tr.Now().Add(pause))
			}
			c, err := ipc.Connect(tr, control(sc.path), time.Time{})
			if err != nil {
				s.Fatal(err)
			}
			defer c.Abort()
			next := Server{Version: 2}
			if err := next.receive(tr, c); err != nil {
				s.Fatal(err)
			}
			born = true
			next.clients.Close()
			next.control.Close()
		})
		s.Finally("last", sc.last)
		s.Run()
		s.Sometimes("it dies with the descriptors", born)
		if sc.replaced.Load() {
			s.Error("the old version has ended, and there is no new one")
		}
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
