//go:build unix && !linux

package realunix

import "syscall"

// lockLast sees to it that a listener's lock outlives its socket when the
// process is killed, by their numbers; it returns the socket's. These systems
// close in ascending order (fdescfree).
func lockLast(lock *descriptor, fd int) (int, syscall.Errno) {
	if lock.fd > fd {
		return fd, 0
	}
	n, errno := above(fd, lock.fd) // closes a duplicate, which releases no lock
	lock.fd = n
	return fd, errno
}
