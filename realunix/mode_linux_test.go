package realunix

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// addModes adds the way taken where a container refuses unshare(2).
func addModes(ways map[string]func(int, string, fs.FileMode) syscall.Errno) {
	ways["unshare refused"] = func(fd int, path string, mode fs.FileMode) syscall.Errno {
		unshare = func(int) error { return unix.EPERM }
		defer func() { unshare = unix.Unshare }()
		return bindMode(fd, path, mode)
	}
}

// Whoever replaces the file between bind and chmod gets nothing changed.
func TestModeIsSureOfTheFile(t *testing.T) {
	dir, err := os.MkdirTemp("", "brine")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	var fds [2]int
	for i := range fds {
		if fds[i], err = newSocket(); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fds[i])
		if errno := bind(fds[i], path); errno != 0 {
			t.Fatal(errno)
		}
		if i == 0 {
			os.Rename(path, path+".old")
		}
	}
	before, _ := os.Lstat(path)
	if errno := exact(fds[0], path, 0o123); errno != syscall.EADDRINUSE {
		t.Errorf("a stranger's file: %v", errno)
	}
	if after, _ := os.Lstat(path); after.Mode() != before.Mode() {
		t.Errorf("mode changed to %v", after.Mode())
	}
	if errno := exact(fds[1], path, 0o123); errno != 0 {
		t.Error(errno)
	}
}
