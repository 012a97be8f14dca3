package scoreboard

import (
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var retry = Program{
	Name:       "retry",
	Deviations: 1,
	Bug: "a client whose request times out sends it again on a new connection; the server was only slow, and " +
		"executes it twice",
	Config: proptest.Config{Faults: simnet.Faults{simnet.FaultEarly: {Rate: 65536 / 50}}},
	Body:   retryBody,
}

func retryBody(s *proptest.Sim, wrong bool) {
	path := s.Path("bank.sock")
	var booked ledger
	s.Daemon("bank", func(tr transport.Transport) {
		b := bank{mu: transport.NewMutex(tr), seen: map[byte]bool{}, wrong: wrong}
		l := listen(s, tr, path)
		for {
			c, err := l.Accept(never)
			if err != nil {
				return
			}
			tr.Background("conn", func() { b.serve(tr, c, &booked) })
		}
	})
	s.Process("client", func(tr transport.Transport) {
		const number = 7
		for range 3 {
			if transfer(s, tr, path, number) == nil {
				return
			}
		}
	})
	s.Run()
	if n := booked.of("transfer 7"); n > 1 {
		s.Fatalf("the transfer was booked %d times", n)
	}
}

// transfer asks the bank for a transfer, once.
func transfer(s *proptest.Sim, tr transport.Transport, path string, number byte) error {
	c := connect(s, tr, path)
	defer c.Abort()
	until := after(tr, time.Second)
	if err := c.Send([]byte{number}, until); err != nil {
		return err
	}
	var ok [1]byte
	return c.Recv(ok[:], until)
}

// A bank books transfers.
type bank struct {
	mu    *transport.Mutex
	seen  map[byte]bool
	wrong bool
}

func (b *bank) serve(tr transport.Transport, c *ipc.Conn, booked *ledger) {
	defer c.Abort()
	var number [1]byte
	for c.Recv(number[:], never) == nil {
		b.mu.Lock()
		if b.wrong || !b.seen[number[0]] {
			b.seen[number[0]] = true
			booked.add("transfer 7")
		}
		b.mu.Unlock()
		if c.Send([]byte("k"), after(tr, time.Second)) != nil {
			return
		}
	}
}
