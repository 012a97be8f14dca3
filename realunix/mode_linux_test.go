package realunix

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"example.com/brine/transport"
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

// A default ACL of the directory does not get its way.
func TestModeUnderDefaultACL(t *testing.T) {
	name := place(t)
	entry := func(tag, perm uint16, id uint32) []byte {
		return []byte{byte(tag), 0, byte(perm), 0, byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)}
	}
	const none = ^uint32(0)
	acl := []byte{2, 0, 0, 0}
	for _, e := range [][]byte{entry(1, 7, none), entry(2, 7, 12345), entry(4, 0, none), entry(16, 7, none), entry(32, 0, none)} {
		acl = append(acl, e...)
	}
	if err := unix.Setxattr(filepath.Dir(name), "system.posix_acl_default", acl, 0); err != nil {
		t.Skip("the file system has no ACLs: ", err)
	}
	for _, mode := range []uint32{0o600, 0o660, 0o666} {
		l, err := New(Config{}).Listen(name, 1, transport.ListenConfig{Mode: os.FileMode(mode), Unlink: true})
		if err != nil {
			t.Fatal(err)
		}
		if st, err := os.Lstat(name); err != nil || st.Mode().Perm() != os.FileMode(mode) || hasACL(name) {
			t.Errorf("%v, ACL %t, want %o", st.Mode(), hasACL(name), mode)
		}
		l.Close()
	}
}

// Who replaces the file while Listen is at work keeps his own.
func TestModeLeavesOthersFilesAlone(t *testing.T) {
	unshare = func(int) error { return unix.EPERM }
	defer func() { unshare = unix.Unshare }()
	name := place(t)
	stop := make(chan struct{})
	var moved atomic.Int64
	var mover sync.WaitGroup
	mover.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			own := name + fmt.Sprint(i%4)
			os.WriteFile(own, []byte("precious"), 0o600)
			if _, err := os.Lstat(name); err == nil {
				os.Rename(own, name)
				moved.Add(1)
			}
		}
	})
	for range 1000 {
		fd, err := newSocket()
		if err != nil {
			t.Fatal(err)
		}
		n := moved.Load()
		if errno := bindMode(fd, name, 0o600); errno == syscall.EADDRINUSE && moved.Load() > n {
			if _, err := os.Lstat(name); err != nil {
				t.Error("a file that was not ours is gone")
			}
		}
		unix.Close(fd)
		os.Remove(name)
	}
	close(stop)
	mover.Wait()
}
