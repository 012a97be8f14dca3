package ipc

import (
	"bytes"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/transport"
)

// TestNotOpen: what is nil, zero or closed answers EBADF and does not panic.
func TestNotOpen(t *testing.T) {
	closedConn := connOn(t, &fakeConn{})
	closedConn.Abort()
	buf := make([]byte, 1)
	for name, c := range map[string]*Conn{"nil": nil, "zero": new(Conn), "closed": closedConn} {
		t.Run(name, func(t *testing.T) {
			wants(t, c.Send(buf, never), "send", syscall.EBADF)
			wants(t, c.Send(nil, never), "send", syscall.EBADF)
			wants(t, c.SendList(nil, never), "send", syscall.EBADF)
			wants(t, c.Recv(buf, never), "recv", syscall.EBADF)
			wants(t, c.Recv(nil, never), "recv", syscall.EBADF)
			wants(t, c.RecvList(nil, never), "recv", syscall.EBADF)
			wants(t, c.Skip(-1, never), "skip", syscall.EBADF)
			wants(t, c.SendFD(&fakeFD{}, never), "sendfd", syscall.EBADF)
			_, err := c.RecvFD(never)
			wants(t, err, "recvfd", syscall.EBADF)
			wants(t, c.Done(), "done", syscall.EBADF)
			wants(t, c.Close(never), "close", syscall.EBADF)
			wants(t, c.Abort(), "abort", syscall.EBADF)
			wants(t, c.Attach(&fakeTransport{}), "attach", syscall.EBADF)
			_, err = c.PeerCred()
			wants(t, err, "peercred", syscall.EBADF)
			if c.LocalAddr() != "" || c.RemoteAddr() != "" {
				t.Error("it has a name")
			}
		})
	}

	closedListener, err := Listen(&fakeTransport{}, "p", 1, transport.ListenConfig{})
	wants(t, err, "listen", 0)
	wants(t, closedListener.Close(), "close", 0)
	for name, l := range map[string]*Listener{"nil": nil, "zero": new(Listener), "closed": closedListener} {
		t.Run(name+" listener", func(t *testing.T) {
			_, err := l.Accept(never)
			wants(t, err, "accept", syscall.EBADF)
			wants(t, l.AcceptMem(new(Conn), never), "accept", syscall.EBADF)
			_, err = l.Dup()
			wants(t, err, "dup", syscall.EBADF)
			wants(t, l.Close(), "close", syscall.EBADF)
			if a := l.Addr(); a != "" && name != "closed" {
				t.Errorf("it has the name %q", a)
			}
		})
	}
}

// TestStorage: the Mem forms take storage that is free, and no other.
func TestStorage(t *testing.T) {
	tr := &fakeTransport{conns: []transport.Conn{&fakeConn{}, &fakeConn{}, &fakeConn{}, &fakeConn{}, &fakeConn{}}}
	l, err := Listen(tr, "p", 1, transport.ListenConfig{})
	wants(t, err, "listen", 0)
	var a, b Conn
	forms := []struct {
		op   string
		make func(c *Conn, tr transport.Transport) error
	}{
		{"connect", func(c *Conn, tr transport.Transport) error { return ConnectMem(c, tr, "p", never) }},
		{"accept", func(c *Conn, tr transport.Transport) error { return l.AcceptMem(c, never) }},
		{"fromfd", func(c *Conn, tr transport.Transport) error { return FromFDMem(c, tr, &fakeFD{}) }},
		{"pair", func(c *Conn, tr transport.Transport) error { return PairMem(c, &b, tr) }},
	}
	for _, f := range forms {
		wants(t, f.make(nil, tr), f.op, syscall.EINVAL)
		if f.op != "accept" {
			wants(t, f.make(&a, nil), f.op, syscall.EINVAL)
		}
		wants(t, f.make(&a, tr), f.op, 0)
		wants(t, f.make(&a, tr), f.op, syscall.EINVAL) // in use
		wants(t, a.Send([]byte("x"), never), "send", 0)
		wants(t, a.Abort(), "abort", 0)
	}
	wants(t, b.Abort(), "abort", 0)

	// A failure leaves the storage free.
	for _, f := range forms {
		wants(t, f.make(&a, tr), f.op, syscall.ECONNREFUSED)
		wants(t, a.Abort(), "abort", syscall.EBADF)
	}
	wants(t, PairMem(&a, &a, tr), "pair", syscall.EINVAL)
	wants(t, PairMem(&a, nil, tr), "pair", syscall.EINVAL)
	tr.conns = []transport.Conn{&fakeConn{}}
	wants(t, ConnectMem(&a, tr, "p", never), "connect", 0)
	wants(t, a.Close(never), "close", 0)

	wants(t, ListenMem(nil, tr, "p", 1, transport.ListenConfig{}), "listen", syscall.EINVAL)
	wants(t, ListenMem(l, tr, "p", 1, transport.ListenConfig{}), "listen", syscall.EINVAL)
	wants(t, ListenMem(new(Listener), nil, "p", 1, transport.ListenConfig{}), "listen", syscall.EINVAL)
	wants(t, ListenerFromFDMem(l, tr, &fakeFD{}, transport.ListenConfig{}), "fromfd", syscall.EINVAL)
	wants(t, l.Close(), "close", 0)
	wants(t, ListenerFromFDMem(l, tr, &fakeFD{}, transport.ListenConfig{}), "fromfd", 0)
	if l.Addr() != "adopted" {
		t.Errorf("the listener is called %q", l.Addr())
	}
	wants(t, l.Close(), "close", 0)
	tr.err = errno(syscall.EADDRINUSE)
	wants(t, ListenMem(l, tr, "p", 1, transport.ListenConfig{}), "listen", syscall.EADDRINUSE)
	tr.err = nil
	wants(t, ListenMem(l, tr, "p", 1, transport.ListenConfig{}), "listen", 0)

	// The constructors refuse the same.
	_, err = Connect(nil, "p", never)
	wants(t, err, "connect", syscall.EINVAL)
	_, _, err = Pair(nil)
	wants(t, err, "pair", syscall.EINVAL)
	_, err = FromFD(nil, nil)
	wants(t, err, "fromfd", syscall.EINVAL)
	_, err = Listen(nil, "p", 1, transport.ListenConfig{})
	wants(t, err, "listen", syscall.EINVAL)
	_, err = ListenerFromFD(nil, nil, transport.ListenConfig{})
	wants(t, err, "fromfd", syscall.EINVAL)
}

// TestErrors: errors say what was done to what, and keep the cause.
func TestErrors(t *testing.T) {
	tr := &fakeTransport{}
	_, err := Connect(tr, "/run/app.sock", never)
	if got, want := err.Error(), "connect /run/app.sock: connection refused (ECONNREFUSED): scripted"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	c := connOn(t, &fakeConn{local: "/run/app.sock"})
	err = c.Recv(make([]byte, 1), never)
	if got, want := err.Error(), "recv /run/app.sock: broken pipe (EPIPE): end of stream"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if !errors.Is(err, syscall.EPIPE) {
		t.Error("errors.Is does not find EPIPE")
	}

	// A transport that breaks its contract.
	c = connOn(t, &fakeConn{sendErr: errors.New("no such luck")})
	err = c.Send([]byte("x"), never)
	wants(t, err, "send", syscall.EIO)
	if !strings.Contains(err.Error(), "no such luck") {
		t.Errorf("%v does not say why", err)
	}
	tr.err = syscall.EACCES
	_, err = Connect(tr, "p", never)
	wants(t, err, "connect", syscall.EACCES)
}

func TestSendRules(t *testing.T) {
	f := &fakeConn{}
	c := connOn(t, f)
	wants(t, c.Send([]byte("one "), never), "send", 0)
	wants(t, c.SendList([][]byte{[]byte("two "), nil, []byte("three")}, never), "send", 0)
	if f.sends != 2 {
		t.Errorf("%d calls of the transport, want 2", f.sends)
	}
	wants(t, c.Send(nil, never), "send", 0)
	wants(t, c.SendList([][]byte{nil, {}}, never), "send", 0)
	wants(t, c.SendList(nil, never), "send", syscall.EINVAL)
	wants(t, c.SendFD(nil, never), "sendfd", syscall.EBADF)
	if f.sends != 2 {
		t.Errorf("a send of nothing touched the socket")
	}
	fd := new(fakeFD)
	wants(t, c.SendFD(fd, never), "sendfd", 0)
	if got, want := f.out, append([]byte("one two three"), 0xcc); !bytes.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if len(f.outFDs) != 1 || f.outFDs[0] != fd || fd.closed != 0 {
		t.Errorf("passed %v, closed %d times", f.outFDs, fd.closed)
	}
	if c.sbufs[0] != nil || c.sfds[0] != nil {
		t.Error("the connection keeps the caller's data")
	}
	wants(t, c.Done(), "done", 0)
	wants(t, c.Done(), "done", syscall.EPIPE)
	wants(t, c.Send([]byte("x"), never), "send", syscall.EPIPE)
	wants(t, c.Send(nil, never), "send", syscall.EPIPE)
	wants(t, c.SendList(nil, never), "send", syscall.EPIPE)
	wants(t, c.SendFD(fd, never), "sendfd", syscall.EPIPE)
	if f.shut != 1 {
		t.Errorf("half-closed %d times", f.shut)
	}
}

// TestSendFailures: a failure ends sending and nothing else; a refusal does
// not, unless part of it was sent.
func TestSendFailures(t *testing.T) {
	for _, tt := range []struct {
		n           int
		errno       syscall.Errno
		want, later syscall.Errno
	}{
		{0, syscall.ETIMEDOUT, syscall.ETIMEDOUT, syscall.ECONNRESET},
		{1, syscall.ETIMEDOUT, syscall.ETIMEDOUT, syscall.ECONNRESET},
		{0, syscall.ECANCELED, syscall.ECANCELED, syscall.ECONNRESET},
		{0, syscall.EPIPE, syscall.ECONNRESET, syscall.ECONNRESET},
		{0, syscall.ENOBUFS, syscall.ENOBUFS, syscall.ECONNRESET},
		{0, syscall.EINVAL, syscall.EINVAL, 0},
		{1, syscall.EINVAL, syscall.EINVAL, syscall.ECONNRESET},
		{0, syscall.ENOTSUP, syscall.ENOTSUP, 0},
		{1, 0, syscall.EIO, syscall.ECONNRESET}, // short without an error: not in the contract
	} {
		f := &fakeConn{in: plain("abc"), sendN: tt.n, sendErr: errno(tt.errno)}
		if tt.errno == 0 {
			f.sendErr = nil
			c := connOn(t, shortSender{f})
			wants(t, c.Send([]byte("xyz"), never), "send", tt.want)
			wants(t, c.Send([]byte("xyz"), never), "send", tt.later)
			continue
		}
		c := connOn(t, f)
		wants(t, c.Send([]byte("xyz"), never), "send", tt.want)
		wants(t, c.Recv(make([]byte, 1), never), "recv", 0)
		wants(t, c.Send([]byte("xyz"), never), "send", tt.later)
		wants(t, c.Send(nil, never), "send", tt.later)
		wants(t, c.Done(), "done", tt.later)
		wants(t, c.Recv(make([]byte, 1), never), "recv", 0)
		wants(t, c.Close(never), "close", tt.later)
		if f.closed != 1 {
			t.Errorf("closed %d times", f.closed)
		}
	}
}

type shortSender struct{ *fakeConn }

func (s shortSender) Send(bufs [][]byte, _ []transport.FD, _ time.Time) (int, error) { return 1, nil }

// TestRecvFailures is the same for receiving.
func TestRecvFailures(t *testing.T) {
	for _, tt := range []struct {
		have        string
		end         error
		want, later syscall.Errno
	}{
		{"", nil, syscall.EPIPE, syscall.EPIPE},
		{"ab", nil, syscall.EPIPE, syscall.EPIPE},
		{"", errno(syscall.ETIMEDOUT), syscall.ETIMEDOUT, syscall.ECONNRESET},
		{"ab", errno(syscall.ETIMEDOUT), syscall.ETIMEDOUT, syscall.ECONNRESET},
		{"", errno(syscall.ECONNRESET), syscall.ECONNRESET, syscall.ECONNRESET},
		{"", errno(syscall.ECANCELED), syscall.ECANCELED, syscall.ECONNRESET},
		{"", errno(syscall.ENOTCONN), syscall.ENOTCONN, syscall.ECONNRESET},
		{"", errno(syscall.EINVAL), syscall.EINVAL, syscall.EINVAL}, // nothing ends: the next one asks again
		{"ab", errno(syscall.EINVAL), syscall.EINVAL, syscall.ECONNRESET},
		{"", errno(syscall.ENOTSUP), syscall.ENOTSUP, syscall.ENOTSUP},
	} {
		for name, call := range map[string]func(c *Conn) error{
			"recv":  func(c *Conn) error { return c.Recv(make([]byte, 3), never) },
			"skip":  func(c *Conn) error { return c.Skip(3, never) },
			"recv2": func(c *Conn) error { return c.RecvList([]Buf{{Skip: 1}, {Bytes: make([]byte, 2)}}, never) },
		} {
			f := &fakeConn{in: plain(tt.have), end: tt.end}
			c := connOn(t, f)
			op := name[:4]
			wants(t, call(c), op, tt.want)
			wants(t, c.Send([]byte("x"), never), "send", 0)
			wants(t, call(c), op, tt.later)
			zero := tt.later
			if refusals[tt.later] {
				zero = 0
			}
			wants(t, c.Recv(nil, never), "recv", zero)
			wants(t, c.Skip(0, never), "skip", zero)
			if c.rbufs[0] != nil {
				t.Error("the connection keeps the caller's buffer")
			}
		}
	}
}

func TestRecvLists(t *testing.T) {
	f := &fakeConn{in: plain("abcdefghij")}
	c := connOn(t, f)
	for _, list := range [][]Buf{
		nil,
		{{Bytes: make([]byte, 1)}, {Bytes: make([]byte, 1), Skip: 1}},
		{{Bytes: make([]byte, 1)}, {Skip: -1}},
		{{Bytes: []byte{}, Skip: 1}},
	} {
		wants(t, c.RecvList(list, never), "recv", syscall.EINVAL)
	}
	wants(t, c.Skip(-1, never), "skip", syscall.EINVAL)
	wants(t, c.RecvList([]Buf{{}, {Bytes: []byte{}}}, never), "recv", 0)
	if f.reads != 0 {
		t.Fatal("a malformed or empty list touched the socket")
	}
	a, b := make([]byte, 2), make([]byte, 3)
	wants(t, c.RecvList([]Buf{{Bytes: a}, {Skip: 3}, {}, {Bytes: b}}, never), "recv", 0)
	if string(a) != "ab" || string(b) != "fgh" {
		t.Errorf("got %q and %q", a, b)
	}
	if f.reads != 1 {
		t.Errorf("%d reads, want 1: the rest was in the read-ahead", f.reads)
	}
}

// TestReadAhead: small receives share a read, big ones are read in place.
func TestReadAhead(t *testing.T) {
	f := &fakeConn{in: plain(strings.Repeat("0123456789", 1000))}
	c := connOn(t, f)
	p := make([]byte, 10)
	for range 200 {
		wants(t, c.Recv(p, never), "recv", 0)
		if string(p) != "0123456789" {
			t.Fatalf("got %q", p)
		}
	}
	if f.reads != 1 {
		t.Errorf("200 small receives took %d reads, want 1", f.reads)
	}
	big := make([]byte, 8000)
	wants(t, c.Recv(big, never), "recv", 0)
	if string(big) != strings.Repeat("0123456789", 800) {
		t.Error("a big receive got something else")
	}
	if f.reads != 2 {
		t.Errorf("a big receive took %d reads, want 1", f.reads-1)
	}
	wants(t, c.Recv(p, never), "recv", syscall.EPIPE)
}

func TestRecvFD(t *testing.T) {
	// Between two messages, however they were read.
	for chunk := 1; chunk < 8; chunk++ {
		fd, extra := &fakeFD{id: 1}, &fakeFD{id: 2}
		in := append(plain("abc"), atom{b: 0xcc, fds: []*fakeFD{fd, extra}})
		f := &fakeConn{in: append(in, plain("def")...), chunk: func() int { return chunk }}
		c := connOn(t, f)
		p := make([]byte, 3)
		wants(t, c.Recv(p, never), "recv", 0)
		got, err := c.RecvFD(never)
		wants(t, err, "recvfd", 0)
		if got != fd || fd.closed != 0 || extra.closed != 1 {
			t.Errorf("chunk %d: got %v, closed %d and %d times", chunk, got, fd.closed, extra.closed)
		}
		wants(t, c.Recv(p, never), "recv", 0)
		if string(p) != "def" {
			t.Errorf("chunk %d: after the descriptor came %q", chunk, p)
		}
		_, err = c.RecvFD(never)
		wants(t, err, "recvfd", syscall.EPIPE)
	}

	t.Run("none", func(t *testing.T) {
		fd := &fakeFD{}
		c := connOn(t, &fakeConn{in: append(plain("ab"), atom{b: 0xcc, fds: []*fakeFD{fd}})})
		wants(t, c.Skip(1, never), "skip", 0)
		_, err := c.RecvFD(never)
		wants(t, err, "recvfd", syscall.EPROTO)
		_, err = c.RecvFD(never)
		wants(t, err, "recvfd", syscall.ECONNRESET)
		if fd.closed != 1 {
			t.Error("a descriptor that nobody can receive any more is open")
		}
	})
	t.Run("lost", func(t *testing.T) {
		in := append(plain("a"), atom{b: 0xcc, lost: true})
		c := connOn(t, &fakeConn{in: append(in, plain("b")...)})
		wants(t, c.Recv(make([]byte, 1), never), "recv", 0)
		_, err := c.RecvFD(never)
		wants(t, err, "recvfd", syscall.EMFILE)
		wants(t, c.Recv(make([]byte, 1), never), "recv", syscall.ECONNRESET)
	})
	t.Run("lost, unwanted", func(t *testing.T) {
		in := append(plain("a"), atom{b: 0xcc, lost: true})
		c := connOn(t, &fakeConn{in: append(in, plain("b")...)})
		wants(t, c.Recv(make([]byte, 1), never), "recv", 0)
		wants(t, c.Recv(make([]byte, 2), never), "recv", 0)
	})
	t.Run("unsupported", func(t *testing.T) {
		f := &fakeConn{in: plain("abc"), noFDs: true}
		c := connOn(t, f)
		_, err := c.RecvFD(never)
		wants(t, err, "recvfd", syscall.ENOTSUP)
		wants(t, c.SendFD(&fakeFD{}, never), "sendfd", syscall.ENOTSUP)
		p := make([]byte, 1)
		wants(t, c.Recv(p, never), "recv", 0)
		_, err = c.RecvFD(never)
		wants(t, err, "recvfd", syscall.ENOTSUP)
		wants(t, c.Recv(p, never), "recv", 0)
		if string(p) != "b" {
			t.Errorf("got %q, want b: RecvFD consumed something", p)
		}
		wants(t, c.Close(never), "close", 0)

		// The next connection in this storage is asked anew.
		fd := &fakeFD{}
		f = &fakeConn{in: []atom{{b: 0xcc, fds: []*fakeFD{fd}}}}
		wants(t, ConnectMem(c, &fakeTransport{conns: []transport.Conn{f}}, "p", never), "connect", 0)
		got, err := c.RecvFD(never)
		wants(t, err, "recvfd", 0)
		if got != fd {
			t.Errorf("got %v", got)
		}
	})
}

func TestClose(t *testing.T) {
	t.Run("orderly", func(t *testing.T) {
		fds := []*fakeFD{{}, {}}
		in := append(plain("abc"), atom{b: 1, fds: fds[:1]}, atom{b: 2}, atom{b: 3, fds: fds[1:]}, atom{b: 4, lost: true})
		f := &fakeConn{in: append(in, plain("z")...)}
		c := connOn(t, f)
		wants(t, c.Recv(make([]byte, 1), never), "recv", 0) // the first is pending now
		wants(t, c.Close(never), "close", 0)
		if f.shut != 1 || f.closed != 1 || fds[0].closed != 1 || fds[1].closed != 1 {
			t.Errorf("half-closed %d, closed %d times; descriptors %v", f.shut, f.closed, fds)
		}
	})
	t.Run("after done and end of stream", func(t *testing.T) {
		f := &fakeConn{}
		c := connOn(t, f)
		wants(t, c.Done(), "done", 0)
		wants(t, c.Recv(make([]byte, 1), never), "recv", syscall.EPIPE)
		reads := f.reads
		wants(t, c.Close(never), "close", 0)
		if f.shut != 1 || f.reads != reads || f.closed != 1 {
			t.Errorf("half-closed %d times, %d more reads, closed %d times", f.shut, f.reads-reads, f.closed)
		}
	})
	for _, e := range []syscall.Errno{syscall.ETIMEDOUT, syscall.ECANCELED, syscall.ECONNRESET, syscall.EINVAL} {
		t.Run(e.Error(), func(t *testing.T) {
			f := &fakeConn{in: plain("abc"), end: errno(e)}
			c := connOn(t, f)
			wants(t, c.Close(never), "close", e)
			if f.closed != 1 {
				t.Errorf("closed %d times", f.closed)
			}
			wants(t, c.Close(never), "close", syscall.EBADF)
		})
	}
	t.Run("half-close fails", func(t *testing.T) {
		f := &fakeConn{shutErr: errno(syscall.ENOTCONN)}
		c := connOn(t, f)
		wants(t, c.Done(), "done", syscall.ENOTCONN)
		wants(t, c.Close(never), "close", syscall.ECONNRESET)
		f = &fakeConn{shutErr: errno(syscall.ENOTCONN)}
		c = connOn(t, f)
		wants(t, c.Close(never), "close", syscall.ENOTCONN)
		if f.closed != 1 {
			t.Errorf("closed %d times", f.closed)
		}
	})
	t.Run("abort", func(t *testing.T) {
		fd := &fakeFD{}
		f := &fakeConn{in: append(plain("a"), atom{b: 1, fds: []*fakeFD{fd}})}
		c := connOn(t, f)
		wants(t, c.Recv(make([]byte, 1), never), "recv", 0)
		wants(t, c.Abort(), "abort", 0)
		if f.shut != 0 || f.closed != 1 || fd.closed != 1 {
			t.Errorf("half-closed %d, closed %d times, descriptor %d times", f.shut, f.closed, fd.closed)
		}
	})
}

// A flood has always something to read.
type flood struct{ *fakeConn }

func (f flood) Recv(bufs [][]byte, _ []transport.FD, _ time.Time) (n, nfd int, err error) {
	return totalOf(bufs), 0, nil
}

// TestCloseFlooded: a peer that sends without end does not keep Close beyond
// its deadline, also where time stands still while there is work.
func TestCloseFlooded(t *testing.T) {
	f := flood{&fakeConn{}}
	tr := &fakeTransport{conns: []transport.Conn{f}, now: time.Unix(1000, 0)}
	c, err := Connect(tr, "p", never)
	wants(t, err, "connect", 0)
	deadline := tr.now.Add(5500 * time.Microsecond)
	wants(t, c.Close(deadline), "close", syscall.ETIMEDOUT)
	if !tr.now.Equal(deadline) || f.closed != 1 {
		t.Errorf("closed %d times, at %v, deadline %v", f.closed, tr.now, deadline)
	}
}

// TestCloseAtOnce: what a socket can hold is discarded whatever the deadline.
func TestCloseAtOnce(t *testing.T) {
	tr := &fakeTransport{conns: []transport.Conn{&fakeConn{in: make([]atom, 400<<10)}}, now: time.Unix(1000, 0)}
	c, err := Connect(tr, "p", never)
	wants(t, err, "connect", 0)
	wants(t, c.Close(transport.Immediate), "close", 0)
}

func TestAttach(t *testing.T) {
	first, second := &fakeConn{}, &fakeConn{}
	c := connOn(t, first)
	wants(t, c.Attach(nil), "attach", syscall.EINVAL)
	wants(t, c.Attach(&fakeTransport{err: errno(syscall.EBADF)}), "attach", syscall.EBADF)
	wants(t, c.Send([]byte("a"), never), "send", 0)
	wants(t, c.Attach(&fakeTransport{conns: []transport.Conn{second}}), "attach", 0)
	wants(t, c.Send([]byte("b"), never), "send", 0)
	if string(first.out) != "a" || string(second.out) != "b" {
		t.Errorf("sent %q before, %q after", first.out, second.out)
	}
	wants(t, c.Abort(), "abort", 0)
	if first.closed != 1 || second.closed != 0 {
		t.Error("closing is for the connection that was made: the other is the same socket")
	}
}
