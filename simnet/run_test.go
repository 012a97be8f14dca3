package simnet_test

import (
	"context"
	"slices"
	"syscall"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// TestRunEcho runs a server and a client in many orders, one Runner after another:
// they always understand each other, the hour that the client sleeps costs nothing,
// and each seed gives the same run again.
func TestRunEcho(t *testing.T) {
	var got string
	build := func(w *simnet.World) {
		serveEcho(w)
		client := w.Process("client")
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
	const seeds = 1000
	hashes := make([]uint64, seeds)
	different := map[uint64]bool{}
	for range 2 {
		simnet.Loop(func(r *simnet.Runner) {
			for seed := range uint64(seeds) {
				got = ""
				res := r.Run(simnet.Config{Chooser: simnet.Random(seed)}, build)
				if res.Err != nil || got != "hello" || res.Elapsed != time.Hour {
					t.Fatal(seed, res, got)
				}
				if hashes[seed] != 0 && hashes[seed] != res.Hash {
					t.Fatalf("seed %d: another run than before", seed)
				}
				hashes[seed], different[res.Hash] = res.Hash, true
			}
		})
	}
	if len(different) < 2 {
		t.Error("all orders are the same")
	}
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

// TestSendInRun has all of a Send arrive, once and in order, that the buffer has no
// room for at once.
func TestSendInRun(t *testing.T) {
	message := make([]byte, 1<<20)
	for i := range message {
		message[i] = byte(i >> 8)
	}
	var got []byte
	res := simnet.Run(simnet.Config{Once: true}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, err := p.Pair()
		ok(t, err)
		p.Go("main", func() {
			if n, err := a.Send([][]byte{message}, nil, never); n != len(message) || err != nil {
				t.Error(n, err)
			}
			a.Close()
		})
		p.Go("other", func() {
			for buf := make([]byte, 10_000); ; {
				n, _, err := b.Recv([][]byte{buf}, nil, never)
				if got = append(got, buf[:n]...); err != nil {
					return
				}
			}
		})
	})
	if ok(t, res.Err); !slices.Equal(got, message) {
		t.Errorf("%d bytes arrived, or others than the %d that were sent", len(got), len(message))
	}
}

// TestOffInRun has the quick ways of Recv and Send closed to a view that was
// cancelled, and to a process that is dead.
func TestOffInRun(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		view, cancel := p.WithCancel(context.Background())
		a, b, err := p.Pair()
		ok(t, err)
		narrow := must(view.Attach(a))(t)
		must(b.Send(bytes("12"), nil, never))(t)
		q.Go("main", func() {
			check := func(c transport.Conn, errno syscall.Errno) {
				_, _, err := c.Recv(bytes("x"), nil, never)
				want(t, "recv", err, errno)
				_, err = c.Send(bytes("x"), nil, never)
				want(t, "send", err, errno)
			}
			cancel()
			check(narrow, syscall.ECANCELED)
			p.Kill()
			check(narrow, syscall.ESRCH)
			check(a, syscall.ESRCH)
		})
	})
	ok(t, res.Err)
}
