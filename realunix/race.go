//go:build unix && race

package realunix

import (
	"runtime"
	"unsafe"
)

// The race detector does not see what system calls do. As package syscall
// does, receiving counts as coming after everything that was sent before, and
// as writing to the buffers. One variable serves all sockets: that can hide a
// race, and never invents one.

var order byte

func raceRecv(bufs [][]byte, n int) {
	for _, b := range bufs {
		b = b[:min(n, len(b))]
		if len(b) > 0 {
			runtime.RaceWriteRange(unsafe.Pointer(&b[0]), len(b))
		}
		n -= len(b)
	}
	runtime.RaceAcquire(unsafe.Pointer(&order))
}

func raceSend(bufs [][]byte) {
	runtime.RaceReleaseMerge(unsafe.Pointer(&order))
	for _, b := range bufs {
		if len(b) > 0 {
			runtime.RaceReadRange(unsafe.Pointer(&b[0]), len(b))
		}
	}
}
