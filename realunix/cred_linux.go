package realunix

import (
	"syscall"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

const hasPeerUID = true

func peerCred(fd int) (transport.Cred, syscall.Errno) {
	u, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return transport.Cred{}, errnoOf(err)
	}
	// A socket that was never connected has uid -1.
	return transport.Cred{PID: int(u.Pid), UID: int(int32(u.Uid)), GID: int(int32(u.Gid))}, 0
}
