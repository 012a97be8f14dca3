//go:build unix

package realunix

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// A descriptor is a transport.FD: a number of this process.
type descriptor struct {
	*desc
	lock   bool        // closing it is to release a lock
	passed atomic.Bool // it was sent
}

func newFD(fd int) *descriptor {
	d := &descriptor{desc: &desc{fd: fd}}
	runtime.AddCleanup(d, (*desc).lost, d.desc)
	return d
}

// newLock is a descriptor that is not closed when it is dropped: a program may
// well hold a lock until it dies and never look at it again.
func newLock(fd int) *descriptor {
	return &descriptor{desc: &desc{fd: fd}, lock: true}
}

// Close implements transport.FD.
func (d *descriptor) Close() error {
	if d == nil || d.desc == nil || !d.shut() {
		return fail("close", "", syscall.EBADF)
	}
	if d.lock && !d.passed.Load() {
		// Closing releases a lock only with the last descriptor of it, and a child
		// of this process has one between fork and exec. Whoever it was passed to,
		// though, is to keep it.
		d.drain()
		again(func() error { return unix.Flock(d.fd, unix.LOCK_UN) })
	}
	d.close()
	return nil
}

// borrow takes a reference to the number of an FD of this package.
func borrow(fd transport.FD) (*descriptor, bool) {
	d, ok := fd.(*descriptor)
	if !ok || d == nil || !d.acquire() {
		return nil, false
	}
	return d, true
}

// hold borrows the numbers of fds for a Send, to be given back by unhold.
func hold(fds []transport.FD) ([]int, syscall.Errno) {
	rights := make([]int, 0, len(fds))
	for i, fd := range fds {
		d, ok := borrow(fd)
		if !ok {
			unhold(fds[:i])
			return nil, syscall.EBADF
		}
		d.passed.Store(true)
		rights = append(rights, d.fd)
	}
	return rights, 0
}

func unhold(fds []transport.FD) {
	for _, fd := range fds {
		fd.(*descriptor).release()
	}
}

// dup returns a duplicate of the number. The caller holds a reference.
func (d *desc) dup(op string) (transport.FD, error) {
	n, err := unix.FcntlInt(uintptr(d.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fail(op, "", errnoOf(err))
	}
	return newFD(n), nil
}

// File turns a descriptor into an *os.File named name: a memfd, a pipe, a log
// that was received. The file owns the descriptor from then on: fd is closed,
// close the file. On failure the caller still owns fd. Errors: EBADF for a nil
// or closed fd or one of another transport, EMFILE.
func File(fd transport.FD, name string) (*os.File, error) {
	d, ok := borrow(fd)
	if !ok {
		return nil, fail("file", name, syscall.EBADF)
	}
	// Moving the number out would leave it to be closed by two; a duplicate has
	// one owner whatever happens at the same time.
	n, err := unix.FcntlInt(uintptr(d.fd), unix.F_DUPFD_CLOEXEC, 0)
	d.release()
	if err != nil {
		return nil, fail("file", name, errnoOf(err))
	}
	if err := d.Close(); err != nil {
		unix.Close(n)
		return nil, fail("file", name, syscall.EBADF)
	}
	return os.NewFile(uintptr(n), name), nil
}

// FromFile turns a file into a descriptor that can be sent or adopted. It is a
// duplicate: the caller still owns f, and closes both. Note that the two share
// what dup(2) says they share: position, flags, locks. Errors: EBADF for a nil
// or closed file, EMFILE.
func FromFile(f *os.File) (transport.FD, error) {
	if f == nil {
		return nil, fail("fromfile", "", syscall.EBADF)
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, fail("fromfile", f.Name(), errnoOf(err))
	}
	var n int
	var duperr error
	err = raw.Control(func(fd uintptr) {
		n, duperr = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err == nil {
		err = duperr
	}
	if err != nil {
		return nil, fail("fromfile", f.Name(), errnoOf(err))
	}
	return newFD(n), nil
}
