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
	path  string
	allow []int // whose connections are accepted; nil: everybody's

	file fileID      // what Close removes, if remove
	lock *descriptor // Takeover's, or nil

	remove   bool
	handed   atomic.Bool // a descriptor was handed out: the file is not ours alone
	accepted int         // by the holder of the turn
	peer     string
}

// A listener is an acceptor in a view.
type listener struct {
	*acceptor
	view *Transport
}

var _ transport.Listener = (*listener)(nil)

func newListener(view *Transport, a *acceptor, fd int) *listener {
	a.init(fd)
	a.rd.try = func(fd int) (errno syscall.Errno) {
		a.accepted, a.peer, errno = accept(fd)
		return errno
	}
	runtime.SetFinalizer(a, (*acceptor).lost)
	return &listener{acceptor: a, view: view}
}

func (a *acceptor) lost() {
	if a.shut() {
		a.end()
	}
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
	a := &acceptor{path: path, allow: slices.Clone(cfg.AllowUID)}
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
	bound := false
	defer func() {
		if errno != 0 {
			if bound && !abstract {
				unix.Unlink(path)
			}
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
	bound = true
	if cfg.Unlink && !abstract {
		// Absolute, so that it is the same file after a change of directory.
		abs, err := filepath.Abs(path)
		if err != nil {
			abs = path
		}
		if a.file, errno = identify(abs); errno != 0 {
			return -1, errno
		}
		a.remove = true
	}
	if a.lock != nil {
		// Above the listener's number: the descriptors of a dying process are
		// closed in ascending order (close_files), and the lock must go last.
		n, err := unix.FcntlInt(uintptr(a.lock.fd), unix.F_DUPFD_CLOEXEC, fd+1)
		if err != nil {
			return -1, errnoOf(err)
		}
		above := newFD(n)
		a.lock.Close()
		a.lock = above
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
	for {
		if err := l.view.check(op, l.path); err != nil {
			return nil, err
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
	runtime.SetFinalizer(l.acceptor, nil)
	l.end()
	return nil
}

// end removes the file while the name is still taken by a socket that lives,
// so that nobody else's can be there; then the socket goes, then the lock.
func (a *acceptor) end() {
	if a.remove && !a.handed.Load() {
		a.file.unlink()
	}
	a.close()
	if a.lock != nil {
		a.lock.Close()
	}
}

func (l *listener) Dup() (transport.FD, error) {
	if err := l.use("dup"); err != nil {
		return nil, err
	}
	defer l.release()
	fd, err := l.dup("dup")
	if err == nil {
		l.handed.Store(true)
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

// unlink removes the file if it is still the same.
func (f fileID) unlink() syscall.Errno {
	now, errno := identify(f.path)
	if errno != 0 {
		return errno
	}
	if now != f {
		return syscall.EEXIST
	}
	return errnoOf(os.Remove(f.path))
}
