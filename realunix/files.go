//go:build unix

package realunix

import (
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// Remove implements transport.Files.
func (t *Transport) Remove(path string) error {
	if err := checkFile("remove", path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return fail("remove", path, errnoOf(err))
	}
	return nil
}

// Rename implements transport.Files.
func (t *Transport) Rename(oldpath, newpath string) error {
	if err := t.check("rename", oldpath); err != nil {
		return err
	}
	if err := checkFile("rename", oldpath); err != nil {
		return err
	}
	if err := checkFile("rename", newpath); err != nil {
		return err
	}
	// Not os.Rename, which answers EEXIST where the kernel says otherwise.
	if err := again(func() error { return unix.Rename(oldpath, newpath) }); err != nil {
		return &transport.Error{Op: "rename", Path: oldpath, Err: errnoOf(err), Detail: "to " + newpath}
	}
	return nil
}

// Chmod implements transport.Files.
func (t *Transport) Chmod(path string, mode fs.FileMode) error {
	if err := t.check("chmod", path); err != nil {
		return err
	}
	if err := checkFile("chmod", path); err != nil {
		return err
	}
	if mode&^fs.ModePerm != 0 {
		return invalid("chmod", path, "mode with bits other than permissions")
	}
	if err := again(func() error { return unix.Chmod(path, uint32(mode)) }); err != nil {
		return fail("chmod", path, errnoOf(err))
	}
	return nil
}

// again repeats a system call that a signal interrupted.
func again(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}

// Lock implements transport.Files. The kernel offers no wait with a deadline
// for flock(2), so a lock that is held is tried again every few milliseconds.
func (t *Transport) Lock(path string, deadline time.Time) (transport.FD, error) {
	const op = "lock"
	if err := t.check(op, path); err != nil {
		return nil, err
	}
	if err := checkFile(op, path); err != nil {
		return nil, err
	}
	for d := firstPause; ; d = min(2*d, lastPause) {
		lock, errno := tryLock(path)
		if errno == 0 {
			return lock, nil
		}
		if errno == syscall.EAGAIN {
			errno = t.pause(d, deadline)
		}
		if errno != 0 {
			return nil, fail(op, path, errno)
		}
	}
}

// tryLock opens and locks a file, or answers EAGAIN if another holds it.
func tryLock(path string) (*descriptor, syscall.Errno) {
	for {
		fd, err := openLock(path)
		if err != nil {
			return nil, errnoOf(err)
		}
		err = again(func() error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
		if err != nil {
			unix.Close(fd)
			return nil, errnoOf(err)
		}
		// Somebody may have removed the file, against the rules, and locked a
		// new one: what counts is the lock on the file that has the name.
		var here, there unix.Stat_t
		if err := unix.Fstat(fd, &here); err != nil {
			unix.Close(fd)
			return nil, errnoOf(err)
		}
		if err := unix.Lstat(path, &there); err == nil && here.Dev == there.Dev && here.Ino == there.Ino {
			return newLock(fd), 0
		}
		unix.Close(fd)
	}
}

func openLock(path string) (int, error) {
	const flags = unix.O_RDWR | unix.O_CLOEXEC | unix.O_NOFOLLOW | unix.O_NONBLOCK
	// First without O_CREAT: in a sticky directory that exists for opening
	// another user's file (fs.protected_regular) would refuse even root.
	var fd int
	err := again(func() (err error) { fd, err = unix.Open(path, flags, 0); return err })
	if err == unix.ENOENT {
		err = again(func() (err error) { fd, err = unix.Open(path, flags|unix.O_CREAT, 0o600); return err })
	}
	if isLink(err) {
		err = unix.ELOOP // what FreeBSD and NetBSD answer for O_NOFOLLOW
	}
	return fd, err
}
