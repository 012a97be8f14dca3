package transport

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Where the adapters differ from package net, on purpose or because they must.
// All else is as net has it on Linux, on every system, so that a simulated run
// reads the same everywhere; the tests compare error chains with net's own.
//
//   - A Write of no bytes does not look at the socket: Conn.Send does not. In
//     net it is EPIPE if the peer is gone.
//   - What a cancelled view ends carries the *Error itself (ECANCELED, under
//     errors.Is also context.Canceled) inside the OpError: net has no such thing.
//   - An unnamed socket is "@" on every system, and a failed accept is that of
//     accept4: net says "" and accept on some.
//   - An abstract name with NULs inside is shown whole; net cuts it short. In a
//     path to dial, a NUL is EINVAL; net connects to what is before it. Nor can
//     an abstract name of 108 bytes be dialled, which is one more than MaxPath.
//   - Dial waits for room in a full backlog; net fails at once with EAGAIN. If
//     memory is short it names connect, where net may have been at socket.
//   - CloseWrite ends a Write that is blocked; in net it goes on until the peer
//     reads.
//   - A listener's Close leaves the socket file alone unless
//     ListenConfig.Unlink says otherwise; net removes it.
//   - Of the methods that *net.UnixConn and *net.UnixListener have beyond
//     net.Conn and net.Listener there are CloseRead, CloseWrite, SyscallConn of
//     a connection, and SetDeadline of a listener.

// NetConn presents c as a net.Conn: any number of tasks may use it at once, its
// errors are [*net.OpError] values as package net makes them (os.ErrDeadlineExceeded,
// net.ErrClosed, os.SyscallError with the errno), the end of the stream is the
// bare io.EOF, and its addresses are [*net.UnixAddr].
//
// As in package net, a deadline that has passed is looked at before anything is
// tried. Deadlines are points on the clock of tr, which must be a view of the
// transport that c is of. Read and Write block until they can do something, the
// deadline passes, Close is called, or the view that c is of is cancelled.
// Descriptors that arrive are closed.
//
// The adapter sets c's caps by SetReadDeadline and SetWriteDeadline; use either
// the adapter or c for that, not both. Closing one closes the other.
//
// The value has the methods CloseRead and CloseWrite as [*net.UnixConn] has
// them, and SyscallConn, which is ENOTSUP if c has none.
func NetConn(tr Transport, c Conn) net.Conn {
	return &netConn{clock: tr, c: c, local: netAddr(c.LocalAddr()), remote: netAddr(c.RemoteAddr())}
}

type netConn struct {
	clock         Clock
	c             Conn
	local, remote *net.UnixAddr
	read, write   netDirection
}

// Read implements net.Conn.
func (c *netConn) Read(p []byte) (int, error) {
	if len(p) == 0 { // not subject to the deadline
		return 0, c.probe("read", nil)
	}
	if c.read.deadline.passed(c.clock) {
		return 0, c.probe("read", os.ErrDeadlineExceeded)
	}
	bufs, kept := c.read.list(p)
	n, _, err := c.c.Recv(bufs, nil, time.Time{})
	if kept {
		c.read.done()
	}
	if n > 0 {
		// Together with bytes comes only EMFILE, for descriptors that Read does
		// not return and net discards without a word.
		return n, nil
	}
	return n, c.fail("read", "read", err)
}

// Write implements net.Conn.
func (c *netConn) Write(p []byte) (int, error) {
	if c.write.deadline.passed(c.clock) {
		return 0, c.probe("write", os.ErrDeadlineExceeded)
	}
	bufs, kept := c.write.list(p)
	n, err := c.c.Send(bufs, nil, time.Time{})
	if kept {
		c.write.done()
	}
	return n, c.fail("write", "write", err)
}

// probe returns cause as the error of op, unless the socket cannot be used at
// all, which net looks at first.
func (c *netConn) probe(op string, cause error) error {
	if _, _, err := c.c.Recv(nil, nil, Immediate); err != nil {
		cause = netCause(op, err)
	}
	if cause == nil {
		return nil
	}
	return c.opError(op, cause)
}

// Close implements net.Conn.
func (c *netConn) Close() error { return c.fail("close", "", c.c.Close()) }

// CloseRead shuts the reading side down, as [net.UnixConn.CloseRead] does.
func (c *netConn) CloseRead() error { return c.fail("close", "shutdown", c.c.CloseRead()) }

// CloseWrite shuts the writing side down, as [net.UnixConn.CloseWrite] does.
func (c *netConn) CloseWrite() error { return c.fail("close", "shutdown", c.c.CloseWrite()) }

// LocalAddr implements net.Conn. All calls return the same *net.UnixAddr.
func (c *netConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn. All calls return the same *net.UnixAddr.
func (c *netConn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *netConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *netConn) SetReadDeadline(t time.Time) error {
	return c.failSet(c.read.deadline.set(t, c.c.SetReadDeadline))
}

// SetWriteDeadline implements net.Conn.
func (c *netConn) SetWriteDeadline(t time.Time) error {
	return c.failSet(c.write.deadline.set(t, c.c.SetWriteDeadline))
}

// SyscallConn returns the raw connection, as [net.UnixConn.SyscallConn] does.
// Errors: ENOTSUP if the transport has no such thing.
func (c *netConn) SyscallConn() (syscall.RawConn, error) {
	conn, ok := c.c.(syscall.Conn)
	if !ok {
		return nil, &Error{Op: "syscallconn", Err: syscall.ENOTSUP}
	}
	return netRawConn{c, conn}, nil
}

// fail returns err, which may be nil or io.EOF, as package net has the error of
// op; call is the system call that failed, or "".
func (c *netConn) fail(op, call string, err error) error {
	if err == nil || Errno(err) == 0 {
		return err
	}
	return c.opError(op, netCause(call, err))
}

func (c *netConn) opError(op string, cause error) error {
	return &net.OpError{Op: op, Net: "unix", Source: c.local, Addr: c.remote, Err: cause}
}

func (c *netConn) failSet(err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "set", Net: "unix", Addr: c.local, Err: netCause("", err)}
}

// A netRawConn gives the errors of a raw connection net's shape. It asks for
// the raw connection at every call, because in net only these can fail.
type netRawConn struct {
	c    *netConn
	conn syscall.Conn
}

func (r netRawConn) Control(f func(fd uintptr)) error {
	raw, err := r.conn.SyscallConn()
	if err == nil {
		err = raw.Control(f)
	}
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "raw-control", Net: "unix", Addr: r.c.local, Err: netCause("", err)}
}

func (r netRawConn) Read(f func(fd uintptr) (done bool)) error {
	raw, err := r.conn.SyscallConn()
	if err == nil {
		err = raw.Read(f)
	}
	return r.c.fail("raw-read", "", err)
}

func (r netRawConn) Write(f func(fd uintptr) (done bool)) error {
	raw, err := r.conn.SyscallConn()
	if err == nil {
		err = raw.Write(f)
	}
	return r.c.fail("raw-write", "", err)
}

// A netDirection is what one direction of a connection keeps between calls.
type netDirection struct {
	deadline netDeadline

	// A literal [][]byte{p} escapes through the interface, which would be an
	// allocation per call. The call that has set busy uses bufs; those that come
	// meanwhile make a list of their own.
	busy atomic.Bool
	bufs [1][]byte
}

// list returns p as a list of buffers, and whether it is d's own, which the
// caller then gives back by done.
func (d *netDirection) list(p []byte) (bufs [][]byte, kept bool) {
	if !d.busy.CompareAndSwap(false, true) {
		return [][]byte{p}, false
	}
	d.bufs[0] = p
	return d.bufs[:], true
}

func (d *netDirection) done() {
	d.bufs[0] = nil // the connection must not keep the caller's buffer alive
	d.busy.Store(false)
}

// A netDeadline is a deadline that is looked at before an operation is tried,
// as net does. A call that is blocked goes by the cap that is set along with it.
type netDeadline struct {
	mu    sync.Mutex // never held across a call of the transport
	t     time.Time
	count uint64 // of calls of set
}

// set makes t the deadline, and the cap by calling setCap. Of calls that
// overlap the same one wins for both: whoever finds that another came after it
// sets that one's cap again.
func (d *netDeadline) set(t time.Time, setCap func(time.Time) error) error {
	d.mu.Lock()
	d.t = t
	d.count++
	turn := d.count
	d.mu.Unlock()
	for {
		if err := setCap(t); err != nil {
			return err
		}
		d.mu.Lock()
		last := d.count
		t = d.t
		d.mu.Unlock()
		if last == turn {
			return nil
		}
		turn = last
	}
}

func (d *netDeadline) passed(clock Clock) bool {
	d.mu.Lock()
	t := d.t
	d.mu.Unlock()
	return !t.IsZero() && Expired(t, clock.Now())
}

// netCause returns what package net puts into an OpError for err, an error of a
// transport that has an errno. call is the system call that failed, or "".
func netCause(call string, err error) error {
	switch errno := Errno(err); errno {
	case 0, syscall.ECANCELED:
		return err
	case syscall.ETIMEDOUT:
		return os.ErrDeadlineExceeded
	case syscall.EBADF:
		return net.ErrClosed
	default:
		if call == "" {
			return errno
		}
		return os.NewSyscallError(call, errno)
	}
}

// netAddr returns a as package net has it on Linux.
func netAddr(a Addr) *net.UnixAddr {
	if a == "" {
		a = "@"
	}
	return &net.UnixAddr{Name: string(a), Net: "unix"}
}
