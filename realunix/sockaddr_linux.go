package realunix

import (
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A sockaddr is a struct sockaddr_un with its length, which x/sys/unix drops:
// abstract names are told apart by it ("\0a" is not "\0a\0").
type sockaddr struct {
	raw unix.RawSockaddrUnix
	len uint32
}

const (
	pathOffset  = unsafe.Offsetof(unix.RawSockaddrUnix{}.Path)
	sockaddrMax = uint32(unsafe.Sizeof(unix.RawSockaddrUnix{}))
)

// sockaddrOf is the address of a path that transport.CheckPath let through.
func sockaddrOf(path string) (a sockaddr) {
	a.raw.Family = unix.AF_UNIX
	for i := range len(path) {
		a.raw.Path[i] = int8(path[i])
	}
	a.len = uint32(pathOffset) + uint32(len(path)) + 1
	if path[0] == '@' {
		a.raw.Path[0] = 0
		a.len-- // the length is part of an abstract name, and it has no NUL at its end
	}
	return a
}

func (a *sockaddr) name() string {
	if a.len <= uint32(pathOffset) {
		return ""
	}
	// The kernel reports one byte more than there is for a path of 108.
	raw := a.raw.Path[:min(a.len, sockaddrMax)-uint32(pathOffset)]
	b := make([]byte, len(raw))
	for i, c := range raw {
		b[i] = byte(c)
	}
	if b[0] == 0 {
		b[0] = '@'
		return string(b)
	}
	name, _, _ := strings.Cut(string(b), "\x00")
	return name
}

func (a *sockaddr) call(trap uintptr, fd int) syscall.Errno {
	_, _, errno := unix.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)), uintptr(unsafe.Pointer(&a.len)))
	return errno
}

func (a *sockaddr) accept4(fd int) (int, syscall.Errno) {
	a.len = sockaddrMax
	// Announced to the scheduler: whoever shares the socket can make it
	// blocking at any time.
	n, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)),
		uintptr(unsafe.Pointer(&a.len)), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0, 0)
	return int(n), errno
}

func localName(fd int) string {
	a := sockaddr{len: sockaddrMax}
	if a.call(unix.SYS_GETSOCKNAME, fd) != 0 {
		return ""
	}
	return a.name()
}

func remoteName(fd int) string {
	a := sockaddr{len: sockaddrMax}
	if a.call(unix.SYS_GETPEERNAME, fd) != 0 {
		return ""
	}
	return a.name()
}

func bind(fd int, path string) syscall.Errno {
	a := sockaddrOf(path)
	_, _, errno := unix.Syscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)), uintptr(a.len))
	return errno
}

func connect(fd int, path string) syscall.Errno {
	a := sockaddrOf(path)
	for {
		_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&a.raw)), uintptr(a.len))
		if errno != unix.EINTR {
			return errno
		}
	}
}

// checkName refuses names that this system does not have.
func checkName(op, path string) error { return nil }
