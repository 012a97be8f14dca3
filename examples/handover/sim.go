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
// right one: the second takes over from the first, which has to end, while two
// clients ask two questions each. It is for [simnet.Run], and for the command; this package's test
// has the same cast.
func Build(wrong bool) func(w *simnet.World) {
	return func(w *simnet.World) {
		s := &scene{tb: w.TB(), path: "/run/app.sock", reopen: wrong}
		start := func(name string, daemon bool, main func(tr transport.Transport)) {
			w.Start(simnet.ProcessConfig{Name: name, Daemon: daemon, Main: func(p *simnet.Process) {
				main(p)
				p.Kill() // it ends: what it has not done by now is not done
			}})
		}
		start("v1", false, func(tr transport.Transport) { s.version(tr, 1) })
		start("alice", false, s.client)
		start("bob", false, s.client)
		start("v2", true, func(tr transport.Transport) { s.version(tr, 2) })
		w.Finally(simnet.ProcessConfig{Name: "last", Main: func(p *simnet.Process) { s.last(p) }})
	}
}

// A scene is one run: what its processes do.
type scene struct {
	tb     testing.TB
	path   string
	reopen bool

	begun    atomic.Bool // the first version serves
	replaced atomic.Bool // and has ended
	asked    atomic.Uint64
}

// version is the process of one version. The second is not started before the
// first serves.
func (s *scene) version(tr transport.Transport, version uint64) {
	if version > 1 {
		s.wait(tr)
	}
	server := Server{Version: version, Reopen: s.reopen}
	for server.Start(tr, s.path) != nil { // whoever has started it tries again
		if tr.Sleep(tr.Now().Add(pause)) != nil {
			return
		}
	}
	s.begun.Store(true)
	if server.Serve(tr) == nil {
		s.replaced.Store(true)
	}
}

// client asks twice.
func (s *scene) client(tr transport.Transport) {
	s.wait(tr)
	s.ask(tr)
	s.ask(tr)
}

// wait waits until the first version serves.
func (s *scene) wait(tr transport.Transport) {
	for !s.begun.Load() && tr.Sleep(tr.Now().Add(pause)) == nil {
	}
}

// ask asks a question, which is answered.
func (s *scene) ask(tr transport.Transport) {
	question := s.asked.Add(1)
	version, err := Ask(tr, s.path, question, time.Time{})
	for short(err) && tr.Sleep(tr.Now().Add(pause)) == nil { // it has no descriptor, and nothing was asked
		version, err = Ask(tr, s.path, question, time.Time{})
	}
	if err != nil {
		s.tb.Errorf("a client was lost: %v", err)
	} else if version != 1 && version != 2 {
		s.tb.Errorf("version %d has answered", version)
	}
}

// last asks when nothing fails any more and everybody has come to rest.
func (s *scene) last(tr transport.Transport) {
	tr.Sleep(tr.Now().Add(10 * pause))
	s.ask(tr)
}
