package thirdparty_test

import (
	"net"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/test/bufconn"

	"example.com/brine/simnet"
)

// Whole short runs, on one core: two writers write 8 bytes ten times each, one
// reader reads them, 16 at a time.

const (
	writers = 2
	writes  = 10
)

// writersReader is the program for simnet, each message of so many bytes. read
// has all that the reader has read in the end.
func writersReader(size int, read []byte) func(*simnet.World) {
	return func(w *simnet.World) {
		p := w.Process("p")
		in, out := pairOf(p)
		for i := range writers {
			p.Go("writer", func() {
				buf := [][]byte{message(i, size)}
				for range writes {
					sendAll(in, buf)
				}
			})
		}
		p.Go("reader", func() {
			bufs := make([][]byte, 1)
			for n := 0; n < len(read); {
				bufs[0] = read[n:min(n+16, len(read))]
				n += receive(out, bufs)
			}
		})
	}
}

// message says who has sent it.
func message(writer, size int) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(writer)
	}
	return p
}

// writersReaderOn is the same program for ordinary goroutines. It returns when the
// reader has read everything.
func writersReaderOn(t testing.TB, dial, accept func() (net.Conn, error), size int, read []byte) {
	var tasks sync.WaitGroup
	tasks.Go(func() {
		out, err := accept()
		for n := 0; n < len(read) && err == nil; {
			var m int
			m, err = out.Read(read[n:min(n+16, len(read))])
			n += m
		}
		if err != nil {
			t.Error(err)
		}
	})
	in, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	for i := range writers {
		tasks.Go(func() {
			p := message(i, size)
			for range writes {
				if _, err := in.Write(p); err != nil {
					t.Error(err)
				}
			}
		})
	}
	tasks.Wait()
}

// onPipe is the program on net.Pipe.
func onPipe(t testing.TB, size int, read []byte) {
	in, out := net.Pipe()
	writersReaderOn(t,
		func() (net.Conn, error) { return in, nil },
		func() (net.Conn, error) { return out, nil }, size, read)
}

// onBufconn is the program on bufconn. Its buffer has room for everything and is
// no bigger, because bufconn allocates it.
func onBufconn(t testing.TB, size int, read []byte) {
	l := bufconn.Listen(len(read))
	writersReaderOn(t, l.Dial, l.Accept, size, read)
}

// oneCore runs f with one processor, as a test: only a test can have bubbles, and
// what the testing package calls for each of them is part of what they cost.
func oneCore(b *testing.B, f func(t *testing.T)) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	called := false
	always := func(string, string) (bool, error) { return true, nil }
	ok := testing.RunTests(always, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) {
		if called {
			return // -cpu and -count are the benchmark's
		}
		called = true
		runtime.GOMAXPROCS(1)
		f(t)
	}}})
	if !ok || !called {
		b.Fatal("the programs failed")
	}
}

// times does something so often.
func times(f func()) contender {
	return timed(func(n int) {
		for range n {
			f()
		}
	})
}

// simulated runs a program under another random chooser each time.
func simulated(run func(simnet.Config, func(*simnet.World)) *simnet.Result, t testing.TB, program func(*simnet.World)) func() {
	var seed uint64
	return func() {
		seed++
		if res := run(simnet.Config{Chooser: simnet.Random(seed)}, program); res.Err != nil {
			t.Error(res.Err)
			runtime.Goexit()
		}
	}
}

// bubbled runs something in a fresh bubble.
func bubbled(t *testing.T, f func(t *testing.T)) func() {
	return func() { synctest.Test(t, f) }
}

// executions compares runs on a Runner with a peer, and says how many times as
// many there are in a second.
func executions(b *testing.B, program func(*simnet.World), peer func(t *testing.T) func()) {
	oneCore(b, func(t *testing.T) {
		simnet.Loop(func(r *simnet.Runner) {
			m := paired(b, 1000, times(simulated(r.Run, t, program)), times(peer(t)))
			b.ReportMetric(1e9/m.ours, "simnet-runs/s")
			b.ReportMetric(1/m.ratio, "times-as-many")
		})
	})
}

const each = 8 // bytes a message

func BenchmarkRunsBubblePipe(b *testing.B) {
	read := make([]byte, writers*writes*each)
	executions(b, writersReader(each, read), func(t *testing.T) func() {
		return bubbled(t, func(t *testing.T) { onPipe(t, each, read) })
	})
}

func BenchmarkRunsBubbleBufconn(b *testing.B) {
	read := make([]byte, writers*writes*each)
	executions(b, writersReader(each, read), func(t *testing.T) func() {
		return bubbled(t, func(t *testing.T) { onBufconn(t, each, read) })
	})
}

// BenchmarkRunsBufconn has the peer in no bubble: its runs begin with nothing
// fresh but the connection, and nothing controls them.
func BenchmarkRunsBufconn(b *testing.B) {
	read := make([]byte, writers*writes*each)
	executions(b, writersReader(each, read), func(t *testing.T) func() {
		return func() { onBufconn(t, each, read) }
	})
}

// BenchmarkRunsPipe is the same on net.Pipe.
func BenchmarkRunsPipe(b *testing.B) {
	read := make([]byte, writers*writes*each)
	executions(b, writersReader(each, read), func(t *testing.T) func() {
		return func() { onPipe(t, each, read) }
	})
}

// BenchmarkRunsEmpty is what is left of the first if there is next to nothing to
// run: a task that returns, and a bubble that is left at once.
func BenchmarkRunsEmpty(b *testing.B) {
	program := func(w *simnet.World) { w.Process("p").Go("main", func() {}) }
	executions(b, program, func(t *testing.T) func() {
		return bubbled(t, func(*testing.T) {})
	})
}

// BenchmarkRunsSingle is simnet.Run, which keeps nothing for a next run, against
// the same bubble.
func BenchmarkRunsSingle(b *testing.B) {
	read := make([]byte, writers*writes*each)
	oneCore(b, func(t *testing.T) {
		paired(b, 200, times(simulated(simnet.Run, t, writersReader(each, read))),
			times(bubbled(t, func(t *testing.T) { onPipe(t, each, read) })))
	})
}

// BenchmarkOrders reports in how many orders the messages arrive in 10,000 runs,
// if they have one byte each. There are 184,756, and an even choice among them
// would show about 9,733. The peer is net.Pipe, with as many processors as there
// are.
func BenchmarkOrders(b *testing.B) {
	const runs = 10_000
	read := make([]byte, writers*writes)
	orders := func(f func()) float64 {
		seen := make(map[string]bool)
		for range runs {
			f()
			seen[string(read)] = true
		}
		return float64(len(seen))
	}
	var ours, theirs []float64
	simnet.Loop(func(r *simnet.Runner) {
		one := simulated(r.Run, b, writersReader(1, read))
		for b.Loop() {
			ours = append(ours, orders(one))
			theirs = append(theirs, orders(func() { onPipe(b, 1, read) }))
		}
	})
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours), "simnet-orders")
	b.ReportMetric(median(theirs), "peer-orders")
}
