package scoreboard

import (
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var buffers = Program{
	Name:       "buffers",
	Deviations: 2,
	Bug: "two replicas that have just met send each other all they know, and read only then; where the system's " +
		"buffers are smaller than that, each waits for the other to read",
	Config: proptest.Config{Faults: simnet.Faults{simnet.FaultBuffer: {Rate: 65536 / 6}}},
	Body:   buffersBody,
}

func buffersBody(s *proptest.Sim, wrong bool) {
	path := s.Path("replica.sock")
	exchange := func(tr transport.Transport, c *ipc.Conn, seed byte) {
		state := make([]byte, 40_000)
		for i := range state {
			state[i] = seed
		}
		sending := transport.NewGroup(tr)
		if wrong {
			c.Send(state, never)
		} else {
			sending.Go("send", func(transport.Transport) { c.Send(state, never) })
		}
		theirs := make([]byte, len(state))
		if err := c.Recv(theirs, never); err != nil {
			s.Fatalf("replica %c: %v", seed, err)
		}
		sending.Wait(never)
		c.Close(after(tr, time.Minute))
	}
	s.Process("a", func(tr transport.Transport) {
		l := listen(s, tr, path)
		c := accept(s, l)
		exchange(tr, c, 'a')
		l.Close()
	})
	s.Process("b", func(tr transport.Transport) { exchange(tr, connect(s, tr, path), 'b') })
	s.Run()
}
