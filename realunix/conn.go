//go:build unix

package realunix

import (
	"errors"
	"io"
	"math"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// A stream is a connected socket, whichever views it is used in.
type stream struct {
	socket
	local, remote string

	recvMsg, sendMsg message // of the holder of the turn
	recvFDs          []transport.FD
	got              moved
	sent             int
	rights           []int
}

// moved is what one call moved.
type moved struct {
	n, nfd int
	cut    bool
}

// A conn is a stream in a view.
type conn struct {
	*stream
	view *Transport
}

func newConn(view *Transport, fd int, local, remote string) *conn {
	s := &stream{local: local, remote: remote}
	s.init(&desc{fd: fd})
	s.rd.spins = true
	runtime.AddCleanup(s, (*desc).lost, s.desc)
	return &conn{stream: s, view: view}
}

// SendBuffer and SyscallConn are asserted by callers; see package transport.
var (
	_ transport.Conn       = (*conn)(nil)
	_ transport.SendBuffer = (*conn)(nil)
	_ syscall.Conn         = (*conn)(nil)
)

// use takes a reference for a call. The caller releases it.
func (c *conn) use(op string) error {
	if c == nil || c.stream == nil || !c.acquire() {
		return fail(op, "", syscall.EBADF)
	}
	return nil
}

func (c *conn) Recv(bufs [][]byte, fds []transport.FD, deadline time.Time) (n, nfd int, err error) {
	if err := c.use("recv"); err != nil {
		return 0, 0, err
	}
	defer c.release()
	if err := c.view.check("recv", ""); err != nil {
		return 0, 0, err
	}
	if total(bufs) == 0 {
		return 0, 0, nil
	}
	got, errno := c.recv(bufs, fds, deadline)
	if errno != 0 {
		return 0, 0, fail("recv", "", errno)
	}
	raceRecv(bufs, got.n)
	if got.n == 0 {
		return 0, 0, io.EOF
	}
	if got.cut {
		return got.n, got.nfd, &transport.Error{Op: "recv", Err: syscall.EMFILE, Detail: "a descriptor was lost"}
	}
	return got.n, got.nfd, nil
}

func total(bufs [][]byte) (n int) {
	for _, b := range bufs {
		n += len(b)
	}
	return n
}

func (c *conn) recv(bufs [][]byte, fds []transport.FD, deadline time.Time) (moved, syscall.Errno) {
	s := c.stream
	switch errno := s.enter(&s.rd, c.view, deadline); errno {
	case 0:
	case syscall.EAGAIN:
		return recvNow(s.fd, bufs, fds)
	default:
		return moved{}, errno
	}
	defer s.rd.turn.give()
	m := &s.recvMsg
	m.set(bufs, 0, math.MaxInt32)
	defer m.clear()
	if s.rd.try == nil {
		s.rd.try = func(fd int) (errno syscall.Errno) {
			s.got.n, s.got.nfd, s.got.cut, errno = s.recvMsg.recv(fd, s.recvFDs)
			return errno
		}
	}
	s.recvFDs = fds
	errno := s.operate(&s.rd, c.view, deadline)
	s.recvFDs = nil
	return s.got, errno
}

// recvNow is for a call whose deadline has passed while an earlier one is parked:
// it takes what is there.
func recvNow(fd int, bufs [][]byte, fds []transport.FD) (got moved, errno syscall.Errno) {
	var m message
	m.set(bufs, 0, math.MaxInt32)
	got.n, got.nfd, got.cut, errno = m.recv(fd, fds)
	if errno == syscall.EAGAIN {
		errno = syscall.ETIMEDOUT
	}
	return got, errno
}

func (c *conn) Send(bufs [][]byte, fds []transport.FD, deadline time.Time) (n int, err error) {
	if err := c.use("send"); err != nil {
		return 0, err
	}
	defer c.release()
	if err := c.view.check("send", ""); err != nil {
		return 0, err
	}
	size := total(bufs)
	switch {
	case len(fds) > transport.MaxFDs:
		return 0, invalid("send", "", "more descriptors than one message can carry")
	case size == 0 && len(fds) > 0:
		return 0, invalid("send", "", "descriptors without a byte to carry them")
	case size == 0:
		return 0, nil
	}
	n, errno := c.send(bufs, fds, size, deadline)
	if errno != 0 {
		return n, fail("send", "", errno)
	}
	return n, nil
}

func (c *conn) send(bufs [][]byte, fds []transport.FD, size int, deadline time.Time) (n int, errno syscall.Errno) {
	s := c.stream
	var rights []int
	if len(fds) > 0 {
		if rights, errno = hold(fds); errno != 0 {
			return 0, errno
		}
		defer func() { unhold(fds) }()
	}
	if errno := s.enter(&s.wr, c.view, deadline); errno != 0 {
		if errno == syscall.EAGAIN {
			errno = syscall.ETIMEDOUT // an earlier Send is not done, and its bytes come first
		}
		return 0, errno
	}
	defer s.wr.turn.give()
	raceSend(bufs)
	s.rights = rights
	m := &s.sendMsg
	defer func() { m.clear(); s.rights = nil }()
	if s.wr.try == nil {
		s.wr.try = func(fd int) (errno syscall.Errno) {
			s.sent, errno = s.sendMsg.send(fd, s.rights)
			return errno
		}
	}
	for n < size {
		limit := math.MaxInt32
		if s.rights != nil {
			limit = 1 // alone, so that the receiver can tell which byte it was
		}
		m.set(bufs, n, limit)
		if errno := s.operate(&s.wr, c.view, deadline); errno != 0 {
			return n, errno
		}
		n += s.sent
		if s.rights != nil {
			// They have gone. Who closes one now must not have to wait until the
			// peer has read the rest.
			s.rights = nil
			unhold(fds)
			fds = nil
		}
	}
	return n, 0
}

func (c *conn) SetReadDeadline(t time.Time) error  { return c.setCap(&c.rd, t) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setCap(&c.wr, t) }

func (c *conn) setCap(d *direction, t time.Time) error {
	if err := c.use("setdeadline"); err != nil {
		return err
	}
	defer c.release()
	d.setCap(t)
	return nil
}

func (c *conn) CloseRead() error  { return c.shutdown("closeread", unix.SHUT_RD) }
func (c *conn) CloseWrite() error { return c.shutdown("closewrite", unix.SHUT_WR) }

func (c *conn) shutdown(op string, how int) error {
	if err := c.use(op); err != nil {
		return err
	}
	defer c.release()
	raceSend(nil)
	// Where the peer is gone, and where there never was one, Linux agrees and
	// the BSDs say ENOTCONN.
	if err := unix.Shutdown(c.fd, how); err != nil && err != unix.ENOTCONN {
		return fail(op, "", errnoOf(err))
	}
	if how == unix.SHUT_WR {
		// A full buffer stays not writable for pollers after SHUT_WR
		// (unix_writable), so a blocked Send has to be told.
		c.wr.kick()
	}
	return nil
}

func (c *conn) Close() error {
	if c == nil || c.stream == nil || !c.shutAll() {
		return fail("close", "", syscall.EBADF)
	}
	raceSend(nil)
	c.close()
	return nil
}

func (c *conn) Dup() (transport.FD, error) {
	if err := c.use("dup"); err != nil {
		return nil, err
	}
	defer c.release()
	return c.dup("dup")
}

func (c *conn) PeerCred() (transport.Cred, error) {
	if err := c.use("peercred"); err != nil {
		return transport.Cred{}, err
	}
	defer c.release()
	cred, errno := peerCred(c.fd)
	if errno != 0 {
		return transport.Cred{}, fail("peercred", "", errno)
	}
	return cred, nil
}

func (c *conn) LocalAddr() transport.Addr {
	if c == nil || c.stream == nil {
		return ""
	}
	return transport.Addr(c.local)
}

func (c *conn) RemoteAddr() transport.Addr {
	if c == nil || c.stream == nil {
		return ""
	}
	return transport.Addr(c.remote)
}

// SendBuffer implements transport.SendBuffer.
func (c *conn) SendBuffer() (int, error) {
	if err := c.use("sendbuffer"); err != nil {
		return 0, err
	}
	defer c.release()
	n, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
	if err != nil {
		return 0, fail("sendbuffer", "", errnoOf(err))
	}
	return n, nil
}

// SetSendBuffer implements transport.SendBuffer.
func (c *conn) SetSendBuffer(bytes int) error {
	if err := c.use("setsendbuffer"); err != nil {
		return err
	}
	defer c.release()
	if bytes < 0 {
		return invalid("setsendbuffer", "", "negative size")
	}
	if err := unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, min(bytes, math.MaxInt32)); err != nil {
		return fail("setsendbuffer", "", errnoOf(err))
	}
	c.wr.kick() // it may have become writable
	return nil
}

// SyscallConn implements syscall.Conn. Read and Write of the result take their
// turn with Recv and Send and are ended as these are; their function is called
// again until it returns true.
func (c *conn) SyscallConn() (syscall.RawConn, error) {
	if err := c.use("syscallconn"); err != nil {
		return nil, err
	}
	defer c.release()
	return rawConn{c}, nil
}

type rawConn struct{ c *conn }

func (r rawConn) Control(f func(uintptr)) error {
	if err := r.c.use("control"); err != nil {
		return err
	}
	defer r.c.release()
	f(uintptr(r.c.fd))
	return nil
}

func (r rawConn) Read(f func(uintptr) bool) error  { return r.do("rawread", &r.c.rd, f) }
func (r rawConn) Write(f func(uintptr) bool) error { return r.do("rawwrite", &r.c.wr, f) }

func (r rawConn) do(op string, d *direction, f func(uintptr) bool) error {
	c := r.c
	if err := c.use(op); err != nil {
		return err
	}
	defer c.release()
	if err := c.view.check(op, ""); err != nil {
		return err
	}
	var errno syscall.Errno
	switch errno = c.enter(d, c.view, time.Time{}); errno {
	case 0:
		errno = c.operateRaw(d, f)
	case syscall.EAGAIN: // the cap has passed: try once
		if errno = syscall.ETIMEDOUT; f(uintptr(c.fd)) {
			errno = 0
		}
	}
	if errno != 0 {
		return fail(op, "", errno)
	}
	return nil
}

// operateRaw has f as the operation of d, whose turn the caller has taken. f is
// not ours: it may panic, or end the goroutine.
func (c *conn) operateRaw(d *direction, f func(uintptr) bool) syscall.Errno {
	kept := d.try
	defer func() {
		d.try = kept
		d.parked.Store(false)
		c.view.unwatch(&d.node)
		d.turn.give()
	}()
	d.try = func(fd int) syscall.Errno {
		if f(uintptr(fd)) {
			return 0
		}
		return syscall.EAGAIN
	}
	return c.stream.operate(d, c.view, time.Time{})
}

// errnoOf is the errno of an error that a system call, or the poller, returned.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &errno):
		return errno
	case errors.Is(err, os.ErrClosed):
		return syscall.EBADF
	}
	return syscall.EIO
}
