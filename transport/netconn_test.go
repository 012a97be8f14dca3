package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"weak"

	"example.com/brine/transport"
)

// A fakeConn answers with what its functions say. It is also the transport that
// it is of, with a clock that stands still.
type fakeConn struct {
	transport.Transport
	transport.Conn
	now    time.Time
	recv   func(bufs [][]byte) (int, int, error)
	send   func(bufs [][]byte) (int, error)
	setCap func(time.Time) error
}

func (f *fakeConn) Now() time.Time { return f.now }

func (f *fakeConn) Recv(bufs [][]byte, _ []transport.FD, _ time.Time) (int, int, error) {
	if len(bufs) == 0 {
		return 0, 0, nil
	}
	return f.recv(bufs)
}

func (f *fakeConn) Send(bufs [][]byte, _ []transport.FD, _ time.Time) (int, error) {
	return f.send(bufs)
}

func (f *fakeConn) SetReadDeadline(t time.Time) error { return f.setCap(t) }
func (f *fakeConn) LocalAddr() transport.Addr         { return "" }
func (f *fakeConn) RemoteAddr() transport.Addr        { return "/run/app.sock" }

// A Read and a Write allocate nothing, and keep no buffer alive.
func TestNetConnMemory(t *testing.T) {
	f := &fakeConn{
		recv: func(bufs [][]byte) (int, int, error) { return len(bufs[0]), 0, nil },
		send: func(bufs [][]byte) (int, error) { return len(bufs[0]), nil },
	}
	c := transport.NetConn(f, f)
	p := make([]byte, 1<<16)
	gone := weak.Make(&p[0])
	if n := testing.AllocsPerRun(100, func() {
		c.Read(p)
		c.Write(p)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	p = nil
	runtime.GC()
	if gone.Value() != nil {
		t.Errorf("the buffer is kept alive")
	}
	runtime.KeepAlive(c)
}

// Calls of one direction that overlap have a list of buffers each.
func TestNetConnOverlap(t *testing.T) {
	inside := make(chan [][]byte)
	leave := make(chan bool)
	f := &fakeConn{recv: func(bufs [][]byte) (int, int, error) {
		inside <- bufs
		<-leave
		bufs[0][0]++
		return 1, 0, nil
	}}
	c := transport.NetConn(f, f)
	const n = 4
	var ps [n][1]byte
	var done sync.WaitGroup
	for i := range ps {
		done.Go(func() { c.Read(ps[i][:]) })
	}
	for range ps {
		<-inside
	}
	close(leave)
	done.Wait()
	if ps != [n][1]byte{{1}, {1}, {1}, {1}} {
		t.Errorf("the reads went to %v", ps)
	}
}

// Bytes that come with an error are delivered: it is about a descriptor.
func TestNetConnReadDropsDescriptors(t *testing.T) {
	f := &fakeConn{recv: func([][]byte) (int, int, error) {
		return 1, 0, &transport.Error{Op: "recv", Err: syscall.EMFILE}
	}}
	if n, err := transport.NetConn(f, f).Read(make([]byte, 2)); n != 1 || err != nil {
		t.Errorf("Read: %d, %v", n, err)
	}
}

// A deadline is a point on the transport's clock, and has passed when it is
// reached.
func TestNetConnClock(t *testing.T) {
	f := &fakeConn{
		now:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		recv:   func([][]byte) (int, int, error) { return 1, 0, nil },
		setCap: func(time.Time) error { return nil },
	}
	c := transport.NetConn(f, f)
	for _, test := range []struct {
		after  time.Duration
		passed bool
	}{{-time.Hour, true}, {0, true}, {1, false}, {time.Hour, false}} {
		c.SetReadDeadline(f.now.Add(test.after))
		if _, err := c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) != test.passed {
			t.Errorf("deadline at now%+v: %v", test.after, err)
		}
	}
}

// When two set the deadline at once, what is looked at first and what ends a
// blocked call agree in the end.
func TestNetConnSetDeadlineOverlap(t *testing.T) {
	var cap time.Time
	var inner func()
	f := &fakeConn{now: time.Unix(100, 0), recv: func([][]byte) (int, int, error) { return 1, 0, nil }}
	f.setCap = func(t time.Time) error {
		if inner != nil {
			g := inner
			inner = nil
			g() // the other call comes and goes before this one has its effect
		}
		cap = t
		return nil
	}
	c := transport.NetConn(f, f)
	for _, first := range []int64{1, 1000} {
		second := 1001 - first
		inner = func() { c.SetReadDeadline(time.Unix(second, 0)) }
		c.SetReadDeadline(time.Unix(first, 0))
		_, err := c.Read(make([]byte, 1))
		if passed := transport.Expired(cap, f.now); errors.Is(err, os.ErrDeadlineExceeded) != passed {
			t.Errorf("%d over %d: the cap has passed: %t, but Read: %v", second, first, passed, err)
		}
		if cap != time.Unix(second, 0) {
			t.Errorf("the cap is %v, want that of the later call, %d", cap.Unix(), second)
		}
	}
}

func TestNetConnErrors(t *testing.T) {
	for _, test := range []struct {
		errno syscall.Errno
		cause string
		is    error
	}{
		{syscall.ECONNRESET, "read: connection reset by peer", syscall.ECONNRESET},
		{syscall.ETIMEDOUT, "i/o timeout", os.ErrDeadlineExceeded},
		{syscall.EBADF, "use of closed network connection", net.ErrClosed},
		{syscall.ECANCELED, "recv: operation canceled (ECANCELED)", context.Canceled},
	} {
		f := &fakeConn{recv: func([][]byte) (int, int, error) {
			return 0, 0, &transport.Error{Op: "recv", Err: test.errno}
		}}
		_, err := transport.NetConn(f, f).Read(make([]byte, 1))
		if want := "read unix @->/run/app.sock: " + test.cause; err.Error() != want || !errors.Is(err, test.is) {
			t.Errorf("%v: %v, want %s", test.errno, err, want)
		}
	}
	f := &fakeConn{recv: func([][]byte) (int, int, error) { return 0, 0, io.EOF }}
	c := transport.NetConn(f, f)
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("at the end of the stream: %v", err)
	}
	_, err := c.(syscall.Conn).SyscallConn()
	expect(t, "SyscallConn", err, syscall.ENOTSUP, "")
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v is not errors.ErrUnsupported", err)
	}
}
