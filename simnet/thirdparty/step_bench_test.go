package thirdparty_test

import (
	"net"
	"runtime"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// Simulated tasks: what an operation costs, with the choice of who goes on.

// pairOf returns a connection. What fails here ends the run with a verdict.
func pairOf(p *simnet.Process) (a, b transport.Conn) {
	a, b, err := p.Pair()
	if err != nil {
		panic(err)
	}
	return a, b
}

func sendAll(c transport.Conn, bufs [][]byte) {
	if _, err := c.Send(bufs, nil, time.Time{}); err != nil {
		panic(err)
	}
}

func receive(c transport.Conn, bufs [][]byte) int {
	n, _, err := c.Recv(bufs, nil, time.Time{})
	if err != nil {
		panic(err)
	}
	return n
}

// looped calls f with a Runner and has a broken run fail the benchmark.
func looped(b *testing.B, f func(run func(simnet.Config, func(*simnet.World)))) {
	simnet.Loop(func(r *simnet.Runner) {
		f(func(cfg simnet.Config, program func(*simnet.World)) {
			if res := r.Run(cfg, program); res.Err != nil {
				b.Fatal(res.Err)
			}
		})
	})
}

// A stepper counts the operations of tasks that could all go on at any time: each
// has a connection of its own, to send on and to receive what it has sent. The
// time begins when every task has begun, or when it is clear that some never are
// chosen, as in the calm run.
type stepper struct {
	yet, warm, left int
	start           time.Time
	took            time.Duration
	before, after   runtime.MemStats
}

func (s *stepper) task(from, to transport.Conn) {
	buf := [][]byte{make([]byte, 64)}
	for first := true; s.left > 0; first = false {
		sendAll(from, buf)
		receive(to, buf)
		if s.warm > 0 {
			s.warmed(first)
			continue
		}
		if s.left -= 2; s.left <= 0 {
			s.took = time.Since(s.start)
			runtime.ReadMemStats(&s.after)
		}
	}
}

func (s *stepper) warmed(first bool) {
	if first {
		s.yet--
	}
	if s.warm--; s.yet == 0 || s.warm == 0 {
		s.warm = 0
		runtime.ReadMemStats(&s.before)
		s.start = time.Now()
	}
}

// stepping is a contender of so many tasks. allocs counts up.
func stepping(run func(simnet.Config, func(*simnet.World)), tasks int, chooser func() simnet.Chooser, steps *int, allocs *uint64) contender {
	return func(n int) time.Duration {
		s := stepper{yet: tasks, warm: 50 * tasks, left: n}
		run(simnet.Config{Chooser: chooser(), Steps: 1 << 40, NOFILE: 1 << 20}, func(w *simnet.World) {
			p := w.Process("p")
			for range tasks {
				from, to := pairOf(p)
				p.Go("task", func() { s.task(from, to) })
			}
		})
		if n > 1 { // the warm-up makes room
			*steps += n
			*allocs += s.after.Mallocs - s.before.Mallocs
		}
		return s.took
	}
}

func random() simnet.Chooser { return simnet.Random(1) }

// operations is how many a block of steps has: some for each of 10,000 tasks.
const operations = 200_000

// BenchmarkStepMany is a step among 10,000 tasks compared with one among 4.
func BenchmarkStepMany(b *testing.B) {
	looped(b, func(run func(simnet.Config, func(*simnet.World))) {
		var steps int
		var allocs uint64
		m := against(b, operations,
			stepping(run, 10_000, random, &steps, &allocs),
			stepping(run, 4, random, &steps, &allocs))
		b.ReportMetric(m.ours, "10000-tasks-ns/step")
		b.ReportMetric(m.theirs, "4-tasks-ns/step")
		b.ReportMetric(m.ratio, "10000/4")
		b.ReportMetric(float64(allocs)/float64(steps), "allocs/step")
	})
}

// BenchmarkStepCalm is a step of which no switch comes, compared with a random
// one among as many tasks.
func BenchmarkStepCalm(b *testing.B) {
	looped(b, func(run func(simnet.Config, func(*simnet.World))) {
		var steps int
		var allocs uint64
		m := against(b, operations,
			stepping(run, 4, simnet.Calm, &steps, &allocs),
			stepping(run, 4, random, &steps, &allocs))
		b.ReportMetric(m.ours, "calm-ns/step")
		b.ReportMetric(m.theirs, "random-ns/step")
		b.ReportMetric(m.ratio, "calm/random")
		b.ReportMetric(float64(allocs)/float64(steps), "allocs/step")
	})
}

// pingPong makes round trips between tasks of two processes: four operations and
// two switches each.
func pingPong(run func(simnet.Config, func(*simnet.World)), size int) contender {
	return func(n int) (took time.Duration) {
		run(simnet.Config{Steps: 1 << 40}, func(w *simnet.World) {
			server, client := w.Process("server"), w.Process("client")
			here, there := connected(server, client)
			client.Go("ping", func() {
				out, in := [][]byte{make([]byte, size)}, [][]byte{make([]byte, size)}
				sendAll(here, out)
				receive(here, in)
				start := time.Now()
				for range n {
					sendAll(here, out)
					receive(here, in)
				}
				took = time.Since(start)
				here.Close()
			})
			server.Go("pong", func() {
				buf := [][]byte{make([]byte, size)}
				for {
					if _, _, err := there.Recv(buf, nil, time.Time{}); err != nil {
						return
					}
					sendAll(there, buf)
				}
			})
		})
		return took
	}
}

// connected connects two processes.
func connected(server, client *simnet.Process) (here, there transport.Conn) {
	l, err := server.Listen("/run/s", 1, transport.ListenConfig{})
	if err != nil {
		panic(err)
	}
	if here, err = client.Dial("/run/s", time.Time{}); err != nil {
		panic(err)
	}
	if there, err = l.Accept(time.Time{}); err != nil {
		panic(err)
	}
	l.Close()
	return here, there
}

func BenchmarkRoundTripTasksNetPipe(b *testing.B) {
	client, server := net.Pipe()
	looped(b, func(run func(simnet.Config, func(*simnet.World))) {
		paired(b, block, pingPong(run, small), timed(roundTrips(b, served(b, client, server, small), small)))
	})
}

func BenchmarkRoundTripTasksBufconn(b *testing.B) {
	client, server := bufPipe(b)
	looped(b, func(run func(simnet.Config, func(*simnet.World))) {
		paired(b, block, pingPong(run, small), timed(roundTrips(b, served(b, client, server, small), small)))
	})
}
