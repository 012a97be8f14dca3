package transport

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// An Error is what a call on a transport fails with: the operation, the path it
// was about if any, and the system's errno.
//
// errors.Is matches the errno itself, and also
//
//	ETIMEDOUT      os.ErrDeadlineExceeded
//	ECANCELED      context.Canceled
//	EBADF          net.ErrClosed
//	ENOENT         fs.ErrNotExist
//	EACCES, EPERM  fs.ErrPermission
//	EEXIST         fs.ErrExist
//	ENOTSUP        errors.ErrUnsupported
type Error struct {
	Op     string        // the operation: "dial", "recv", …
	Path   string        // what it was done to, or ""
	Err    syscall.Errno // why it failed
	Detail string        // more about the cause, or ""
}

// Error reads like "dial /run/app.sock: connection refused (ECONNREFUSED)".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Path != "" {
		b.WriteByte(' ')
		if strings.IndexFunc(e.Path, unprintable) >= 0 {
			b.WriteString(strconv.Quote(e.Path))
		} else {
			b.WriteString(e.Path)
		}
	}
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	if name := ErrnoName(e.Err); name != "" {
		b.WriteString(" (" + name + ")")
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	return b.String()
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }

// Unwrap returns the errno.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether the errno has the meaning of target. What syscall.Errno
// answers itself is reached through Unwrap.
func (e *Error) Is(target error) bool {
	switch target {
	case os.ErrDeadlineExceeded:
		return e.Err == syscall.ETIMEDOUT
	case context.Canceled:
		return e.Err == syscall.ECANCELED
	case net.ErrClosed:
		return e.Err == syscall.EBADF
	}
	return false
}

// Timeout reports whether a deadline passed, as net.Error asks for.
func (e *Error) Timeout() bool { return e.Err == syscall.ETIMEDOUT }

// Temporary reports whether the same call may succeed later without anything
// being mended: after a deadline, and when the system is short of descriptors
// or memory.
//
// Deprecated: it is there because net.Error has it.
func (e *Error) Temporary() bool {
	switch e.Err {
	case syscall.ETIMEDOUT, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS:
		return true
	}
	return false
}

var _ net.Error = (*Error)(nil)

// Errno returns the errno that err carries: that of an *Error or of any error
// that wraps a syscall.Errno, and 0 if there is none (nil, io.EOF).
func Errno(err error) syscall.Errno {
	for err != nil {
		switch e := err.(type) {
		case syscall.Errno:
			return e
		case *Error:
			return e.Err
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		default:
			return 0
		}
	}
	return 0
}

// ErrnoName returns the symbol of an errno that sockets and their files answer
// with, such as "ECONNREFUSED", and "" for any other.
func ErrnoName(e syscall.Errno) string {
	for i := range errnoNames {
		if errnoNames[i].errno == e {
			return errnoNames[i].name
		}
	}
	return ""
}

// ParseErrno is the inverse of ErrnoName. ok is false for any other name.
func ParseErrno(name string) (e syscall.Errno, ok bool) {
	for i := range errnoNames {
		if errnoNames[i].name == name {
			return errnoNames[i].errno, true
		}
	}
	return 0, false
}

// A table rather than x/sys's: it is the same on every system, Windows
// included, because names are part of traces.
var errnoNames = [...]struct {
	errno syscall.Errno
	name  string
}{
	{syscall.EACCES, "EACCES"},
	{syscall.EADDRINUSE, "EADDRINUSE"},
	{syscall.EADDRNOTAVAIL, "EADDRNOTAVAIL"},
	{syscall.EAFNOSUPPORT, "EAFNOSUPPORT"},
	{syscall.EAGAIN, "EAGAIN"},
	{syscall.EALREADY, "EALREADY"},
	{syscall.EBADF, "EBADF"},
	{syscall.EBUSY, "EBUSY"},
	{syscall.ECANCELED, "ECANCELED"},
	{syscall.ECONNABORTED, "ECONNABORTED"},
	{syscall.ECONNREFUSED, "ECONNREFUSED"},
	{syscall.ECONNRESET, "ECONNRESET"},
	{syscall.EDEADLK, "EDEADLK"},
	{syscall.EDESTADDRREQ, "EDESTADDRREQ"},
	{syscall.EDOM, "EDOM"},
	{syscall.EEXIST, "EEXIST"},
	{syscall.EFAULT, "EFAULT"},
	{syscall.EINTR, "EINTR"},
	{syscall.EINVAL, "EINVAL"},
	{syscall.EIO, "EIO"},
	{syscall.EISCONN, "EISCONN"},
	{syscall.EISDIR, "EISDIR"},
	{syscall.ELOOP, "ELOOP"},
	{syscall.EMFILE, "EMFILE"},
	{syscall.EMLINK, "EMLINK"},
	{syscall.EMSGSIZE, "EMSGSIZE"},
	{syscall.ENAMETOOLONG, "ENAMETOOLONG"},
	{syscall.ENFILE, "ENFILE"},
	{syscall.ENOBUFS, "ENOBUFS"},
	{syscall.ENODEV, "ENODEV"},
	{syscall.ENOENT, "ENOENT"},
	{syscall.ENOLCK, "ENOLCK"},
	{syscall.ENOMEM, "ENOMEM"},
	{syscall.ENOPROTOOPT, "ENOPROTOOPT"},
	{syscall.ENOSPC, "ENOSPC"},
	{syscall.ENOSYS, "ENOSYS"},
	{syscall.ENOTCONN, "ENOTCONN"},
	{syscall.ENOTDIR, "ENOTDIR"},
	{syscall.ENOTEMPTY, "ENOTEMPTY"},
	{syscall.ENOTSOCK, "ENOTSOCK"},
	{syscall.ENOTSUP, "ENOTSUP"},
	{syscall.ENXIO, "ENXIO"},
	{syscall.EPERM, "EPERM"},
	{syscall.EPIPE, "EPIPE"},
	{syscall.EPROTO, "EPROTO"},
	{syscall.EPROTONOSUPPORT, "EPROTONOSUPPORT"},
	{syscall.EPROTOTYPE, "EPROTOTYPE"},
	{syscall.ERANGE, "ERANGE"},
	{syscall.EROFS, "EROFS"},
	{syscall.ESRCH, "ESRCH"},
	{syscall.ETIMEDOUT, "ETIMEDOUT"},
	{syscall.ETOOMANYREFS, "ETOOMANYREFS"},
	{syscall.EXDEV, "EXDEV"},
}
