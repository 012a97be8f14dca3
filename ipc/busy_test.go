package ipc

import (
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/brine/transport"
)

// A blockedConn blocks in Recv until it is closed, or told to go on, and in
// Send until it is closed.
type blockedConn struct {
	*fakeConn
	inside chan string   // who has begun to block
	goOn   chan struct{} // lets one Recv go on
	gone   chan struct{}
	once   sync.Once
}

func newBlocked(in []atom) *blockedConn {
	return &blockedConn{fakeConn: &fakeConn{in: in}, inside: make(chan string, 8), goOn: make(chan struct{}, 8), gone: make(chan struct{})}
}

func (b *blockedConn) Recv(bufs [][]byte, fds []transport.FD, d time.Time) (int, int, error) {
	b.inside <- "recv"
	select {
	case <-b.goOn:
		return b.fakeConn.Recv(bufs, fds, d)
	case <-b.gone:
		return 0, 0, errno(syscall.EBADF)
	}
}

func (b *blockedConn) Send([][]byte, []transport.FD, time.Time) (int, error) {
	b.inside <- "send"
	<-b.gone
	return 0, errno(syscall.EBADF)
}

func (b *blockedConn) Close() error {
	b.once.Do(func() { close(b.gone) })
	return nil
}

func TestBusy(t *testing.T) {
	b := newBlocked(nil)
	c := connOn(t, b)
	sent, received := make(chan error), make(chan error)
	go func() { sent <- c.Send([]byte("x"), never) }()
	go func() { received <- c.Recv(make([]byte, 1), never) }() // at the same time: fine
	<-b.inside
	<-b.inside

	wants(t, c.Send([]byte("x"), never), "send", syscall.EBUSY)
	wants(t, c.Send(nil, never), "send", syscall.EBUSY)
	wants(t, c.SendList(nil, never), "send", syscall.EBUSY)
	wants(t, c.SendFD(&fakeFD{}, never), "sendfd", syscall.EBUSY)
	wants(t, c.Done(), "done", syscall.EBUSY)
	wants(t, c.Recv(make([]byte, 1), never), "recv", syscall.EBUSY)
	wants(t, c.Skip(1, never), "skip", syscall.EBUSY)
	wants(t, c.RecvList(nil, never), "recv", syscall.EBUSY)
	_, err := c.RecvFD(never)
	wants(t, err, "recvfd", syscall.EBUSY)
	wants(t, c.Attach(&fakeTransport{}), "attach", syscall.EBUSY)

	// An orderly close is impossible; the connection is gone all the same.
	wants(t, c.Close(never), "close", syscall.EBUSY)
	wants(t, <-sent, "send", syscall.EBADF)
	wants(t, <-received, "recv", syscall.EBADF)
	wants(t, c.Close(never), "close", syscall.EBADF)
}

// TestBusyOneSide: Close and Attach are refused by either direction alone, and
// leave the other as it was.
func TestBusyOneSide(t *testing.T) {
	b := newBlocked(nil)
	c := connOn(t, b)
	received := make(chan error)
	go func() { received <- c.Recv(make([]byte, 1), never) }()
	<-b.inside
	wants(t, c.Attach(&fakeTransport{}), "attach", syscall.EBUSY)
	wants(t, c.Done(), "done", 0)
	wants(t, c.Close(never), "close", syscall.EBUSY)
	wants(t, <-received, "recv", syscall.EBADF)
}

// TestAbortClose: Abort ends a Close that is waiting for the peer.
func TestAbortClose(t *testing.T) {
	b := newBlocked(nil)
	c := connOn(t, b)
	closed := make(chan error)
	go func() { closed <- c.Close(never) }()
	<-b.inside
	wants(t, c.Send([]byte("x"), never), "send", syscall.EBUSY)
	wants(t, c.Abort(), "abort", 0)
	wants(t, <-closed, "close", syscall.EBADF)
	wants(t, c.Abort(), "abort", syscall.EBADF)
}

// TestAbortLeavesNothing: a receive that was already on its way out when the
// connection was aborted closes what it had read ahead.
func TestAbortLeavesNothing(t *testing.T) {
	fd := &fakeFD{}
	b := newBlocked(append(plain("ab"), atom{b: 0xcc, fds: []*fakeFD{fd}}))
	late := &lateConn{blockedConn: b, back: make(chan struct{}), hold: make(chan struct{})}
	c := connOn(t, late)
	received := make(chan error)
	go func() { received <- c.Recv(make([]byte, 1), never) }()
	b.goOn <- struct{}{}
	<-late.back
	wants(t, c.Abort(), "abort", 0)

	// The storage is not free while the receive is inside.
	tr := &fakeTransport{conns: []transport.Conn{&fakeConn{in: plain("n")}}}
	wants(t, ConnectMem(c, tr, "p", never), "connect", syscall.EINVAL)
	close(late.hold)
	wants(t, <-received, "recv", 0)
	if fd.closed != 1 {
		t.Errorf("the descriptor was closed %d times", fd.closed)
	}
	wants(t, ConnectMem(c, tr, "p", never), "connect", 0)
	p := make([]byte, 1)
	wants(t, c.Recv(p, never), "recv", 0)
	if string(p) != "n" {
		t.Errorf("the new connection received %q", p)
	}
}

// A lateConn has finished a Recv, and is held before it returns.
type lateConn struct {
	*blockedConn
	back, hold chan struct{}
}

func (l *lateConn) Recv(bufs [][]byte, fds []transport.FD, d time.Time) (int, int, error) {
	n, nfd, err := l.blockedConn.Recv(bufs, fds, d)
	l.back <- struct{}{}
	<-l.hold
	return n, nfd, err
}

// TestStorm lets every method loose on one storage, for the race detector, and
// for the invariants at the end.
func TestStorm(t *testing.T) {
	var c Conn
	tr := &endless{}
	calls := []func(){
		func() { c.Send([]byte("xy"), never) },
		func() { c.SendList([][]byte{{1}, {2}}, never) },
		func() { c.Recv(make([]byte, 3), never) },
		func() { c.Skip(5000, never) },
		func() { c.RecvFD(never) },
		func() { c.Done() },
		func() { c.Attach(tr) },
		func() { c.Close(never) },
		func() { c.Abort() },
		func() { ConnectMem(&c, tr, "p", never) },
		func() { ConnectMem(&c, tr, "p", never) },
	}
	for range 20 {
		var wg sync.WaitGroup
		for _, call := range calls {
			wg.Go(func() {
				for range 50 {
					call()
				}
			})
		}
		wg.Wait()
	}
	c.Abort()
	if c.send.busy.Load() || c.recv.busy.Load() || c.rfds[0] != nil || c.stage.v.Load() < stageClosed {
		t.Errorf("left behind: sending %v, receiving %v, %v, stage %d", c.send.busy.Load(), c.recv.busy.Load(), c.rfds[0], c.stage.v.Load())
	}
	for i, fd := range tr.all {
		if fd.v.Load() > 1 {
			t.Fatalf("descriptor %d of %d was closed %d times", i, len(tr.all), fd.v.Load())
		}
	}
}

// An endless transport makes connections whose stream ends after a while, with
// descriptors in it.
type endless struct {
	transport.Transport
	mu  sync.Mutex
	all []*countedFD
}

type countedFD struct{ stage }

func (f *countedFD) Close() error { f.v.Add(1); return nil }

type endlessConn struct {
	transport.Conn
	tr *endless
	mu sync.Mutex
	n  int
}

func (e *endless) Dial(string, time.Time) (transport.Conn, error)  { return &endlessConn{tr: e}, nil }
func (e *endless) Attach(c transport.Conn) (transport.Conn, error) { return c, nil }
func (c *endlessConn) LocalAddr() transport.Addr                   { return "" }
func (c *endlessConn) RemoteAddr() transport.Addr                  { return "p" }
func (c *endlessConn) Close() error                                { return nil }
func (c *endlessConn) CloseWrite() error                           { return nil }
func (c *endlessConn) Send(b [][]byte, _ []transport.FD, _ time.Time) (int, error) {
	return totalOf(b), nil
}
func (c *endlessConn) Recv(bufs [][]byte, fds []transport.FD, _ time.Time) (int, int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n++; c.n%50 == 0 {
		return 0, 0, io.EOF
	}
	if c.n%3 != 0 {
		return totalOf(bufs), 0, nil
	}
	c.tr.mu.Lock()
	defer c.tr.mu.Unlock()
	fd := new(countedFD)
	c.tr.all = append(c.tr.all, fd)
	fds[0] = fd
	return totalOf(bufs), 1, nil
}
