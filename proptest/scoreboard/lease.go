package scoreboard

import (
	"fmt"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var lease = Program{
	Name:       "lease",
	Deviations: 1,
	Bug: "a standby takes over when the heartbeats of the primary have stopped; the primary was only paused, and goes " +
		"on to write what the standby has written anew",
	Config: proptest.Config{Faults: simnet.Faults{simnet.FaultPause: {Rate: 65536 / 100, Max: 2}}},
	Body:   leaseBody,
}

func leaseBody(s *proptest.Sim, wrong bool) {
	beats, path := s.Path("beat.sock"), s.Path("store.sock")
	var written ledger
	s.Daemon("store", func(tr transport.Transport) {
		l := listen(s, tr, path)
		mu := transport.NewMutex(tr)
		newest := byte(0) // epoch in which somebody has written
		for {
			c, err := l.Accept(never)
			if err != nil {
				return
			}
			tr.Background("conn", func() {
				var write [2]byte // an epoch and a value
				for c.Recv(write[:], never) == nil {
					mu.Lock()
					switch stale := write[0] < newest; {
					case stale && !wrong: // a primary that was
					case stale:
						written.add(fmt.Sprint("value ", write[1]))
					default:
						newest = write[0]
					}
					mu.Unlock()
					c.Send([]byte("k"), never)
				}
				c.Abort()
			})
		}
	})
	s.Process("standby", func(tr transport.Transport) {
		if outlive(s, tr, beats) {
			put(connect(s, tr, path), 2, 0)
		}
	})
	s.Process("primary", func(tr transport.Transport) {
		beat, db := connect(s, tr, beats), connect(s, tr, path)
		for value := range byte(4) {
			if beat.Send([]byte("b"), never) != nil {
				return // somebody else is primary
			}
			put(db, 1, value)
			tr.Sleep(after(tr, 100*time.Millisecond))
		}
		beat.Send([]byte("e"), never)
		beat.Abort()
		db.Abort()
	})
	s.Run()
	for _, what := range written.order {
		s.Fatalf("the old primary has written %s when there was a new one", what)
	}
}

// outlive waits for the end of the primary's heartbeats, and reports whether it was
// no orderly one.
func outlive(s *proptest.Sim, tr transport.Transport, beats string) bool {
	l := listen(s, tr, beats)
	c := accept(s, l)
	var beat [1]byte
	for c.Recv(beat[:], after(tr, 500*time.Millisecond)) == nil {
	}
	c.Abort()
	return beat[0] != 'e' // that the primary has done its work
}

// put writes a value, in the name of the primary of an epoch.
func put(db *ipc.Conn, epoch, value byte) {
	var ok [1]byte
	if db.Send([]byte{epoch, value}, never) == nil {
		db.Recv(ok[:], never)
	}
}
