//go:build darwin || freebsd

package realunix

import (
	"syscall"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

const hasPeerUID = true

// peerCred asks for LOCAL_PEERCRED, which has no process ID.
func peerCred(fd int) (transport.Cred, syscall.Errno) {
	x, err := unix.GetsockoptXucred(fd, 0, unix.LOCAL_PEERCRED)
	if err != nil {
		return transport.Cred{}, errnoOf(err)
	}
	c := transport.Cred{PID: -1, UID: int(x.Uid), GID: -1}
	if x.Ngroups > 0 {
		c.GID = int(x.Groups[0])
	}
	return c, 0
}
