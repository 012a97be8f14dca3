//go:build unix

package realunix_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

var never time.Time

func pair(t testing.TB, tr transport.Transport) (a, b transport.Conn) {
	t.Helper()
	a, b, err := tr.Pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// path returns a name for a socket that is short enough whatever TMPDIR is.
func path(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "brine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func send(t testing.TB, c transport.Conn, p string, fds ...transport.FD) {
	t.Helper()
	if n, err := c.Send([][]byte{[]byte(p)}, fds, never); n != len(p) || err != nil {
		t.Fatalf("send: %d, %v", n, err)
	}
}

func recv(t testing.TB, c transport.Conn, size int) string {
	t.Helper()
	buf := make([]byte, size)
	n, _, err := c.Recv([][]byte{buf}, nil, time.Now().Add(10*time.Second))
	if err != nil {
		t.Fatalf("recv: %v", err)
	}
	return string(buf[:n])
}

func want(t testing.TB, err error, errno syscall.Errno) {
	t.Helper()
	if transport.Errno(err) != errno {
		t.Errorf("error %v, want %s", err, transport.ErrnoName(errno))
	}
}

func tryRecv(c transport.Conn, deadline time.Time) error {
	_, _, err := c.Recv([][]byte{make([]byte, 16)}, nil, deadline)
	return err
}

// fill sends until c takes no more.
func fill(t testing.TB, c transport.Conn) (n int) {
	t.Helper()
	chunk := [][]byte{make([]byte, 64<<10)}
	for {
		m, err := c.Send(chunk, nil, transport.Immediate)
		n += m
		if err != nil {
			want(t, err, syscall.ETIMEDOUT)
			return n
		}
	}
}

// blocked waits until a goroutine is inside the poller below fn.
func blocked(t testing.TB, fn string, count int) {
	t.Helper()
	buf := make([]byte, 1<<20)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		dump := buf[:runtime.Stack(buf, true)]
		n := 0
		for g := range bytes.SplitSeq(dump, []byte("\n\n")) {
			waits := bytes.Contains(g, []byte("[IO wait")) || bytes.Contains(g, []byte("[select"))
			if waits && bytes.Contains(g, []byte(fn+"(")) {
				n++
			}
		}
		if n >= count {
			return
		}
	}
	t.Fatalf("%d goroutines blocked in %s did not come about", count, fn)
}

func openFDs(t testing.TB) int {
	t.Helper()
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("counting descriptors needs /proc/self/fd: ", err)
	}
	return len(d)
}

// leaks fails the test if descriptors or goroutines are left when it ends.
func leaks(t *testing.T) {
	t.Helper()
	// The runtime's poller opens its descriptors with the first use.
	a, b, err := realunix.New(realunix.Config{}).Pair()
	if err != nil {
		t.Fatal(err)
	}
	tryRecv(a, time.Now().Add(time.Millisecond))
	a.Close()
	b.Close()
	fds, routines := openFDs(t), runtime.NumGoroutine()
	t.Cleanup(func() {
		end := time.Now().Add(10 * time.Second)
		for runtime.NumGoroutine() > routines && time.Now().Before(end) {
			runtime.Gosched()
		}
		if n := runtime.NumGoroutine(); n > routines {
			buf := make([]byte, 1<<20)
			t.Errorf("%d goroutines, %d before:\n%s", n, routines, buf[:runtime.Stack(buf, true)])
		}
		if n := openFDs(t); n > fds {
			t.Errorf("%d descriptors, %d before", n, fds)
		}
	})
}

func TestStream(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	a, b := pair(t, tr)
	if n, err := a.Send([][]byte{[]byte("he"), nil, []byte("llo")}, nil, never); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	buf := [][]byte{make([]byte, 1), {}, make([]byte, 9)}
	n, nfd, err := b.Recv(buf, nil, never)
	if n != 5 || nfd != 0 || err != nil || string(buf[0])+string(buf[2][:4]) != "hello" {
		t.Fatal(n, nfd, err, buf)
	}
	if n, _, err := b.Recv([][]byte{{}}, nil, never); n != 0 || err != nil {
		t.Errorf("recv without room: %d, %v", n, err)
	}
	if n, err := a.Send(nil, nil, never); n != 0 || err != nil {
		t.Errorf("send of nothing: %d, %v", n, err)
	}
	want(t, tryRecv(b, transport.Immediate), syscall.ETIMEDOUT)

	send(t, a, "last")
	if err := a.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if s := recv(t, b, 10); s != "last" {
		t.Errorf("got %q", s)
	}
	for range 2 {
		if err := tryRecv(b, never); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
	}
	_, err = a.Send([][]byte{{1}}, nil, never)
	want(t, err, syscall.EPIPE)
	send(t, b, "reply")
	if s := recv(t, a, 10); s != "reply" {
		t.Errorf("got %q", s)
	}
	// More buffers than one system call takes.
	many := make([][]byte, 3000)
	for i := range many {
		many[i] = []byte{byte(i)}
	}
	if n, err := b.Send(many, nil, never); n != 3000 || err != nil {
		t.Errorf("send of many buffers: %d, %v", n, err)
	}
	got := make([]byte, 0, 3000)
	for len(got) < 3000 {
		got = append(got, recv(t, a, 1000)...)
	}
	for i := range got {
		if got[i] != byte(i) {
			t.Fatalf("byte %d is %d", i, got[i])
		}
	}
}

func TestPeerClosed(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	t.Run("all read", func(t *testing.T) {
		a, b := pair(t, tr)
		send(t, b, "bye")
		b.Close()
		if s := recv(t, a, 10); s != "bye" {
			t.Errorf("got %q", s)
		}
		if err := tryRecv(a, never); err != io.EOF {
			t.Errorf("then %v", err)
		}
		_, err := a.Send([][]byte{{1}}, nil, never)
		want(t, err, syscall.EPIPE)
	})
	t.Run("unread", func(t *testing.T) {
		a, b := pair(t, tr)
		send(t, a, "nobody reads this")
		send(t, b, "bye")
		b.Close()
		if s := recv(t, a, 10); s != "bye" {
			t.Errorf("got %q", s)
		}
		want(t, tryRecv(a, never), syscall.ECONNRESET) // once
		if err := tryRecv(a, never); err != io.EOF {
			t.Errorf("then %v", err)
		}
	})
}

func TestClosedHandles(t *testing.T) {
	tr := realunix.New(realunix.Config{})
	a, _ := pair(t, tr)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := tr.Listen(path(t), 0, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	view, cancel := tr.WithCancel(t.Context())
	cancel() // EBADF comes first
	_ = view
	for name, f := range map[string]func() error{
		"recv":             func() error { return tryRecv(a, never) },
		"send":             func() error { _, err := a.Send([][]byte{{1}}, nil, never); return err },
		"send nothing":     func() error { _, err := a.Send(nil, nil, never); return err },
		"set read":         func() error { return a.SetReadDeadline(never) },
		"set write":        func() error { return a.SetWriteDeadline(never) },
		"close read":       a.CloseRead,
		"close write":      a.CloseWrite,
		"close":            a.Close,
		"dup":              func() error { _, err := a.Dup(); return err },
		"peercred":         func() error { _, err := a.PeerCred(); return err },
		"attach":           func() error { _, err := tr.Attach(a); return err },
		"attach nil":       func() error { _, err := tr.Attach(nil); return err },
		"adopt nil":        func() error { _, err := tr.Adopt(nil); return err },
		"accept":           func() error { _, err := l.Accept(never); return err },
		"listener set":     func() error { return l.SetDeadline(never) },
		"listener dup":     func() error { _, err := l.Dup(); return err },
		"listener close":   l.Close,
		"attach listener":  func() error { _, err := tr.AttachListener(l); return err },
		"adopt listener":   func() error { _, err := tr.AdoptListener(nil, transport.ListenConfig{}); return err },
		"file of nothing":  func() error { _, err := realunix.File(nil, "x"); return err },
		"fd of no file":    func() error { _, err := realunix.FromFile(nil); return err },
		"send buffer":      func() error { _, err := a.(transport.SendBuffer).SendBuffer(); return err },
		"set send buffer":  func() error { return a.(transport.SendBuffer).SetSendBuffer(1) },
		"syscallconn":      func() error { _, err := a.(syscall.Conn).SyscallConn(); return err },
		"attached, closed": func() error { _, err := view.Attach(a); return err },
	} {
		err := f()
		want(t, err, syscall.EBADF)
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: %v is not net.ErrClosed", name, err)
		}
	}
	if a.LocalAddr() != "" || a.RemoteAddr() != "" || l.Addr() == "" {
		t.Error("addresses are gone")
	}
}

// Blocked calls of one direction are served in the order they came.
func TestOrder(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	t.Run("recv", func(t *testing.T) {
		a, b := pair(t, tr)
		var got [8]string
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() { got[i] = recv(t, b, 1) })
			blocked(t, "realunix.(*conn).Recv", i+1)
		}
		// A call that does not block may look, and finds nothing.
		want(t, tryRecv(b, transport.Immediate), syscall.ETIMEDOUT)
		send(t, a, "01234567")
		wg.Wait()
		for i := range got {
			if got[i] != fmt.Sprint(i) {
				t.Fatalf("got %v", got)
			}
		}
	})
	t.Run("send", func(t *testing.T) {
		a, b := pair(t, tr)
		full := fill(t, a)
		var wg sync.WaitGroup
		const size = 300_000 // more than the buffer holds: each blocks midway
		for i := range 4 {
			wg.Go(func() {
				n, err := a.Send([][]byte{bytes.Repeat([]byte{byte(i + 1)}, size)}, nil, never)
				if n != size || err != nil {
					t.Errorf("send: %d, %v", n, err)
				}
			})
			blocked(t, "realunix.(*conn).Send", i+1)
		}
		_, err := a.Send([][]byte{{9}}, nil, transport.Immediate)
		want(t, err, syscall.ETIMEDOUT)
		var all []byte
		for len(all) < full+4*size {
			all = append(all, recv(t, b, 1<<20)...)
		}
		wg.Wait()
		for i, c := range all[full:] {
			if int(c) != i/size+1 {
				t.Fatalf("byte %d belongs to %d", i, c)
			}
		}
	})
	t.Run("accept", func(t *testing.T) {
		name := path(t)
		l, err := tr.Listen(name, 10, transport.ListenConfig{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var got [4]string
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				c, err := l.Accept(never)
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				got[i] = recv(t, c, 1)
			})
			blocked(t, "realunix.(*listener).Accept", i+1)
		}
		for i := range got {
			c, err := tr.Dial(name, never)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			send(t, c, fmt.Sprint(i))
		}
		wg.Wait()
		for i := range got {
			if got[i] != fmt.Sprint(i) {
				t.Fatalf("got %v", got)
			}
		}
	})
}

// A call whose deadline has passed takes what is there, though others queue.
func TestExpiredCallBehindBlocked(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	a, b := pair(t, tr)
	raw, err := b.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	// The earlier call is parked and stays so: it refuses what there is.
	done := make(chan error)
	release := make(chan struct{})
	go func() {
		done <- raw.Read(func(uintptr) bool {
			select {
			case <-release:
				return true
			default:
				return false
			}
		})
	}()
	blocked(t, "realunix.rawConn.Read", 1)
	send(t, a, "x")
	blocked(t, "realunix.rawConn.Read", 1)
	if s := func() string {
		buf := make([]byte, 4)
		n, _, err := b.Recv([][]byte{buf}, nil, transport.Immediate)
		if err != nil {
			t.Error(err)
		}
		return string(buf[:n])
	}(); s != "x" {
		t.Errorf("got %q", s)
	}
	start := time.Now()
	want(t, tryRecv(b, start.Add(20*time.Millisecond)), syscall.ETIMEDOUT)
	if took := time.Since(start); took < 20*time.Millisecond {
		t.Errorf("timed out after %v", took)
	}
	close(release)
	send(t, a, "y")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestCaps(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	a, b := pair(t, tr)

	// A cap that has passed does not keep data back.
	if err := b.SetReadDeadline(transport.Immediate); err != nil {
		t.Fatal(err)
	}
	want(t, tryRecv(b, never), syscall.ETIMEDOUT)
	send(t, a, "data")
	if s := recv(t, b, 10); s != "data" {
		t.Errorf("got %q", s)
	}
	// Setting one ends calls that are blocked, the queued ones too.
	b.SetReadDeadline(never)
	errs := make(chan error)
	for i := range 3 {
		go func() { errs <- tryRecv(b, time.Now().Add(time.Hour)) }()
		blocked(t, "realunix.(*conn).Recv", i+1)
	}
	b.SetReadDeadline(transport.Immediate)
	for range 3 {
		want(t, <-errs, syscall.ETIMEDOUT)
	}
	// Moving it further off lets a blocked call wait longer.
	b.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	go func() { errs <- tryRecv(b, never) }()
	blocked(t, "realunix.(*conn).Recv", 1)
	b.SetReadDeadline(time.Now().Add(time.Hour))
	want(t, tryRecv(b, time.Now().Add(100*time.Millisecond)), syscall.ETIMEDOUT)
	send(t, a, "x")
	if err := <-errs; err != nil {
		t.Errorf("with the cap moved: %v", err)
	}
	// The earlier of the two holds, either way.
	start := time.Now()
	want(t, tryRecv(b, start.Add(20*time.Millisecond)), syscall.ETIMEDOUT)
	b.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	want(t, tryRecv(b, time.Now().Add(time.Hour)), syscall.ETIMEDOUT)
	if took := time.Since(start); took < 40*time.Millisecond {
		t.Errorf("took %v", took)
	}
	// Writing has its own.
	fill(t, a)
	go func() { _, err := a.Send([][]byte{{1}}, nil, never); errs <- err }()
	blocked(t, "realunix.(*conn).Send", 1)
	a.SetWriteDeadline(transport.Immediate)
	want(t, <-errs, syscall.ETIMEDOUT)
	if err := tryRecv(b, transport.Immediate); err != nil {
		t.Errorf("reading after the writer's cap: %v", err)
	}
}

// What ends a blocked Send besides room: the kernel tells pollers of none of
// the first two.
func TestBlockedSendEnds(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	for name, c := range map[string]struct {
		do    func(a, b transport.Conn)
		errno syscall.Errno
	}{
		"own CloseWrite": {func(a, _ transport.Conn) { a.CloseWrite() }, syscall.EPIPE},
		"own Close":      {func(a, _ transport.Conn) { a.Close() }, syscall.EBADF},
		"peer's Close":   {func(_, b transport.Conn) { b.Close() }, syscall.EPIPE},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t, tr)
			fill(t, a)
			errs := make(chan error)
			go func() { _, err := a.Send([][]byte{{1}}, nil, never); errs <- err }()
			blocked(t, "realunix.(*conn).Send", 1)
			c.do(a, b)
			want(t, <-errs, c.errno)
		})
	}
	t.Run("a larger buffer", func(t *testing.T) {
		a, _ := pair(t, tr)
		fill(t, a)
		errs := make(chan error)
		go func() { _, err := a.Send([][]byte{{1}}, nil, never); errs <- err }()
		blocked(t, "realunix.(*conn).Send", 1)
		if err := a.(transport.SendBuffer).SetSendBuffer(2 << 20); err != nil {
			t.Fatal(err)
		}
		if err := <-errs; err != nil {
			t.Error(err)
		}
	})
}

// Close while calls are inside, with the number reused at once: no call may
// touch a stranger's descriptor.
func TestCloseUnderCalls(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	rounds := 300
	if testing.Short() {
		rounds = 50
	}
	stop := make(chan struct{})
	var strangers sync.WaitGroup
	for range 2 {
		strangers.Go(func() { // takes every number that becomes free, and watches it
			for {
				select {
				case <-stop:
					return
				default:
				}
				x, y, err := tr.Pair()
				if err != nil {
					t.Error(err)
					return
				}
				if err := tryRecv(x, transport.Immediate); transport.Errno(err) != syscall.ETIMEDOUT {
					t.Errorf("a stranger's socket has %v", err)
				}
				x.Close()
				y.Close()
			}
		})
	}
	for range rounds {
		a, b, err := tr.Pair()
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for {
					if err := tryRecv(a, never); err != nil {
						want(t, err, syscall.EBADF)
						return
					}
				}
			})
			wg.Go(func() {
				chunk := [][]byte{make([]byte, 100_000)}
				for {
					if _, err := a.Send(chunk, nil, never); err != nil {
						want(t, err, syscall.EBADF)
						return
					}
				}
			})
			wg.Go(func() {
				for {
					if _, err := b.Send([][]byte{[]byte("ping")}, nil, transport.Immediate); transport.Errno(err) == syscall.EPIPE {
						return
					}
				}
			})
		}
		runtime.Gosched()
		a.Close()
		wg.Wait()
		b.Close()
	}
	close(stop)
	strangers.Wait()
}

func TestCloseUnderAcceptAndDial(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	name := path(t)
	l, err := tr.Listen(name, 0, transport.ListenConfig{Unlink: true})
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan error)
	for i := range 3 {
		go func() { _, err := l.Accept(never); errs <- err }()
		blocked(t, "realunix.(*listener).Accept", i+1)
	}
	l.Close()
	for range 3 {
		want(t, <-errs, syscall.EBADF)
	}
	l, err = tr.Listen(name, 0, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := tr.Dial(name, never)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, err := tr.Dial(name, never); errs <- err }()
	blocked(t, "realunix.(*Transport).Dial", 1)
	l.Close()
	want(t, <-errs, syscall.ECONNREFUSED)
	want(t, tryRecv(c, never), syscall.ECONNRESET)
	c.Close()
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	tr := realunix.New(realunix.Config{})
	view, cancel := tr.WithCancel(t.Context())
	defer cancel()
	x, y := pair(t, tr)
	a, err := view.Attach(x)
	if err != nil {
		t.Fatal(err)
	}
	b, err := view.Attach(y)
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		l := [][]byte{make([]byte, 64)}
		for {
			if _, _, err := b.Recv(l, nil, never); err != nil {
				return
			}
			if _, err := b.Send(l, nil, never); err != nil {
				return
			}
		}
	}()
	l := [][]byte{make([]byte, 64)}
	round := func() {
		deadline := time.Now().Add(time.Hour)
		if _, err := a.Send(l, nil, deadline); err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.Recv(l, nil, deadline); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		round()
	}
	if n := testing.AllocsPerRun(2000, round); n > 0 {
		t.Errorf("%v allocations per round trip", n)
	}
	x.Close()
	<-stopped
}
