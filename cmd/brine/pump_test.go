//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// pumped starts a pump on one end of a pair and returns the other end, the
// pump's standard input and output, and its result.
func pumped(t *testing.T) (peer transport.Conn, in *io.PipeWriter, out *bytes.Buffer, result <-chan error) {
	t.Helper()
	tr := realunix.New(realunix.Config{})
	conn, peer, err := tr.Pair()
	if err != nil {
		t.Fatal(err)
	}
	r, in := io.Pipe()
	out = new(bytes.Buffer)
	p := &pump{ctx: t.Context(), tr: tr, conn: conn, in: r, out: out}
	done := make(chan error, 1)
	go func() {
		done <- p.run()
		conn.Close()
	}()
	t.Cleanup(func() {
		peer.Close()
		in.Close()
	})
	return peer, in, out, done
}

func send(t *testing.T, c transport.Conn, text string) {
	t.Helper()
	if _, err := c.Send([][]byte{[]byte(text)}, nil, soon()); err != nil {
		t.Fatal(err)
	}
}

// expect receives text and nothing else.
func expect(t *testing.T, c transport.Conn, text string) {
	t.Helper()
	buf := make([]byte, len(text))
	for n := 0; n < len(buf); {
		m, _, err := c.Recv([][]byte{buf[n:]}, nil, soon())
		if err != nil {
			t.Fatalf("received %q, then %v; want %q", buf[:n], err, text)
		}
		n += m
	}
	if string(buf) != text {
		t.Fatalf("received %q, want %q", buf, text)
	}
}

func expectEnd(t *testing.T, c transport.Conn) {
	t.Helper()
	if n, _, err := c.Recv([][]byte{make([]byte, 1)}, nil, soon()); err != io.EOF {
		t.Fatalf("received %d bytes, %v; want the end of the stream", n, err)
	}
}

func soon() time.Time { return time.Now().Add(10 * time.Second) }

func TestPumpEndsInOrder(t *testing.T) {
	peer, in, out, result := pumped(t)
	io.WriteString(in, "question")
	expect(t, peer, "question")
	in.Close()
	expectEnd(t, peer)
	send(t, peer, "answer")
	peer.Close()
	if err := <-result; err != nil || out.String() != "answer" {
		t.Errorf("%v with %q written out", err, out)
	}
}

// A server that refuses a request says so and closes without reading the rest.
func TestPumpWritesOutWhatPeerSaidBeforeItReset(t *testing.T) {
	peer, in, out, result := pumped(t)
	go func() {
		for {
			if _, err := in.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}()
	expect(t, peer, "\x00")
	send(t, peer, "request too large")
	peer.Close()
	if err := <-result; err == nil || !peerGone(err) {
		t.Errorf("the pump ended with %v", err)
	}
	if out.String() != "request too large" {
		t.Errorf("%q was written out", out)
	}
}

// Both directions have ended, but the last words were not read.
func TestPumpNoticesResetAfterBothEnds(t *testing.T) {
	peer, in, _, result := pumped(t)
	if err := peer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(in, "last words, longer than what is read of them")
	expect(t, peer, "last words")
	peer.Close()
	in.Close()
	if err := <-result; err == nil || !peerGone(err) {
		t.Errorf("the pump ended with %v", err)
	}
}

func TestPumpEndsWhenPeerHangsUp(t *testing.T) {
	if hungUp(nil) {
		t.Error("a connection that is none has hung up")
	}
	peer, _, out, result := pumped(t) // standard input stays open
	send(t, peer, "bye")
	if err := peer.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-result:
		t.Fatalf("a half-close ended the pump: %v", err)
	case <-time.After(3 * hangUpInterval):
	}
	peer.Close()
	select {
	case err := <-result:
		if transport.Errno(err) != syscall.EPIPE || out.String() != "bye" {
			t.Errorf("%v with %q written out", err, out)
		}
	case <-time.After(10 * time.Second):
		if !canTellHangUp {
			t.Skip("not run: this system does not tell a hang-up from a half-close")
		}
		t.Error("the pump goes on after its peer has hung up")
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error)  { return 0, b.err }
func (b broken) Write([]byte) (int, error) { return 0, b.err }

func TestPumpNamesTheBrokenStream(t *testing.T) {
	for _, c := range []struct {
		in   io.Reader
		out  io.Writer
		want string
	}{
		{broken{syscall.EIO}, io.Discard, "read standard input: input/output error (EIO)"},
		{broken{errors.New("odd")}, io.Discard, "read standard input: odd"},
		{strings.NewReader(""), broken{syscall.ENOSPC}, "write standard output: no space left on device (ENOSPC)"},
		{strings.NewReader(""), broken{syscall.EPIPE}, errReaderGone.Error()},
	} {
		tr := realunix.New(realunix.Config{})
		conn, peer, err := tr.Pair()
		if err != nil {
			t.Fatal(err)
		}
		send(t, peer, "x")
		p := &pump{ctx: t.Context(), tr: tr, conn: conn, in: c.in, out: c.out}
		if err := p.run(); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
		conn.Close()
		peer.Close()
	}
}

// A signal ends the command, at whatever it is, and the socket file with it.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		sig  syscall.Signal
		code int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}, {syscall.SIGHUP, 129}} {
		dir := t.TempDir()
		path := filepath.Join(dir, "s")
		serve := start(t, brine(t, dir, "serve", "--mode", "0600", "--takeover", "s"))
		for begin := time.Now(); ; time.Sleep(time.Millisecond) {
			if _, err := os.Lstat(path); err == nil {
				break
			}
			if time.Since(begin) > time.Minute {
				t.Fatal("serve does not listen")
			}
		}
		serve.cmd.Process.Signal(c.sig)
		serve.exit(t, c.code)
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%v: the socket file is still there", c.sig)
		}

		serve = start(t, brine(t, dir, "serve", "s"))
		dial := start(t, brine(t, dir, "dial", "--wait", "s"))
		io.WriteString(serve.in, "x")
		dial.await(t, 1)
		dial.cmd.Process.Signal(c.sig)
		dial.exit(t, c.code)
		if serve.exit(t, codeFor(syscall.EPIPE)); dial.err.Len() > 0 {
			t.Errorf("%v: it writes %q", c.sig, dial.err.String())
		}
	}
}
