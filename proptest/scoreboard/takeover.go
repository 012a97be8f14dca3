package scoreboard

import (
	"errors"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

var takeover = Program{
	Name:       "takeover",
	Deviations: 1,
	Bug: "two instances of a daemon are started after a crash; both find a socket file that nobody answers at, " +
		"and the second removes the one that the first has just made",
	Body: takeoverBody,
}

// takeoverBody is a daemon that dies, and two that have been waiting for that.
func takeoverBody(s *proptest.Sim, wrong bool) {
	path := s.Path("app.sock")
	var up ledger
	s.Process("crashing", func(tr transport.Transport) {
		l := listen(s, tr, path)
		blue, green := accept(s, l), accept(s, l)
		l.Close() // the file stays
		blue.Abort()
		green.Abort()
	})
	for _, instance := range []string{"blue", "green"} {
		s.Process(instance, func(tr transport.Transport) {
			c := connect(s, tr, path)
			var none [1]byte
			c.Recv(none[:], never) // until it is gone
			c.Abort()
			l, err := succeed(tr, path, wrong)
			if err != nil {
				return // the other instance is up
			}
			up.add("instances")
			tr.Background("accept", func() {
				for {
					c, err := l.Accept(never)
					if err != nil {
						return
					}
					c.Abort()
				}
			})
		})
	}
	s.Run()
	if n := up.of("instances"); n > 1 {
		s.Fatalf("%d instances serve %s, but one has the name", n, path)
	}
}

// succeed takes the place of a daemon that died.
func succeed(tr transport.Transport, path string, wrong bool) (*ipc.Listener, error) {
	if !wrong {
		if _, err := tr.Lock(path+".lock", transport.Immediate); err != nil {
			return nil, err // whoever has the lock is there, or about to be
		}
	}
	l, err := ipc.Listen(tr, path, 8, transport.ListenConfig{})
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	if c, err := ipc.Connect(tr, path, after(tr, time.Second)); err == nil {
		c.Abort()
		return nil, syscall.EADDRINUSE
	}
	if err := tr.Remove(path); err != nil && !errors.Is(err, syscall.ENOENT) {
		return nil, err
	}
	return ipc.Listen(tr, path, 8, transport.ListenConfig{})
}
