//go:build unix

package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/transport"
)

// full returns the path of a listener whose backlog has no room, which differs
// from net: there a dial fails at once, here it waits.
func full(t *testing.T, tr transport.Transport) string {
	path := filepath.Join(t.TempDir(), "full")
	l, err := tr.Listen(path, 0, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for {
		c, err := tr.Dial(path, transport.Immediate)
		if transport.Errno(err) == syscall.ETIMEDOUT {
			return path
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
}

func TestDialerWaits(t *testing.T) {
	leaks(t)
	tr := newReal(t)
	path := full(t, tr)
	view, cancelView := tr.WithCancel(context.Background())
	dial := transport.Dialer(view)

	ctx, cancel := context.WithCancel(context.Background())
	tr.Go("cancel", cancel)
	_, err := dial(ctx, "unix", path)
	if !errors.Is(err, context.Canceled) || err.Error() != "dial unix "+path+": operation was canceled" {
		t.Errorf("cancelled: %v", err)
	}

	ctx, cancel = context.WithDeadline(context.Background(), tr.Now().Add(time.Millisecond))
	defer cancel()
	_, err = dial(ctx, "unix", path)
	var e net.Error
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || !e.Timeout() {
		t.Errorf("too late: %v", err)
	}

	tr.Go("cancel", cancelView)
	_, err = dial(context.Background(), "unix", path)
	if !errors.Is(err, syscall.ECANCELED) || !errors.Is(err, context.Canceled) {
		t.Errorf("in a cancelled view: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	if _, err = dial(ctx, "unix", path); !errors.Is(err, syscall.ECANCELED) {
		t.Errorf("in a cancelled view, with a context: %v", err)
	}
}

// The connection belongs to the dialer's view, not to the context.
func TestDialerContextEnds(t *testing.T) {
	leaks(t)
	tr := newReal(t)
	path := filepath.Join(t.TempDir(), "sock")
	l, err := tr.Listen(path, 1, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	view, cancelView := tr.WithCancel(context.Background())
	defer cancelView()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	c, err := transport.Dialer(view)(ctx, "", path)
	cancel()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n, err := c.Write([]byte("x")); n != 1 || err != nil {
		t.Errorf("Write after the context ended: %d, %v", n, err)
	}
	cancelView()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECANCELED) || !errors.Is(err, context.Canceled) {
		t.Errorf("Read in a cancelled view: %v", err)
	}
	if _, err := c.Read(nil); !errors.Is(err, syscall.ECANCELED) {
		t.Errorf("Read of nothing in a cancelled view: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close in a cancelled view: %v", err)
	}
}

// refusing is a transport that cannot watch contexts.
type refusing struct{ transport.Transport }

func (r refusing) WithCancel(context.Context) (transport.Transport, func()) {
	var none context.Context
	v, _ := r.Transport.WithCancel(none)
	return v, func() {}
}

func TestDialerContextRefused(t *testing.T) {
	dial := transport.Dialer(refusing{newReal(t)})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := dial(ctx, "unix", "/run/app.sock")
	var e *transport.Error
	if !errors.As(err, &e) || e.Err != syscall.EINVAL || e.Detail == "" {
		t.Errorf("%v, want why the context is refused", err)
	}
}

// The exceptions that netconn.go lists, as far as they can be seen here.
func TestNetExceptions(t *testing.T) {
	leaks(t)
	tr := newReal(t)
	a, b, err := tr.Pair()
	if err != nil {
		t.Fatal(err)
	}
	c := transport.NetConn(tr, a)
	b.Close()
	if n, err := c.Write(nil); n != 0 || err != nil {
		t.Errorf("Write of nothing to a peer that is gone: %d, %v", n, err)
	}
	c.Close()
	for _, path := range []string{"/tmp\x00/sock", "@" + strings.Repeat("x", 107)} {
		if _, err := transport.Dialer(tr)(context.Background(), "unix", path); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("dial %q: %v", path, err)
		}
	}
	path := filepath.Join(t.TempDir(), "stays")
	l, err := tr.Listen(path, 1, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	transport.NetListener(tr, l).Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the socket file is gone: %v", err)
	}

	// A Write that is blocked ends with CloseWrite.
	x, y, err := tr.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer y.Close()
	w := transport.NetConn(tr, x)
	defer w.Close()
	done := make(chan error)
	go func() {
		_, err := w.Write(make([]byte, 1<<22))
		done <- err
	}()
	transport.NetConn(tr, y).Read(make([]byte, 1)) // it has begun
	w.(halfClose).CloseWrite()
	if err := <-done; !errors.Is(err, syscall.EPIPE) {
		t.Errorf("Write that CloseWrite ended: %v", err)
	}
}

type halfClose interface{ CloseWrite() error }

func TestNetHTTP(t *testing.T) {
	leaks(t)
	tr := newReal(t)
	path := filepath.Join(t.TempDir(), "http")
	l, err := tr.Listen(path, 8, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(w, r.Body)
	})}
	served := make(chan error)
	go func() { served <- server.Serve(transport.NetListener(tr, l)) }()
	dial := transport.Dialer(tr)
	pool := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dial(ctx, "unix", path)
	}}
	client := &http.Client{Transport: pool, Timeout: time.Minute}
	body := strings.Repeat("brine ", 100_000)
	for range 3 {
		r, err := client.Post("http://app/", "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || string(got) != body {
			t.Errorf("%d of %d bytes came back, %v", len(got), len(body), err)
		}
	}
	pool.CloseIdleConnections()
	if err := server.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != http.ErrServerClosed {
		t.Error(err)
	}
}
