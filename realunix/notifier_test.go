//go:build unix

package realunix

import (
	"syscall"
	"testing"
)

// A token that comes as a Wait times out is not lost.
func TestNotifierSettles(t *testing.T) {
	n := New(Config{}).NewNotifier().(*notifier)
	a, b := newSleeper(), newSleeper()
	n.waiting = append(n.waiting, a, b)
	n.Notify()
	if errno := n.settle(a, syscall.ETIMEDOUT); errno != 0 {
		t.Errorf("given a token, and %v", errno)
	}
	if errno := n.settle(b, syscall.ETIMEDOUT); errno != syscall.ETIMEDOUT {
		t.Errorf("given nothing, and %v", errno)
	}
	n.Notify()
	if !n.token || len(n.waiting) != 0 {
		t.Errorf("%+v", n)
	}
}
