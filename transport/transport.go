package transport

import (
	"context"
	"io/fs"
	"time"
)

// A Transport is one process's view of an operating system, cut down to what
// programs that talk over Unix-domain sockets need. Package realunix has the
// kernel's, package simnet a simulated one.
//
// All methods may be called from any goroutine (realunix) or from any task of
// the process (simnet). Every error is an [*Error]; the end of a stream is the
// bare [io.EOF].
//
// A Transport is a view: [Transport.WithCancel] derives a narrower one of the
// same process, whose blocking calls can be ended together.
type Transport interface {
	Sockets
	Files
	Clock
	Tasks

	// WithCancel returns a view of the same process and a function that cancels
	// it. When the function is called or ctx is done, the view is cancelled:
	// every call of it that can block, whether blocked now or made later, fails
	// with ECANCELED, and so do Go, Background, AfterFunc and the making of
	// sockets. That is looked at after EBADF and before the operation is tried.
	// Close, CloseRead, CloseWrite, Dup, Remove, Notify, Stop and Now never fail
	// so, which leaves a cancelled task the means to clean up.
	//
	// A view ends with the view it was derived from. Sockets and notifiers
	// belong to the view that made them; see Attach. The function may be called
	// more than once and from anywhere; call it in the end, as one does a
	// context.CancelFunc, to release what watches ctx.
	//
	// The clock of ctx must be one that the transport can watch. Where it
	// cannot, and for a nil ctx, every call of the view that could be cancelled
	// is EINVAL, and the error says why.
	WithCancel(ctx context.Context) (Transport, func())

	// WithoutCancel returns a view of the same process that nothing cancels,
	// for cleaning up that has to wait.
	WithoutCancel() Transport
}

// Sockets makes connections and listeners. A socket belongs to the view that
// made it and is cancelled with it.
type Sockets interface {
	// Listen binds a new socket to path and listens on it. The kernel keeps up
	// to backlog+1 connections that nobody accepted yet (unix_recvq_full);
	// a backlog above the system's limit (net.core.somaxconn) is cut to it.
	//
	// A path that begins with "@" is an abstract name (Linux; ENOTSUP
	// elsewhere). A relative path starts at the process's working directory.
	//
	// Listen does not block. Errors: ENOENT for an empty path or a missing
	// directory, EINVAL for a NUL inside a path, a negative backlog or a bad
	// cfg, ENAMETOOLONG for a path of more than [MaxPath] bytes, EADDRINUSE
	// where the name is taken (also by a socket file that a dead process left
	// behind, unless cfg.Takeover), ENOTSUP where the system cannot do what cfg
	// asks for, ENOTDIR, ELOOP, EACCES, EROFS, EMFILE, ENFILE, ENOMEM,
	// ECANCELED.
	Listen(path string, backlog int, cfg ListenConfig) (Listener, error)

	// Dial connects to the listener at path. While its backlog is full, Dial
	// waits for room until the deadline, then fails with ETIMEDOUT. (On macOS and
	// the BSDs a full backlog cannot be told from no listener: ECONNREFUSED.)
	//
	// Errors: those of a path as for Listen; ECONNREFUSED where nobody listens
	// (a stale socket file, any other kind of file), EPROTOTYPE for a socket of
	// another type, EACCES without write permission on the file, EMFILE,
	// ENFILE, ENOMEM, ETIMEDOUT, ECANCELED.
	Dial(path string, deadline time.Time) (Conn, error)

	// Pair returns two connections that are connected to each other
	// (socketpair(2)). It does not block. Errors: EMFILE, ENFILE, ENOMEM,
	// ECANCELED.
	Pair() (Conn, Conn, error)

	// Adopt turns a descriptor of this process into a connection, and takes
	// ownership of it: fd is closed afterwards. On failure the caller still owns
	// fd. Errors: EBADF for a nil or closed fd or one of another transport,
	// EINVAL for anything but a stream socket of the Unix domain that is not
	// listening, EMFILE, ECANCELED.
	Adopt(fd FD) (Conn, error)

	// AdoptListener does the same for a listening socket. Of cfg only AllowUID
	// may be set, so that a limit on peers survives a hand-over; the other
	// fields concern the making of the file and are EINVAL.
	AdoptListener(fd FD, cfg ListenConfig) (Listener, error)

	// Attach returns the same connection in this view: both values share
	// everything, and closing one closes the other, but calls on the new one
	// are cancelled with this view. It is for handing an accepted connection to
	// a task of a narrower group. Errors: EBADF for a nil, closed or foreign
	// connection, ECANCELED.
	Attach(c Conn) (Conn, error)

	// AttachListener does the same for a listener.
	AttachListener(l Listener) (Listener, error)
}

// Files has what programs do to the files around a socket.
type Files interface {
	// Remove removes a file or an empty directory (unlink(2), rmdir(2)). It is
	// not cancelled.
	Remove(path string) error

	// Rename renames a file, replacing the target if there is one (rename(2)).
	// A socket that listens stays reachable by its new name.
	Rename(oldpath, newpath string) error

	// Chmod sets the permission bits of a file, following symbolic links
	// (chmod(2)). Bits beyond fs.ModePerm are EINVAL.
	Chmod(path string, mode fs.FileMode) error

	// Lock takes the advisory lock (flock(2), exclusive) on the file at path,
	// which it makes with mode 0600 if it is not there, and waits for it until
	// the deadline. The lock is released by closing the returned descriptor, or
	// by the death of the process. If the descriptor was sent, the receiver
	// holds the lock too, and it is released with the last of them. The file is
	// never removed: whoever removes a lock file lets two holders in.
	//
	// Errors: ETIMEDOUT while another holds the lock, ELOOP if path itself is a
	// symbolic link (it is not followed), those of opening a file, ECANCELED.
	Lock(path string, deadline time.Time) (FD, error)
}

// Clock is the transport's own time. Deadlines are points on it.
type Clock interface {
	// Now returns the current time. It does not block and is not cancelled.
	Now() time.Time

	// Sleep blocks until the given time, and until cancelled if it is zero.
	// Errors: ECANCELED.
	Sleep(until time.Time) error

	// AfterFunc runs f as a task of its own, named name, once the clock has
	// reached at. A time that is not after Now is at once; the zero Time is
	// never. A timer that was armed before its view was cancelled still fires.
	// Errors: EINVAL for a nil f, ECANCELED.
	AfterFunc(name string, at time.Time, f func()) (Timer, error)
}

// A Timer is a call that [Clock.AfterFunc] has put off.
type Timer interface {
	// Stop prevents the call. It reports whether it did: false means that the
	// call has been started, or stopped before. It does not wait for a call
	// that has been started.
	Stop() bool
}

// Tasks starts concurrent work. A task is a goroutine on realunix and a
// coroutine on simnet; f is expected to make its calls on the view that it was
// started by, or a narrower one, and to wait by means of the transport only.
type Tasks interface {
	// Go starts a task. Names need not be unique. A program is over when every
	// task of this kind has returned. Errors: EINVAL for a nil f, ECANCELED.
	Go(name string, f func()) error

	// Background starts a task that a finished program may leave waiting, as a
	// server's accept loop does. Errors: as for Go.
	Background(name string, f func()) error

	// Yield lets other tasks run. It is not cancelled.
	Yield()

	// NewNotifier returns a Notifier without a token, whose Wait is cancelled
	// with this view.
	NewNotifier() Notifier
}

// A Notifier lets tasks of one process wait for each other. It holds at most
// one token. [Queue], [Mutex] and [Group] are built on it.
type Notifier interface {
	// Notify gives the token to the task that has waited longest. If none
	// waits, the token is kept for the next Wait; if one is kept already,
	// nothing changes. It does not block and is not cancelled.
	Notify()

	// Wait takes the token, and blocks until there is one. Waiting tasks are
	// served first come, first served. A Wait that fails has taken no token; one
	// that is given a token and cancelled in the same moment may return either.
	// Errors: ETIMEDOUT after the deadline, ECANCELED.
	Wait(deadline time.Time) error
}
