//go:build unix

package realunix_test

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// TestNoSignal sends to peers that are gone, in every way there is, and looks
// whether the kernel has raised a SIGPIPE: a program that asks for it, or that is
// not Go's alone, would see it.
func TestNoSignal(t *testing.T) {
	signals := make(chan os.Signal, 10)
	signal.Notify(signals, syscall.SIGPIPE, syscall.SIGWINCH)
	defer signal.Stop(signals)

	tr := realunix.New(realunix.Config{})
	for _, leave := range []func(a, b transport.Conn) error{
		func(a, b transport.Conn) error { return b.Close() },
		func(a, b transport.Conn) error { return b.CloseRead() },
		func(a, b transport.Conn) error { return a.CloseWrite() },
	} {
		a, b, err := tr.Pair()
		if err != nil {
			t.Fatal(err)
		}
		if err := leave(a, b); err != nil {
			t.Fatal(err)
		}
		fd, err := a.Dup()
		if err != nil {
			t.Fatal(err)
		}
		for _, fds := range [][]transport.FD{nil, {fd}} {
			for _, bufs := range [][][]byte{{[]byte("x")}, {[]byte("x"), []byte("yz")}} {
				if _, err := a.Send(bufs, fds, transport.Immediate); !errors.Is(err, syscall.EPIPE) {
					t.Errorf("send to nobody: %v, want EPIPE", err)
				}
			}
		}
		fd.Close()
		a.Close()
		b.Close()
	}

	// Of the signals that are pending the runtime delivers the smallest first, and
	// this one is greater.
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	if got := <-signals; got != syscall.SIGWINCH {
		t.Errorf("signal %v", got)
	}
}
