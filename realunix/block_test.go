//go:build unix

package realunix_test

import (
	"bytes"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

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
