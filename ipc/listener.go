package ipc

import (
	"sync/atomic"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// A Listener accepts connections. All of its methods may be called at any time
// by any task; of several tasks blocked in Accept the first is served first.
//
// A Listener must not be copied. The zero value is not open; it is storage for
// [ListenMem] and [ListenerFromFDMem]. After Close the storage may be used
// again, once the calls that were inside have returned.
type Listener struct {
	stage  stage
	inside atomic.Int32 // calls that may be using tl

	// Written while stage is making, and not changed until it is so again.
	tr transport.Transport
	tl transport.Listener
}

// Listen starts listening on the file at path. The system keeps backlog
// connections that nobody has accepted (Linux one more). The zero cfg is
// libdill's behaviour: the file is made with the mode that the umask leaves,
// and stays behind when the listener is closed. It does not block.
//
// Errors: EADDRINUSE if the file exists; ENOENT for an empty path or one of
// which a directory is missing; ENAMETOOLONG beyond [transport.MaxPath]; EINVAL
// for a NUL in the path, a negative backlog, a bad cfg or a nil transport;
// ENOTSUP if the system cannot do what cfg asks for; ENOTDIR, ELOOP, EACCES as
// for any path; EMFILE, ENFILE, ENOMEM, ECANCELED.
func Listen(tr transport.Transport, path string, backlog int, cfg transport.ListenConfig) (*Listener, error) {
	l := new(Listener)
	if err := ListenMem(l, tr, path, backlog, cfg); err != nil {
		return nil, err
	}
	return l, nil
}

// ListenerFromFD makes a listener of a descriptor: one that was inherited,
// received or handed out by Dup. It takes ownership of fd; on failure the
// caller still owns it. Of cfg only AllowUID may be set, because the file is
// there already. It does not block.
//
// Errors: EBADF for an fd that is nil, closed or of another transport; EINVAL
// for anything but a listening stream socket of the Unix domain, a bad cfg, and
// a nil transport; EMFILE, ENOMEM, ECANCELED.
func ListenerFromFD(tr transport.Transport, fd transport.FD, cfg transport.ListenConfig) (*Listener, error) {
	l := new(Listener)
	if err := ListenerFromFDMem(l, tr, fd, cfg); err != nil {
		return nil, err
	}
	return l, nil
}

// Accept returns the connection that has waited longest, and blocks until
// there is one. It belongs to the view of the transport that the listener was
// made with; see [Conn.Attach].
//
// A failure ends nothing: Accept may be called again.
//
// Errors: ETIMEDOUT, ECANCELED; EMFILE, ENFILE, ENOMEM; EBADF.
func (l *Listener) Accept(deadline time.Time) (*Conn, error) {
	if !l.enter() {
		return nil, fail("accept", "", syscall.EBADF, notOpen)
	}
	defer l.leave()
	tc, err := l.tl.Accept(deadline)
	if err != nil {
		return nil, rewrap("accept", string(l.tl.Addr()), err)
	}
	c := new(Conn) // only now: many a call of Accept is in vain
	c.open(l.tr, tc)
	return c, nil
}

// Close stops listening at once: calls blocked in Accept fail with EBADF,
// connections that were not accepted are reset. It is libdill's hclose and
// ipc_close of a listener, which are the same. The file stays, unless
// [transport.ListenConfig] asked for its removal. It does not block.
//
// Errors: EBADF if it was not open.
func (l *Listener) Close() error {
	if l == nil || !l.stage.beginClose() {
		return fail("close", "", syscall.EBADF, notOpen)
	}
	addr := string(l.tl.Addr())
	err := l.tl.Close()
	l.stage.v.Store(stageClosed)
	if err != nil {
		return rewrap("close", addr, err)
	}
	return nil
}

// Dup returns a descriptor of the listening socket, for handing it over to
// another process, where it goes to [ListenerFromFD]. From then on Close leaves
// the socket file alone. The caller owns the descriptor. It does not block.
//
// Errors: EBADF, EMFILE.
func (l *Listener) Dup() (transport.FD, error) {
	if !l.enter() {
		return nil, fail("dup", "", syscall.EBADF, notOpen)
	}
	defer l.leave()
	fd, err := l.tl.Dup()
	if err != nil {
		return nil, rewrap("dup", string(l.tl.Addr()), err)
	}
	return fd, nil
}

// Addr returns the name that the listener is bound to, also after it was
// closed, and "" for a nil or zero Listener.
func (l *Listener) Addr() transport.Addr {
	if l == nil || l.stage.v.Load() < stageOpen {
		return ""
	}
	return l.tl.Addr()
}

// enter keeps the fields from being overwritten by a reuse of the storage until
// leave. It reports false if l is not open.
func (l *Listener) enter() bool {
	if l == nil {
		return false
	}
	l.inside.Add(1)
	if !l.stage.isOpen() {
		l.inside.Add(-1)
		return false
	}
	return true
}

func (l *Listener) leave() { l.inside.Add(-1) }
