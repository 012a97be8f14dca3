//go:build unix

package realunix_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
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
