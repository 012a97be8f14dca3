//go:build unix

package realunix

import (
	"os"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

func TestListenFDs(t *testing.T) {
	tr := New(Config{})
	dir, err := os.MkdirTemp("", "brine")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	pid := strconv.Itoa(os.Getpid())
	// Two descriptors in a row, numbered where nothing else is.
	const first = 600
	var name [2]string
	for i := range name {
		name[i] = dir + "/" + strconv.Itoa(i)
		l, err := tr.Listen(name[i], 1, transport.ListenConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Dup2(l.(*listener).fd, first+i); err != nil {
			t.Skip("dup2: ", err)
		}
		l.Close()
	}
	set := func(pid, fds, names string) {
		t.Setenv("LISTEN_PID", pid)
		t.Setenv("LISTEN_FDS", fds)
		t.Setenv("LISTEN_FDNAMES", names)
	}
	for _, c := range []struct {
		pid, fds, names string
		errno           syscall.Errno
	}{
		{"1", "2", "", 0}, // another process's
		{"x", "2", "", syscall.EINVAL},
		{"-5", "2", "", syscall.EINVAL},
		{pid, "two", "", syscall.EINVAL},
		{pid, "-1", "", syscall.EINVAL},
		{pid, "99999999999", "", syscall.EINVAL},
		{pid, "4097", "", syscall.EINVAL},
		{pid, "2", "one", syscall.EINVAL},
		{pid, "3", "", syscall.EBADF},
	} {
		set(c.pid, c.fds, c.names)
		fds, err := listenFDs(first)
		if len(fds) != 0 || transport.Errno(err) != c.errno {
			t.Errorf("%+v: %v, %v", c, fds, err)
		}
	}
	set(pid, "2", "web:admin")
	fds, err := listenFDs(first)
	if err != nil || len(fds) != 2 || fds[0].Name != "web" || fds[1].Name != "admin" {
		t.Fatal(fds, err)
	}
	if _, ok := os.LookupEnv("LISTEN_FDS"); ok {
		t.Error("a child would take the descriptors for its own")
	}
	again, err := listenFDs(first)
	if len(again) != 0 || err != nil {
		t.Error("taken twice: ", again, err)
	}
	for i, in := range fds {
		if flags, err := unix.FcntlInt(first+uintptr(i), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Error("not close-on-exec: ", flags, err)
		}
		l, err := tr.AdoptListener(in.FD, transport.ListenConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if l.Addr() != transport.Addr(name[i]) {
			t.Errorf("%q", l.Addr())
		}
		l.Close()
	}
}
