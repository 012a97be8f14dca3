package scoreboard

import (
	"time"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var deadline = Program{
	Name:       "deadline",
	Deviations: 3,
	Bug: "a client computes the deadline of its requests once, when it connects: a session of many requests, each " +
		"of them answered in time, fails as a whole when a few were slow",
	Config: proptest.Config{Faults: simnet.Faults{simnet.FaultLate: {Rate: 65536 / 8}}},
	Body:   deadlineBody,
}

func deadlineBody(s *proptest.Sim, wrong bool) {
	path := s.Path("index.sock")
	s.Daemon("index", func(tr transport.Transport) {
		l := listen(s, tr, path)
		for {
			c, err := l.Accept(never)
			if err != nil {
				return
			}
			tr.Background("conn", func() {
				var query [1]byte
				for c.Recv(query[:], never) == nil {
					tr.Sleep(after(tr, 20*time.Millisecond)) // to look it up
					if c.Send(query[:], after(tr, time.Minute)) != nil {
						break
					}
				}
				c.Abort()
			})
		}
	})
	s.Process("client", func(tr transport.Transport) {
		const timeout = 30 * time.Second
		c := connect(s, tr, path)
		until := after(tr, timeout)
		for query := range byte(8) {
			if !wrong {
				until = after(tr, timeout)
			}
			if err := c.Send([]byte{query}, until); err != nil {
				s.Fatalf("query %d: %v", query, err)
			}
			var found [1]byte
			asked := tr.Now()
			if err := c.Recv(found[:], until); err != nil {
				s.Fatalf("query %d failed after %v: %v", query, tr.Now().Sub(asked), err)
			}
		}
		c.Close(after(tr, timeout))
	})
	s.Run()
}
