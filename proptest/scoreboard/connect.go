package scoreboard

import (
	"errors"
	"sync"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// never is the deadline of what is waited for as long as it takes.
var never time.Time

// after returns a deadline on the clock of tr.
func after(tr transport.Transport, d time.Duration) time.Time { return tr.Now().Add(d) }

// listen makes a listener, and tries again while the system is short of
// descriptors.
func listen(s *proptest.Sim, tr transport.Transport, path string) *ipc.Listener {
	for try := range patience {
		l, err := ipc.Listen(tr, path, 8, transport.ListenConfig{})
		if err == nil || over(err) {
			return l
		}
		tr.Sleep(after(tr, time.Millisecond<<try))
	}
	s.Fatalf("nobody can listen on %s", path)
	return nil
}

// accept accepts one connection.
func accept(s *proptest.Sim, l *ipc.Listener) *ipc.Conn {
	c, err := l.Accept(never)
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// connect connects to a server that may not have come up yet.
func connect(s *proptest.Sim, tr transport.Transport, path string) *ipc.Conn {
	for try := range patience {
		c, err := ipc.Connect(tr, path, never)
		if err == nil || over(err) {
			return c
		}
		tr.Sleep(after(tr, time.Millisecond<<try))
	}
	s.Fatalf("nobody serves %s", path)
	return nil
}

// over reports whether a call has failed because the run is over, before the process
// has come to anything. A nil connection or listener will tell it so again.
func over(err error) bool {
	return errors.Is(err, syscall.ECANCELED) || errors.Is(err, syscall.ESRCH)
}

// patience is how often something is tried that will work in the end, each time
// after twice as long.
const patience = 20

// A ledger is what a test knows of all processes: how often each thing happened.
// It is no part of the programs.
type ledger struct {
	mu    sync.Mutex
	count map[string]int
	order []string
}

func (l *ledger) add(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count == nil {
		l.count = map[string]int{}
	}
	if l.count[what]++; l.count[what] == 1 {
		l.order = append(l.order, what)
	}
}

func (l *ledger) of(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count[what]
}
