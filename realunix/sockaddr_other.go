//go:build unix && !linux

package realunix

import (
	"syscall"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

func nameOf(sa unix.Sockaddr) string {
	if u, ok := sa.(*unix.SockaddrUnix); ok {
		return u.Name
	}
	return ""
}

func localName(fd int) string {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return ""
	}
	return nameOf(sa)
}

func remoteName(fd int) string {
	sa, err := unix.Getpeername(fd)
	if err != nil {
		return ""
	}
	return nameOf(sa)
}

func bind(fd int, path string) syscall.Errno {
	return errnoOf(unix.Bind(fd, &unix.SockaddrUnix{Name: path}))
}

func connect(fd int, path string) syscall.Errno {
	for {
		err := unix.Connect(fd, &unix.SockaddrUnix{Name: path})
		if err != unix.EINTR {
			return errnoOf(err)
		}
	}
}

// checkName refuses names that this system does not have.
func checkName(op, path string) error {
	var raw unix.RawSockaddrUnix
	switch {
	case transport.Addr(path).Abstract():
		return &transport.Error{Op: op, Path: path, Err: syscall.ENOTSUP, Detail: "abstract names are Linux's"}
	case len(path) >= len(raw.Path):
		return fail(op, path, syscall.ENAMETOOLONG)
	}
	return nil
}
