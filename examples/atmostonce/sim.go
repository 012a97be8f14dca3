package atmostonce

import (
	"errors"
	"sync"
	"testing"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// World returns the machine that client and server have to endure: connections
// are reset, the server and its clients die and are started again or stand still,
// timers are late, the clock jumps, the system is short of descriptors and memory.
func World() simnet.Config {
	return simnet.Config{
		Tidy:       true,
		FaultSteps: 1000,
		Within:     time.Minute,
		Faults: simnet.Faults{
			simnet.FaultReset:   {Rate: 2000},
			simnet.FaultRestart: {Rate: 300, Max: 3},
			simnet.FaultPause:   {Rate: 300, Max: 3},
			simnet.FaultEarly:   {Rate: 1000},
			simnet.FaultLate:    {Rate: 1500},
			simnet.FaultJump:    {Rate: 200, Max: 2},
			simnet.FaultShort:   {Rate: 1000},
			simnet.FaultFull:    {Rate: 1000},
			simnet.FaultEMFILE:  {Rate: 500},
			simnet.FaultENFILE:  {Rate: 500},
			simnet.FaultENOMEM:  {Rate: 500},
			simnet.FaultENOBUFS: {Rate: 500},
		},
	}
}

// Build returns what is explored, with the wrong server or the right one: two
// clients make two requests each. It is for [simnet.Run], and for the command;
// this package's test has the same cast.
func Build(wrong bool) func(w *simnet.World) {
	return func(w *simnet.World) {
		s := newScene(w.TB(), "/run/box.sock", wrong)
		start := func(name string, daemon bool, main func(tr transport.Transport)) {
			w.Start(simnet.ProcessConfig{Name: name, Daemon: daemon, Main: func(p *simnet.Process) { main(p) }})
		}
		start("server", true, s.server)
		start("alice", false, s.client)
		start("bob", false, s.client)
		w.Finally(simnet.ProcessConfig{Name: "last", Main: func(p *simnet.Process) { s.last(p) }})
	}
}

// A scene is one run: what its processes do, and the cash box, which stands beside
// the machine and forgets nothing when a process dies.
type scene struct {
	tb        testing.TB
	path      string
	forgetful bool

	mu      sync.Mutex // for goroutines: tasks of a run need none
	lives   uint64     // of the server; a real one draws a random number
	clients uint64     // likewise
	left    uint64     // notes in the box
	given   map[Request]int
	refused map[Request]bool
	unknown int
}

func newScene(tb testing.TB, path string, wrong bool) *scene {
	return &scene{tb: tb, path: path, forgetful: wrong, left: 1000, given: map[Request]int{}, refused: map[Request]bool{}}
}

// server is the process of the cash box: it is there as soon as it can be.
func (s *scene) server(tr transport.Transport) {
	s.mu.Lock()
	s.lives++
	server := Server{Life: s.lives, GiveOut: s.giveOut, Forgetful: s.forgetful}
	s.mu.Unlock()
	for {
		l, err := ipc.Listen(tr, s.path, 8, transport.ListenConfig{Takeover: true})
		if err == nil {
			server.Serve(tr, l)
			l.Close()
			return
		}
		if tr.Sleep(tr.Now().Add(pause)) != nil {
			return
		}
	}
}

// giveOut is what must not happen twice. The box takes its time.
func (s *scene) giveOut(tr transport.Transport, r Request) uint64 {
	s.mu.Lock()
	s.given[r]++
	switch {
	case s.given[r] > 1:
		s.tb.Errorf("given out twice: %d notes, request %d of client %d", r.Notes, r.Number, r.Client)
	case s.refused[r]:
		s.tb.Errorf("given out after the client was told that they would not: %d notes", r.Notes)
	}
	s.left -= r.Notes
	left := s.left
	s.mu.Unlock()
	tr.Sleep(tr.Now().Add(10 * time.Millisecond))
	return left
}

// client makes two requests: one that it soon gives up, and one with patience.
func (s *scene) client(tr transport.Transport) {
	c := s.newClient()
	defer c.Close()
	s.call(tr, c, 150*time.Millisecond)
	s.call(tr, c, 5*time.Second)
}

func (s *scene) newClient() *Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients++
	return &Client{Path: s.path, ID: s.clients, Try: 50 * time.Millisecond}
}

// call makes a request, and holds what the client is told against what happened.
func (s *scene) call(tr transport.Transport, c *Client, timeout time.Duration) error {
	_, err := c.Call(tr, 20, tr.Now().Add(timeout))
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Request{c.ID, c.number, 20}
	switch n := s.given[r]; {
	case errors.Is(err, ErrUnknown):
		s.unknown++
	case err == nil && n == 0:
		s.tb.Errorf("client %d is told that its notes were given out, and they were not", c.ID)
	case err != nil:
		s.refused[r] = true
		if n > 0 {
			s.tb.Errorf("client %d is told that nothing was given out (%v), and it was", c.ID, err)
		}
	}
	return err
}

// last makes a request when nothing fails any more: it succeeds.
func (s *scene) last(tr transport.Transport) {
	c := s.newClient()
	defer c.Close()
	if err := s.call(tr, c, time.Minute); err != nil {
		s.tb.Errorf("nothing fails any more, but a request does: %v", err)
	}
}
