package realunix

import (
	"io/fs"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// unshare is a variable for the tests: in containers the call may be refused.
var unshare = unix.Unshare

// bindMode binds fd to path so that the file has exactly the given mode and at
// no moment lets in anyone whom that keeps out.
//
// bind makes the file with the socket's own mode, less the umask
// (unix_bind_bsd). So the socket gets the mode, and bind is called on a thread
// that has a umask of its own. The process's umask, which other threads may be
// relying on, is not touched.
func bindMode(fd int, path string, mode fs.FileMode) syscall.Errno {
	if err := unix.Fchmod(fd, uint32(mode)); err != nil {
		return errnoOf(err)
	}
	var errno, refused syscall.Errno
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Never unlocked, so the runtime ends the thread with this goroutine
		// rather than let others run with its umask.
		runtime.LockOSThread()
		if refused = errnoOf(unshare(unix.CLONE_FS)); refused != 0 {
			return
		}
		unix.Umask(0)
		errno = bind(fd, path)
	}()
	<-done
	if refused != 0 {
		errno = bind(fd, path)
	}
	if errno != 0 {
		return errno
	}
	return exact(fd, path, mode)
}

// exact sees to it that the file that fd was bound to has the given mode and
// nothing besides: where unshare was refused the umask has been at work, and in
// a directory with a default ACL that has. The caller listens afterwards; until
// then the file refuses everybody. On failure the file is gone, if it was ours.
func exact(fd int, path string, mode fs.FileMode) syscall.Errno {
	file, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return errnoOf(err)
	}
	defer unix.Close(file)
	var st unix.Stat_t
	if err := unix.Fstat(file, &st); err != nil {
		return errnoOf(err)
	}
	// Not even fchmod takes O_PATH descriptors; their names in /proc will do.
	name := "/proc/self/fd/" + strconv.Itoa(file)
	if st.Mode == unix.S_IFSOCK|uint32(mode) && !hasACL(name) {
		return 0
	}
	ino, errno := boundInode(fd)
	switch {
	case errno != 0:
		errno = syscall.ENOTSUP // no way to make sure whose file it is
	case uint32(st.Ino) != ino:
		return syscall.EADDRINUSE // replaced already
	default:
		unix.Removexattr(name, accessACL)
		if unix.Chmod(name, uint32(mode)) == nil && unix.Fstat(file, &st) == nil &&
			st.Mode == unix.S_IFSOCK|uint32(mode) && !hasACL(name) {
			return 0
		}
		errno = syscall.ENOTSUP
	}
	fileID{path, uint64(st.Dev), uint64(st.Ino)}.unlink()
	return errno
}

// accessACL is the attribute in which a file's own ACL is kept (acl(5)). By it
// users whom the permission bits do not mention may have access.
const accessACL = "system.posix_acl_access"

func hasACL(path string) bool {
	n, err := unix.Getxattr(path, accessACL, nil)
	return err == nil && n > 0
}
