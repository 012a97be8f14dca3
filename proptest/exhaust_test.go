package proptest_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// hello is a client that sends a greeting in two parts to a server that has to
// receive all of it, and takes one Recv for that if it is hasty.
func hello(hasty bool) func(s *proptest.Sim) {
	return func(s *proptest.Sim) {
		n := proptest.Draw(s, rapid.IntRange(2, 5), "n")
		var l transport.Listener
		got := 0
		s.Process("server", func(transport.Transport) {
			c, err := l.Accept(time.Time{})
			if err != nil {
				s.Fatal(err)
			}
			defer c.Close()
			for {
				n, _, err := c.Recv([][]byte{make([]byte, 10)}, nil, time.Time{})
				if got += n; err != nil || hasty {
					return
				}
			}
		}).Setup(func(tr transport.Transport) {
			l, _ = tr.Listen(s.Path("s"), 1, transport.ListenConfig{})
		})
		s.Process("client", func(tr transport.Transport) {
			c, err := tr.Dial(s.Path("s"), time.Time{})
			if err != nil {
				s.Fatal(err)
			}
			c.Send([][]byte{make([]byte, n)}, nil, time.Time{})
			c.Send([][]byte{make([]byte, n)}, nil, time.Time{})
			c.Close()
		})
		s.Run()
		s.Sometimes("all is there", got == 2*n)
		if got != 2*n {
			s.Errorf("got %d of %d bytes", got, 2*n)
		}
	}
}

func TestExhaust(t *testing.T) {
	k := judge(t, func(t testing.TB) {
		cert := proptest.Config{Seed: 3}.Exhaust(t, 3, hello(false))
		if cert == nil || !cert.Complete || cert.Runs < 50 {
			t.Errorf("certificate %v", cert)
		}
	})
	k.passes(t, "complete: ", "runs with at most 3 deviations", "every run had these data:", "data n ")

	k = judge(t, func(t testing.TB) { proptest.Config{Seed: 3}.Exhaust(t, 3, hello(true)) })
	k.fails(t, "with at most 3 deviations", "1 deviation makes it fail", "client/main 3 run server/main", "got ", "data n ")
	k = judgeIn(t, k.dir, func(t testing.TB) { proptest.Exhaust(t, 0, hello(true)) })
	k.fails(t, ".script fails") // what was found is executed first

	judge(t, func(t testing.TB) { proptest.Exhaust(t, -1, hello(false)) }).fails(t, "a bound of -1 deviations")
	judge(t, func(t testing.TB) { proptest.Config{Runs: -3}.Exhaust(t, 2, hello(false)) }).fails(t, "a negative budget: -3 runs")
	judge(t, func(t testing.TB) { proptest.Exhaust(t, 1, func(s *proptest.Sim) { s.Skip("not today") }) }).fails(t, "in vain: 1 of 1 runs were skipped")
	judge(t, func(t testing.TB) { proptest.Exhaust(belated{t}, 2, hello(false)) }).fails(t, "not complete: stopped after", "the test's time is over (go test -timeout)")
	judge(t, func(t testing.TB) { proptest.Config{Runs: 3}.Exhaust(t, 2, hello(false)) }).fails(t, "the enumeration is not complete: stopped after 3 runs")
	faults := proptest.Config{Faults: simnet.Faults{simnet.FaultFull: {Rate: 1, Max: 1}, simnet.FaultKill: {Rate: 1, Max: 1}}}
	judge(t, func(t testing.TB) { faults.Exhaust(t, 0, hello(false)) }).fails(t, "in vain: fault full is on", "in vain: fault kill is on")
	judge(t, func(t testing.TB) { faults.Exhaust(t, 1, hello(false)) }).fails(t, " kill server")
	judge(t, func(t testing.TB) { proptest.Exhaust(t, 1, func(s *proptest.Sim) {}) }).fails(t, "never called Run")
}

// belated is a test whose time is over.
type belated struct{ testing.TB }

func (belated) Deadline() (time.Time, bool) { return time.Now(), true }
