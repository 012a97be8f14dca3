//go:build unix

package realunix

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// takeover makes way for a listener at path: it takes the lock, which it
// returns also on failure if it has it, and removes a socket file whose
// listener is gone. EADDRINUSE means that somebody else is there.
//
// Everything between here and the bind is done under the lock, so among those
// who use Takeover nobody removes the file of one who has just bound it but
// does not listen yet.
func takeover(path string) (*descriptor, syscall.Errno) {
	lock, errno := tryLock(path + ".lock")
	if errno == syscall.EAGAIN {
		return nil, syscall.EADDRINUSE
	}
	if errno != 0 {
		return nil, errno
	}
	found, errno := identify(path)
	switch errno {
	case 0:
	case syscall.ENOENT:
		return lock, 0
	case syscall.ENOTSOCK: // a file of another kind, or a link: not ours to remove
		return lock, syscall.EADDRINUSE
	default:
		return lock, errno
	}
	switch errno := probeAgain(path); errno {
	case syscall.ECONNREFUSED:
	case syscall.ENOENT: // removed in the meantime
		return lock, 0
	case 0, syscall.EAGAIN, syscall.EPROTOTYPE: // served, or full, or a socket of another type
		return lock, syscall.EADDRINUSE
	default:
		return lock, errno
	}
	switch errno := found.unlink(); errno {
	case 0, syscall.ENOENT:
		return lock, 0
	case syscall.EEXIST, syscall.ENOTSOCK: // replaced by one who does not use the lock
		return lock, syscall.EADDRINUSE
	default:
		return lock, errno
	}
}

// above moves fd to a number greater than low. On failure fd is as it was.
func above(low, fd int) (int, syscall.Errno) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, low+1)
	switch {
	case err == unix.EINVAL: // the limit leaves no number above
		return fd, syscall.EMFILE
	case err != nil:
		return fd, errnoOf(err)
	}
	unix.Close(fd)
	return n, 0
}

// probeAgain is for systems on which a full backlog refuses like a dead
// listener does (the BSDs and macOS; Linux says EAGAIN): there it takes several
// refusals in a row to be believed.
func probeAgain(path string) (errno syscall.Errno) {
	for range probes {
		if errno = probe(path); errno != syscall.ECONNREFUSED {
			return errno
		}
		if probes > 1 {
			time.Sleep(10 * time.Millisecond)
		}
	}
	return errno
}

// probe connects to path and hangs up.
func probe(path string) syscall.Errno {
	fd, err := newSocket()
	if err != nil {
		return errnoOf(err)
	}
	defer unix.Close(fd)
	return connect(fd, path)
}
