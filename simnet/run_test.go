package simnet_test

import (
	"context"
	"syscall"
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

// TestRecvInRun has a Recv without a deadline, which takes a way of its own in a run,
// end as any other does.
func TestRecvInRun(t *testing.T) {
	far := time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, until := range []time.Time{never, far} {
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("p")
			a, b, err := p.Pair()
			ok(t, err)
			view, cancel := p.WithCancel(context.Background())
			narrow := must(view.Attach(a))(t)
			p.Go("main", func() {
				// A descriptor without room for it is closed.
				must(b.Send(bytes("x"), []transport.FD{must(b.Dup())(t)}, never))(t)
				if n, nfd, err := a.Recv(bytes("12"), nil, until); n != 1 || nfd != 0 || err != nil {
					t.Error(n, nfd, err)
				}
				// One that is cancelled says nothing of what was done before.
				if n, err := a.Send([][]byte{make([]byte, 1<<20)}, nil, never); n != 1<<20 || err != nil {
					t.Error(n, err)
				}
				n, nfd, err := narrow.Recv(bytes("12"), nil, until)
				if n != 0 || nfd != 0 {
					t.Error(n, nfd, err)
				}
				want(t, "recv", err, syscall.ECANCELED)
			})
			p.Go("other", func() {
				for got := 0; got < 1<<20; {
					n, _, err := b.Recv([][]byte{make([]byte, 1<<20)}, nil, never)
					ok(t, err)
					got += n
				}
				p.Sleep(p.Now().Add(time.Second))
				cancel()
			})
		})
		ok(t, res.Err)
	}
}
