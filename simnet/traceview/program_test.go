package traceview_test

import (
	"math/rand/v2"
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

// traced executes a program, and returns its trace.
func traced(t testing.TB, chooser simnet.Chooser, build func(*simnet.World)) *simnet.Trace {
	t.Helper()
	res := simnet.Run(simnet.Config{Chooser: chooser, Trace: true, Faults: simnet.AllFaults(1)}, build)
	if res.Trace == nil {
		t.Fatal("no trace: ", res.Err, res.Diverged)
	}
	return res.Trace
}

// A program is one of which the page's data is kept.
type program struct {
	name   string
	script string
	build  func(*simnet.World)
}

const calm = "brine script 1\n"

var programs = []program{
	{"hangup", calm, func(w *simnet.World) {
		// A backlog of which one connection is accepted, and closed unread.
		server, client := w.Process("server"), w.Process("client")
		l := told(server.Listen("/run/app.sock", 3, transport.ListenConfig{Takeover: true}))
		client.Go("main", func() {
			var conns []transport.Conn
			for _, text := range []string{"first", "second"} {
				c := told(client.Dial("/run/app.sock", never))
				c.Send([][]byte{[]byte(text)}, nil, never)
				conns = append(conns, c)
			}
			client.Sleep(client.Now().Add(time.Second))
			for _, c := range conns {
				c.Recv([][]byte{make([]byte, 8)}, nil, never)
				c.Close()
			}
		})
		server.Go("main", func() {
			server.Sleep(server.Now().Add(time.Millisecond))
			c := told(l.Accept(never))
			c.CloseWrite()
			c.Close()
			l.Close()
		})
	}},
	{"handover", calm, func(w *simnet.World) {
		// A listener goes from one process to another in a message.
		old, next, client := w.Process("old"), w.Process("next"), w.Process("client")
		a, b, _ := old.Pair()
		fd := told(b.Dup())
		b.Close()
		old.Go("main", func() {
			l := told(old.Listen("/run/app.sock", 2, transport.ListenConfig{}))
			mine := told(l.Dup())
			a.Send([][]byte{[]byte("take it")}, []transport.FD{mine}, never)
			mine.Close()
			l.Close()
			a.Close()
		})
		next.Go("main", func() { next.Sleep(next.Now().Add(time.Second)) })
		_ = fd
		client.Go("main", func() {
			client.Sleep(client.Now().Add(time.Millisecond))
			if c, err := client.Dial("/run/app.sock", never); err == nil {
				c.Close()
			}
		})
	}},
	{"faults", `brine script 1
client/main 3      run server/main
client/main 3      short 1
server/main 3      fail ECONNRESET
client/main 5      kill server
`, func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l := told(server.Listen("/run/app.sock", 3, transport.ListenConfig{}))
		server.Go("main", func() {
			c := told(l.Accept(never))
			for {
				if _, _, err := c.Recv([][]byte{make([]byte, 8)}, nil, server.Now().Add(time.Minute)); err != nil {
					break
				}
			}
			server.Sleep(server.Now().Add(time.Hour))
		})
		client.Go("main", func() {
			client.Yield()
			c := told(client.Dial("/run/app.sock", never))
			c.Send([][]byte{[]byte("hello")}, nil, never)
			c.Send([][]byte{[]byte("again")}, nil, never)
			client.Sleep(client.Now().Add(time.Second))
			c.Recv([][]byte{make([]byte, 8)}, nil, never)
			c.Recv([][]byte{make([]byte, 8)}, nil, client.Now().Add(time.Second))
		})
	}},
	{"embrace", calm, func(w *simnet.World) {
		// Both write more than fits, and neither reads.
		p, q := w.Process("p"), w.Process("q")
		a, b, _ := p.Pair()
		a.(transport.SendBuffer).SetSendBuffer(4096)
		fd := told(b.Dup())
		b.Close()
		c, d, _ := q.Pair()
		p.Background("idle", func() { p.NewNotifier().Wait(never) })
		p.Go("main", func() { a.Send([][]byte{make([]byte, 10000)}, []transport.FD{fd}, never) })
		q.Go("one", func() { c.Send([][]byte{make([]byte, 1<<20)}, nil, never) })
		q.Go("two", func() {
			d.Recv([][]byte{make([]byte, 100)}, nil, never)
			d.Recv([][]byte{make([]byte, 100)}, nil, q.Now().Add(time.Second))
			d.Send([][]byte{make([]byte, 1<<20)}, nil, never)
		})
	}},
}

// arbitrary is a program that does anything with sockets, by a seed.
func arbitrary(seed uint64) func(*simnet.World) {
	return func(w *simnet.World) {
		var p [3]*simnet.Process
		for i, name := range []string{"p", "q", "r"} {
			p[i] = told(w.Start(simnet.ProcessConfig{Name: name, Main: func(p *simnet.Process) {
				wander(p, rand.New(rand.NewPCG(seed, uint64(i+4*p.Incarnation()))))
			}}))
		}
	}
}

// wander makes calls, each with what earlier ones have made.
func wander(p *simnet.Process, r *rand.Rand) {
	var conns []transport.Conn
	var listeners []transport.Listener
	var fds []transport.FD
	paths := []string{"/run/a", "/run/b"}
	used := map[string]bool{}
	path := func() string { return paths[r.IntN(len(paths))] }
	soon := func() time.Time { return p.Now().Add(time.Duration(r.IntN(3)) * time.Millisecond) }
	keep := func(c transport.Conn, err error) {
		if err == nil {
			conns = append(conns, c)
		}
	}
	for range 40 {
		var c transport.Conn
		if len(conns) > 0 {
			c = conns[r.IntN(len(conns))]
		}
		switch k := r.IntN(16); {
		case k == 0:
			// Two listeners of one path in one process would have one name in the trace.
			if name := path(); !used[name] {
				p.Remove(name)
				if l, err := p.Listen(name, 1+r.IntN(3), transport.ListenConfig{Takeover: r.IntN(4) == 0}); err == nil {
					listeners = append(listeners, l)
					used[name] = true
				}
			}
		case k == 1:
			keep(p.Dial(path(), soon()))
		case k == 2 && len(listeners) > 0:
			keep(listeners[r.IntN(len(listeners))].Accept(soon()))
		case k == 3:
			if a, b, err := p.Pair(); err == nil {
				conns = append(conns, a, b)
			}
		case k == 4 && len(listeners) > 0 && r.IntN(3) == 0:
			listeners[r.IntN(len(listeners))].Close()
		case k == 5 && len(fds) > 0:
			i := r.IntN(len(fds))
			keep(p.Adopt(fds[i]))
			fds[i].Close()
			fds = append(fds[:i], fds[i+1:]...)
		case c == nil:
			keep(p.Dial(path(), soon()))
		case k == 6:
			if fd, err := c.Dup(); err == nil {
				fds = append(fds, fd)
			}
		case k == 7 && len(fds) > 0:
			c.Send([][]byte{[]byte("fd")}, fds[:1], soon())
			fds[0].Close()
			fds = fds[1:]
		case k == 8:
			c.CloseRead()
		case k == 9:
			c.CloseWrite()
		case k == 10 && r.IntN(2) == 0:
			c.Close()
		case k < 13:
			room := make([]transport.FD, r.IntN(2))
			if _, n, err := c.Recv([][]byte{make([]byte, 1+r.IntN(2000))}, room, soon()); err == nil {
				fds = append(fds, room[:n]...)
			}
		default:
			c.Send([][]byte{make([]byte, 1+r.IntN(3000))}, nil, soon())
		}
	}
}
