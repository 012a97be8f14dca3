package handover

import (
	"sync/atomic"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// World returns the machine that the versions have to endure: everybody stands
// still now and then, the system is short of descriptors, bytes come one by one,
// others crowd the listener. What is not among it loses clients by whatever way to
// hand over: a version that is killed takes those along whom it has accepted, and
// who is slower than patience (FaultEarly) is not waited for.
func World() simnet.Config {
	return simnet.Config{
		Tidy:       true,
		FaultSteps: 3000,
		Within:     time.Minute,
		Faults: simnet.Faults{
			simnet.FaultPause:  {Rate: 300, Max: 3},
			simnet.FaultShort:  {Rate: 6000},
			simnet.FaultFull:   {Rate: 3000},
			simnet.FaultEMFILE: {Rate: 1000},
			simnet.FaultENFILE: {Rate: 1000},
		},
	}
}

// Build returns what is explored, with the wrong way to start a new version or the
// right one: the first version serves, the second takes over from it, and two
// clients ask two questions each meanwhile. It is for [simnet.Run], and for the
// command; this package's test has the same cast.
func Build(wrong bool) func(w *simnet.World) {
	return func(w *simnet.World) {
		s := &scene{tb: w.TB(), path: "/run/app.sock", reopen: wrong}
		v1, alice, bob, v2 := w.Process("v1"), w.Process("alice"), w.Process("bob"), w.Process("v2")
		s.begin(v1)
		v1.Go("main", func() {
			s.first(v1)
			v1.Kill() // it ends: what it has not done by now is not done
		})
		alice.Go("main", func() { s.client(alice) })
		bob.Go("main", func() { s.client(bob) })
		v2.Background("main", func() { s.second(v2) })
		w.Finally(simnet.ProcessConfig{Name: "last", Main: func(p *simnet.Process) { s.last(p) }})
	}
}

// A scene is one run: what its processes do.
type scene struct {
	tb     testing.TB
	path   string
	reopen bool

	v1       Server
	replaced atomic.Bool // it has ended
	asked    atomic.Uint64
}

// begin has the first version listen. It is for setting the scene: clients find it
// from the first moment on.
func (s *scene) begin(tr transport.Transport) {
	s.v1 = Server{Version: 1, Reopen: s.reopen}
	if err := s.v1.Start(tr, s.path); err != nil {
		s.tb.Fatalf("the first version cannot start: %v", err)
	}
}

// first is the process of the first version, until it has been replaced.
func (s *scene) first(tr transport.Transport) {
	if s.v1.Serve(tr) == nil {
		s.replaced.Store(true)
	}
}

// second is the process of the second version. Whoever starts it tries again.
func (s *scene) second(tr transport.Transport) {
	v2 := Server{Version: 2, Reopen: s.reopen}
	for v2.Start(tr, s.path) != nil {
		if tr.Sleep(tr.Now().Add(pause)) != nil {
			return
		}
	}
	v2.Serve(tr)
}

// client asks twice.
func (s *scene) client(tr transport.Transport) {
	if s.ask(tr) {
		s.ask(tr)
	}
}

// ask asks a question, which is answered.
func (s *scene) ask(tr transport.Transport) (answered bool) {
	question := s.asked.Add(1)
	version, err := Ask(tr, s.path, question, time.Time{})
	for short(err) && tr.Sleep(tr.Now().Add(pause)) == nil { // it has no descriptor, and nothing was asked
		version, err = Ask(tr, s.path, question, time.Time{})
	}
	switch {
	case err != nil:
		s.tb.Errorf("a client was lost: %v", err)
	case version != 1 && version != 2:
		s.tb.Errorf("version %d has answered", version)
	}
	return err == nil
}

// last asks when nothing fails any more and everybody has come to rest.
func (s *scene) last(tr transport.Transport) {
	tr.Sleep(tr.Now().Add(10 * pause))
	s.ask(tr)
}
