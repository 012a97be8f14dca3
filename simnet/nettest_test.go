package simnet_test

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// testConn runs the standard library's own test of a net.Conn: each of its
// eleven parts makes one pipe, and none of them can be skipped.
func testConn(t *testing.T, mp nettest.MakePipe) {
	leaks(t)
	var parts atomic.Int32
	nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
		parts.Add(1)
		return mp()
	})
	if n := parts.Load(); n != 11 {
		t.Errorf("%d parts ran, want 11", n)
	}
}

func stop(a, b net.Conn) func() {
	return func() { a.Close(); b.Close() }
}

func TestConnOfPipe(t *testing.T) {
	testConn(t, func() (net.Conn, net.Conn, func(), error) {
		a, b := simnet.Pipe()
		return a, b, stop(a, b), nil
	})
}

func TestConnOfListener(t *testing.T) {
	testConn(t, func() (net.Conn, net.Conn, func(), error) {
		l := simnet.NewListener()
		defer l.Close()
		a, err := l.Dial()
		if err != nil {
			return nil, nil, nil, err
		}
		b, err := l.Accept()
		return a, b, stop(a, b), err
	})
}

// Both ends in processes of their own, with a socket file between them.
func TestConnOfProcesses(t *testing.T) {
	w := simnet.NewWorld(simnet.Config{})
	server, client := w.Process("server"), w.Process("client")
	testConn(t, func() (net.Conn, net.Conn, func(), error) {
		l, err := server.Listen("/run/app.sock", 1, transport.ListenConfig{Unlink: true})
		if err != nil {
			return nil, nil, nil, err
		}
		defer l.Close()
		c, err := client.Dial("/run/app.sock", time.Time{})
		if err != nil {
			return nil, nil, nil, err
		}
		s, err := l.Accept(time.Time{})
		if err != nil {
			return nil, nil, nil, err
		}
		a, b := transport.NetConn(client, c), transport.NetConn(server, s)
		return a, b, stop(a, b), nil
	})
}
