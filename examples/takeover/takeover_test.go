//go:build unix

package takeover

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

// twoAtOnce is the property: whatever happens, one daemon serves at a time, and
// when all is over another can.
func twoAtOnce(wrong bool) func(s *proptest.Sim) {
	return func(s *proptest.Sim) {
		sc := &scene{tb: s, path: s.Path("app.sock"), listen: way(wrong)}
		s.Process("dead", sc.die)
		s.Process("first", sc.daemon)
		s.Process("second", sc.daemon)
		s.Process("client", sc.client)
		s.Finally("next", sc.next)
		s.Run()
		s.Sometimes("a daemon serves", sc.began > 0)
		s.Sometimes("one takes the place of another", sc.began > 1)
	}
}

// With
//
//	go test ./examples/takeover -run Right -brine.backend=real -race
//
// the same property is tested on the kernel's sockets, by goroutines.
var config = proptest.Config{
	World: World(),
	Real:  func(testing.TB) transport.Transport { return realunix.New(realunix.Config{}) },
}

// Who is scheduled when is enough to find two daemons where there should be one.
func TestWrong(t *testing.T) {
	rep, err := config.Explore(t.Name(), twoAtOnce(true))
	if err != nil {
		t.Fatal(err)
	}
	if rep.Failure == nil {
		t.Fatalf("%d runs have found nothing", rep.Runs)
	}
	if what := rep.Failure.Property; !strings.Contains(what, "two daemons serve") {
		t.Errorf("found was something else: %s", what)
	}
	t.Logf("after %d runs:\n%s\n%s", rep.Runs, rep.Failure.Property, rep.Failure.Script)
}

func TestRight(t *testing.T) {
	c := config
	c.Faults = World().Faults
	c.Check(t, twoAtOnce(false))
}

// Nothing is left to chance: these are all runs that differ from the calm one in at
// most three places.
func TestAll(t *testing.T) {
	c := config
	c.Unseen = map[string]string{"one takes the place of another": "nobody is killed, as there are no faults"}
	c.Exhaust(t, 3, twoAtOnce(false))
}

// Nor is who dies, and when: these are all runs with at most two deviations, where
// one can be as well that a process is killed, or killed and started again, before any
// operation of any task.
func TestEveryDeath(t *testing.T) {
	if testing.Short() {
		t.Skip("not run: some ten thousand runs")
	}
	c := config
	c.Faults = simnet.Faults{simnet.FaultKill: {Rate: 1, Max: 1}, simnet.FaultRestart: {Rate: 1, Max: 1}}
	c.Exhaust(t, 2, twoAtOnce(false))
}

// This is the smallest script that makes the wrong version fail, as TestWrong
// prints it. In a test, it sees to it that the right version stays right.
const script = `brine script 1
first/main 2   run second/main   # before its 2nd operation (remove), second/main goes first
`

func TestReplay(t *testing.T) {
	wrong, err := simnet.ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	if res := simnet.Run(simnet.Config{Chooser: simnet.Replay(wrong)}, Build(true)); res.Err == nil {
		t.Error("the wrong version passes")
	}
	config.Replay(t, script, twoAtOnce(false))
}

// The same cast, on the kernel's sockets.
func TestReal(t *testing.T) {
	sc := &scene{tb: t, path: filepath.Join(t.TempDir(), "app.sock"), listen: Listen}
	var cast sync.WaitGroup
	for _, role := range []func(transport.Transport){sc.die, sc.daemon, sc.daemon, sc.client} {
		cast.Go(func() { role(realunix.New(realunix.Config{})) })
	}
	cast.Wait()
	sc.next(realunix.New(realunix.Config{}))
}
