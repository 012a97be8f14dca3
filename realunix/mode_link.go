//go:build unix

package realunix

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// bindLinked binds fd inside a fresh directory that only this user can search,
// sets the mode there, and links the file to its place. link(2) fails where
// the name is taken; rename would silently replace a live listener. The name
// that the kernel knows, and tells peers, remains the first one.
func bindLinked(fd int, path string, mode fs.FileMode) syscall.Errno {
	dir, err := os.MkdirTemp(filepath.Dir(path), ".s")
	if err != nil {
		return errnoOf(err)
	}
	defer os.Remove(dir)
	private := filepath.Join(dir, "s")
	if err := checkName("listen", private); err != nil || len(private) > transport.MaxPath {
		return syscall.ENAMETOOLONG
	}
	if errno := bind(fd, private); errno != 0 {
		return errno
	}
	defer os.Remove(private)
	if err := unix.Chmod(private, uint32(mode)); err != nil {
		return errnoOf(err)
	}
	err = unix.Link(private, path)
	if err == unix.EEXIST {
		return syscall.EADDRINUSE
	}
	return errnoOf(err)
}
