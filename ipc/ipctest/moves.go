package ipctest

import (
	"bytes"
	"context"
	"errors"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// The moves that scenarios are made of.

const (
	brief = 20 * time.Millisecond // how long a call is made to wait that must time out
	ample = 10 * time.Second      // longer than anything takes that must succeed
	tick  = time.Millisecond      // between two looks at something
)

// flood is more than any socket's buffer holds.
const flood = 8 << 20

var never time.Time

func soon(tr transport.Transport) time.Time  { return tr.Now().Add(brief) }
func later(tr transport.Transport) time.Time { return tr.Now().Add(ample) }

// pause gives other tasks and processes time to block. Nothing may depend on
// its having been enough.
func pause(tr transport.Transport) { tr.Sleep(soon(tr)) }

// ok ends the task if err is not nil.
func ok(t T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected: %v", err)
	}
}

// must returns what a call returned, and ends the task if the call failed:
// c := must(l.Accept(deadline))(t).
func must[V any](v V, err error) func(T) V {
	return func(t T) V {
		t.Helper()
		ok(t, err)
		return v
	}
}

// expect asserts an errno of something that is not one of libdill's calls.
func expect(t T, err error, what string, errno syscall.Errno) {
	t.Helper()
	if !errors.Is(err, errno) {
		t.Errorf("%s: got %s, want %s", what, describe(err), transport.ErrnoName(errno))
	}
}

// pair returns two connections that are connected to each other.
func pair(t T, tr transport.Transport) (a, b *ipc.Conn) {
	t.Helper()
	a, b, err := ipc.Pair(tr)
	ok(t, err)
	return a, b
}

// split returns a connected pair of which each end belongs to a view.
func split(t T, tra, trb transport.Transport) (a, b *ipc.Conn) {
	t.Helper()
	x, y, err := trb.WithoutCancel().Pair()
	ok(t, err)
	return adopt(t, tra, x), adopt(t, trb, y)
}

// adopt makes an ipc connection of a transport's.
func adopt(t T, tr transport.Transport, x transport.Conn) *ipc.Conn {
	t.Helper()
	return must(ipc.FromFD(tr, descriptor(t, x)))(t)
}

// descriptor turns a connection into its descriptor.
func descriptor(t T, x transport.Conn) transport.FD {
	t.Helper()
	fd := must(x.Dup())(t)
	ok(t, x.Close())
	return fd
}

// parcel returns a descriptor to pass, and the other end of the connection that
// it is of, by which one can tell what became of it.
func parcel(t T, tr transport.Transport) (fd transport.FD, far *ipc.Conn) {
	t.Helper()
	x, y, err := tr.Pair()
	ok(t, err)
	return descriptor(t, x), adopt(t, tr, y)
}

// listen listens at a name in the scenario's directory.
func listen(t T, tr transport.Transport, name string, backlog int, cfg transport.ListenConfig) *ipc.Listener {
	t.Helper()
	return must(ipc.Listen(tr, t.Path(name), backlog, cfg))(t)
}

// reach connects to a name in the scenario's directory, at which a process may
// only be about to listen.
func reach(t T, tr transport.Transport, name string) *ipc.Conn {
	t.Helper()
	for end := later(tr); ; tr.Sleep(tr.Now().Add(tick)) {
		c, err := ipc.Connect(tr, t.Path(name), end)
		if err == nil {
			return c
		}
		absent := errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED)
		if !absent || transport.Expired(end, tr.Now()) {
			t.Fatalf("connect %s: %v", name, err)
		}
	}
}

// met returns both ends of a connection that was accepted.
func met(t T, tr transport.Transport, name string) (client, server *ipc.Conn) {
	t.Helper()
	l := listen(t, tr, name, 1, transport.ListenConfig{})
	client = must(ipc.Connect(tr, t.Path(name), later(tr)))(t)
	server = must(l.Accept(later(tr)))(t)
	ok(t, l.Close())
	return client, server
}

// say sends text.
func say(t T, tr transport.Transport, c *ipc.Conn, text string) {
	t.Helper()
	ok(t, c.Send([]byte(text), later(tr)))
}

// hear receives as many bytes as text has and asserts that they are the same.
func hear(t T, tr transport.Transport, c *ipc.Conn, text string) {
	t.Helper()
	p := make([]byte, len(text))
	ok(t, c.Recv(p, later(tr)))
	if string(p) != text {
		t.Errorf("received %q, want %q", p, text)
	}
}

// hearEnd asserts that the peer has said everything.
func hearEnd(t T, tr transport.Transport, c *ipc.Conn) {
	t.Helper()
	t.Want(c.Recv(make([]byte, 1), later(tr)), Recv, syscall.EPIPE)
}

// works asserts that bytes pass from a to b.
func works(t T, tr transport.Transport, a, b *ipc.Conn) {
	t.Helper()
	say(t, tr, a, "works")
	hear(t, tr, b, "works")
}

// aside runs f as a task of its own and returns a function that waits for it.
func aside(t T, tr transport.Transport, name string, f func()) (join func()) {
	t.Helper()
	g := transport.NewGroup(tr)
	ok(t, g.Go(name, func(transport.Transport) { f() }))
	return func() {
		t.Helper()
		defer g.Cancel()
		ok(t, g.Wait(tr.Now().Add(2*ample)))
	}
}

// view returns a view that cancel cancels.
func view(tr transport.Transport) (v transport.Transport, cancel func()) {
	return tr.WithCancel(context.Background())
}

// inside waits until another task is inside a direction. probe is a call of
// that direction with no bytes: it is refused with EBUSY then, and before that
// it does nothing.
func inside(t T, tr transport.Transport, probe func() error) {
	t.Helper()
	for end := later(tr); ; tr.Sleep(tr.Now().Add(tick)) {
		err := probe()
		if errors.Is(err, syscall.EBUSY) {
			return
		}
		ok(t, err)
		if transport.Expired(end, tr.Now()) {
			t.Fatal("nobody is inside the direction")
		}
	}
}

// persist repeats a call for as long as it is refused because inside is probing
// at that moment.
func persist(tr transport.Transport, call func() error) error {
	for {
		err := call()
		if !errors.Is(err, syscall.EBUSY) {
			return err
		}
		tr.Sleep(tr.Now().Add(tick / 4))
	}
}

func probeSend(c *ipc.Conn) func() error {
	return func() error { return c.Send(nil, transport.Immediate) }
}

func probeRecv(c *ipc.Conn) func() error {
	return func() error { return c.Recv(nil, transport.Immediate) }
}

// stuffed returns a connection that has not room for one more byte, on tra, and
// its peer, on trb.
func stuffed(t T, tra, trb transport.Transport) (full, peer *ipc.Conn) {
	t.Helper()
	x, y, err := trb.WithoutCancel().Pair()
	ok(t, err)
	buf := make([]byte, flood)
	n, err := x.Send([][]byte{buf}, nil, transport.Immediate)
	if n == flood || !errors.Is(err, syscall.ETIMEDOUT) {
		t.Fatalf("a flood of %d bytes: %d were sent, error %v", flood, n, err)
	}
	return adopt(t, tra, x), adopt(t, trb, y)
}

// crowd connects to a name until no more connections are kept, and returns
// those that are.
func crowd(t T, tr transport.Transport, name string) []*ipc.Conn {
	t.Helper()
	var kept []*ipc.Conn
	for {
		c, err := ipc.Connect(tr, t.Path(name), transport.Immediate)
		if err != nil {
			t.Want(err, Connect, syscall.ETIMEDOUT)
			return kept
		}
		kept = append(kept, c)
		if len(kept) > 10000 {
			t.Fatal("the backlog is never full")
		}
	}
}

// ownCred returns who this process is.
func ownCred(t T, tr transport.Transport) transport.Cred {
	t.Helper()
	a, b := pair(t, tr)
	defer b.Abort()
	defer a.Abort()
	return must(a.PeerCred())(t)
}

// pattern returns n bytes that no shift maps onto themselves.
func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7 + i>>8)
	}
	return p
}

func same(t T, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes arrived, not the %d that were sent", len(got), len(want))
	}
}
