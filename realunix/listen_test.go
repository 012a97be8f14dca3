//go:build unix

package realunix_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

func listen(t testing.TB, tr transport.Transport, name string, cfg transport.ListenConfig) transport.Listener {
	t.Helper()
	l, err := tr.Listen(name, 5, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func TestListenRefuses(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	dir := filepath.Dir(path(t))
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(dir, "stale")
	listen(t, tr, stale, transport.ListenConfig{}).Close()
	os.Symlink("loop", filepath.Join(dir, "loop"))
	long := dir + "/" + strings.Repeat("x", transport.MaxPath+1-len(dir)-1)
	for _, c := range []struct {
		name    string
		backlog int
		cfg     transport.ListenConfig
		errno   syscall.Errno
	}{
		{"", 0, transport.ListenConfig{}, syscall.ENOENT},
		{dir + "/a\x00b", 0, transport.ListenConfig{}, syscall.EINVAL},
		{long, 0, transport.ListenConfig{}, syscall.ENAMETOOLONG},
		{dir + "/x", -1, transport.ListenConfig{}, syscall.EINVAL},
		{dir + "/x", 0, transport.ListenConfig{Mode: fs.ModeSetuid | 0o600}, syscall.EINVAL},
		{"@x", 0, transport.ListenConfig{Mode: 0o600}, syscall.EINVAL},
		{dir + "/no/x", 0, transport.ListenConfig{}, syscall.ENOENT},
		{dir + "/no/x", 0, transport.ListenConfig{Takeover: true}, syscall.ENOENT},
		{file + "/x", 0, transport.ListenConfig{}, syscall.ENOTDIR},
		{dir + "/loop/x", 0, transport.ListenConfig{}, syscall.ELOOP},
		{file, 0, transport.ListenConfig{}, syscall.EADDRINUSE},
		{stale, 0, transport.ListenConfig{}, syscall.EADDRINUSE},
		{stale, 0, transport.ListenConfig{Mode: 0o600}, syscall.EADDRINUSE},
		{file, 0, transport.ListenConfig{Takeover: true}, syscall.EADDRINUSE},
	} {
		l, err := tr.Listen(c.name, c.backlog, c.cfg)
		if err == nil {
			l.Close()
		}
		if transport.Errno(err) != c.errno {
			t.Errorf("listen %q %d %+v: %v, want %s", c.name, c.backlog, c.cfg, err, transport.ErrnoName(c.errno))
		}
		var e *transport.Error
		if !errors.As(err, &e) || e.Op != "listen" || e.Path != c.name {
			t.Errorf("error %#v does not say what failed", err)
		}
	}
	if exists(dir + "/x") {
		t.Error("a refused listen left a file behind")
	}
	// A path of the greatest length works.
	listen(t, tr, long[:transport.MaxPath], transport.ListenConfig{Unlink: true}).Close()
	if exists(long[:transport.MaxPath]) {
		t.Error("file not removed")
	}
}

func TestDialWaitsForRoom(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	name := path(t)
	l, err := tr.Listen(name, 0, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	first, err := tr.Dial(name, never)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = tr.Dial(name, transport.Immediate)
	want(t, err, syscall.ETIMEDOUT)
	start := time.Now()
	_, err = tr.Dial(name, start.Add(20*time.Millisecond))
	want(t, err, syscall.ETIMEDOUT)
	if took := time.Since(start); took < 20*time.Millisecond {
		t.Errorf("gave up after %v", took)
	}
	errs := make(chan error)
	go func() {
		c, err := tr.Dial(name, never)
		if err == nil {
			err = c.Close()
		}
		errs <- err
	}()
	blocked(t, "realunix.(*Transport).Dial", 1)
	c, err := l.Accept(never)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := <-errs; err != nil {
		t.Error(err)
	}
	view, cancel := tr.WithCancel(t.Context())
	second, err := tr.Dial(name, transport.Immediate)
	if err == nil {
		defer second.Close()
	}
	go func() { _, err := view.Dial(name, never); errs <- err }()
	blocked(t, "realunix.(*Transport).Dial", 1)
	cancel()
	want(t, <-errs, syscall.ECANCELED)
}

func TestNames(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	name := path(t)
	l := listen(t, tr, name, transport.ListenConfig{})
	link := name + ".link"
	if err := os.Symlink(name, link); err != nil {
		t.Fatal(err)
	}
	c, err := tr.Dial(link, never)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := l.Accept(never)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if c.LocalAddr() != "" || c.RemoteAddr() != transport.Addr(name) {
		t.Errorf("client: %q to %q", c.LocalAddr(), c.RemoteAddr())
	}
	if s.LocalAddr() != transport.Addr(name) || s.RemoteAddr() != "" || l.Addr() != transport.Addr(name) {
		t.Errorf("server: %q from %q", s.LocalAddr(), s.RemoteAddr())
	}
	// The socket is the inode: it stays reachable under a new name, and by
	// nothing once that is gone.
	if err := tr.Rename(name, name+"2"); err != nil {
		t.Fatal(err)
	}
	_, err = tr.Dial(name, never)
	want(t, err, syscall.ENOENT)
	d, err := tr.Dial(name+"2", never)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.RemoteAddr() != transport.Addr(name) {
		t.Errorf("after rename: %q", d.RemoteAddr())
	}
	if err := tr.Chmod(name+"2", 0o640); err != nil {
		t.Error(err)
	}
	if st, _ := os.Lstat(name + "2"); st.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", st.Mode())
	}
	want(t, tr.Chmod(name+"2", fs.ModeSticky), syscall.EINVAL)
	want(t, tr.Chmod(name+"3", 0), syscall.ENOENT)
	if err := tr.Remove(name + "2"); err != nil {
		t.Error(err)
	}
	want(t, tr.Remove(name+"2"), syscall.ENOENT)
	want(t, tr.Rename(name, name+"3"), syscall.ENOENT)
	for _, err := range []error{tr.Remove("a\x00b"), tr.Rename("a\x00", "b"), tr.Rename("a", "b\x00"), tr.Chmod("a\x00", 0)} {
		want(t, err, syscall.EINVAL)
	}
	_, err = tr.Lock("a\x00", never)
	want(t, err, syscall.EINVAL)
}

func TestAllowUID(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	name := path(t)
	l := listen(t, tr, name, transport.ListenConfig{AllowUID: []int{os.Getuid() + 1}})
	c, err := tr.Dial(name, never)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = l.Accept(time.Now().Add(20 * time.Millisecond))
	want(t, err, syscall.ETIMEDOUT)
	if err := tryRecv(c, never); err != io.EOF {
		t.Errorf("a refused peer sees %v", err)
	}
	// The limit goes with a hand-over if it is given again.
	fd, err := l.Dup()
	if err != nil {
		t.Fatal(err)
	}
	l2, err := tr.AdoptListener(fd, transport.ListenConfig{AllowUID: []int{os.Getuid()}})
	if err != nil {
		t.Fatal(err)
	}
	defer l2.Close()
	d, err := tr.Dial(name, never)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := l2.Accept(never)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, conn := range []transport.Conn{s, d} {
		cred, err := conn.PeerCred()
		if err != nil || cred.UID != os.Getuid() || cred.GID != os.Getgid() || cred.PID != os.Getpid() && cred.PID != -1 {
			t.Errorf("cred %+v, %v", cred, err)
		}
	}
}

func TestUnlink(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	name := path(t)
	t.Run("its own", func(t *testing.T) {
		l := listen(t, tr, name, transport.ListenConfig{Unlink: true})
		l.Close()
		if exists(name) {
			t.Error("left behind")
		}
	})
	t.Run("not by default", func(t *testing.T) {
		l := listen(t, tr, name, transport.ListenConfig{})
		l.Close()
		if !exists(name) {
			t.Error("removed")
		}
		os.Remove(name)
	})
	t.Run("not a successor's", func(t *testing.T) {
		l := listen(t, tr, name, transport.ListenConfig{Unlink: true})
		os.Rename(name, name+".old") // keeps the inode number from being used again
		listen(t, tr, name, transport.ListenConfig{})
		l.Close()
		if !exists(name) {
			t.Error("removed the successor's file")
		}
		os.Remove(name)
		os.Remove(name + ".old")
	})
	t.Run("not after a hand-over", func(t *testing.T) {
		l := listen(t, tr, name, transport.ListenConfig{Unlink: true})
		fd, err := l.Dup()
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		l2, err := tr.AdoptListener(fd, transport.ListenConfig{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := tr.Dial(name, never)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		l2.Close()
		os.Remove(name)
	})
	t.Run("also after chdir", func(t *testing.T) {
		dir := filepath.Dir(name)
		t.Chdir(dir)
		l := listen(t, tr, "s", transport.ListenConfig{Unlink: true})
		t.Chdir("/")
		l.Close()
		if exists(name) {
			t.Error("left behind")
		}
	})
}

func TestTakeover(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	name := path(t)
	over := transport.ListenConfig{Takeover: true, Unlink: true}

	listen(t, tr, name, transport.ListenConfig{}).Close() // a stale file
	l := listen(t, tr, name, over)
	_, err := tr.Listen(name, 0, over)
	want(t, err, syscall.EADDRINUSE)
	if c, err := tr.Dial(name, never); err != nil {
		t.Error("the attempt harmed the one who listens: ", err)
	} else {
		c.Close()
	}
	l.Close()
	if exists(name) || !exists(name+".lock") {
		t.Error("Close leaves the lock file, and only that")
	}
	// One who does not use the lock is respected too, also with a full backlog.
	plain, err := tr.Listen(name, 0, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err = tr.Listen(name, 0, over)
		want(t, err, syscall.EADDRINUSE)
	}
	plain.Close()
	listen(t, tr, name, over).Close()

	// What is no socket is nobody's to remove.
	if err := os.WriteFile(name, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = tr.Listen(name, 0, over)
	want(t, err, syscall.EADDRINUSE)
	os.Remove(name)
	os.Symlink(name+".target", name)
	_, err = tr.Listen(name, 0, over)
	want(t, err, syscall.EADDRINUSE)
	if !exists(name) {
		t.Error("link removed")
	}
	os.Remove(name)

	// A link in place of the lock is not followed.
	os.Remove(name + ".lock")
	os.Symlink(name+".elsewhere", name+".lock")
	_, err = tr.Listen(name, 0, over)
	want(t, err, syscall.ELOOP)
	if exists(name+".elsewhere") || exists(name) {
		t.Error("link followed")
	}
}

// Of many at once exactly one listens, round after round.
func TestTakeoverRace(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	name := path(t)
	listen(t, tr, name, transport.ListenConfig{}).Close()
	for range 50 {
		var wg sync.WaitGroup
		got := make(chan transport.Listener, 20)
		for range cap(got) {
			wg.Go(func() {
				l, err := tr.Listen(name, 1, transport.ListenConfig{Takeover: true})
				if err == nil {
					got <- l
				} else if transport.Errno(err) != syscall.EADDRINUSE {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		close(got)
		if len(got) != 1 {
			t.Fatalf("%d listen", len(got))
		}
		(<-got).Close() // the file stays, stale
	}
}

func TestLock(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	name := path(t)
	held, err := tr.Lock(name, transport.Immediate)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(name); err != nil || st.Mode().Perm() != 0o600 {
		t.Error(st.Mode(), err)
	}
	_, err = tr.Lock(name, transport.Immediate)
	want(t, err, syscall.ETIMEDOUT)
	_, err = tr.Lock(name, time.Now().Add(10*time.Millisecond))
	want(t, err, syscall.ETIMEDOUT)
	view, cancel := tr.WithCancel(t.Context())
	errs := make(chan error)
	go func() { _, err := view.Lock(name, never); errs <- err }()
	blocked(t, "realunix.(*Transport).Lock", 1)
	cancel()
	want(t, <-errs, syscall.ECANCELED)
	go func() {
		next, err := tr.Lock(name, never)
		if err == nil {
			err = next.Close()
		}
		errs <- err
	}()
	blocked(t, "realunix.(*Transport).Lock", 1)
	held.Close()
	if err := <-errs; err != nil {
		t.Error(err)
	}
	if !exists(name) {
		t.Error("lock file removed")
	}
	want(t, held.Close(), syscall.EBADF)
	os.Symlink(name, name+".link")
	_, err = tr.Lock(name+".link", transport.Immediate)
	want(t, err, syscall.ELOOP)
	_, err = tr.Lock(filepath.Dir(name)+"/no/x", transport.Immediate)
	want(t, err, syscall.ENOENT)
	_, err = tr.Lock(filepath.Dir(name), transport.Immediate)
	want(t, err, syscall.EISDIR)
}
