//go:build unix

package realunix_test

import (
	"io"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// What nobody closed is closed with the last reference to it, as package net
// does, also after it has been used: then it refers to itself.
func TestDroppedSocketIsClosed(t *testing.T) {
	tr := realunix.New(realunix.Config{})
	for _, use := range []func(c transport.Conn){
		func(transport.Conn) {},
		func(c transport.Conn) { tryRecv(c, transport.Immediate) },
		func(c transport.Conn) { tryRecv(c, time.Now().Add(time.Millisecond)) },
	} {
		a := func() transport.Conn {
			a, b, err := tr.Pair()
			if err != nil {
				t.Fatal(err)
			}
			use(b)
			return a
		}()
		for end := time.Now().Add(10 * time.Second); ; {
			runtime.GC()
			err := tryRecv(a, time.Now().Add(10*time.Millisecond))
			if err == io.EOF {
				break
			}
			if time.Now().After(end) {
				t.Fatal("still open: ", err)
			}
		}
		a.Close()
	}
}

func TestDroppedListenerIsClosed(t *testing.T) {
	tr := realunix.New(realunix.Config{})
	name := path(t)
	func() {
		if _, err := tr.Listen(name, 1, transport.ListenConfig{Unlink: true}); err != nil {
			t.Fatal(err)
		}
	}()
	for end := time.Now().Add(10 * time.Second); exists(name); tr.Yield() {
		runtime.GC()
		if time.Now().After(end) {
			t.Fatal("still listening")
		}
	}
}

// A lock is held until it is closed or the process dies, though the program may
// never look at it again.
func TestDroppedLockIsHeld(t *testing.T) {
	tr := realunix.New(realunix.Config{})
	name := path(t)
	if _, err := tr.Lock(name, transport.Immediate); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		runtime.GC()
		_, err := tr.Lock(name, time.Now().Add(2*time.Millisecond))
		want(t, err, syscall.ETIMEDOUT)
	}
}

// Nothing of the caller's memory is held once a call has returned, also after
// one that took several system calls.
func TestBuffersAreLetGo(t *testing.T) {
	tr := realunix.New(realunix.Config{})
	a, b := pair(t, tr)
	freed := make(chan struct{})
	func() {
		head, tail := make([]byte, 300_000), make([]byte, 1<<20)
		runtime.SetFinalizer(&tail[0], func(*byte) { close(freed) })
		done := make(chan error)
		go func() {
			left := len(head) + len(tail)
			for left > 0 {
				buf := make([]byte, 1<<20)
				n, _, err := b.Recv([][]byte{buf}, nil, never)
				if err != nil {
					done <- err
					return
				}
				left -= n
			}
			done <- nil
		}()
		if n, err := a.Send([][]byte{head, tail}, nil, never); err != nil {
			t.Error(n, err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	for end := time.Now().Add(10 * time.Second); ; {
		runtime.GC()
		select {
		case <-freed:
			runtime.KeepAlive(a)
			return
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(end) {
			t.Fatal("the connection still refers to the buffer")
		}
	}
}

// Descriptors and memory stay as they were over many connections.
func TestManyConnections(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	for range 2000 {
		a, b, err := tr.Pair()
		if err != nil {
			t.Fatal(err)
		}
		want(t, tryRecv(a, transport.Immediate), syscall.ETIMEDOUT)
		a.Close()
		b.Close()
	}
	if _, err := os.Stat("."); err != nil {
		t.Error(err)
	}
}
