package browsertest

import (
	"fmt"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var never time.Time

// told is for what cannot fail in a program.
func told[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func script(t testing.TB, text string) simnet.Chooser {
	t.Helper()
	s, err := simnet.ParseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	return simnet.Replay(s)
}

func traced(t testing.TB, chooser simnet.Chooser, build func(*simnet.World)) *simnet.Trace {
	t.Helper()
	res := simnet.Run(simnet.Config{Chooser: chooser, Trace: true, Faults: simnet.AllFaults(1)}, build)
	if res.Trace == nil {
		t.Fatal("no trace: ", res.Err)
	}
	return res.Trace
}

// The script by which quota fails: an answer comes in two pieces, and the server is
// killed before the second answer.
const quotaScript = `brine script 1
client/main 4      run server/accept
server/conn 2      short 1
client/main 6      kill server
`

// quota is a client that asks twice, with a deadline, and believes that a server
// always answers in one piece.
func quota(w *simnet.World) {
	told(w.Start(simnet.ProcessConfig{Name: "server", Main: func(p *simnet.Process) {
		if p.Incarnation() > 1 {
			p.Remove("/run/quota.sock")
		}
		l := told(p.Listen("/run/quota.sock", 4, transport.ListenConfig{Mode: 0o600}))
		p.Background("accept", func() {
			for {
				c, err := l.Accept(never)
				if err != nil {
					return
				}
				p.Go("conn", func() {
					defer c.Close()
					buf := make([]byte, 16)
					for {
						n, _, err := c.Recv([][]byte{buf}, nil, p.Now().Add(time.Minute))
						if err != nil {
							return
						}
						c.Send([][]byte{buf[:n]}, nil, never)
					}
				})
			}
		})
	}}))
	client := w.Process("client")
	client.Go("main", func() {
		client.Sleep(client.Now().Add(5 * time.Millisecond))
		c := told(client.Dial("/run/quota.sock", never))
		defer c.Close()
		for _, word := range []string{"how much is left?", "and now?"} {
			c.Send([][]byte{[]byte(word)}, nil, never)
			buf := make([]byte, 32)
			n, _, err := c.Recv([][]byte{buf}, nil, client.Now().Add(2*time.Second))
			if err != nil {
				w.TB().Fatalf("asked %q: %v", word, err)
			}
			if got := string(buf[:n]); got != word[:min(len(word), 16)] {
				w.TB().Errorf("asked %q, got %q", word, got)
			}
		}
	})
	watch := w.Process("watch")
	watch.Go("main", func() { watch.Sleep(watch.Now().Add(time.Hour)) })
}

// embrace is a deadlock of three: each waits for bytes of the next.
func embrace(w *simnet.World) {
	var ends [3][2]transport.Conn
	var p [3]*simnet.Process
	for i := range p {
		p[i] = w.Process(fmt.Sprintf("peer%d", i+1))
	}
	for i := range p {
		a, b, err := p[i].Pair()
		if err != nil {
			panic(err)
		}
		ends[i] = [2]transport.Conn{a, b}
	}
	for i := range p {
		left, right := ends[i][0], ends[i][1]
		p[i].Go("reader", func() {
			right.Recv([][]byte{make([]byte, 8)}, nil, p[i].Now().Add(time.Duration(i+1)*time.Second))
			right.Recv([][]byte{make([]byte, 8)}, nil, never)
			right.Send([][]byte{[]byte("at last")}, nil, never)
		})
		p[i].Go("writer", func() {
			if i == 0 {
				left.Send([][]byte{make([]byte, 1<<20)}, nil, p[i].Now().Add(time.Hour))
			}
			left.Recv([][]byte{make([]byte, 8)}, nil, never)
		})
	}
}

// parts is a Send that blocks, of which the bytes are received in parts.
func parts(w *simnet.World) {
	p, q := w.Process("writer"), w.Process("reader")
	l := told(q.Listen("/run/parts.sock", 1, transport.ListenConfig{}))
	p.Go("main", func() {
		c := told(p.Dial("/run/parts.sock", never))
		c.(transport.SendBuffer).SetSendBuffer(4096)
		c.Send([][]byte{[]byte("head")}, nil, never)
		c.Send([][]byte{make([]byte, 20000)}, nil, p.Now().Add(time.Hour))
		c.CloseWrite()
		c.Recv([][]byte{make([]byte, 10)}, nil, p.Now().Add(time.Minute))
		c.Close()
	})
	q.Go("main", func() {
		c := told(l.Accept(never))
		for {
			q.Sleep(q.Now().Add(3 * time.Second))
			if _, _, err := c.Recv([][]byte{make([]byte, 6000)}, nil, never); err != nil {
				break
			}
		}
		c.Close()
		l.Close()
	})
}

// crowd makes many events: clients that come and go, each with a few requests, and
// a task of the server for each.
func crowd(clients, requests int) func(*simnet.World) {
	return func(w *simnet.World) {
		server := w.Process("server")
		l := told(server.Listen("/run/app.sock", 8, transport.ListenConfig{}))
		server.Background("accept", func() {
			for {
				c, err := l.Accept(never)
				if err != nil {
					return
				}
				server.Go("conn", func() {
					defer c.Close()
					buf := make([]byte, 64)
					for {
						n, _, err := c.Recv([][]byte{buf}, nil, never)
						if err != nil {
							return
						}
						if _, err := c.Send([][]byte{buf[:n]}, nil, never); err != nil {
							return
						}
					}
				})
			}
		})
		var machines [4]*simnet.Process
		for i := range machines {
			machines[i] = w.Process(fmt.Sprintf("client%d", i+1))
		}
		for i := range clients {
			p := machines[i%len(machines)]
			p.Go("main", func() {
				p.Sleep(p.Now().Add(time.Duration(i*i) * time.Millisecond))
				c := told(p.Dial("/run/app.sock", never))
				defer c.Close()
				buf := make([]byte, 64)
				for range requests {
					c.Send([][]byte{[]byte("a request of some length")}, nil, never)
					for n := 0; n < 24; {
						m, _, err := c.Recv([][]byte{buf}, nil, p.Now().Add(time.Second))
						if err != nil {
							return
						}
						n += m
					}
				}
			})
		}
	}
}
