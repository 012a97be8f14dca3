package simnet_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// A server and a client as two processes, in an order that a seed decides. The
// hour that the client waits takes no time.
func ExampleRun() {
	res := simnet.Run(simnet.Config{Chooser: simnet.Random(1)}, func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l, err := server.Listen("/run/app.sock", 8, transport.ListenConfig{})
		if err != nil {
			w.TB().Fatal(err)
		}
		server.Go("main", func() {
			c, err := l.Accept(time.Time{})
			if err != nil {
				w.TB().Fatal(err)
			}
			server.Sleep(server.Now().Add(time.Hour))
			io.WriteString(transport.NetConn(server, c), "good morning")
			c.Close()
		})
		client.Go("main", func() {
			c, err := client.Dial("/run/app.sock", client.Now().Add(time.Second))
			if err != nil {
				w.TB().Fatal(err)
			}
			heard, err := io.ReadAll(transport.NetConn(client, c))
			fmt.Printf("%s, %v\n", heard, err)
		})
	})
	fmt.Println(res.Err, res.Elapsed)
	// Output:
	// good morning, <nil>
	// <nil> 1h0m0s
}

// Many runs in a row: in how many of a thousand orders does the second of two
// tasks come first?
func ExampleLoop() {
	first := map[string]int{}
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range uint64(1000) {
			var order []string
			res := r.Run(simnet.Config{Chooser: simnet.Random(seed)}, func(w *simnet.World) {
				p := w.Process("p")
				for _, name := range []string{"one", "two"} {
					p.Go(name, func() { order = append(order, name) })
				}
			})
			if res.Err != nil {
				fmt.Println(res.Err)
			}
			first[order[0]]++
		}
	})
	fmt.Println(first["one"] > 400, first["two"] > 400)
	// Output: true true
}

// Faults strike at random, as often as they are allowed to, and a Result says
// which did.
func ExampleFaults() {
	cfg := simnet.Config{
		Chooser: simnet.Random(3),
		Faults: simnet.Faults{
			simnet.FaultShort: {Rate: 65536 / 2},         // every other call moves less than it could
			simnet.FaultReset: {Rate: 65536 / 4, Max: 1}, // and one connection dies in the end
		},
	}
	res := simnet.Run(cfg, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("reader", func() {
			_, err := io.Copy(io.Discard, transport.NetConn(p, b))
			fmt.Println("reset:", errors.Is(err, syscall.ECONNRESET))
		})
		p.Go("writer", func() {
			c := transport.NetConn(p, a)
			for {
				if _, err := io.WriteString(c, strings.Repeat("x", 100)); err != nil {
					fmt.Println("broken pipe:", errors.Is(err, syscall.EPIPE))
					return
				}
			}
		})
	})
	fmt.Println(res.Fired[simnet.FaultShort] > 0, res.Fired[simnet.FaultReset])
	// Output:
	// broken pipe: true
	// reset: true
	// true 1
}
