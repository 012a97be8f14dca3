//go:build unix

package realunix_test

import (
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

type stranger struct{}

func (stranger) Close() error { return nil }

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func fdOf(t testing.TB, f *os.File) transport.FD {
	t.Helper()
	fd, err := realunix.FromFile(f)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestPassing(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	a, b := pair(t, tr)
	r, w := pipe(t)
	fd := fdOf(t, w)
	send(t, a, "before")
	send(t, a, "Xafter", fd)
	if err := fd.Close(); err != nil {
		t.Errorf("the sender no longer owns what it sent: %v", err)
	}

	// The descriptor belongs to the last byte read: nothing after X.
	buf := make([]byte, 100)
	fds := make([]transport.FD, 3)
	n, nfd, err := b.Recv([][]byte{buf}, fds, never)
	if string(buf[:n]) != "beforeX" || nfd != 1 || err != nil {
		t.Fatalf("%q, %d descriptors, %v", buf[:n], nfd, err)
	}
	if s := recv(t, b, 100); s != "after" {
		t.Errorf("then %q", s)
	}
	f, err := realunix.File(fds[0], "pipe")
	if err != nil {
		t.Fatal(err)
	}
	want(t, fds[0].Close(), syscall.EBADF) // the file owns it
	w.Close()
	if _, err := f.WriteString("through"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if got, err := io.ReadAll(r); string(got) != "through" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// Descriptors for which there is no room are closed, not leaked: the pipe ends.
func TestUnexpectedDescriptorsAreClosed(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	for _, room := range []int{0, 1, 2} {
		a, b := pair(t, tr)
		var readers []*os.File
		var fds []transport.FD
		for range 3 {
			r, w := pipe(t)
			readers = append(readers, r)
			fds = append(fds, fdOf(t, w))
			w.Close()
		}
		send(t, a, "x", fds...)
		for _, fd := range fds {
			fd.Close()
		}
		got := make([]transport.FD, room)
		n, nfd, err := b.Recv([][]byte{make([]byte, 10)}, got, never)
		if n != 1 || nfd != room || err != nil {
			t.Fatalf("room for %d: %d, %d, %v", room, n, nfd, err)
		}
		for _, fd := range got {
			fd.Close()
		}
		for _, r := range readers {
			if _, err := r.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("room for %d: a descriptor is open somewhere: %v", room, err)
			}
		}
	}
}

func TestSendRefuses(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	a, b := pair(t, tr)
	_, w := pipe(t)
	fd := fdOf(t, w)
	defer fd.Close()
	closed := fdOf(t, w)
	closed.Close()
	for _, c := range []struct {
		p     string
		fds   []transport.FD
		errno syscall.Errno
	}{
		{"x", []transport.FD{nil}, syscall.EBADF},
		{"x", []transport.FD{fd, closed}, syscall.EBADF},
		{"x", []transport.FD{fd, stranger{}}, syscall.EBADF},
		{"", []transport.FD{fd}, syscall.EINVAL},
		{"x", make([]transport.FD, transport.MaxFDs+1), syscall.EINVAL},
	} {
		n, err := a.Send([][]byte{[]byte(c.p)}, c.fds, never)
		if n != 0 || transport.Errno(err) != c.errno {
			t.Errorf("%d, %v, want %s", n, err, transport.ErrnoName(c.errno))
		}
	}
	want(t, tryRecv(b, transport.Immediate), syscall.ETIMEDOUT)
	many := make([]transport.FD, transport.MaxFDs)
	for i := range many {
		many[i] = fd
	}
	send(t, a, "x", many...)
	got := make([]transport.FD, transport.MaxFDs+10)
	_, nfd, err := b.Recv([][]byte{make([]byte, 1)}, got, never)
	if nfd != transport.MaxFDs || err != nil {
		t.Errorf("%d, %v", nfd, err)
	}
	for _, fd := range got[:nfd] {
		fd.Close()
	}
}

func TestAdopt(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	other := realunix.New(realunix.Config{}) // another view of this process
	a, b := pair(t, tr)
	fd, err := b.Dup()
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	c, err := other.Adopt(fd)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	want(t, fd.Close(), syscall.EBADF)
	send(t, a, "hello")
	if s := recv(t, c, 10); s != "hello" {
		t.Errorf("%q", s)
	}

	name := path(t)
	l := listen(t, tr, name, transport.ListenConfig{})
	lfd, err := l.Dup()
	if err != nil {
		t.Fatal(err)
	}
	defer lfd.Close()
	r, _ := pipe(t)
	notSocket := fdOf(t, r)
	defer notSocket.Close()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	tf, err := tcp.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	inet := fdOf(t, tf)
	tf.Close()
	defer inet.Close()
	dgram, err := net.ListenPacket("unixgram", name+".dgram")
	if err != nil {
		t.Fatal(err)
	}
	defer dgram.Close()
	df, err := dgram.(*net.UnixConn).File()
	if err != nil {
		t.Fatal(err)
	}
	gram := fdOf(t, df)
	df.Close()
	defer gram.Close()
	conn, err := a.Dup()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, fd := range []transport.FD{lfd, notSocket, inet, gram} {
		_, err := tr.Adopt(fd)
		want(t, err, syscall.EINVAL)
	}
	for _, fd := range []transport.FD{conn, notSocket, inet, gram} {
		_, err := tr.AdoptListener(fd, transport.ListenConfig{})
		want(t, err, syscall.EINVAL)
	}
	for _, cfg := range []transport.ListenConfig{{Mode: 1}, {Unlink: true}, {Takeover: true}} {
		_, err := tr.AdoptListener(lfd, cfg)
		want(t, err, syscall.EINVAL)
	}
	_, err = tr.Adopt(stranger{})
	want(t, err, syscall.EBADF)
	l2, err := tr.AdoptListener(lfd, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if l2.Addr() != transport.Addr(name) {
		t.Errorf("name %q", l2.Addr())
	}
	l2.Close()
}
