package scoreboard

import (
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var leak = Program{
	Name:       "leak",
	Deviations: 1,
	Bug: "a proxy that has accepted a connection and cannot reach the server behind it goes on to the next, and " +
		"forgets to close the one it has: the client waits for ever",
	Config: proptest.Config{Faults: simnet.Faults{simnet.FaultEMFILE: {Rate: 65536 / 20, Max: 4}}},
	Body:   leakBody,
}

func leakBody(s *proptest.Sim, wrong bool) {
	front, back := s.Path("front.sock"), s.Path("back.sock")
	s.Daemon("server", func(tr transport.Transport) {
		l := listen(s, tr, back)
		for {
			c, err := l.Accept(never)
			if err != nil {
				tr.Sleep(after(tr, time.Millisecond)) // short of descriptors: it will pass
				continue
			}
			tr.Background("conn", func() { greet(c) })
		}
	})
	s.Daemon("proxy", func(tr transport.Transport) {
		l := listen(s, tr, front)
		for {
			c, err := l.Accept(never)
			if err != nil {
				tr.Sleep(after(tr, time.Millisecond))
				continue
			}
			b, err := ipc.Connect(tr, back, after(tr, time.Second))
			if err != nil {
				if !wrong {
					c.Abort()
				}
				continue
			}
			tr.Background("up", func() { copyBytes(b, c) })
			tr.Background("down", func() { copyBytes(c, b) })
		}
	})
	s.Process("client", func(tr transport.Transport) {
		for greeted := 0; greeted < 3; {
			c := connect(s, tr, front)
			var reply [2]byte
			if c.Send([]byte("hi"), never) == nil && c.Recv(reply[:], never) == nil {
				greeted++
			} else {
				tr.Sleep(after(tr, time.Millisecond)) // before it tries again
			}
			c.Abort()
		}
	})
	s.Run()
}

// greet answers every greeting with the same.
func greet(c *ipc.Conn) {
	var hi [2]byte
	for c.Recv(hi[:], never) == nil && c.Send(hi[:], never) == nil {
	}
	c.Abort()
}

// copyBytes copies a stream until one of its ends is gone, and then both are.
func copyBytes(to, from *ipc.Conn) {
	var b [1]byte
	for from.Recv(b[:], never) == nil && to.Send(b[:], never) == nil {
	}
	from.Abort()
	to.Abort()
}
