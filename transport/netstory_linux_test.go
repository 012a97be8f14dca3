package transport_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A story does something with a kit and tells what came of it.
type story struct {
	name string
	play func(t *testing.T, k *kit, tell func(what string, n int, err error))
}

// must returns what a story could not do without.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
		return v
	}
}

func mustPair(t *testing.T, k *kit) (net.Conn, net.Conn) {
	a, b, err := k.pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

type halfCloser interface {
	CloseRead() error
	CloseWrite() error
}

var (
	soon = func() time.Time { return time.Now().Add(2 * time.Millisecond) }
	past = time.Unix(1, 0)
)

var stories = []story{
	{"end of stream", func(t *testing.T, k *kit, tell func(string, int, error)) {
		a, b := mustPair(t, k)
		b.Write([]byte("last"))
		b.Close()
		p := make([]byte, 10)
		n, err := a.Read(p)
		tell("read", n, err)
		n, err = a.Read(p)
		tell("read", n, err)
		n, err = a.Write(p)
		tell("write to a peer that is gone", n, err)
		tell("close", 0, a.Close())
	}},
	{"reset", func(t *testing.T, k *kit, tell func(string, int, error)) {
		a, b := mustPair(t, k)
		a.Write([]byte("unread"))
		b.Write([]byte("last"))
		b.Close()
		p := make([]byte, 10)
		for range 3 {
			n, err := a.Read(p)
			tell("read", n, err)
		}
	}},
	{"after close", func(t *testing.T, k *kit, tell func(string, int, error)) {
		a, _ := mustPair(t, k)
		var raw syscall.RawConn
		if k.raw {
			raw = must[syscall.RawConn](t)(a.(syscall.Conn).SyscallConn())
		}
		a.SetDeadline(past) // closed is looked at first
		tell("close", 0, a.Close())
		for _, p := range [][]byte{nil, make([]byte, 1)} {
			n, err := a.Read(p)
			tell("read", n, err)
			n, err = a.Write(p)
			tell("write", n, err)
		}
		tell("set deadline", 0, a.SetDeadline(time.Time{}))
		tell("set read deadline", 0, a.SetReadDeadline(past))
		tell("set write deadline", 0, a.SetWriteDeadline(past))
		tell("close read", 0, a.(halfCloser).CloseRead())
		tell("close write", 0, a.(halfCloser).CloseWrite())
		tell("close again", 0, a.Close())
		if k.raw {
			_, err := a.(syscall.Conn).SyscallConn()
			tell("raw: syscall conn", 0, err)
			tell("raw: control", 0, raw.Control(func(uintptr) {}))
			tell("raw: read", 0, raw.Read(func(uintptr) bool { return true }))
			tell("raw: write", 0, raw.Write(func(uintptr) bool { return true }))
		}
		if a.LocalAddr() != a.LocalAddr() {
			t.Errorf("LocalAddr returns different pointers")
		}
	}},
	{"closed while blocked", func(t *testing.T, k *kit, tell func(string, int, error)) {
		a, _ := mustPair(t, k)
		done := make(chan error)
		go func() {
			_, err := a.Read(make([]byte, 1))
			done <- err
		}()
		go func() {
			_, err := a.Write(make([]byte, 1<<22))
			done <- err
		}()
		a.SetDeadline(time.Now().Add(time.Hour))
		a.Close()
		for range 2 {
			err := <-done
			var e *net.OpError
			if !errors.As(err, &e) || !errors.Is(err, net.ErrClosed) {
				t.Errorf("%v", err)
			}
		}
	}},
	{"deadlines", func(t *testing.T, k *kit, tell func(string, int, error)) {
		a, b := mustPair(t, k)
		b.Write([]byte("there"))
		p := make([]byte, 10)
		tell("set", 0, a.SetReadDeadline(past))
		n, err := a.Read(p)
		tell("read what is there", n, err)
		n, err = a.Read(nil)
		tell("read nothing", n, err)
		tell("set", 0, a.SetReadDeadline(time.Time{}))
		n, err = a.Read(p)
		tell("read", n, err)
		a.SetReadDeadline(soon())
		n, err = a.Read(p)
		tell("blocked read", n, err)

		a.SetWriteDeadline(past)
		n, err = a.Write(p)
		tell("write", n, err)
		n, err = a.Write(nil)
		tell("write nothing", n, err)
		a.SetWriteDeadline(time.Time{})
		n, err = a.Write(nil)
		tell("write nothing", n, err)
		wrote := make(chan int)
		go func() {
			n, werr := a.Write(make([]byte, 1<<22))
			err = werr
			wrote <- n
		}()
		b.Read(p[:1]) // the write has begun
		a.SetWriteDeadline(past)
		tell("blocked write took something", min(<-wrote, 1), err)

		a.SetDeadline(time.Time{})
		done := make(chan error)
		for range 2 {
			go func() {
				_, err := a.Read(p[:1])
				done <- err
			}()
		}
		a.SetDeadline(past)
		tell("read that was cut short", 0, <-done)
		tell("another", 0, <-done)

		if k.raw {
			raw := must[syscall.RawConn](t)(a.(syscall.Conn).SyscallConn())
			tell("raw: read", 0, raw.Read(func(uintptr) bool { return false }))
			tell("raw: write", 0, raw.Write(func(uintptr) bool { return false }))
			tell("raw: control", 0, raw.Control(func(uintptr) {}))
		}
	}},
	{"half-close", func(t *testing.T, k *kit, tell func(string, int, error)) {
		a, b := mustPair(t, k)
		p := make([]byte, 1)
		tell("close write", 0, a.(halfCloser).CloseWrite())
		n, err := a.Write(p)
		tell("write", n, err)
		n, err = b.Read(p)
		tell("peer's read", n, err)
		tell("close read", 0, a.(halfCloser).CloseRead())
		n, err = a.Read(p)
		tell("read", n, err)
		n, err = b.Write(p)
		tell("peer's write", n, err)
		tell("close read again", 0, a.(halfCloser).CloseRead())
		b.Close()
		tell("close write again", 0, a.(halfCloser).CloseWrite())
	}},
	{"accept", func(t *testing.T, k *kit, tell func(string, int, error)) {
		l := must[net.Listener](t)(k.listen(k.dir + "/sock"))
		d := l.(interface{ SetDeadline(time.Time) error })
		tell("set", 0, d.SetDeadline(past))
		c := must[net.Conn](t)(k.dial(context.Background(), "unix", k.dir+"/sock"))
		defer c.Close()
		accept := func(what string) {
			c, err := l.Accept()
			if err == nil {
				c.Close()
			} else if c != nil {
				t.Errorf("Accept returns a connection of type %T and %v", c, err)
			}
			tell(what, 0, err)
		}
		accept("accept past the deadline what is there")
		d.SetDeadline(time.Time{})
		accept("accept")
		d.SetDeadline(soon())
		accept("blocked accept")
		d.SetDeadline(time.Time{})
		done := make(chan error)
		go func() {
			_, err := l.Accept()
			done <- err
		}()
		d.SetDeadline(past)
		tell("accept that was cut short", 0, <-done)
		tell("close", 0, l.Close())
		accept("accept after close")
		tell("set after close", 0, d.SetDeadline(past))
		accept("accept after close")
		tell("close again", 0, l.Close())
	}},
	{"listener closed while blocked", func(t *testing.T, k *kit, tell func(string, int, error)) {
		l := must[net.Listener](t)(k.listen(k.dir + "/closed"))
		done := make(chan error)
		go func() {
			_, err := l.Accept()
			done <- err
		}()
		l.Close()
		tell("accept", 0, <-done)
	}},
	{"addresses", func(t *testing.T, k *kit, tell func(string, int, error)) {
		show := func(who string, c net.Conn) {
			tell(who+" "+shapeOfAddr(c.LocalAddr())+" "+shapeOfAddr(c.RemoteAddr()), 0, nil)
		}
		a, b := mustPair(t, k)
		show("pair", a)
		show("pair", b)
		for _, name := range []string{k.dir + "/addr", "@" + k.dir + "/addr"} {
			l := must[net.Listener](t)(k.listen(name))
			defer l.Close()
			tell("listener "+shapeOfAddr(l.Addr()), 0, nil)
			c := must[net.Conn](t)(k.dial(context.Background(), "unix", name))
			defer c.Close()
			s := must[net.Conn](t)(l.Accept())
			defer s.Close()
			show("client", c)
			show("server", s)
			c.Close()
			n, err := s.Write([]byte("x"))
			tell("server's write", n, err)
			n, err = s.Read(make([]byte, 1))
			tell("server's read", n, err)
			s.Close()
			n, err = s.Read(make([]byte, 1))
			tell("server's read", n, err)
			tell("server's set", 0, s.SetDeadline(past))
		}
	}},
	{"dial", func(t *testing.T, k *kit, tell func(string, int, error)) {
		dial := func(what string, ctx context.Context, network, address string) {
			c, err := k.dial(ctx, network, address)
			if err == nil {
				c.Close()
			} else if c != nil {
				t.Errorf("%s: a connection of type %T and %v", what, c, err)
			}
			tell(what, 0, err)
		}
		bg := context.Background()
		canceled, cancel := context.WithCancel(bg)
		cancel()
		late, cancel := context.WithDeadline(bg, past)
		defer cancel()
		file := k.dir + "/file"
		for _, err := range []error{k.file(file), k.stale(k.dir + "/stale")} {
			if err != nil {
				t.Fatal(err)
			}
		}

		dial("no such file", bg, "unix", k.dir+"/nothing")
		dial("no such directory", bg, "unix", k.dir+"/nothing/sock")
		dial("below a file", bg, "unix", file+"/sock")
		dial("a file", bg, "unix", file)
		dial("a stale socket", bg, "unix", k.dir+"/stale")
		if k.gram != nil {
			if err := k.gram(k.dir + "/gram"); err != nil {
				t.Fatal(err)
			}
			dial("gram: a socket of another type", bg, "unix", k.dir+"/gram")
		}
		dial("a long path", bg, "unix", "/"+strings.Repeat("x", 107))
		dial("no address", bg, "unix", "")
		dial("cancelled", canceled, "unix", file)
		dial("too late", late, "unix", file)
		dial("too late, but not done", passed{bg}, "unix", k.dir+"/stale")
		dial("cancelled, no address", canceled, "unix", "")
		dial("network", bg, "unixx", file)
		dial("network, cancelled", canceled, "foo:bar", "")
	}},
	{"descriptors", func(t *testing.T, k *kit, tell func(string, int, error)) {
		l := must[net.Listener](t)(k.listen(k.dir + "/fds"))
		defer l.Close()
		c := must[net.Conn](t)(k.dial(context.Background(), "unix", k.dir+"/fds"))
		defer c.Close()
		relax := k.tight()
		_, acceptErr := l.Accept()
		_, dialErr := k.dial(context.Background(), "unix", k.dir+"/fds")
		relax()
		tell("accept", 0, acceptErr)
		tell("dial", 0, dialErr)
	}},
}
