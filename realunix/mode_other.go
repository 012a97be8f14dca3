//go:build unix && !linux

package realunix

import (
	"io/fs"
	"syscall"
)

// bindMode binds fd to path so that the file has exactly the given mode and at
// no moment lets in anyone whom that keeps out.
func bindMode(fd int, path string, mode fs.FileMode) syscall.Errno {
	return bindLinked(fd, path, mode)
}
