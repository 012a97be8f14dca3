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
