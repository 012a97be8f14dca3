package broker

import (
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// World returns the machine that the broker has to endure: its connections have
// small buffers, subscribers die and are started again or stand still, timers are
// late, the system is short of descriptors. A publisher that is slower than the
// broker's patience (FaultEarly), or whose connection is reset, is not among it: it
// cannot know whether its last message was published, and this one gives up.
func World() simnet.Config {
	return simnet.Config{
		Tidy:       true,
		FaultSteps: 3000,
		Within:     time.Minute,
		Faults: simnet.Faults{
			simnet.FaultBuffer:  {Rate: 16000},
			simnet.FaultShort:   {Rate: 1000},
			simnet.FaultKill:    {Rate: 50, Max: 1},
			simnet.FaultRestart: {Rate: 100, Max: 2},
			simnet.FaultPause:   {Rate: 300, Max: 3},
			simnet.FaultLate:    {Rate: 6000},
			simnet.FaultFull:    {Rate: 2000},
			simnet.FaultEMFILE:  {Rate: 1000},
			simnet.FaultENFILE:  {Rate: 1000},
		},
	}
}

// Build returns what is explored, with the wrong broker or the right one: somebody
// publishes, one reads, and one does not. It is for [simnet.Run], and for the
// command; this package's test has the same cast.
func Build(wrong bool) func(w *simnet.World) {
	return func(w *simnet.World) {
		s := &scene{tb: w.TB(), path: "/run/broker.sock", direct: wrong}
		start := func(cfg simnet.ProcessConfig, main func(tr transport.Transport)) {
			cfg.Main = func(p *simnet.Process) { main(p) }
			w.Start(cfg)
		}
		start(simnet.ProcessConfig{Name: "broker", Daemon: true, Spared: true}, s.broker)
		start(simnet.ProcessConfig{Name: "stopped", Daemon: true}, s.stopped)
		start(simnet.ProcessConfig{Name: "reader"}, s.reader)
		start(simnet.ProcessConfig{Name: "publisher", Spared: true}, s.publisher)
	}
}

// A scene is one run: what its processes do, and what became of it.
type scene struct {
	tb     testing.TB
	path   string
	direct bool
	serves *Broker

	mu     sync.Mutex // for goroutines: tasks of a run need none
	cutOff int        // how often the reader was
	missed uint64     // messages, because of that
}

const (
	published = 12
	size      = 1024 // of a message: few of them fill a small buffer
)

// broker is the process of the broker. Its backlog is longer than the number of
// its clients.
func (s *scene) broker(tr transport.Transport) {
	l, err := ipc.Listen(tr, s.path, 8, transport.ListenConfig{})
	for short(err) && tr.Sleep(tr.Now().Add(pause)) == nil {
		l, err = ipc.Listen(tr, s.path, 8, transport.ListenConfig{})
	}
	if err != nil {
		s.tb.Errorf("the broker cannot listen: %v", err)
		return
	}
	defer l.Close()
	s.serves = &Broker{Depth: 2, Grace: 50 * time.Millisecond, Direct: s.direct}
	s.serves.Serve(tr, l)
}

// stopped subscribes, and reads nothing.
func (s *scene) stopped(tr transport.Transport) {
	if sub := s.subscribe(tr); sub != nil {
		tr.Sleep(time.Time{}) // for ever
	}
}

// reader reads up to the last message: from each subscription one after the other
// as they were published, and what it misses it knows of.
func (s *scene) reader(tr transport.Transport) {
	for last := uint64(0); last < published; {
		sub := s.subscribe(tr)
		if sub == nil {
			return
		}
		if sub.Next <= last {
			s.tb.Errorf("the subscription begins with message %d; %d was received before", sub.Next, last)
		}
		if last > 0 {
			s.missing(sub.Next - last - 1)
		}
		last = sub.Next - 1 // nothing before it will come
		for last < published {
			msg, err := sub.Recv(time.Time{})
			if err != nil {
				break
			}
			last++
			if n := binary.BigEndian.Uint64(msg); n != last || len(msg) != size {
				s.tb.Errorf("received was message %d of %d bytes, and not %d", n, len(msg), last)
			}
		}
		sub.Close()
	}
}

func (s *scene) missing(messages uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cutOff++
	s.missed += messages
}

// subscribe subscribes, as soon as it can be done.
func (s *scene) subscribe(tr transport.Transport) *Subscription {
	for {
		sub, err := Subscribe(tr, s.path, time.Time{})
		if err == nil {
			return sub
		}
		if tr.Sleep(tr.Now().Add(pause)) != nil {
			return nil
		}
	}
}

// publisher publishes messages that say their numbers.
func (s *scene) publisher(tr transport.Transport) {
	p, err := NewPublisher(tr, s.path, time.Time{})
	for err != nil {
		if tr.Sleep(tr.Now().Add(pause)) != nil {
			return
		}
		p, err = NewPublisher(tr, s.path, time.Time{})
	}
	defer p.Close()
	msg := make([]byte, size)
	for i := uint64(1); i <= published; i++ {
		binary.BigEndian.PutUint64(msg, i)
		if n, err := p.Publish(msg, time.Time{}); n != i || err != nil {
			s.tb.Errorf("message %d was published as %d, %v", i, n, err)
			return
		}
	}
}
