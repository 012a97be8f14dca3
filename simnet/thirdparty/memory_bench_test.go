package thirdparty_test

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// What connections and tasks take, and that runs leave nothing behind.

const idle = 100_000

// A footprint is what the program takes.
type footprint struct {
	runtime.MemStats
	resident int64 // in bytes, as the kernel counts; 0 where it cannot be asked
}

func (f *footprint) take() {
	debug.FreeOSMemory() // collects garbage, too
	runtime.ReadMemStats(&f.MemStats)
	f.resident = resident()
}

// since returns how many more bytes of heap and stacks there are for each of the
// connections, and how many the kernel sees.
func (f *footprint) since(before *footprint) (used, resident float64) {
	more := int64(f.HeapAlloc+f.StackInuse) - int64(before.HeapAlloc+before.StackInuse)
	return float64(more) / idle, float64(f.resident-before.resident) / idle
}

func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	if f := strings.Fields(string(b)); len(f) > 1 {
		pages, _ := strconv.ParseInt(f[1], 10, 64)
		return pages * int64(os.Getpagesize())
	}
	return 0
}

// connect makes connections between two processes, and passes both ends on.
func connect(server, client *simnet.Process, each func(here, there transport.Conn)) error {
	l, err := server.Listen("/run/s", 1, transport.ListenConfig{})
	if err != nil {
		return err
	}
	for range idle {
		c, err := client.Dial("/run/s", time.Time{})
		if err != nil {
			return err
		}
		s, err := l.Accept(time.Time{})
		if err != nil {
			return err
		}
		each(c, s)
	}
	return nil
}

var many = simnet.Config{NOFILE: 2*idle + 10, Steps: 1 << 40}

// BenchmarkIdle reports what an idle connection costs in free mode, both ends
// together.
func BenchmarkIdle(b *testing.B) {
	for b.Loop() {
		var before, after footprint
		before.take()
		w := simnet.NewWorld(many)
		conns := make([]transport.Conn, 0, 2*idle)
		if err := connect(w.Process("server"), w.Process("client"), func(here, there transport.Conn) {
			conns = append(conns, here, there)
		}); err != nil {
			b.Fatal(err)
		}
		after.take()
		reportBytes(b, &before, &after)
		runtime.KeepAlive(conns)
		runtime.KeepAlive(w)
	}
}

func reportBytes(b *testing.B, before, after *footprint) {
	used, resident := after.since(before)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(used, "B/conn")
	b.ReportMetric(resident, "resident-B/conn")
}

// BenchmarkIdleRun is the same in a run.
func BenchmarkIdleRun(b *testing.B) {
	for b.Loop() {
		var before, after footprint
		before.take()
		res := simnet.Run(many, func(w *simnet.World) {
			server, client := w.Process("server"), w.Process("client")
			conns := make([]transport.Conn, 0, 2*idle)
			if err := connect(server, client, func(here, there transport.Conn) {
				conns = append(conns, here, there)
			}); err != nil {
				panic(err)
			}
			client.Go("main", func() {
				after.take()
				runtime.KeepAlive(conns)
			})
		})
		if res.Err != nil {
			b.Fatal(res.Err)
		}
		reportBytes(b, &before, &after)
	}
}

// unblocked is what the program took before any goroutine of BenchmarkBlocked's.
// The runtime keeps what describes a goroutine for the next one, so that all but
// the first look would find too little.
var unblocked = sync.OnceValue(func() *footprint {
	f := new(footprint)
	f.take()
	return f
})

// BenchmarkBlocked has a task blocked in Recv on each connection, with all that
// belongs to it: its goroutine and its stack.
func BenchmarkBlocked(b *testing.B) {
	before := unblocked()
	for b.Loop() {
		var after footprint
		blocked := 0
		res := simnet.Run(many, func(w *simnet.World) {
			server, client := w.Process("server"), w.Process("client")
			conns := make([]transport.Conn, 0, idle)
			if err := connect(server, client, func(here, there transport.Conn) {
				conns = append(conns, here)
				server.Background("conn", func() {
					var bufs [1][]byte
					var buf [16]byte
					bufs[0] = buf[:]
					blocked++
					there.Recv(bufs[:], nil, time.Time{})
					blocked--
				})
			}); err != nil {
				panic(err)
			}
			client.Go("main", func() { // the last to begin in the calm run
				if blocked != idle {
					panic("not all are blocked")
				}
				after.take()
				runtime.KeepAlive(conns)
			})
		})
		if res.Err != nil {
			b.Fatal(res.Err)
		}
		reportBytes(b, before, &after)
		stacks := int64(after.StackInuse) - int64(before.StackInuse)
		b.ReportMetric(float64(stacks)/idle, "stack-B/conn")
	}
}
