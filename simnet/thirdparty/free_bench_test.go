package thirdparty_test

import (
	"net"
	"testing"
	"time"

	"google.golang.org/grpc/test/bufconn"

	"example.com/brine/simnet"
)

// Free mode: simnet's sockets in place of others, for ordinary goroutines.

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

const (
	small = 64
	block = 10_000 // round trips
)

func BenchmarkRoundTripNetPipe(b *testing.B) {
	client, server := net.Pipe()
	paired(b, block, timed(conns(b, small)), timed(roundTrips(b, served(b, client, server, small), small)))
}

func BenchmarkRoundTripBufconn(b *testing.B) {
	client, server := bufPipe(b)
	paired(b, block, timed(conns(b, small)), timed(roundTrips(b, served(b, client, server, small), small)))
}

func BenchmarkRoundTripPlainNetPipe(b *testing.B) {
	client, server := net.Pipe()
	paired(b, block, timed(plain(b, small)), timed(roundTrips(b, served(b, client, server, small), small)))
}

func BenchmarkRoundTripPlainBufconn(b *testing.B) {
	client, server := bufPipe(b)
	paired(b, block, timed(plain(b, small)), timed(roundTrips(b, served(b, client, server, small), small)))
}
