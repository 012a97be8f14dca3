package thirdparty_test

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"example.com/brine/simnet"
)

// TestGrowth looks at how much memory and how many goroutines there are after so
// many runs of all kinds: those that pass, those in which a process is killed, and
// those that deadlock. GROWTH_RUNS says how many; a million take a minute or so.
func TestGrowth(t *testing.T) {
	runs := 20_000
	if v := os.Getenv("GROWTH_RUNS"); v != "" {
		var err error
		if runs, err = strconv.Atoi(v); err != nil || runs < 2000 {
			t.Fatalf("GROWTH_RUNS=%s: not a number from 2000", v)
		}
	}
	read := make([]byte, writers*writes*each)
	passes := writersReader(each, read)
	simnet.Loop(func(r *simnet.Runner) {
		var base footprint
		goroutines := 0
		next := runs / 100
		for i := 1; i <= runs; i++ {
			cfg := simnet.Config{Chooser: simnet.Random(uint64(i))}
			var deadlock *simnet.Deadlock
			switch i % 8 {
			case 0:
				if res := r.Run(cfg, stands); !errors.As(res.Err, &deadlock) {
					t.Fatal("a run that cannot end: ", res.Err)
				}
			case 1:
				if res := r.Run(cfg, dies); res.Err != nil {
					t.Fatal(res.Err)
				}
			default:
				if res := r.Run(cfg, passes); res.Err != nil {
					t.Fatal(res.Err)
				}
			}
			if i != next {
				continue
			}
			var now footprint
			now.take()
			t.Logf("after %d runs: heap %d KiB, stacks %d KiB, resident %d KiB, %d goroutines", i, now.HeapAlloc>>10, now.StackInuse>>10, now.resident>>10, runtime.NumGoroutine())
			if base.HeapAlloc == 0 {
				base, goroutines = now, runtime.NumGoroutine()
			}
			// A million runs that each leave a word are noticed.
			const slack = 1 << 20
			if now.HeapAlloc > base.HeapAlloc+slack || now.StackInuse > base.StackInuse+slack {
				t.Errorf("memory grows with runs: heap %d, stacks %d bytes; at first %d, %d", now.HeapAlloc, now.StackInuse, base.HeapAlloc, base.StackInuse)
			}
			if n := runtime.NumGoroutine(); n > goroutines+2 {
				t.Errorf("%d goroutines, %d at first", n, goroutines)
			}
			next = min(next*10, runs)
		}
	})
}

// stands is a program in which two tasks wait for each other.
func stands(w *simnet.World) {
	p := w.Process("p")
	a, b := pairOf(p)
	buf := func() [][]byte { return [][]byte{make([]byte, 8)} }
	p.Go("one", func() {
		defer a.Close()
		receive(a, buf())
	})
	p.Go("other", func() {
		defer b.Close()
		receive(b, buf())
	})
}

// dies is a program in which a server is killed, in whatever it does, and its
// next life serves again.
func dies(w *simnet.World) {
	server, client := w.Process("server"), w.Process("client")
	here, there := connected(server, client)
	serve := func(p *simnet.Process) {
		p.Go("serve", func() {
			buf := [][]byte{make([]byte, 8)}
			for {
				if _, _, err := there.Recv(buf, nil, time.Time{}); err != nil {
					return
				}
				there.Send(buf, nil, time.Time{})
			}
		})
	}
	serve(server)
	client.Go("main", func() {
		buf := [][]byte{make([]byte, 8)}
		here.Send(buf, nil, time.Time{})
		next, err := server.Restart()
		if err != nil {
			panic(err)
		}
		serve(next) // of a connection that is not its own: it ends at once
		here.Recv(buf, nil, time.Time{})
		here.Close()
	})
}
