package realunix

import "syscall"

// lockLast sees to it that a listener's lock outlives its socket when the
// process is killed, by their numbers; it returns the socket's.
//
// close_files goes through the numbers in ascending order, but what it does is
// put off: fput leaves the release to task_work, which is a stack. So the
// greatest number goes first (simnet/conform holds that to the kernel).
func lockLast(lock *descriptor, fd int) (int, syscall.Errno) {
	if fd > lock.fd {
		return fd, 0
	}
	return above(lock.fd, fd)
}
