package scoreboard

import (
	"time"

	"example.com/brine/proptest"
	"example.com/brine/transport"
)

var handover = Program{
	Name:       "handover",
	Deviations: 2,
	Bug: "a daemon is replaced while it runs: the old one serves all connections that wait and ends, and only then " +
		"does the new one take over the name; who connects between the two is reset",
	Body: handoverBody,
}

func handoverBody(s *proptest.Sim, wrong bool) {
	path, control := s.Path("app.sock"), s.Path("control.sock")
	s.Process("old", func(tr transport.Transport) { retire(s, tr, path, control) })
	s.Process("new", func(tr transport.Transport) {
		l, err := tr.Listen(path+".new", 8, transport.ListenConfig{})
		if err != nil {
			s.Fatal(err)
		}
		rename := func() {
			if err := tr.Rename(path+".new", path); err != nil {
				s.Fatal(err)
			}
		}
		c := connect(s, tr, control)
		if !wrong {
			rename()
		}
		var end [1]byte
		c.Send(end[:], never)
		c.Recv(end[:], never)
		c.Close(after(tr, time.Minute))
		if wrong {
			rename()
		}
		tr.Background("accept", func() { acceptInto(transport.NewGroup(tr), l, never) })
	})
	for _, name := range []string{"one", "two"} {
		s.Process(name, func(tr transport.Transport) {
			for range 2 {
				c := connect(s, tr, path)
				var reply [2]byte
				if err := c.Send([]byte("hi"), never); err != nil {
					s.Fatalf("a connection was lost: %v", err)
				}
				if err := c.Recv(reply[:], never); err != nil {
					s.Fatalf("a request was lost: %v", err)
				}
				c.Abort()
			}
		})
	}
	s.Run()
}

// retire serves until somebody wants to take over, and then ends with everybody
// served who has connected.
func retire(s *proptest.Sim, tr transport.Transport, path, control string) {
	l, err := tr.Listen(path, 8, transport.ListenConfig{})
	if err != nil {
		s.Fatal(err)
	}
	serving, accepting := transport.NewGroup(tr), transport.NewGroup(tr)
	accepting.Go("accept", func(view transport.Transport) {
		if mine, err := view.AttachListener(l); err == nil {
			acceptInto(serving, mine, never)
		}
	})
	stop := listen(s, tr, control)
	c := accept(s, stop)
	var end [1]byte
	c.Recv(end[:], never)
	accepting.Stop(never)
	acceptInto(serving, l, transport.Immediate) // those that wait
	l.Close()
	c.Send(end[:], never)
	c.Close(after(tr, time.Minute))
	stop.Close()
	serving.Wait(never)
}

// acceptInto accepts until the deadline, and has a group serve what came.
func acceptInto(serving *transport.Group, l transport.Listener, deadline time.Time) {
	for {
		c, err := l.Accept(deadline)
		if err != nil {
			return
		}
		serving.Background("conn", func(view transport.Transport) {
			defer c.Close()
			c, err := view.Attach(c)
			if err != nil {
				return
			}
			hi := make([]byte, 2)
			for {
				n, _, err := c.Recv([][]byte{hi}, nil, never)
				if err != nil {
					return
				}
				c.Send([][]byte{hi[:n]}, nil, never)
			}
		})
	}
}
