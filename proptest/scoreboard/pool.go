package scoreboard

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"example.com/brine/proptest"
	"example.com/brine/transport"
)

var pool = Program{
	Name:       "pool",
	Deviations: 3,
	Bug: "a pool of connections releases its lock while it looks whether an idle connection is still alive, and has " +
		"not yet taken it out: two requests get the same connection, and one the other's answer",
	Body: poolBody,
}

func poolBody(s *proptest.Sim, wrong bool) {
	path := s.Path("db.sock")
	s.Daemon("database", func(tr transport.Transport) {
		l := listen(s, tr, path)
		for {
			c, err := l.Accept(never)
			if err != nil {
				return
			}
			tr.Background("conn", func() {
				var query [2]byte
				for c.Recv(query[:], never) == nil && c.Send(query[:], never) == nil {
				}
				c.Abort()
			})
		}
	})
	s.Process("app", func(tr transport.Transport) {
		connect(s, tr, path).Abort() // wait until the database is up
		p := connections{tr: tr, mu: transport.NewMutex(tr), path: path, wrong: wrong}
		requests := transport.NewGroup(tr)
		for user := range 3 {
			requests.Go("request", func(view transport.Transport) {
				for i := range 2 {
					query := fmt.Sprintf("%d%d", user, i)
					answer, err := p.query(query)
					if err == nil && answer != query {
						s.Fatalf("%s is answered with %s", query, answer)
					}
				}
			})
		}
		requests.Wait(never)
	})
	s.Run()
}

// connections are a pool of them.
type connections struct {
	tr    transport.Transport
	path  string
	wrong bool

	mu   *transport.Mutex
	idle []transport.Conn
}

func (p *connections) query(q string) (string, error) {
	c, err := p.get()
	if err != nil {
		return "", err
	}
	if _, err := c.Send([][]byte{[]byte(q)}, nil, after(p.tr, time.Minute)); err != nil {
		c.Close()
		return "", err
	}
	answer := make([]byte, len(q))
	if _, _, err := c.Recv([][]byte{answer}, nil, after(p.tr, time.Minute)); err != nil {
		c.Close()
		return "", err
	}
	p.mu.Lock()
	p.idle = append(p.idle, c)
	p.mu.Unlock()
	return string(answer), nil
}

// get takes an idle connection that is alive out of the pool, or makes one.
func (p *connections) get() (transport.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		if p.wrong {
			p.mu.Unlock() // looking takes a system call
		}
		ok := alive(c)
		if p.wrong {
			p.mu.Lock()
		}
		p.idle = slices.DeleteFunc(p.idle, func(i transport.Conn) bool { return i == c })
		if ok {
			return c, nil
		}
		c.Close()
	}
	return p.tr.Dial(p.path, after(p.tr, time.Minute))
}

// alive reports whether the other end is there, and has nothing to say.
func alive(c transport.Conn) bool {
	var none [1]byte
	_, _, err := c.Recv([][]byte{none[:]}, nil, transport.Immediate)
	return errors.Is(err, os.ErrDeadlineExceeded)
}
