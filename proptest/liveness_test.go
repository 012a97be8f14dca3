package proptest_test

import (
	"testing"
	"time"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// forgotten is a program in which a client is never answered, while another goes
// on for hours.
func forgotten(s *proptest.Sim) {
	p := s.Process("p", nil)
	p.Go("clock", func(tr transport.Transport) {
		for range 600 {
			tr.Sleep(tr.Now().Add(time.Minute))
		}
	})
	p.Go("client", func(tr transport.Transport) {
		a, b, err := tr.Pair()
		if err != nil {
			return
		}
		tr.Background("server", func() { b.Recv([][]byte{make([]byte, 1)}, nil, time.Time{}) })
		a.Recv([][]byte{make([]byte, 1)}, nil, tr.Now().Add(3*time.Hour))
		a.Recv([][]byte{make([]byte, 1)}, nil, time.Time{})
	})
	s.Run()
}

// TestLiveness: once faults have ended, a call that nobody ends fails the run, by
// default within an hour, although something goes on.
func TestLiveness(t *testing.T) {
	faults := simnet.Faults{simnet.FaultENFILE: {Rate: 600}}
	judge(t, func(t testing.TB) {
		proptest.Config{Faults: faults, FaultSteps: 20}.Check(t, forgotten)
	}).fails(t, "no fault strikes any more, and after 1h0m0s p/client 4 (recv) is still blocked")
	judge(t, func(t testing.TB) {
		proptest.Config{Faults: faults, FaultSteps: 20, Within: 7 * time.Minute}.Check(t, forgotten)
	}).fails(t, "after 7m0s p/client 4 (recv) is still blocked")
	// The clock stops in the end, and nothing goes on.
	judge(t, func(t testing.TB) {
		proptest.Config{Faults: faults, FaultSteps: 20, Within: 20 * time.Hour}.Check(t, forgotten)
	}).fails(t, "deadlock: no task can go on")
}

// TestFinally: what is done in the end is done without faults, after everything
// else, and can fail.
func TestFinally(t *testing.T) {
	body := func(good bool) func(s *proptest.Sim) {
		return func(s *proptest.Sim) {
			over := 0
			s.Process("p", func(tr transport.Transport) {
				if a, b, err := tr.Pair(); err == nil {
					a.Close()
					b.Close()
				}
				over++
			})
			s.Finally("last", func(tr transport.Transport) {
				if over != 1 {
					s.Errorf("it is not over")
				}
				a, b, err := tr.Pair()
				if err != nil {
					s.Fatal(err)
				}
				if !good {
					a.Recv([][]byte{make([]byte, 1)}, nil, time.Time{})
				}
				a.Close()
				b.Close()
				over++
			})
			s.Run()
			s.Always("both", over == 2)
		}
	}
	cfg := proptest.Config{Faults: simnet.Faults{simnet.FaultEMFILE: {Rate: 30000}}}
	judge(t, func(t testing.TB) { cfg.Check(t, body(true)) }).passes(t, "faults: EMFILE ", `always "both" in 1000 runs`)
	judge(t, func(t testing.TB) { cfg.Check(t, body(false)) }).fails(t, "last/main waits", "deadlock")
	judge(t, func(t testing.TB) {
		proptest.Check(t, func(s *proptest.Sim) {
			s.Process("p", func(tr transport.Transport) { s.Finally("too late", func(transport.Transport) {}) })
			s.Run()
		})
	}).fails(t, "Finally is for the body, before Run")
}
