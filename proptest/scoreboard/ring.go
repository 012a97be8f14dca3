package scoreboard

import (
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var ring = Program{
	Name:       "ring",
	Deviations: 4,
	Bug: "members of a ring pass on what they have, each to the next, before they receive from the one before; where " +
		"no buffer in the whole ring is large enough, everybody waits for the next",
	Config: proptest.Config{Faults: simnet.Faults{simnet.FaultBuffer: {Rate: 65536 / 4}}},
	Body:   ringBody,
}

func ringBody(s *proptest.Sim, wrong bool) {
	members := []string{"a", "b", "c", "d"}
	for i, name := range members {
		next := s.Path(members[(i+1)%len(members)] + ".sock")
		s.Process(name, func(tr transport.Transport) {
			l := listen(s, tr, s.Path(name+".sock"))
			to := connect(s, tr, next)
			from := accept(s, l)
			l.Close()
			rotate(s, tr, to, from, wrong)
			to.Close(after(tr, time.Minute))
			from.Close(after(tr, time.Minute))
		})
	}
	s.Run()
}

// rotate passes a block on to the next, and receives that of the one before.
func rotate(s *proptest.Sim, tr transport.Transport, to, from *ipc.Conn, wrong bool) {
	mine, theirs := make([]byte, 30_000), make([]byte, 30_000)
	receiving := transport.NewGroup(tr)
	receive := func(transport.Transport) {
		if err := from.Recv(theirs, never); err != nil {
			s.Fatal(err)
		}
	}
	if !wrong {
		receiving.Go("receive", receive)
	}
	if err := to.Send(mine, never); err != nil {
		s.Fatal(err)
	}
	if wrong {
		receiving.Go("receive", receive)
	}
	receiving.Wait(never)
}
