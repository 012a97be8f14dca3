package scoreboard

import (
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

var cancelled = Program{
	Name:       "cancelled",
	Deviations: 1,
	Bug: "an editor cancels a question when the user types on, and asks the next one on the same connection, where " +
		"the answer to the first is still to come",
	Body: cancelledBody,
}

func cancelledBody(s *proptest.Sim, wrong bool) {
	keys, path := s.Path("keys.sock"), s.Path("completion.sock")
	s.Daemon("completion", func(tr transport.Transport) {
		l := listen(s, tr, path)
		for {
			c, err := l.Accept(never)
			if err != nil {
				return
			}
			tr.Background("conn", func() {
				var prefix [4]byte
				for c.Recv(prefix[:], never) == nil {
					answer := append(prefix[:], "..."...)
					if c.Send(answer, never) != nil {
						break
					}
				}
				c.Abort()
			})
		}
	})
	s.Process("editor", func(tr transport.Transport) {
		l := listen(s, tr, keys)
		user := accept(s, l)
		e := editor{tr: tr, s: s, path: path, wrong: wrong, asking: transport.NewGroup(tr)}
		typed := []byte("    ")
		for i := range typed {
			if user.Recv(typed[i:i+1], never) != nil {
				break
			}
			e.asking.Stop(never) // nobody wants to know any more
			e.asking = transport.NewGroup(tr)
			prefix := string(typed)
			e.asking.Go("ask", func(view transport.Transport) { e.ask(view, prefix) })
		}
		e.asking.Wait(never)
		user.Abort()
	})
	s.Process("user", func(tr transport.Transport) {
		c := connect(s, tr, keys)
		for _, key := range []byte("func") {
			c.Send([]byte{key}, never)
		}
		c.Done()
		var none [1]byte
		c.Recv(none[:], never) // until the editor is done
		c.Abort()
	})
	s.Run()
}

// An editor asks for completions, one at a time.
type editor struct {
	tr     transport.Transport
	s      *proptest.Sim
	path   string
	wrong  bool
	asking *transport.Group
	conn   transport.Conn // nil if there is none that can be used
}

func (e *editor) ask(view transport.Transport, prefix string) {
	if e.conn == nil {
		c, err := view.Dial(e.path, never)
		if err != nil {
			return
		}
		if e.conn, err = e.tr.Attach(c); err != nil {
			e.s.Fatal(err)
		}
	}
	answer, err := exchange(view, e.conn, prefix)
	if err != nil {
		if !e.wrong {
			e.conn.Close() // nobody knows how far it got
			e.conn = nil
		}
		return
	}
	if answer != prefix+"..." {
		e.s.Fatalf("%q is offered for %q", answer, prefix)
	}
}

// exchange sends a question and receives the answer, until view is cancelled.
func exchange(view transport.Transport, c transport.Conn, question string) (string, error) {
	c, err := view.Attach(c)
	if err != nil {
		return "", err
	}
	if _, err := c.Send([][]byte{[]byte(question)}, nil, never); err != nil {
		return "", err
	}
	answer := make([]byte, len(question)+3)
	for got := 0; got < len(answer); {
		n, _, err := c.Recv([][]byte{answer[got:]}, nil, never)
		if err != nil {
			return "", err
		}
		got += n
	}
	return string(answer), nil
}
