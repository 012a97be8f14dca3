package thirdparty_test

import (
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/test/bufconn"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// Every benchmark here runs simnet and a peer in turn, block by block, and
// reports both and the median of the ratios of neighbouring blocks, so that a
// machine that changes its pace in between does not decide:
//
//	cd simnet/thirdparty && go test -run '^$' -bench . -count 5
//
// The time that the testing package itself reports is left out: it would be the
// sum of the two.

const blocks = 20

func paired(b *testing.B, simnet, peer func(n int)) {
	n := max(b.N/blocks, 1)
	var ours, theirs, ratios []float64
	measure := func(f func(int)) float64 {
		start := time.Now()
		f(n)
		return float64(time.Since(start)) / float64(n)
	}
	simnet(n) // warm up
	peer(n)
	for range blocks {
		o, t := measure(simnet), measure(peer)
		ours, theirs, ratios = append(ours, o), append(theirs, t), append(ratios, o/t)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours), "simnet-ns")
	b.ReportMetric(median(theirs), "peer-ns")
	b.ReportMetric(median(ratios), "simnet/peer")
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// roundTrips makes n round trips of a message on c, whose other end echoes.
func roundTrips(b *testing.B, c net.Conn, size int) func(n int) {
	out, in := make([]byte, size), make([]byte, size)
	return func(n int) {
		for range n {
			if _, err := c.Write(out); err != nil {
				b.Fatal(err)
			}
			for got := 0; got < size; {
				m, err := c.Read(in[got:])
				if err != nil {
					b.Fatal(err)
				}
				got += m
			}
		}
	}
}

func echo(c net.Conn, size int) {
	defer c.Close()
	p := make([]byte, size)
	for {
		n, err := c.Read(p)
		if err != nil {
			return
		}
		if _, err := c.Write(p[:n]); err != nil {
			return
		}
	}
}

// served returns the client's end of a connection that is echoed.
func served(b *testing.B, client, server net.Conn, size int) net.Conn {
	go echo(server, size)
	b.Cleanup(func() { client.Close() })
	return client
}

// bufPipe is a connection as grpc's tests have it.
func bufPipe(b *testing.B) (client, server net.Conn) {
	l := bufconn.Listen(256 << 10)
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			b.Error(err)
		}
		accepted <- c
	}()
	client, err := l.Dial()
	if err != nil {
		b.Fatal(err)
	}
	return client, <-accepted
}

func conns(b *testing.B, size int) func(n int) {
	client, server := simnet.Pipe()
	return roundTrips(b, served(b, client, server, size), size)
}

// plain makes round trips on the transport itself, without the adapter.
func plain(b *testing.B, size int) func(n int) {
	p := simnet.NewWorld(simnet.Config{}).Process("p")
	c, s, err := p.Pair()
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		defer s.Close()
		in, out := [][]byte{make([]byte, size)}, [][]byte{nil}
		for {
			n, _, err := s.Recv(in, nil, time.Time{})
			if err != nil {
				return
			}
			out[0] = in[0][:n]
			if _, err := s.Send(out, nil, time.Time{}); err != nil {
				return
			}
		}
	}()
	b.Cleanup(func() { c.Close() })
	out, in := [][]byte{make([]byte, size)}, [][]byte{make([]byte, size)}
	return func(n int) {
		for range n {
			if _, err := c.Send(out, nil, time.Time{}); err != nil {
				b.Fatal(err)
			}
			if m, _, err := c.Recv(in, nil, time.Time{}); err != nil || m != size {
				b.Fatal(m, err)
			}
		}
	}
}

const small = 64

func BenchmarkRoundTripNetPipe(b *testing.B) {
	client, server := net.Pipe()
	paired(b, conns(b, small), roundTrips(b, served(b, client, server, small), small))
}

func BenchmarkRoundTripBufconn(b *testing.B) {
	client, server := bufPipe(b)
	paired(b, conns(b, small), roundTrips(b, served(b, client, server, small), small))
}

func BenchmarkRoundTripPlainNetPipe(b *testing.B) {
	client, server := net.Pipe()
	paired(b, plain(b, small), roundTrips(b, served(b, client, server, small), small))
}

func BenchmarkRoundTripPlainBufconn(b *testing.B) {
	client, server := bufPipe(b)
	paired(b, plain(b, small), roundTrips(b, served(b, client, server, small), small))
}

// BenchmarkIdle reports what an idle connection costs, both ends together. It
// looks once, however often it is asked.
func BenchmarkIdle(b *testing.B) {
	const count = 100_000
	w := simnet.NewWorld(simnet.Config{NOFILE: 2*count + 10})
	server, client := w.Process("server"), w.Process("client")
	l, err := server.Listen("/run/s", 1, transport.ListenConfig{})
	if err != nil {
		b.Fatal(err)
	}
	conns := make([]transport.Conn, 0, 2*count)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range count {
		c, err := client.Dial("/run/s", time.Time{})
		if err != nil {
			b.Fatal(err)
		}
		s, err := l.Accept(time.Time{})
		if err != nil {
			b.Fatal(err)
		}
		conns = append(conns, c, s)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/count, "B/conn")
	runtime.KeepAlive(conns)
	runtime.KeepAlive(w)
}
