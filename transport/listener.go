package transport

import (
	"io/fs"
	"time"
)

// A Listener accepts connections. Any number of tasks may use it at once;
// blocked calls of Accept are served in the order they came. After Close every
// method but Addr answers EBADF.
type Listener interface {
	// Accept returns the connection that has waited longest, and blocks until
	// there is one. A peer that has gone in the meantime is still returned.
	// With ListenConfig.AllowUID, peers that are not allowed are closed and
	// waiting goes on.
	//
	// Errors: ETIMEDOUT, ECANCELED, EBADF; EMFILE, ENFILE, ENOMEM, after which
	// the connection is still pending (the kernel reports EMFILE even if none
	// is); EINVAL for a listener that was shut down through another descriptor.
	Accept(deadline time.Time) (Conn, error)

	// SetDeadline caps the deadline of every Accept, also of those that are
	// blocked now. The zero Time removes the cap. Errors: EBADF.
	SetDeadline(t time.Time) error

	// Close stops listening; blocked calls fail with EBADF. Connections that
	// were not accepted are reset. The socket file stays, unless
	// ListenConfig.Unlink is in force. The second Close is EBADF.
	Close() error

	// Dup returns a descriptor of the same listening socket, for handing it
	// over. It listens until all its descriptors are closed. From then on
	// Close leaves the socket file alone. Errors: EBADF, EMFILE.
	Dup() (FD, error)

	// Addr returns the name that was bound.
	Addr() Addr
}

// ListenConfig says how to listen. The zero value is what bind(2) and listen(2)
// do by themselves.
type ListenConfig struct {
	// Mode is the permission bits of the socket file; who may write to it may
	// connect. Zero leaves it to the system: 0777 without the umask. It is
	// exact, whatever the umask, and at no moment is the file open to anyone
	// whom Mode keeps out. EINVAL for other bits or with an abstract name,
	// ENOTSUP where the system offers no way to do so.
	Mode fs.FileMode

	// AllowUID, if not empty, is whose connections are accepted, by effective
	// user ID at the time of connecting. Others are closed at once. ENOTSUP
	// where the system does not tell.
	AllowUID []int

	// Unlink removes the socket file on Close, before the descriptor is closed,
	// if it is still the one that this listener made, and no descriptor of it
	// was handed out by Dup. Without Takeover, telling whether it is still ours
	// compares inode numbers, which file systems reuse: it is best effort.
	Unlink bool

	// Takeover takes the place of a predecessor that died: it locks the file
	// path+".lock", fails with EADDRINUSE if another process holds the lock or
	// answers at path, removes the socket file if it is stale, binds, and keeps
	// the lock for as long as it listens. Of any number of instances started at
	// once with Takeover, exactly one listens. The lock file stays. It has no
	// effect on abstract names, which vanish with their process.
	Takeover bool
}
