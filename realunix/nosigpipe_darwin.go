package realunix

import "golang.org/x/sys/unix"

const sendFlags = 0

// quiet keeps a send to a gone peer from raising SIGPIPE; there is no flag for
// a single call.
func quiet(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1)
}
