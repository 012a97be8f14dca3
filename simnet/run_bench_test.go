package simnet_test

import (
	"math"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// These measure simulated runs alone, for profiles and for comparing one version
// with another. How they compare with what others use is in simnet/thirdparty.

// BenchmarkStep is one operation of a task, and the choice of who goes on.
func BenchmarkStep(b *testing.B) {
	b.Run("calm", func(b *testing.B) { steps(b, 4, simnet.Calm()) })
	b.Run("random4", func(b *testing.B) { steps(b, 4, simnet.Random(1)) })
	b.Run("random10000", func(b *testing.B) { steps(b, 10_000, simnet.Random(1)) })
}

// steps has tasks that could all go on at any time: each sends to itself and
// receives it. The time begins when all that are ever chosen have begun.
func steps(b *testing.B, tasks int, chooser simnet.Chooser) {
	b.ReportAllocs()
	res := simnet.Run(simnet.Config{Chooser: chooser, Steps: math.MaxInt, NOFILE: 1 << 20}, func(w *simnet.World) {
		p := w.Process("p")
		yet, warm, left := tasks, 50*tasks, b.N
		for range tasks {
			from, to := pairOf(p)
			p.Go("task", func() {
				buf := [][]byte{make([]byte, 64)}
				for first := true; left > 0; first = false {
					if _, err := from.Send(buf, nil, time.Time{}); err != nil {
						panic(err)
					}
					if _, _, err := to.Recv(buf, nil, time.Time{}); err != nil {
						panic(err)
					}
					if warm == 0 {
						if left -= 2; left <= 0 {
							b.StopTimer()
						}
						continue
					}
					if first {
						yet--
					}
					if warm--; yet == 0 || warm == 0 {
						warm = 0
						b.ResetTimer()
					}
				}
			})
		}
	})
	if res.Err != nil {
		b.Fatal(res.Err)
	}
}

func pairOf(p *simnet.Process) (a, b transport.Conn) {
	a, b, err := p.Pair()
	if err != nil {
		panic(err)
	}
	return a, b
}

// BenchmarkRunRoundTrip is 64 bytes there and back between two tasks: four
// operations, and two switches.
func BenchmarkRunRoundTrip(b *testing.B) {
	b.ReportAllocs()
	res := simnet.Run(simnet.Config{Steps: math.MaxInt}, func(w *simnet.World) {
		p := w.Process("p")
		here, there := pairOf(p)
		p.Go("ping", func() {
			buf := [][]byte{make([]byte, 64)}
			defer here.Close()
			for i := range b.N + 1 {
				if i == 1 {
					b.ResetTimer()
				}
				if _, err := here.Send(buf, nil, time.Time{}); err != nil {
					panic(err)
				}
				if _, _, err := here.Recv(buf, nil, time.Time{}); err != nil {
					panic(err)
				}
			}
			b.StopTimer()
		})
		p.Go("pong", func() {
			buf := [][]byte{make([]byte, 64)}
			for {
				if _, _, err := there.Recv(buf, nil, time.Time{}); err != nil {
					return
				}
				if _, err := there.Send(buf, nil, time.Time{}); err != nil {
					panic(err)
				}
			}
		})
	})
	if res.Err != nil {
		b.Fatal(res.Err)
	}
}

// BenchmarkRun is a whole short run: two tasks write 8 bytes ten times each, and
// one reads them, 16 at a time.
func BenchmarkRun(b *testing.B) {
	program := func(w *simnet.World) {
		p := w.Process("p")
		in, out := pairOf(p)
		for range 2 {
			p.Go("writer", func() {
				buf := [][]byte{make([]byte, 8)}
				for range 10 {
					if _, err := in.Send(buf, nil, time.Time{}); err != nil {
						panic(err)
					}
				}
			})
		}
		p.Go("reader", func() {
			buf := [][]byte{make([]byte, 16)}
			for n := 0; n < 2*10*8; {
				m, _, err := out.Recv(buf, nil, time.Time{})
				if err != nil {
					panic(err)
				}
				n += m
			}
		})
	}
	b.Run("loop", func(b *testing.B) {
		b.ReportAllocs()
		simnet.Loop(func(r *simnet.Runner) {
			b.ResetTimer()
			for i := range b.N {
				if res := r.Run(simnet.Config{Chooser: simnet.Random(uint64(i))}, program); res.Err != nil {
					b.Error(res.Err)
					return
				}
			}
		})
	})
	b.Run("single", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if res := simnet.Run(simnet.Config{Chooser: simnet.Random(uint64(i))}, program); res.Err != nil {
				b.Fatal(res.Err)
			}
		}
	})
}
