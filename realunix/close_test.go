//go:build unix

package realunix_test

import (
	"errors"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

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
