package main

import (
	"syscall"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

const canTellHangUp = true

// hungUp reports whether the peer has closed the connection for good and not
// just ended its own stream. Reading cannot tell the two apart, and writing
// needs a byte to write; POLLHUP says so (unix_poll: both directions shut down).
func hungUp(conn transport.Conn) bool {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	var hup bool
	raw.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd)}}
		n, err := unix.Poll(fds, 0)
		hup = err == nil && n == 1 && fds[0].Revents&unix.POLLHUP != 0
	})
	return hup
}
