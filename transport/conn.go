package transport

import "time"

// A Conn is one end of a connection: a stream of bytes in each direction, on
// which descriptors can travel.
//
// Any number of tasks may use it at once. Calls of one direction are served in
// the order they came: a Send that is under way is not interleaved with
// another, and of two blocked Recv the earlier is served first.
//
// Deadlines are points on the transport's clock: the zero Time is never, a
// time not after Now (such as [Immediate]) means to try once and not to block.
// Every operation is tried before its deadline is looked at, so what can be
// done at once is done whatever the deadline.
//
// After Close, every method but LocalAddr and RemoteAddr answers EBADF.
type Conn interface {
	// Recv reads what is there, at least one byte, into bufs, in order, and
	// blocks while there is nothing. It returns io.EOF at the end of the
	// stream. Buffers of no bytes at all give (0, 0, nil) without a look at
	// the socket.
	//
	// If a descriptor is reached, Recv stops there: the nfd descriptors stored
	// in fds belong to the last byte read. (Linux ties descriptors to the first
	// byte of their message and ends a read after that message, and brine sends
	// that byte in a message of its own. From a foreign sender that attached
	// them to more than one byte, they come with the last byte of it that was
	// read.) Descriptors for which fds has no room are closed. A descriptor
	// that could not be received because the process has too many gives EMFILE
	// together with the bytes, which are valid.
	//
	// Errors: ECONNRESET, once, after all data, if the peer closed without
	// having read everything; ETIMEDOUT, ECANCELED, EBADF; ENOTCONN or EINVAL
	// for an adopted socket that was never connected; EMFILE as above.
	Recv(bufs [][]byte, fds []FD, deadline time.Time) (n, nfd int, err error)

	// Send writes all of bufs, in order, and blocks while the peer's buffer is
	// full. On error n says how much was queued before. The descriptors in fds
	// go with the first byte; they are duplicated, the caller still owns his.
	// Descriptors without a byte are EINVAL, and so are more than [MaxFDs].
	// No bytes and no descriptors give (0, nil) without a look at the socket.
	//
	// Errors: EPIPE if the peer is gone or shut the direction down, or this
	// side did; ETIMEDOUT, ECANCELED, EBADF (also for an fd that is nil, closed
	// or of another transport), ENOTCONN, ETOOMANYREFS, ENOBUFS, ENOMEM;
	// ENOTSUP if descriptors cannot be passed. No SIGPIPE is raised.
	Send(bufs [][]byte, fds []FD, deadline time.Time) (n int, err error)

	// SetReadDeadline caps the deadline of every Recv, also of those that are
	// blocked now: the earlier of cap and deadline holds. The zero Time removes
	// the cap. Errors: EBADF.
	SetReadDeadline(t time.Time) error

	// SetWriteDeadline does the same for Send.
	SetWriteDeadline(t time.Time) error

	// CloseRead shuts the receiving direction down (shutdown(2), SHUT_RD): the
	// peer's sends fail with EPIPE, what is queued can still be read, then comes
	// io.EOF. It does not block. Errors: EBADF.
	CloseRead() error

	// CloseWrite shuts the sending direction down (SHUT_WR): the peer reads
	// what is queued, then io.EOF; sends on this side fail with EPIPE, also the
	// one that is blocked now. (The kernel alone does not wake a writer that
	// polls in a full buffer; brine does.) It does not block. Errors: EBADF.
	CloseWrite() error

	// Close closes the socket. (One that was dropped without Close may be
	// closed by the garbage collector, on realunix, as package net does; nothing
	// should rely on it.) Calls that are blocked on it fail with EBADF,
	// and Close returns after they have let go of it, so that its descriptor's
	// number cannot be reused under them. What the peer has not read is still
	// delivered to it; if this side left bytes unread, the peer is told by
	// ECONNRESET. The second Close is EBADF.
	Close() error

	// Dup returns a descriptor of the same socket, for passing it on or for
	// adopting it elsewhere. The socket lives until all its descriptors are
	// closed. Errors: EBADF, EMFILE.
	Dup() (FD, error)

	// PeerCred says who is at the other end: the process that connected, or the
	// one that called Listen, as they were at that moment (SO_PEERCRED).
	// Errors: EBADF, ENOTSUP.
	PeerCred() (Cred, error)

	// LocalAddr returns the name of this end, "" if it has none. It is the name
	// that was bound, unaffected by renames.
	LocalAddr() Addr

	// RemoteAddr returns the name of the other end, "" if it has none.
	RemoteAddr() Addr
}

// SendBuffer is implemented by connections whose send buffer can be sized.
type SendBuffer interface {
	// SendBuffer returns the size of the send buffer in bytes, as the system
	// accounts for it (SO_SNDBUF; Linux counts its own overhead too).
	SendBuffer() (int, error)

	// SetSendBuffer sets it. Linux doubles the value and keeps it within
	// [4608, 2*net.core.wmem_max]. Errors: EINVAL for a negative size, EBADF.
	SetSendBuffer(bytes int) error
}

// MaxFDs is how many descriptors one Send can carry (Linux's SCM_MAX_FD).
const MaxFDs = 253

// An FD is a descriptor of one process that is not in use as a Conn or
// Listener: received, inherited, or from Dup. It can be sent, adopted and
// closed. It means nothing to another transport, which answers EBADF.
type FD interface {
	// Close closes the descriptor. The second Close, and one after the
	// descriptor was adopted, is EBADF.
	Close() error
}

// Cred identifies the process at the other end of a connection.
type Cred struct {
	PID int // process ID; -1 where the system does not tell
	UID int // effective user ID
	GID int // effective group ID
}
