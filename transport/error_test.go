package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/transport"
)

// Every pair of an errno and a meaning, so that no errno means more than it
// should.
func TestErrorIs(t *testing.T) {
	meanings := []struct {
		target error
		errnos []syscall.Errno
	}{
		{os.ErrDeadlineExceeded, []syscall.Errno{syscall.ETIMEDOUT}},
		{context.Canceled, []syscall.Errno{syscall.ECANCELED}},
		{net.ErrClosed, []syscall.Errno{syscall.EBADF}},
		{fs.ErrNotExist, []syscall.Errno{syscall.ENOENT}},
		{fs.ErrPermission, []syscall.Errno{syscall.EACCES, syscall.EPERM}},
		{fs.ErrExist, []syscall.Errno{syscall.EEXIST, syscall.ENOTEMPTY}},
		{errors.ErrUnsupported, []syscall.Errno{syscall.ENOTSUP, syscall.ENOSYS}},
		{context.DeadlineExceeded, nil},
		{io.EOF, nil},
	}
	for _, errno := range named(t) {
		err := fmt.Errorf("wrapped: %w", &transport.Error{Op: "recv", Err: errno})
		if !errors.Is(err, errno) {
			t.Errorf("%v is not %v", err, errno)
		}
		for _, other := range named(t) {
			if other != errno && errors.Is(err, other) {
				t.Errorf("%v is %v", err, other)
			}
		}
		for _, m := range meanings {
			want := false
			for _, e := range m.errnos {
				want = want || e == errno
			}
			if errors.Is(err, m.target) != want {
				t.Errorf("errors.Is(%v, %v) is %t", err, m.target, !want)
			}
		}
		if got := transport.Errno(err); got != errno {
			t.Errorf("Errno(%v): %v", err, got)
		}
	}
}

func TestErrorNetError(t *testing.T) {
	temporary := "EMFILE ENFILE ENOBUFS ENOMEM ETIMEDOUT"
	for _, errno := range named(t) {
		name := transport.ErrnoName(errno)
		var e net.Error = &transport.Error{Op: "recv", Err: errno}
		if e.Timeout() != (errno == syscall.ETIMEDOUT) {
			t.Errorf("%s: Timeout %t", name, e.Timeout())
		}
		// What net.Error has is there, though new code should not use it.
		got := e.(interface{ Temporary() bool }).Temporary()
		if want := strings.Contains(temporary, name); got != want {
			t.Errorf("%s: Temporary %t", name, got)
		}
	}
}

func TestErrorText(t *testing.T) {
	for _, test := range []struct {
		e    transport.Error
		want string
	}{
		{transport.Error{Op: "dial", Path: "/run/app.sock", Err: syscall.ECONNREFUSED},
			"dial /run/app.sock: connection refused (ECONNREFUSED)"},
		{transport.Error{Op: "recv", Err: syscall.ECONNRESET}, "recv: connection reset by peer (ECONNRESET)"},
		{transport.Error{Op: "listen", Path: "/a\x00b", Err: syscall.EINVAL, Detail: "NUL in path"},
			`listen "/a\x00b": invalid argument (EINVAL): NUL in path`},
		{transport.Error{Op: "dial", Path: "@app", Err: syscall.ENOENT}, "dial @app: no such file or directory (ENOENT)"},
		{transport.Error{Op: "recv", Err: syscall.E2BIG}, "recv: argument list too long"},
	} {
		if got := test.e.Error(); got != test.want {
			t.Errorf("%s\nwant %s", got, test.want)
		}
	}
}

func TestErrnoOf(t *testing.T) {
	for _, err := range []error{nil, io.EOF, errors.New("other"), fmt.Errorf("wrapped: %w", io.EOF)} {
		if errno := transport.Errno(err); errno != 0 {
			t.Errorf("Errno(%v): %v", err, errno)
		}
	}
	for _, err := range []error{syscall.EPIPE, os.NewSyscallError("write", syscall.EPIPE),
		&net.OpError{Err: os.NewSyscallError("write", syscall.EPIPE)}, &os.PathError{Err: syscall.EPIPE}} {
		if errno := transport.Errno(err); errno != syscall.EPIPE {
			t.Errorf("Errno(%v): %v", err, errno)
		}
	}
}

// named returns every errno that has a name, and checks that names and numbers
// correspond.
func named(t *testing.T) []syscall.Errno {
	t.Helper()
	var errnos []syscall.Errno
	add := func(e syscall.Errno) {
		if name := transport.ErrnoName(e); name != "" {
			back, ok := transport.ParseErrno(name)
			if !ok || back != e {
				t.Errorf("ParseErrno(%q): %d, %t, want %d", name, back, ok, e)
			}
			errnos = append(errnos, e)
		}
	}
	for e := range syscall.Errno(4096) {
		add(e)
	}
	if len(errnos) < 40 { // on Windows the numbers are elsewhere
		for e := range syscall.Errno(4096) {
			add(1<<29 + e)
		}
	}
	if len(errnos) < 40 {
		t.Fatalf("only %d errnos have a name", len(errnos))
	}
	return errnos
}

func TestParseErrno(t *testing.T) {
	for _, name := range []string{"", "E", "epipe", "EPIPE ", "EWOULDBLOCK", "EOF"} {
		if e, ok := transport.ParseErrno(name); ok || e != 0 {
			t.Errorf("ParseErrno(%q): %v, %t", name, e, ok)
		}
	}
	if name := transport.ErrnoName(0); name != "" {
		t.Errorf("ErrnoName(0): %q", name)
	}
}

func TestCheckPath(t *testing.T) {
	for _, test := range []struct {
		path   string
		errno  syscall.Errno
		detail string
	}{
		{"/run/app.sock", 0, ""},
		{"relative", 0, ""},
		{"@abstract", 0, ""},
		{"@", 0, ""},
		{"@with\x00inside", 0, ""},
		{strings.Repeat("x", 107), 0, ""},
		{"", syscall.ENOENT, "empty path"},
		{strings.Repeat("x", 108), syscall.ENAMETOOLONG, "path of 108 bytes, a socket's may have 107"},
		{"@" + strings.Repeat("x", 107), syscall.ENAMETOOLONG, "path of 108 bytes, a socket's may have 107"},
		{"/run\x00/sock", syscall.EINVAL, "NUL in path"},
		{"\x00abstract", syscall.EINVAL, "NUL in path"},
	} {
		err := transport.CheckPath("listen", test.path)
		expect(t, fmt.Sprintf("%q", test.path), err, test.errno, test.detail)
		var e *transport.Error
		if errors.As(err, &e) && (e.Op != "listen" || e.Path != test.path) {
			t.Errorf("%q: the error is about %s %q", test.path, e.Op, e.Path)
		}
	}
}

func TestAddr(t *testing.T) {
	for addr, abstract := range map[transport.Addr]bool{"": false, "/run/app.sock": false, "@": true, "@app": true, "a@b": false} {
		if addr.Abstract() != abstract || addr.String() != string(addr) || addr.Network() != "unix" {
			t.Errorf("%q: abstract %t, %s %q", addr, addr.Abstract(), addr.Network(), addr.String())
		}
	}
}

func TestDeadlines(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	early, late := now.Add(-1), now.Add(1)
	for _, test := range []struct{ a, b, want time.Time }{
		{never, never, never}, {never, now, now}, {now, never, now}, {early, late, early}, {late, early, early},
		{now, now, now}, {transport.Immediate, early, transport.Immediate}, {never, transport.Immediate, transport.Immediate},
	} {
		if got := transport.Earlier(test.a, test.b); !got.Equal(test.want) {
			t.Errorf("Earlier(%v, %v): %v", test.a, test.b, got)
		}
	}
	for _, test := range []struct {
		deadline time.Time
		want     bool
	}{{never, false}, {early, true}, {now, true}, {late, false}, {transport.Immediate, true}} {
		if transport.Expired(test.deadline, now) != test.want {
			t.Errorf("Expired(%v, %v): %t", test.deadline, now, !test.want)
		}
	}
	if transport.Immediate.IsZero() {
		t.Errorf("Immediate is never")
	}
}
