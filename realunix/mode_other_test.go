//go:build unix && !linux

package realunix

import (
	"io/fs"
	"syscall"
)

func addModes(map[string]func(int, string, fs.FileMode) syscall.Errno) {}
