package realunix

import "golang.org/x/sys/unix"

const sendFlags = unix.MSG_DONTWAIT

// quiet keeps a send to a gone peer from raising SIGPIPE; there is no flag for
// a single call. EINVAL means that the peer is gone already.
func quiet(fd int) error {
	err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1)
	if err == unix.EINVAL {
		return nil
	}
	return err
}
