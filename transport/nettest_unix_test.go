//go:build unix

package transport_test

import (
	"context"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/net/nettest"

	"example.com/brine/transport"
)

// The standard library's own test of a net.Conn: each of its eleven parts makes
// one pipe, and none of them can be skipped.
func testConn(t *testing.T, mp nettest.MakePipe) {
	var parts atomic.Int32
	nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
		parts.Add(1)
		return mp()
	})
	if n := parts.Load(); n != 11 {
		t.Errorf("%d parts ran, want 11", n)
	}
}

func TestNetConnOfPair(t *testing.T) {
	leaks(t)
	tr := newReal(t)
	testConn(t, func() (net.Conn, net.Conn, func(), error) {
		a, b, err := tr.Pair()
		if err != nil {
			return nil, nil, nil, err
		}
		c1, c2 := transport.NetConn(tr, a), transport.NetConn(tr, b)
		return c1, c2, func() { c1.Close(); c2.Close() }, nil
	})
}

func TestNetConnOfDialer(t *testing.T) {
	leaks(t)
	tr := newReal(t)
	path := filepath.Join(t.TempDir(), "sock")
	testConn(t, func() (net.Conn, net.Conn, func(), error) {
		l, err := tr.Listen(path, 1, transport.ListenConfig{Unlink: true})
		if err != nil {
			return nil, nil, nil, err
		}
		defer l.Close()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel() // which the connection must survive
		c1, err := transport.Dialer(tr)(ctx, "unix", path)
		if err != nil {
			return nil, nil, nil, err
		}
		c2, err := transport.NetListener(tr, l).Accept()
		if err != nil {
			return nil, nil, nil, err
		}
		return c1, c2, func() { c1.Close(); c2.Close() }, nil
	})
}
