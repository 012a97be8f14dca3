//go:build unix

package realunix

import (
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// Adopt implements transport.Sockets. The socket is made non-blocking, for
// everyone who has a descriptor of it: that is a property of what descriptors
// refer to (open(2), O_NONBLOCK).
func (t *Transport) Adopt(fd transport.FD) (transport.Conn, error) {
	n, err := t.adopt("adopt", fd, false)
	if err != nil {
		return nil, err
	}
	return newConn(t, n, localName(n), remoteName(n)), nil
}

// AdoptListener implements transport.Sockets; see Adopt.
func (t *Transport) AdoptListener(fd transport.FD, cfg transport.ListenConfig) (transport.Listener, error) {
	const op = "adoptlistener"
	switch {
	case cfg.Mode != 0 || cfg.Unlink || cfg.Takeover:
		return nil, invalid(op, "", "Mode, Unlink and Takeover are for who makes the file")
	case len(cfg.AllowUID) > 0 && !hasPeerUID:
		return nil, fail(op, "", syscall.ENOTSUP)
	}
	n, err := t.adopt(op, fd, true)
	if err != nil {
		return nil, err
	}
	a := &acceptor{lease: &lease{}, path: localName(n), allow: slices.Clone(cfg.AllowUID), shared: true}
	return newListener(t, a, n), nil
}

// adopt returns a duplicate of fd's number, if it is a socket of the right kind,
// and closes fd.
func (t *Transport) adopt(op string, fd transport.FD, listening bool) (int, error) {
	d, ok := borrow(fd)
	if !ok {
		return -1, fail(op, "", syscall.EBADF)
	}
	n, err := t.duplicate(op, d.desc, listening)
	d.release() // first: Close waits for it
	if err != nil {
		return -1, err
	}
	if err := d.Close(); err != nil { // somebody else was first
		unix.Close(n)
		return -1, fail(op, "", syscall.EBADF)
	}
	return n, nil
}

func (t *Transport) duplicate(op string, d *desc, listening bool) (int, error) {
	if err := t.check(op, ""); err != nil {
		return -1, err
	}
	if why := unfit(d.fd, listening); why != "" {
		return -1, invalid(op, "", why)
	}
	n, err := unix.FcntlInt(uintptr(d.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, fail(op, "", errnoOf(err))
	}
	if err := settle(n); err != nil {
		unix.Close(n)
		return -1, fail(op, "", errnoOf(err))
	}
	return n, nil
}

// unfit says why a number cannot be a connection or a listener.
func unfit(fd int, listening bool) string {
	typ, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	switch {
	case err != nil:
		return "not a socket"
	case !isUnix(fd):
		return "not a socket of the Unix domain"
	case typ != unix.SOCK_STREAM:
		return "not a stream socket"
	}
	accepts, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil {
		// macOS and OpenBSD do not tell. What has a peer does not listen, and
		// what has none is of no other use.
		if _, err := unix.Getpeername(fd); err == unix.ENOTCONN {
			accepts = 1
		}
	}
	switch {
	case listening && accepts == 0:
		return "not listening"
	case !listening && accepts != 0:
		return "a listening socket"
	}
	return ""
}

func isUnix(fd int) bool {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	_, ok := sa.(*unix.SockaddrUnix)
	return ok
}

// Attach implements transport.Sockets.
func (t *Transport) Attach(c transport.Conn) (transport.Conn, error) {
	o, ok := c.(*conn)
	if !ok || o == nil || o.stream == nil || o.closed() {
		return nil, fail("attach", "", syscall.EBADF)
	}
	if err := t.check("attach", ""); err != nil {
		return nil, err
	}
	return &conn{stream: o.stream, view: t}, nil
}

// AttachListener implements transport.Sockets.
func (t *Transport) AttachListener(l transport.Listener) (transport.Listener, error) {
	o, ok := l.(*listener)
	if !ok || o == nil || o.acceptor == nil || o.closed() {
		return nil, fail("attachlistener", "", syscall.EBADF)
	}
	if err := t.check("attachlistener", ""); err != nil {
		return nil, err
	}
	return &listener{acceptor: o.acceptor, view: t}, nil
}
