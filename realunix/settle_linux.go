package realunix

import "golang.org/x/sys/unix"

// settle makes an adopted socket behave as those do that are made here. The
// options that have the kernel add messages of its own would crowd out, and
// one of them add to, the descriptors that are received.
func settle(fd int) error {
	const passPidfd = 76 // SO_PASSPIDFD
	for _, option := range []int{unix.SO_PASSCRED, unix.SO_PASSSEC, passPidfd} {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, 0) // what the kernel does not know is not on
	}
	return unix.SetNonblock(fd, true)
}
