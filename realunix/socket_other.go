//go:build unix && !linux

package realunix

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// probes is how many refusals prove that nobody listens.
const probes = 5

// Without SOCK_CLOEXEC everywhere, a descriptor is made and marked under the
// lock that keeps a fork from coming in between.

func newSocket() (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, err
	}
	return fd, prepareFD(fd)
}

func newPair() ([2]int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return fds, err
	}
	if err := prepareFD(fds[0]); err != nil {
		unix.Close(fds[1])
		return fds, err
	}
	if err := prepareFD(fds[1]); err != nil {
		unix.Close(fds[0])
		return fds, err
	}
	return fds, nil
}

// prepareFD closes fd if it cannot be prepared.
func prepareFD(fd int) error {
	unix.CloseOnExec(fd)
	err := unix.SetNonblock(fd, true)
	if err == nil {
		err = quiet(fd)
	}
	if err != nil {
		unix.Close(fd)
	}
	return err
}

// accept takes a pending connection. The name is the peer's.
func accept(fd int) (int, string, syscall.Errno) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	for {
		n, sa, err := unix.Accept(fd)
		switch err {
		case nil:
			return n, nameOf(sa), errnoOf(prepareFD(n))
		case unix.EINTR, unix.ECONNABORTED:
			continue
		}
		return -1, "", errnoOf(err)
	}
}
