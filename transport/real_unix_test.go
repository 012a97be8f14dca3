//go:build unix

package transport_test

import (
	"runtime"
	"syscall"
	"testing"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

func init() {
	newReal = func(testing.TB) transport.Transport { return realunix.New(realunix.Config{}) }
}

// leaks fails t if, when it ends, more descriptors are open or more goroutines
// run than now.
func leaks(t *testing.T) {
	fds, goroutines := openFiles(), runtime.NumGoroutine()
	t.Cleanup(func() {
		tr := newReal(t)
		until(t, tr, "the goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
		if n := openFiles(); n > fds {
			t.Errorf("%d descriptors are open, %d were at the start", n, fds)
		}
	})
}

// openFiles counts the descriptors below 1024.
func openFiles() int {
	n := 0
	for fd := range 1024 {
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) == nil {
			n++
		}
	}
	return n
}
