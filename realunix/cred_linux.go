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
	return transport.Cred{PID: int(u.Pid), UID: id(u.Uid), GID: id(u.Gid)}, 0
}

// id is a user or group ID, or -1 for that of nobody: a socket that was never
// connected has it.
func id(n uint32) int {
	if n == ^uint32(0) {
		return -1
	}
	return int(n)
}
