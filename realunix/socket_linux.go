package realunix

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// probes is how many refusals prove that nobody listens.
const probes = 1

func newSocket() (int, error) {
	return unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
}

func newPair() ([2]int, error) {
	return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
}

// accept takes a pending connection. The name is the peer's.
func accept(fd int) (int, string, syscall.Errno) {
	var a sockaddr
	for {
		n, errno := a.accept4(fd)
		switch errno {
		case 0:
			return n, a.name(), 0
		case unix.EINTR, unix.ECONNABORTED:
			continue
		}
		return -1, "", errno
	}
}
