//go:build unix

package broker

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/brine/proptest"
	"example.com/brine/realunix"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// publish returns the property: although one subscriber does not read, everything
// is published, and the other has it all, or knows what it has not.
func publish(wrong bool, look func(s *proptest.Sim, sc *scene)) func(s *proptest.Sim) {
	return func(s *proptest.Sim) {
		sc := &scene{tb: s, path: s.Path("broker.sock"), direct: wrong}
		s.Start(proptest.ProcessConfig{Name: "broker", Main: sc.broker, Daemon: true, Spared: true})
		s.Start(proptest.ProcessConfig{Name: "stopped", Main: sc.stopped, Daemon: true})
		s.Start(proptest.ProcessConfig{Name: "reader", Main: sc.reader})
		s.Start(proptest.ProcessConfig{Name: "publisher", Main: sc.publisher, Spared: true})
		s.Run()
		look(s, sc)
	}
}

// With
//
//	go test ./examples/broker -run Right -brine.backend=real -race
//
// the same property is tested on the kernel's sockets, by goroutines.
var config = proptest.Config{
	World:  World(),
	Faults: World().Faults,
	Real:   func(testing.TB) transport.Transport { return realunix.New(realunix.Config{}) },
}

// A small buffer is found, and then nothing goes on: the broker waits for the
// subscriber that does not read, and everybody for the broker.
func TestWrong(t *testing.T) {
	rep, err := config.Explore(t.Name(), publish(true, func(*proptest.Sim, *scene) {}))
	if err != nil {
		t.Fatal(err)
	}
	if rep.Failure == nil {
		t.Fatalf("%d runs have found nothing", rep.Runs)
	}
	d, ok := rep.Failure.Result.Err.(*simnet.Deadlock)
	if !ok {
		t.Fatalf("found was something else: %s", rep.Failure.Property)
	}
	full := false
	for _, w := range d.Waits {
		full = full || w.For == simnet.ForRoom && strings.HasPrefix(w.Task, "broker/")
	}
	if !full {
		t.Errorf("the broker does not wait for room in a buffer: %v", d)
	}
	t.Logf("after %d runs:\n%s\n%s", rep.Runs, rep.Failure.Property, rep.Failure.Script)
}

func TestRight(t *testing.T) {
	config.Check(t, publish(false, func(s *proptest.Sim, sc *scene) {
		if s.Simulated() {
			s.Sometimes("the reader was stopped for too long", sc.cutOff > 0)
			s.Sometimes("it has missed messages", sc.missed > 0)
		}
	}))
}

// Where nobody is slow but the one who does not read, nobody else is cut off,
// however small the buffers are and whoever runs first.
func TestNobodyElse(t *testing.T) {
	c := config
	c.World = simnet.Config{SendBuffer: 4608}
	c.Faults, c.Runs = simnet.Faults{}, 200
	c.Check(t, publish(false, func(s *proptest.Sim, sc *scene) {
		s.Always("the reader was never cut off", sc.cutOff == 0)
		s.Sometimes("the other was", len(sc.serves.subs) == 0)
		for _, q := range sc.serves.subs {
			s.Always("queues keep their limit", q.messages.Len() <= sc.serves.Depth)
		}
	}))
}

// Who leaves leaves nothing behind in the broker: no connection, no task, no queue.
func TestLeave(t *testing.T) {
	sc := &scene{path: "/run/broker.sock"}
	res := simnet.Run(simnet.Config{Census: true}, func(w *simnet.World) {
		sc.tb = w.TB()
		daemon, guest := w.Process("broker"), w.Process("guest")
		daemon.Background("main", func() { sc.broker(daemon) })
		guest.Go("main", func() {
			for range 3 {
				sub := sc.subscribe(guest)
				p, err := NewPublisher(guest, sc.path, time.Time{})
				if err != nil {
					sc.tb.Fatal(err)
				}
				if _, err := p.Publish([]byte("hello"), time.Time{}); err != nil {
					sc.tb.Error(err)
				}
				sub.Close()
				p.Close()
			}
			guest.Sleep(guest.Now().Add(time.Second)) // the broker has noticed by then
		})
	})
	if res.Err != nil {
		t.Fatal(res.Err)
	}
	if c := res.Census; len(c.Tasks) != 1 || len(c.Descriptors) != 1 || len(sc.serves.subs) != 0 {
		t.Errorf("left over is more than the listener and who accepts:\n%v\n%d subscriptions", c, len(sc.serves.subs))
	}
}

// This is the smallest script that makes the wrong version fail, as TestWrong
// prints it. In a test, it sees to it that the right version stays right.
const script = `brine script 1
stopped/main 1   run publisher/main   # before its 1st operation (dial), publisher/main goes first
broker/main 6    buffer 16384         # its 6th operation (accept) makes a socket whose send buffer is 16384 bytes
`

func TestReplay(t *testing.T) {
	wrong, err := simnet.ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	if res := simnet.Run(simnet.Config{Chooser: simnet.Replay(wrong)}, Build(true)); res.Err == nil {
		t.Error("the wrong version passes")
	}
	config.Replay(t, script, publish(false, func(*proptest.Sim, *scene) {}))
}

// The same cast, on the kernel's sockets.
func TestReal(t *testing.T) {
	sc := &scene{tb: t, path: filepath.Join(t.TempDir(), "broker.sock")}
	process := func() transport.Transport { return realunix.New(realunix.Config{}) }
	background, stop := process().WithCancel(t.Context())
	defer stop()
	var daemons, cast sync.WaitGroup
	daemons.Go(func() { sc.broker(background) })
	daemons.Go(func() { sc.stopped(background) })
	cast.Go(func() { sc.reader(process()) })
	cast.Go(func() { sc.publisher(process()) })
	cast.Wait()
	stop()
	daemons.Wait()
}
