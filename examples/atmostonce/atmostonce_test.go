//go:build unix

package atmostonce

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"example.com/brine/proptest"
	"example.com/brine/realunix"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// requests is the property: nothing is given out twice, and what clients are told
// is true.
func requests(wrong bool) func(s *proptest.Sim) {
	return func(s *proptest.Sim) {
		sc := newScene(s, s.Path("box.sock"), wrong)
		s.Daemon("server", sc.server)
		s.Process("alice", sc.client)
		s.Process("bob", sc.client)
		s.Finally("last", sc.last)
		s.Run()
		if s.Simulated() {
			s.Sometimes("the server is started again", sc.lives > 1)
			s.Sometimes("nobody knows", sc.unknown > 0)
			s.Sometimes("all is known", sc.unknown == 0)
		}
	}
}

// With
//
//	go test ./examples/atmostonce -run Right -brine.backend=real -race
//
// the same property is tested on the kernel's sockets, by goroutines.
var config = proptest.Config{
	World:  World(),
	Faults: World().Faults,
	Real:   func(testing.TB) transport.Transport { return realunix.New(realunix.Config{}) },
}

func TestWrong(t *testing.T) {
	rep, err := config.Explore(t.Name(), requests(true))
	if err != nil {
		t.Fatal(err)
	}
	if rep.Failure == nil {
		t.Fatalf("%d runs have found nothing", rep.Runs)
	}
	if what := rep.Failure.Property; !strings.Contains(what, "given out twice") {
		t.Errorf("found was something else: %s", what)
	}
	t.Logf("after %d runs:\n%s\n%s", rep.Runs, rep.Failure.Property, rep.Failure.Script)
}

func TestRight(t *testing.T) {
	config.Check(t, requests(false))
}

// A try that arrives after a later request is not carried out. It takes a rare
// coincidence for that to matter, so it is brought about here.
func TestGivenUp(t *testing.T) {
	tr := realunix.New(realunix.Config{})
	given := 0
	s := Server{
		GiveOut: func(transport.Transport, Request) uint64 { given++; return 0 },
		busy:    transport.NewMutex(tr),
		last:    map[uint64]done{},
	}
	for _, try := range []struct {
		number uint64
		ok     bool
		given  int
	}{{1, true, 1}, {1, true, 1}, {2, true, 2}, {1, false, 2}, {2, true, 2}} {
		if _, ok := s.carryOut(tr, Request{Client: 1, Number: try.number}); ok != try.ok || given != try.given {
			t.Errorf("request %d: %v, %d given out; want %v, %d", try.number, ok, given, try.ok, try.given)
		}
	}
}

// This is the smallest script that makes the wrong version fail, as TestWrong
// prints it. In a test, it sees to it that the right version stays right.
const script = `brine script 1
bob/main 4   fail ECONNRESET   # its 4th operation (recv) fails with ECONNRESET
`

func TestReplay(t *testing.T) {
	wrong, err := simnet.ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	if res := simnet.Run(simnet.Config{Chooser: simnet.Replay(wrong)}, Build(true)); res.Err == nil {
		t.Error("the wrong version passes")
	}
	config.Replay(t, script, requests(false))
}

// The same cast, on the kernel's sockets.
func TestReal(t *testing.T) {
	sc := newScene(t, filepath.Join(t.TempDir(), "box.sock"), false)
	process := func() transport.Transport { return realunix.New(realunix.Config{}) }
	server, stop := process().WithCancel(t.Context())
	defer stop()
	var daemon, cast sync.WaitGroup
	daemon.Go(func() { sc.server(server) })
	cast.Go(func() { sc.client(process()) })
	cast.Go(func() { sc.client(process()) })
	cast.Wait()
	sc.last(process())
	stop()
	daemon.Wait()
}
