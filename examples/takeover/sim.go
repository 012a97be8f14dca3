package takeover

import (
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// World returns the machine that the daemons have to endure: processes die and are
// started again, or stand still, the system is short of descriptors and memory,
// somebody removes the socket file.
func World() simnet.Config {
	return simnet.Config{
		Tidy:       true,
		FaultSteps: 1000,
		Within:     time.Minute,
		Faults: simnet.Faults{
			simnet.FaultKill:    {Rate: 300, Max: 1},
			simnet.FaultRestart: {Rate: 600, Max: 3},
			simnet.FaultPause:   {Rate: 300, Max: 2},
			simnet.FaultEarly:   {Rate: 600},
			simnet.FaultLate:    {Rate: 1500},
			simnet.FaultShort:   {Rate: 3000},
			simnet.FaultReset:   {Rate: 2000},
			simnet.FaultFull:    {Rate: 3000},
			simnet.FaultEMFILE:  {Rate: 1000},
			simnet.FaultENFILE:  {Rate: 1000},
			simnet.FaultENOMEM:  {Rate: 1000},
			simnet.FaultRemoved: {Rate: 1000},
		},
	}
}

// Build returns what is explored, with the wrong way to listen or the right one:
// two daemons are started at once, after the death of a third. It is for
// [simnet.Run], and for the command; this package's test has the same cast.
func Build(wrong bool) func(w *simnet.World) {
	return func(w *simnet.World) {
		s := &scene{tb: w.TB(), path: "/run/app.sock", listen: way(wrong)}
		start := func(name string, main func(tr transport.Transport)) {
			w.Start(simnet.ProcessConfig{Name: name, Main: func(p *simnet.Process) { main(p) }})
		}
		start("dead", s.die)
		start("first", s.daemon)
		start("second", s.daemon)
		start("client", s.client)
		w.Finally(simnet.ProcessConfig{Name: "next", Main: func(p *simnet.Process) { s.next(p) }})
	}
}

func way(wrong bool) func(transport.Transport, string) (*ipc.Listener, error) {
	if wrong {
		return ListenUnlinking
	}
	return Listen
}

// A scene is one run: what its processes do, and what they know of each other,
// which is how the test sees what none of them can.
type scene struct {
	tb     testing.TB
	path   string
	listen func(tr transport.Transport, path string) (*ipc.Listener, error)

	mu    sync.Mutex // for goroutines: tasks of a run need none
	began int        // daemons that have begun to serve
}

const idle = 100 * time.Millisecond

// die is what a daemon does that is killed: it leaves its socket file.
func (s *scene) die(tr transport.Transport) {
	if l, err := tr.Listen(s.path, 8, transport.ListenConfig{}); err == nil {
		l.Close() // without Unlink
	}
}

// daemon serves, if it is the one. Nobody may have begun while it did: that is
// looked at when it has ended, and lives, so that it must have lived all the time.
func (s *scene) daemon(tr transport.Transport) {
	l, err := s.listen(tr, s.path)
	if err != nil {
		return // there is another, or too little of something
	}
	defer l.Close()
	mine := s.begin()
	if err := Serve(tr, l, idle); err != nil {
		s.tb.Errorf("the daemon gives up: %v", err)
	}
	if n := s.last(); n != mine {
		s.tb.Errorf("two daemons serve: number %d has begun before number %d has ended", n, mine)
	}
}

// begin notes that a daemon has begun to serve, and returns its number.
func (s *scene) begin() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began++
	return s.began
}

// last returns the number of the daemon that has begun last.
func (s *scene) last() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.began
}

// client asks. There may be nobody who answers in time: daemons do not stay for
// long here, and may be killed.
func (s *scene) client(tr transport.Transport) {
	n, _, err := Ask(tr, s.path, tr.Now().Add(idle))
	if err == nil && n == 0 {
		s.tb.Errorf("the answer is 0; the first is 1")
	}
}

// next is started when all is over: whatever has happened, and whatever is left of
// it, must not be in its way.
func (s *scene) next(tr transport.Transport) {
	l, err := s.listen(tr, s.path)
	if err != nil {
		s.tb.Errorf("nobody serves, but the next daemon cannot: %v", err)
		return
	}
	l.Close()
	if _, err := tr.Dial(s.path, transport.Immediate); !errors.Is(err, syscall.ENOENT) {
		s.tb.Errorf("the daemon has ended in order, but something is left at its path: %v", err)
	}
}
