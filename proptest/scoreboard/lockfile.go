package scoreboard

import (
	"fmt"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

var lockfile = Program{
	Name:       "lockfile",
	Deviations: 1,
	Bug: "whoever leaves a critical section unlocks its lock file and then removes it to tidy up; somebody else has " +
		"that lock by then, and the next makes a new file and locks that",
	Body: lockfileBody,
}

// lockfileBody is jobs that read a number from a store, add one, and write it
// back, one at a time for the sake of a lock.
func lockfileBody(s *proptest.Sim, wrong bool) {
	path, lock := s.Path("number.sock"), s.Path("number.lock")
	var stored ledger
	s.Daemon("store", func(tr transport.Transport) {
		l, mu, number := listen(s, tr, path), transport.NewMutex(tr), byte(0)
		for {
			c, err := l.Accept(never)
			if err != nil {
				return
			}
			tr.Background("conn", func() {
				var request [2]byte // a verb and a number
				for c.Recv(request[:], never) == nil {
					mu.Lock()
					if request[0] == 'w' {
						number = request[1]
						stored.add(fmt.Sprint(number))
					}
					reply := number
					mu.Unlock()
					c.Send([]byte{reply}, never)
				}
				c.Abort()
			})
		}
	})
	for _, job := range []string{"nightly", "hourly"} {
		s.Process(job, func(tr transport.Transport) {
			c := connect(s, tr, path)
			for range 2 {
				held, err := tr.Lock(lock, never)
				if err != nil {
					s.Fatal(err)
				}
				increment(s, c)
				held.Close()
				if wrong {
					tr.Remove(lock)
				}
			}
			c.Abort()
		})
	}
	s.Run()
	if stored.of("4") != 1 {
		s.Fatalf("two jobs have not counted to 4: one has overwritten what the other wrote %v", stored.order)
	}
}

// increment adds one to the number in a store.
func increment(s *proptest.Sim, c *ipc.Conn) {
	var number [1]byte
	for _, verb := range []byte("rw") {
		if err := c.Send([]byte{verb, number[0] + 1}, never); err != nil {
			s.Fatal(err)
		}
		if err := c.Recv(number[:], never); err != nil {
			s.Fatal(err)
		}
	}
}
