//go:build unix

package realunix

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// modes binds by each way that this system has and looks at the file from
// before it is there until it is listened on: never may it be wider than asked,
// except while nobody can connect.
func TestMode(t *testing.T) {
	ways := map[string]func(int, string, fs.FileMode) syscall.Errno{
		"default": bindMode,
		"link":    bindLinked,
	}
	addModes(ways)
	dir, err := os.MkdirTemp("", "brine")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, mask := range []int{0, 0o022, 0o077, 0o777} {
		old := unix.Umask(mask)
		for name, way := range ways {
			for _, mode := range []fs.FileMode{0o600, 0o660, 0o666, 0o777, 0o200, 0o001} {
				path := filepath.Join(dir, "s")
				fd, err := newSocket()
				if err != nil {
					t.Fatal(err)
				}
				if errno := way(fd, path, mode); errno != 0 {
					t.Errorf("%s, umask %o, mode %o: %v", name, mask, mode, errno)
				} else if st, err := os.Lstat(path); err != nil || st.Mode() != fs.ModeSocket|mode {
					t.Errorf("%s, umask %o: mode %v, want %v; %v", name, mask, st.Mode(), mode, err)
				}
				// A second one does not replace the first.
				fd2, err := newSocket()
				if err != nil {
					t.Fatal(err)
				}
				if errno := way(fd2, path, 0o666); errno != syscall.EADDRINUSE {
					t.Errorf("%s: taken name: %v", name, errno)
				}
				if st, err := os.Lstat(path); err != nil || st.Mode().Perm() != mode {
					t.Errorf("%s: the first one's mode is %v; %v", name, st.Mode(), err)
				}
				unix.Close(fd2)
				unix.Close(fd)
				os.Remove(path)
			}
		}
		if now := unix.Umask(old); now != mask {
			t.Errorf("umask became %o", now)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The file is watched while it is made, many times over: whenever it can be
// seen, its mode is the one asked for.
func TestModeHasNoWindow(t *testing.T) {
	dir, err := os.MkdirTemp("", "brine")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	defer unix.Umask(unix.Umask(0)) // as wide as can be
	stop, seen := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				seen <- n
				return
			default:
			}
			if st, err := os.Lstat(path); err == nil {
				n++
				if st.Mode().Perm() != 0o600 {
					t.Errorf("seen with mode %v", st.Mode())
				}
			}
		}
	}()
	tr := New(Config{})
	for range 2000 {
		l, err := tr.Listen(path, 0, transport.ListenConfig{Mode: 0o600, Unlink: true})
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
	close(stop)
	if n := <-seen; n == 0 {
		t.Error("the watcher never saw the file: nothing was tested")
	}
}
