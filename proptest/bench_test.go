package proptest_test

import (
	"testing"
	"time"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// The workload has two processes send ten bytes each, one at a time, to a third.
const (
	writers = 2
	writes  = 10
)

// bare is the workload for simnet alone.
func bare(w *simnet.World) {
	server := w.Process("server")
	for range writers {
		a, b, err := server.Pair()
		if err != nil {
			panic(err)
		}
		server.Go("writer", func() { write(a) })
		server.Go("reader", func() { read(b) })
	}
}

func write(c transport.Conn) {
	buf := [][]byte{make([]byte, 1)}
	for range writes {
		if _, err := c.Send(buf, nil, time.Time{}); err != nil {
			panic(err)
		}
	}
	c.Close()
}

func read(c transport.Conn) {
	buf := [][]byte{make([]byte, 1)}
	for range writes {
		if _, _, err := c.Recv(buf, nil, time.Time{}); err != nil {
			panic(err)
		}
	}
	c.Close()
}

// body is the same for proptest.
func body(s *proptest.Sim) {
	server := s.Process("server", nil)
	s.Setup(func(*simnet.World) {
		tr := server.Transport()
		for range writers {
			a, b, err := tr.Pair()
			if err != nil {
				s.Fatal(err)
			}
			tr.Go("writer", func() { write(a) })
			tr.Go("reader", func() { read(b) })
		}
	})
	s.Run()
}

// BenchmarkRuns is runs of the random walk on one core: on a Runner, by explore and
// by proptest, ten thousand of each in turn, so that what the machine does meanwhile
// concerns all of them.
func BenchmarkRuns(b *testing.B) {
	const block = 10_000
	var alone, explored, checked time.Duration
	for i := range b.N {
		seed := uint64(i + 1)
		began := time.Now()
		simnet.Loop(func(r *simnet.Runner) {
			for j := range uint64(block) {
				if res := r.Run(simnet.Config{Chooser: simnet.Random(seed<<20 + j), Once: true}, bare); res.Err != nil {
					b.Fatal(res.Err)
				}
			}
		})
		alone += time.Since(began)

		began = time.Now()
		cfg := explore.Config{Runs: block, Cores: 1, Strategy: "walk", Seed: seed}
		if rep, err := explore.Run(b.Context(), cfg, explore.World(bare)); err != nil || rep.Failure != nil {
			b.Fatal(err, rep)
		}
		explored += time.Since(began)

		began = time.Now()
		check := proptest.Config{Runs: block, Cores: 1, Strategy: "walk", Seed: seed}
		if rep, err := check.Explore("bench", body); err != nil || rep.Failure != nil {
			b.Fatal(err, rep)
		}
		checked += time.Since(began)
	}
	b.ReportMetric(0, "ns/op")
	per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / block / float64(b.N) }
	b.ReportMetric(per(alone), "alone-ns/run")
	b.ReportMetric(float64(explored)/float64(alone), "explore/alone")
	b.ReportMetric(float64(checked)/float64(alone), "proptest/alone")
}
