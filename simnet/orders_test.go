package simnet_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// ordering is a client that sends twice to a server that receives until the end.
func ordering(told *[]string, orders string) func(*simnet.World) {
	return func(w *simnet.World) {
		*told = nil
		say := func(who string, n int, err error) { *told = append(*told, who+" "+said(n, err)) }
		server, client := w.Process("server"), w.Process("client")
		l, _ := server.Listen("/run/s", 1, transport.ListenConfig{})
		server.Go("main", func() {
			c, err := l.Accept(time.Time{})
			for err == nil {
				var n int
				n, _, err = c.Recv([][]byte{make([]byte, 10)}, nil, time.Time{})
				say("recv", n, err)
			}
		})
		client.Go("main", func() {
			c, err := client.Dial("/run/s", time.Time{})
			say("dial", 0, err)
			if err != nil {
				return
			}
			for range 2 {
				n, err := c.Send([][]byte{make([]byte, 3)}, nil, time.Time{})
				say("send", n, err)
			}
			c.Close()
		})
		if err := w.Order(orders); err != nil {
			panic(err)
		}
	}
}

// TestOrders has faults struck, and tasks run, where a test says so, under every
// kind of chooser.
func TestOrders(t *testing.T) {
	for _, test := range []struct{ orders, want string }{
		{"", "dial ok, send 3, send 3, recv 6, recv EOF"},
		{"client/main 3 run server/main", "dial ok, send 3, recv 3, send 3, recv 3, recv EOF"},
		{"client/main 2 fail ENOBUFS", "dial ok, send ENOBUFS, send 3, recv 3, recv EOF"},
		{"client/main 3 fail EPIPE", "dial ok, send 3, send EPIPE, recv 3, recv ECONNRESET"},
		{"server/main 2 short 1", "dial ok, send 3, send 3, recv 1, recv 5, recv EOF"},
		{"client/main 1 fail EMFILE # of the dial\n\nclient/main 1 jump 1s", "dial EMFILE"},
	} {
		var told []string
		res := simnet.Run(simnet.Config{}, ordering(&told, test.orders))
		if got := strings.Join(told, ", "); got != test.want {
			t.Errorf("%q: %s\nwant %s", test.orders, got, test.want)
		}
		var dead *simnet.Deadlock
		if res.Err != nil && !errors.As(res.Err, &dead) {
			t.Error(res.Err)
		}
	}
}

// TestOrdersRandom has orders hold whatever the Chooser answers, and scripts of
// such runs replay, beside the orders.
func TestOrdersRandom(t *testing.T) {
	for seed := range uint64(50) {
		var told []string
		build := ordering(&told, "client/main 2 fail ENOBUFS")
		rec := simnet.Record(simnet.Random(seed))
		res := simnet.Run(simnet.Config{Chooser: rec}, build)
		if res.Err != nil || !strings.Contains(strings.Join(told, ", "), "send ENOBUFS") || res.Fired[simnet.FaultENOBUFS] != 1 {
			t.Fatal(seed, res.Err, told)
		}
		again := simnet.Run(simnet.Config{Chooser: simnet.Replay(res.Script)}, build)
		if again.Hash != res.Hash {
			t.Fatal(seed, "replayed, it is another run")
		}
	}
}

// TestOrdersBeside has orders carried out beside faults that are switched on, and
// beside those that a script wants; and the chooser asked every question all the
// same.
func TestOrdersBeside(t *testing.T) {
	const orders = "client/main 2 fail ENOBUFS"
	script, err := simnet.ParseScript("brine script 1\nserver/main 2 short 1\n")
	ok(t, err)
	var some simnet.Faults
	some[simnet.FaultJump].Rate = 1
	for chooser, short := range map[simnet.Chooser]int{simnet.Calm(): 0, simnet.Replay(script): 1} {
		var told []string
		res := simnet.Run(simnet.Config{Chooser: chooser, Faults: some}, ordering(&told, orders))
		if res.Err != nil || res.Fired[simnet.FaultENOBUFS] != 1 || res.Fired[simnet.FaultShort] != short {
			t.Error(res.Err, res.Fired, told)
		}
	}
	var told []string
	asks := 0
	res := simnet.Run(simnet.Config{Chooser: asked(func(*simnet.Point) int { asks++; return 0 })}, ordering(&told, orders))
	if res.Err != nil || asks != res.Choices {
		t.Errorf("%v; asked %d times of %d", res.Err, asks, res.Choices)
	}
}

// TestOrdersEarly has time pass early by order, though nothing else can fail.
func TestOrdersEarly(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			began := p.Now()
			must(p.AfterFunc("timer", began.Add(time.Second), func() {}))(t)
			p.Yield()
			if now := p.Now(); now.Sub(began) != time.Second {
				t.Error("it is", now)
			}
		})
		ok(t, w.Order("p/main 1 early"))
	})
	ok(t, res.Err)
}

// TestOrdersRefused has what cannot be ordered refused, and what was not carried
// out reported.
func TestOrdersRefused(t *testing.T) {
	var told []string
	res := simnet.Run(simnet.Config{}, ordering(&told, "client/main 9 fail EPIPE"))
	if res.Err == nil || !strings.Contains(res.Err.Error(), "client/main 9") {
		t.Error(res.Err)
	}
	var damaged, late error
	var w *simnet.World
	simnet.Run(simnet.Config{}, func(world *simnet.World) {
		w = world
		damaged = w.Order("client/main 1 jump 1s\nclient/main x fail EPIPE")
		w.Process("p").Go("main", func() { late = w.Order("client/main 1 jump 1s") })
	})
	if e := (*simnet.ScriptError)(nil); !errors.As(damaged, &e) || e.Line != 2 {
		t.Error(damaged)
	}
	if !errors.Is(late, syscall.EINVAL) {
		t.Error(late)
	}
	if err := w.Order(""); !errors.Is(err, syscall.ESRCH) {
		t.Error(err)
	}
	if err := simnet.NewWorld(simnet.Config{}).Order(""); !errors.Is(err, syscall.ENOTSUP) {
		t.Error(err)
	}
}

// A test orders a fault at a precise point, in the words of a script.
func ExampleWorld_Order() {
	simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("main", func() {
			a.Send([][]byte{[]byte("hello")}, nil, time.Time{})
			n, _, err := b.Recv([][]byte{make([]byte, 5)}, nil, time.Time{})
			fmt.Println(n, err)
			_, err = a.Send([][]byte{[]byte("hello")}, nil, time.Time{})
			fmt.Println(err)
		})
		w.Order("p/main 2 short half\np/main 3 fail ENOBUFS")
	})
	// Output:
	// 2 <nil>
	// send: no buffer space available (ENOBUFS)
}
