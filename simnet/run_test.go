package simnet_test

import (
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

func TestRunEcho(t *testing.T) {
	var got string
	build := func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l, err := server.Listen("/run/s", 1, transport.ListenConfig{})
		if err != nil {
			panic(err)
		}
		server.Background("accept", func() {
			for {
				c, err := l.Accept(time.Time{})
				if err != nil {
					return
				}
				server.Go("conn", func() {
					defer c.Close()
					p := make([]byte, 10)
					for {
						n, _, err := c.Recv([][]byte{p}, nil, time.Time{})
						if err != nil {
							return
						}
						c.Send([][]byte{p[:n]}, nil, time.Time{})
					}
				})
			}
		})
		client.Go("main", func() {
			c, err := client.Dial("/run/s", time.Time{})
			if err != nil {
				panic(err)
			}
			defer c.Close()
			c.Send([][]byte{[]byte("hello")}, nil, time.Time{})
			p := make([]byte, 10)
			n, _, err := c.Recv([][]byte{p}, nil, time.Time{})
			if err != nil {
				panic(err)
			}
			got = string(p[:n])
			client.Sleep(client.Now().Add(time.Hour))
		})
	}
	hashes := map[uint64]int{}
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range uint64(1000) {
			got = ""
			res := r.Run(simnet.Config{Chooser: simnet.Random(seed)}, build)
			if res.Err != nil || got != "hello" || res.Elapsed != time.Hour {
				t.Fatal(seed, res, got)
			}
			hashes[res.Hash]++
		}
	})
	t.Log(len(hashes))
	res := simnet.Run(simnet.Config{}, build)
	t.Log(res)
}

func BenchmarkRunEcho(b *testing.B) {
	simnet.Loop(func(r *simnet.Runner) {
		b.ReportAllocs()
		b.ResetTimer()
		for i := range b.N {
			res := r.Run(simnet.Config{Chooser: simnet.Random(uint64(i))}, func(w *simnet.World) {
				p := w.Process("p")
				a, c, _ := p.Pair()
				for range 2 {
					p.Go("writer", func() {
						bufs := [][]byte{make([]byte, 8)}
						for range 10 {
							a.Send(bufs, nil, time.Time{})
						}
					})
				}
				p.Go("reader", func() {
					bufs := [][]byte{make([]byte, 16)}
					for n := 0; n < 160; {
						m, _, _ := c.Recv(bufs, nil, time.Time{})
						n += m
					}
				})
			})
			if res.Err != nil {
				b.Fatal(res.Err)
			}
		}
	})
}
func BenchmarkRT(b *testing.B) {
	b.ReportAllocs()
	res := simnet.Run(simnet.Config{Steps: 1 << 40}, func(w *simnet.World) {
		p := w.Process("p")
		a, c, _ := p.Pair()
		p.Go("ping", func() {
			bufs := [][]byte{make([]byte, 64)}
			b.ResetTimer()
			for range b.N {
				a.Send(bufs, nil, time.Time{})
				a.Recv(bufs, nil, time.Time{})
			}
			b.StopTimer()
			a.Close()
		})
		p.Go("pong", func() {
			bufs := [][]byte{make([]byte, 64)}
			for {
				if _, _, err := c.Recv(bufs, nil, time.Time{}); err != nil {
					return
				}
				c.Send(bufs, nil, time.Time{})
			}
		})
	})
	if res.Err != nil {
		b.Fatal(res.Err)
	}
}
func benchStep(b *testing.B, n int) {
	b.ReportAllocs()
	left := b.N
	res := simnet.Run(simnet.Config{Steps: 1 << 40, NOFILE: 1 << 20, Chooser: simnet.Random(1)}, func(w *simnet.World) {
		p := w.Process("p")
		for range n {
			a, c, _ := p.Pair()
			p.Go("x", func() {
				bufs := [][]byte{make([]byte, 64)}
				for left > 0 {
					left -= 2
					a.Send(bufs, nil, time.Time{})
					c.Recv(bufs, nil, time.Time{})
				}
			})
		}
		p.Go("start", func() { p.Sleep(p.Now().Add(1)); b.ResetTimer() })
	})
	if res.Err != nil {
		b.Fatal(res.Err)
	}
}
func BenchmarkStep4(b *testing.B)     { benchStep(b, 4) }
func BenchmarkStep10000(b *testing.B) { benchStep(b, 10000) }
