package ipc

import (
	"maps"
	"slices"
	"testing"
	"time"

	"example.com/brine/transport"
)

// A freeConn costs nothing: it moves whatever it is asked to. What a call on it
// allocates, package ipc allocates.
type freeConn struct {
	transport.Conn
	fd transport.FD // comes with every read, if not nil
}

func (*freeConn) Send(bufs [][]byte, _ []transport.FD, _ time.Time) (int, error) {
	return totalOf(bufs), nil
}
func (f *freeConn) Recv(bufs [][]byte, fds []transport.FD, _ time.Time) (int, int, error) {
	if f.fd != nil {
		bufs[0][0], fds[0] = 0xcc, f.fd
		return 1, 1, nil
	}
	return totalOf(bufs), 0, nil
}
func (*freeConn) Close() error               { return nil }
func (*freeConn) CloseWrite() error          { return nil }
func (*freeConn) LocalAddr() transport.Addr  { return "" }
func (*freeConn) RemoteAddr() transport.Addr { return "" }

// A freeTransport always answers with the same connection.
type freeTransport struct {
	transport.Transport
	conn     transport.Conn
	listener transport.Listener
}

func (f *freeTransport) Dial(string, time.Time) (transport.Conn, error) { return f.conn, nil }
func (f *freeTransport) Adopt(transport.FD) (transport.Conn, error)     { return f.conn, nil }
func (f *freeTransport) Attach(transport.Conn) (transport.Conn, error)  { return f.conn, nil }
func (f *freeTransport) Pair() (transport.Conn, transport.Conn, error)  { return f.conn, f.conn, nil }
func (f *freeTransport) Listen(string, int, transport.ListenConfig) (transport.Listener, error) {
	return f.listener, nil
}
func (f *freeTransport) AdoptListener(transport.FD, transport.ListenConfig) (transport.Listener, error) {
	return f.listener, nil
}

type freeListener struct {
	transport.Listener
	conn transport.Conn
}

func (l *freeListener) Accept(time.Time) (transport.Conn, error) { return l.conn, nil }
func (l *freeListener) Close() error                             { return nil }
func (l *freeListener) Addr() transport.Addr                     { return "p" }

// A freeFD is a descriptor that can be closed any number of times.
type freeFD struct{}

func (*freeFD) Close() error { return nil }

// paths are the calls that must not allocate, by name.
func paths(tb testing.TB) map[string]func() error {
	conn := new(freeConn)
	tr := &freeTransport{conn: conn, listener: &freeListener{conn: conn}}
	var c, d, spare, spare2 Conn
	var l, spareL Listener
	fd := &freeFD{}
	withFD := connOn(tb, &freeConn{fd: fd})
	if err := PairMem(&c, &d, tr); err != nil {
		tb.Fatal(err)
	}
	if err := ListenMem(&l, tr, "p", 1, transport.ListenConfig{}); err != nil {
		tb.Fatal(err)
	}
	small, big := make([]byte, 64), make([]byte, 64<<10)
	list := [][]byte{small, small}
	bufs := []Buf{{Bytes: small}, {Skip: 10}, {Bytes: big}}
	then := func(err error, next func() error) error {
		if err != nil {
			return err
		}
		return next()
	}
	return map[string]func() error{
		"Send":       func() error { return c.Send(small, never) },
		"SendList":   func() error { return c.SendList(list, never) },
		"SendFD":     func() error { return c.SendFD(fd, never) },
		"Recv":       func() error { return c.Recv(small, never) },
		"RecvBig":    func() error { return c.Recv(big, never) },
		"RecvList":   func() error { return c.RecvList(bufs, never) },
		"Skip":       func() error { return c.Skip(10000, never) },
		"RecvFD":     func() error { _, err := withFD.RecvFD(never); return err },
		"ConnectMem": func() error { return then(ConnectMem(&spare, tr, "p", never), spare.Abort) },
		"AcceptMem":  func() error { return then(l.AcceptMem(&spare, never), spare.Abort) },
		"FromFDMem":  func() error { return then(FromFDMem(&spare, tr, fd), spare.Abort) },
		"PairMem": func() error {
			return then(then(PairMem(&spare, &spare2, tr), spare.Abort), spare2.Abort)
		},
		"ListenMem": func() error { return then(ListenMem(&spareL, tr, "p", 1, transport.ListenConfig{}), spareL.Close) },
		"ListenerFromFDMem": func() error {
			return then(ListenerFromFDMem(&spareL, tr, fd, transport.ListenConfig{}), spareL.Close)
		},
		"Attach": func() error { return d.Attach(tr) },
	}
}

// TestNoAllocations: sending, receiving and the Mem forms allocate nothing in
// this package.
func TestNoAllocations(t *testing.T) {
	for name, call := range paths(t) {
		n := testing.AllocsPerRun(100, func() {
			if err := call(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// Benchmark measures what package ipc adds to the transport's cost.
func Benchmark(b *testing.B) {
	all := paths(b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		call := all[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				call()
			}
		})
	}
}
