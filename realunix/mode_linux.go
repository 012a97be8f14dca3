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
		return bindChmod(fd, path, mode)
	}
	return errno
}

// bindChmod is for where no thread can have a umask of its own: it binds,
// makes sure of the file, sets its mode, and leaves it to the caller to listen.
// Until then the file refuses everybody.
func bindChmod(fd int, path string, mode fs.FileMode) syscall.Errno {
	if errno := bind(fd, path); errno != 0 {
		return errno
	}
	errno := chmodBound(fd, path, mode)
	if errno != 0 {
		unix.Unlink(path)
	}
	return errno
}

func chmodBound(fd int, path string, mode fs.FileMode) syscall.Errno {
	file, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return errnoOf(err)
	}
	defer unix.Close(file)
	var st unix.Stat_t
	if err := unix.Fstat(file, &st); err != nil {
		return errnoOf(err)
	}
	dev, ino, errno := boundFile(fd)
	if errno != 0 {
		return syscall.ENOTSUP // no way to make sure
	}
	if uint32(st.Ino) != ino || unix.Major(st.Dev) != dev>>20 || unix.Minor(st.Dev) != dev&(1<<20-1) {
		return syscall.EADDRINUSE // replaced already
	}
	// fchmod refuses O_PATH descriptors.
	if err := unix.Chmod("/proc/self/fd/"+strconv.Itoa(file), uint32(mode)); err != nil {
		return syscall.ENOTSUP
	}
	return 0
}
