package scoreboard

import (
	"errors"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var acceptors = Program{
	Name:       "acceptors",
	Deviations: 2,
	Bug: "a server accepts in two loops, each of which ends at the first error; when the process was short of " +
		"descriptors twice, nobody accepts any more, and nothing says so",
	Config: proptest.Config{Faults: simnet.Faults{simnet.FaultEMFILE: {Rate: 65536 / 20, Max: 4}}},
	Body:   acceptorsBody,
}

func acceptorsBody(s *proptest.Sim, wrong bool) {
	path := s.Path("app.sock")
	s.Daemon("server", func(tr transport.Transport) {
		l := listen(s, tr, path)
		for range 2 {
			tr.Background("accept", func() { acceptAll(tr, l, wrong) })
		}
	})
	for _, name := range []string{"one", "two"} {
		s.Process(name, func(tr transport.Transport) {
			for range 2 {
				c := connect(s, tr, path)
				var reply [2]byte
				if err := c.Send([]byte("hi"), never); err != nil {
					s.Fatal(err)
				}
				if err := c.Recv(reply[:], after(tr, time.Minute)); err != nil {
					s.Fatalf("no answer within a minute: %v", err)
				}
				c.Abort()
			}
		})
	}
	s.Run()
}

// acceptAll has every connection served that comes.
func acceptAll(tr transport.Transport, l *ipc.Listener, wrong bool) {
	for {
		c, err := l.Accept(never)
		switch {
		case err == nil:
			tr.Background("conn", func() { greet(c) })
		case wrong || errors.Is(err, syscall.EBADF): // closed
			return
		default:
			tr.Sleep(after(tr, 10*time.Millisecond)) // short of descriptors: it will pass
		}
	}
}
