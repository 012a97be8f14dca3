//go:build unix

package realunix

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// How long Dial waits before it tries a full backlog again. The kernel says
// EAGAIN and reports no event when a slot becomes free.
const (
	firstPause = 50 * time.Microsecond
	lastPause  = 5 * time.Millisecond
)

// Dial implements transport.Sockets.
func (t *Transport) Dial(path string, deadline time.Time) (transport.Conn, error) {
	const op = "dial"
	if err := t.check(op, path); err != nil {
		return nil, err
	}
	if err := transport.CheckPath(op, path); err != nil {
		return nil, err
	}
	if err := checkName(op, path); err != nil {
		return nil, err
	}
	fd, err := newSocket()
	if err != nil {
		return nil, fail(op, path, errnoOf(err))
	}
	if errno := t.connect(fd, path, deadline); errno != 0 {
		unix.Close(fd)
		return nil, fail(op, path, errno)
	}
	raceSend(nil)
	return newConn(t, fd, "", remoteName(fd)), nil
}

func (t *Transport) connect(fd int, path string, deadline time.Time) syscall.Errno {
	for d := firstPause; ; d = min(2*d, lastPause) {
		if errno := connect(fd, path); errno != syscall.EAGAIN {
			return errno
		}
		if errno := t.pause(d, deadline); errno != 0 {
			return errno
		}
	}
}

// Pair implements transport.Sockets.
func (t *Transport) Pair() (transport.Conn, transport.Conn, error) {
	if err := t.check("pair", ""); err != nil {
		return nil, nil, err
	}
	fds, err := newPair()
	if err != nil {
		return nil, nil, fail("pair", "", errnoOf(err))
	}
	return newConn(t, fds[0], "", ""), newConn(t, fds[1], "", ""), nil
}
