package ipc

import (
	"fmt"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/brine/transport"
)

// A fakeFD is a descriptor that counts what becomes of it.
type fakeFD struct {
	id     int
	closed int
}

func (f *fakeFD) Close() error {
	f.closed++
	if f.closed > 1 {
		return errno(syscall.EBADF)
	}
	return nil
}

// An atom is a byte on its way, with the descriptors that are tied to it. With
// lost the process has no room for them.
type atom struct {
	b    byte
	fds  []*fakeFD
	lost bool
}

func plain(s string) (list []atom) {
	for i := range len(s) {
		list = append(list, atom{b: s[i]})
	}
	return list
}

func errno(e syscall.Errno) error { return &transport.Error{Op: "fake", Err: e, Detail: "scripted"} }

// A fakeConn is a transport's connection with a script for its receiving side
// and a record of its sending side. It does not block: where the script is at
// its end it answers end.
type fakeConn struct {
	transport.Conn // nil: a method that is not scripted panics

	in    []atom
	chunk func() int // how many bytes the next Recv moves at most; nil: all
	end   error      // io.EOF if nil
	noFDs bool
	reads int

	out      []byte
	outFDs   []transport.FD
	sends    int
	sendN    int   // with sendErr: how much is moved before it
	sendErr  error // the next Send fails
	shut     int
	shutErr  error
	closed   int
	local    transport.Addr
	lastList [][]byte
}

func (f *fakeConn) Recv(bufs [][]byte, fds []transport.FD, _ time.Time) (n, nfd int, err error) {
	f.reads++
	if f.closed > 0 {
		return 0, 0, errno(syscall.EBADF)
	}
	if f.noFDs && fds != nil {
		return 0, 0, errno(syscall.ENOTSUP)
	}
	room := totalOf(bufs)
	if room == 0 {
		return 0, 0, nil
	}
	if len(f.in) == 0 {
		if f.end != nil {
			return 0, 0, f.end
		}
		return 0, 0, io.EOF
	}
	limit := room
	if f.chunk != nil {
		limit = min(room, max(1, f.chunk()))
	}
	for _, p := range bufs {
		for i := range p {
			if n == limit || len(f.in) == 0 {
				return n, 0, nil
			}
			a := f.in[0]
			f.in = f.in[1:]
			p[i] = a.b
			n++
			if a.lost {
				return n, 0, errno(syscall.EMFILE)
			}
			if len(a.fds) > 0 {
				for j, fd := range a.fds {
					if j < len(fds) {
						fds[j] = fd
						nfd++
					} else {
						fd.Close()
					}
				}
				return n, nfd, nil
			}
		}
	}
	return n, 0, nil
}

func (f *fakeConn) Send(bufs [][]byte, fds []transport.FD, _ time.Time) (n int, err error) {
	f.sends++
	f.lastList = bufs
	if f.closed > 0 {
		return 0, errno(syscall.EBADF)
	}
	if f.noFDs && len(fds) > 0 {
		return 0, errno(syscall.ENOTSUP)
	}
	for _, p := range bufs {
		f.out = append(f.out, p...)
		n += len(p)
	}
	f.outFDs = append(f.outFDs, fds...)
	if f.sendErr != nil {
		err, f.sendErr = f.sendErr, nil
		return f.sendN, err
	}
	return n, nil
}

func (f *fakeConn) CloseWrite() error {
	f.shut++
	return f.shutErr
}

func (f *fakeConn) Close() error {
	f.closed++
	if f.closed > 1 {
		return errno(syscall.EBADF)
	}
	for _, a := range f.in { // as the kernel does with what nobody read
		for _, fd := range a.fds {
			fd.Close()
		}
	}
	f.in = nil
	return nil
}

func (f *fakeConn) LocalAddr() transport.Addr  { return f.local }
func (f *fakeConn) RemoteAddr() transport.Addr { return "" }
func (f *fakeConn) PeerCred() (transport.Cred, error) {
	return transport.Cred{}, errno(syscall.ENOTSUP)
}

// A fakeTransport hands out the connections of a list, and fails without one.
type fakeTransport struct {
	transport.Transport
	mu    sync.Mutex
	conns []transport.Conn
	err   error
	now   time.Time
	slept int
}

func (f *fakeTransport) next() (transport.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.conns) == 0 {
		if f.err == nil {
			return nil, errno(syscall.ECONNREFUSED)
		}
		return nil, f.err
	}
	c := f.conns[0]
	f.conns = f.conns[1:]
	return c, nil
}

func (f *fakeTransport) Dial(string, time.Time) (transport.Conn, error) { return f.next() }
func (f *fakeTransport) Adopt(transport.FD) (transport.Conn, error)     { return f.next() }
func (f *fakeTransport) Attach(transport.Conn) (transport.Conn, error)  { return f.next() }
func (f *fakeTransport) Pair() (transport.Conn, transport.Conn, error) {
	a, err := f.next()
	if err != nil {
		return nil, nil, err
	}
	b, err := f.next()
	return a, b, err
}
func (f *fakeTransport) Listen(path string, _ int, _ transport.ListenConfig) (transport.Listener, error) {
	if f.err != nil {
		return nil, f.err
	}
	return &fakeListener{tr: f, addr: transport.Addr(path)}, nil
}
func (f *fakeTransport) AdoptListener(_ transport.FD, cfg transport.ListenConfig) (transport.Listener, error) {
	return f.Listen("adopted", 0, cfg)
}
func (f *fakeTransport) Now() time.Time { return f.now }
func (f *fakeTransport) Sleep(until time.Time) error {
	f.slept++
	f.now = until
	return nil
}

type fakeListener struct {
	tr     *fakeTransport
	addr   transport.Addr
	closed bool
}

func (l *fakeListener) Accept(time.Time) (transport.Conn, error) {
	if l.closed {
		return nil, errno(syscall.EBADF)
	}
	return l.tr.next()
}
func (l *fakeListener) SetDeadline(time.Time) error { return nil }
func (l *fakeListener) Close() error                { l.closed = true; return nil }
func (l *fakeListener) Dup() (transport.FD, error)  { return &fakeFD{}, nil }
func (l *fakeListener) Addr() transport.Addr        { return l.addr }

// connOn returns a connection on a scripted one.
func connOn(t testing.TB, f transport.Conn) *Conn {
	t.Helper()
	c, err := Connect(&fakeTransport{conns: []transport.Conn{f}}, "fake", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wants checks a call's answer: its errno, and that it is an error of this
// package with the operation op.
func wants(t testing.TB, err error, op string, want syscall.Errno) {
	t.Helper()
	if want == 0 {
		if err != nil {
			t.Fatalf("%s: %v, want success", op, err)
		}
		return
	}
	te, ok := err.(*transport.Error)
	if !ok || te.Op != op || te.Err != want {
		t.Fatalf("%v, want %s", err, &transport.Error{Op: op, Err: want})
	}
}

func (f *fakeFD) String() string { return fmt.Sprintf("fd %d", f.id) }

var never time.Time
