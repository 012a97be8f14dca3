//go:build unix

package realunix

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// An acceptor is a listening socket, whichever views it is used in.
type acceptor struct {
	socket
	*lease
	path  string
	allow []int // whose connections are accepted; nil: everybody's

	shared   bool // others have descriptors of it since before it was ours
	accepted int  // by the holder of the turn
	peer     string
}

// A lease is what a listener has to give up in the end. It stands apart from the
// acceptor because a cleanup must not hold what it waits for.
type lease struct {
	desc   *desc
	file   fileID // what is removed, if remove
	remove bool
	handed atomic.Int32 // descriptors handed out: the file is not ours alone
	lock   *descriptor  // Takeover's, or nil
}

// end follows a shut that reported true. It removes the file while the name is
// still taken by a socket that lives, so that nobody else's can be there; then
// the socket goes, then the lock.
func (h *lease) end() {
	h.desc.drain()
	if h.remove && h.handed.Load() == 0 {
		h.file.unlink()
	}
	h.desc.close()
	if h.lock != nil {
		h.lock.Close()
	}
}

// lost closes a listener that was dropped without Close, as package net does.
func (h *lease) lost() {
	if h.desc.shut() {
		h.end()
	}
}

// A listener is an acceptor in a view.
type listener struct {
	*acceptor
	view *Transport
}

var _ transport.Listener = (*listener)(nil)

func newListener(view *Transport, a *acceptor, fd int) *listener {
	a.init(&desc{fd: fd})
	a.lease.desc = a.socket.desc
	a.rd.try = func(fd int) (errno syscall.Errno) {
		if a.shared || a.handed.Load() > 0 {
			unix.SetNonblock(fd, true) // there is no flag for a single call
		}
		a.accepted, a.peer, errno = accept(fd)
		return errno
	}
	runtime.AddCleanup(a, (*lease).lost, a.lease)
	return &listener{acceptor: a, view: view}
}

// Listen implements transport.Sockets.
func (t *Transport) Listen(path string, backlog int, cfg transport.ListenConfig) (transport.Listener, error) {
	const op = "listen"
	if err := t.check(op, path); err != nil {
		return nil, err
	}
	if err := transport.CheckPath(op, path); err != nil {
		return nil, err
	}
	if err := checkName(op, path); err != nil {
		return nil, err
	}
	abstract := transport.Addr(path).Abstract()
	switch {
	case backlog < 0:
		return nil, invalid(op, path, "negative backlog")
	case cfg.Mode&^fs.ModePerm != 0:
		return nil, invalid(op, path, "mode with bits other than permissions")
	case cfg.Mode != 0 && abstract:
		return nil, invalid(op, path, "an abstract name has no mode")
	case len(cfg.AllowUID) > 0 && !hasPeerUID:
		return nil, &transport.Error{Op: op, Path: path, Err: syscall.ENOTSUP, Detail: "peers' user IDs cannot be read on this system"}
	}
	a := &acceptor{lease: &lease{}, path: path, allow: slices.Clone(cfg.AllowUID)}
	fd, errno := a.open(path, min(backlog, math.MaxInt32), cfg, abstract)
	if errno != 0 {
		if a.lock != nil {
			a.lock.Close()
		}
		return nil, fail(op, path, errno)
	}
	return newListener(t, a, fd), nil
}

// open makes the socket. On failure it leaves nothing behind but a.lock.
func (a *acceptor) open(path string, backlog int, cfg transport.ListenConfig, abstract bool) (_ int, errno syscall.Errno) {
	if cfg.Takeover && !abstract {
		if a.lock, errno = takeover(path); errno != 0 {
			return -1, errno
		}
	}
	fd, err := newSocket()
	if err != nil {
		return -1, errnoOf(err)
	}
	var made fileID
	defer func() {
		if errno != 0 {
			made.unlink()
			unix.Close(fd)
		}
	}()
	if cfg.Mode == 0 {
		errno = bind(fd, path)
	} else {
		errno = bindMode(fd, path, cfg.Mode)
	}
	if errno != 0 {
		return -1, errno
	}
	if !abstract {
		// Absolute, so that it is the same file after a change of directory.
		abs, err := filepath.Abs(path)
		if err != nil {
			abs = path
		}
		if made, errno = identify(abs); errno != 0 {
			return -1, errno // somebody has taken it away already
		}
		a.file, a.remove = made, cfg.Unlink
	}
	if a.lock != nil {
		if fd, errno = lockLast(a.lock, fd); errno != 0 {
			return -1, errno
		}
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return -1, errnoOf(err)
	}
	return fd, 0
}

func (l *listener) use(op string) error {
	if l == nil || l.acceptor == nil {
		return fail(op, "", syscall.EBADF)
	}
	if !l.acquire() {
		return fail(op, l.path, syscall.EBADF)
	}
	return nil
}

func (l *listener) Accept(deadline time.Time) (transport.Conn, error) {
	const op = "accept"
	if err := l.use(op); err != nil {
		return nil, err
	}
	defer l.release()
	for refused := 0; ; refused++ {
		if err := l.view.check(op, l.path); err != nil {
			return nil, err
		}
		if refused > 0 && l.closed() {
			return nil, fail(op, l.path, syscall.EBADF)
		}
		// What was pending when the deadline passed is looked through, but not
		// what refused peers go on sending.
		if refused > maxPending && l.rd.expired(deadline) {
			return nil, fail(op, l.path, syscall.ETIMEDOUT)
		}
		fd, peer, errno := l.next(deadline)
		if errno != 0 {
			return nil, fail(op, l.path, errno)
		}
		if len(l.allow) > 0 {
			cred, errno := peerCred(fd)
			if errno != 0 || !slices.Contains(l.allow, cred.UID) {
				unix.Close(fd)
				continue
			}
		}
		raceRecv(nil, 0)
		return newConn(l.view, fd, l.path, peer), nil
	}
}

// maxPending is more connections than a backlog commonly holds
// (net.core.somaxconn+1).
const maxPending = 4097

func (l *listener) next(deadline time.Time) (fd int, peer string, errno syscall.Errno) {
	switch errno := l.enter(&l.rd, l.view, deadline); errno {
	case 0:
	case syscall.EAGAIN: // an earlier call is parked: take what is there
		fd, peer, errno := accept(l.fd)
		if errno == syscall.EAGAIN {
			errno = syscall.ETIMEDOUT
		}
		return fd, peer, errno
	default:
		return -1, "", errno
	}
	defer l.rd.turn.give()
	errno = l.operate(&l.rd, l.view, deadline)
	return l.accepted, l.peer, errno
}

func (l *listener) SetDeadline(t time.Time) error {
	if err := l.use("setdeadline"); err != nil {
		return err
	}
	defer l.release()
	l.rd.setCap(t)
	return nil
}

func (l *listener) Close() error {
	if l == nil || l.acceptor == nil {
		return fail("close", "", syscall.EBADF)
	}
	if !l.shutAll() {
		return fail("close", l.path, syscall.EBADF)
	}
	l.end()
	return nil
}

func (l *listener) Dup() (transport.FD, error) {
	if err := l.use("dup"); err != nil {
		return nil, err
	}
	defer l.release()
	l.handed.Add(1) // first: Close waits for this call, and then looks
	fd, err := l.dup("dup")
	if err != nil {
		l.handed.Add(-1)
	}
	return fd, err
}

func (l *listener) Addr() transport.Addr {
	if l == nil || l.acceptor == nil {
		return ""
	}
	return transport.Addr(l.path)
}

// SyscallConn implements syscall.Conn, for Control alone.
func (l *listener) SyscallConn() (syscall.RawConn, error) {
	if err := l.use("syscallconn"); err != nil {
		return nil, err
	}
	defer l.release()
	return rawListener{l}, nil
}

type rawListener struct{ l *listener }

func (r rawListener) Control(f func(uintptr)) error {
	if err := r.l.use("control"); err != nil {
		return err
	}
	defer r.l.release()
	f(uintptr(r.l.fd))
	return nil
}

func (rawListener) Read(func(uintptr) bool) error  { return fail("rawread", "", syscall.ENOTSUP) }
func (rawListener) Write(func(uintptr) bool) error { return fail("rawwrite", "", syscall.ENOTSUP) }

// A fileID tells a file from another that takes its name later, as far as
// device and inode number can: file systems reuse inode numbers.
type fileID struct {
	path     string
	dev, ino uint64
}

// identify says which socket file is at path.
func identify(path string) (fileID, syscall.Errno) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return fileID{}, errnoOf(err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return fileID{}, syscall.ENOTSOCK
	}
	return fileID{path, uint64(st.Dev), uint64(st.Ino)}, 0
}

// unlink removes the file if it is still the same. The zero fileID is no file.
func (f fileID) unlink() syscall.Errno {
	if f.path == "" {
		return syscall.ENOENT
	}
	now, errno := identify(f.path)
	if errno != 0 {
		return errno
	}
	if now != f {
		return syscall.EEXIST
	}
	return errnoOf(os.Remove(f.path))
}
