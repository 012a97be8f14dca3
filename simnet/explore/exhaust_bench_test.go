package explore_test

import (
	"context"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// echo is a program of three processes: two clients ask a server, which answers
// one after the other.
func echo(w *simnet.World) {
	server := w.Process("server")
	l, err := server.Listen("/run/echo.sock", 8, transport.ListenConfig{})
	if err != nil {
		panic(err)
	}
	server.Go("main", func() {
		defer l.Close()
		for range 2 {
			c, err := l.Accept(time.Time{})
			if err != nil {
				return
			}
			reply(c)
		}
	})
	for _, name := range [...]string{"a", "b"} {
		p := w.Process(name)
		p.Go("main", func() {
			c, err := p.Dial("/run/echo.sock", time.Time{})
			if err != nil {
				return
			}
			ask(c)
		})
	}
}

func reply(c transport.Conn) {
	defer c.Close()
	buf := [][]byte{make([]byte, 8)}
	if n, _, err := c.Recv(buf, nil, time.Time{}); err == nil {
		buf[0] = buf[0][:n]
		c.Send(buf, nil, time.Time{})
	}
}

func ask(c transport.Conn) {
	defer c.Close()
	buf := [][]byte{make([]byte, 8)}
	if _, err := c.Send(buf, nil, time.Time{}); err == nil {
		c.Recv(buf, nil, time.Time{})
	}
}

// pairs is a program in which two clients talk to a server of their own each.
func pairs(w *simnet.World) {
	for _, name := range [...]string{"a", "b"} {
		server, client := w.Process("server-"+name), w.Process("client-"+name)
		path := "/run/" + name
		l, err := server.Listen(path, 8, transport.ListenConfig{})
		if err != nil {
			panic(err)
		}
		c, err := client.Dial(path, time.Time{})
		if err != nil {
			panic(err)
		}
		a, err := l.Accept(time.Time{})
		if err != nil {
			panic(err)
		}
		server.Go("main", func() { reply(a) })
		client.Go("main", func() { ask(c) })
	}
}

// BenchmarkExhaust compares runs per second of Exhaust with those of a Runner that
// executes the calm run of the same program again and again.
func BenchmarkExhaust(b *testing.B) {
	for _, bb := range []struct {
		name  string
		build func(*simnet.World)
	}{{"echo", echo}, {"pairs", pairs}} {
		program := explore.World(bb.build)
		b.Run(bb.name+"/bare", func(b *testing.B) {
			simnet.Loop(func(r *simnet.Runner) {
				for b.Loop() {
					if res := r.Run(simnet.Config{}, bb.build); res.Err != nil {
						b.Fatal(res.Err)
					}
				}
			})
			perSecond(b, b.N)
		})
		for _, isolated := range [...]bool{false, true} {
			name := "/exhaust"
			if isolated {
				name = "/pruned"
			}
			b.Run(bb.name+name, func(b *testing.B) {
				runs := 0
				for b.Loop() {
					c := explore.Exhaust(context.Background(), explore.ExhaustConfig{Isolated: isolated}, 3, program)
					if !c.Complete {
						b.Fatal(c)
					}
					runs += c.Runs
				}
				perSecond(b, runs)
			})
		}
	}
}

func perSecond(b *testing.B, runs int) {
	b.ReportMetric(float64(runs)/b.Elapsed().Seconds(), "runs/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(runs), "ns/run")
	b.ReportMetric(float64(runs)/float64(b.N), "runs")
}
