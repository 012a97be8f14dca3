package transport

import (
	"net"
	"strconv"
	"strings"
	"syscall"
)

// Addr is the name of a socket: a path, an abstract name with a leading "@",
// or "" for a socket without a name. It is a [net.Addr].
type Addr string

// Network returns "unix".
func (a Addr) Network() string { return "unix" }

// String returns the name.
func (a Addr) String() string { return string(a) }

// Abstract reports whether the name is in Linux's abstract namespace, of which
// the file system knows nothing.
func (a Addr) Abstract() bool { return strings.HasPrefix(string(a), "@") }

var _ net.Addr = Addr("")

// MaxPath is the longest path of a socket in bytes. It is one less than
// sun_path holds on Linux, and the same on every backend. The BSDs and macOS
// have room for 103 bytes; there realunix answers ENAMETOOLONG beyond that.
const MaxPath = 107

// CheckPath says whether path can be the name of a socket, as every backend
// must before it asks its system: ENOENT if it is empty, ENAMETOOLONG beyond
// MaxPath bytes, EINVAL for a NUL inside (an abstract name may contain NULs).
// The error carries op.
func CheckPath(op, path string) error {
	switch {
	case path == "":
		return &Error{Op: op, Err: syscall.ENOENT, Detail: "empty path"}
	case len(path) > MaxPath:
		return &Error{Op: op, Path: path, Err: syscall.ENAMETOOLONG,
			Detail: "path of " + strconv.Itoa(len(path)) + " bytes, a socket's may have " + strconv.Itoa(MaxPath)}
	case path[0] != '@' && strings.IndexByte(path, 0) >= 0:
		return &Error{Op: op, Path: path, Err: syscall.EINVAL, Detail: "NUL in path"}
	}
	return nil
}
