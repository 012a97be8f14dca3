//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The command talks to programs that nobody here wrote, each as client and as
// server. Both ends copy between their standard streams and the connection, so
// the test sees both ends of both directions from outside: what it fed to one
// program has to come out of the other, compared by checksum.

// interopEnv set to "required" makes a missing program a failure.
const interopEnv = "BRINE_INTEROP"

// interopPatience is for everything together; nothing waits that long.
const interopPatience = 3 * time.Minute

func interopSize() int64 {
	if testing.Short() {
		return 1 << 20
	}
	return 64 << 20
}

// A foreigner is a program that brine talks to. The arguments of its functions
// are the path of the socket and what the program does first.
type foreigner struct {
	name, needs  string
	dial, listen func(path string, first ending) []string
}

// An ending says which side of a connection half-closes before the other has
// begun to send.
type ending int

const (
	neither      ending = iota // both send at once
	brineFirst                 // brine's stream ends, then the other's begins
	foreignFirst               // the other way round
)

func (e ending) String() string {
	return [...]string{"both at once", "brine half-closes first", "peer half-closes first"}[e]
}

var foreigners = []foreigner{
	{
		name: "socat", needs: "socat",
		// -t: how long socat goes on after one direction has ended, half a
		// second unless told.
		dial: func(path string, _ ending) []string {
			return []string{"socat", "-t", "60", "-b", "65536", "UNIX-CONNECT:" + path + ",retry=500,interval=0.02", "STDIO"}
		},
		listen: func(path string, _ ending) []string {
			return []string{"socat", "-t", "60", "-b", "65536", "UNIX-LISTEN:" + path, "STDIO"}
		},
	},
	{
		name: "python", needs: "python3",
		dial:   func(path string, first ending) []string { return pythonArgs("dial", path, first) },
		listen: func(path string, first ending) []string { return pythonArgs("listen", path, first) },
	},
}

func pythonArgs(role, path string, first ending) []string {
	order := [...]string{neither: "both", brineFirst: "receive send", foreignFirst: "send receive"}[first]
	return []string{"python3", "-c", pythonPeer, role, path, order}
}

// pythonPeer waits, unlike socat, for the end of the stream itself before it
// sends, which shows that brine passes it on.
const pythonPeer = `
import os, socket, sys, threading, time
role, path, order = sys.argv[1:]
c = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
if role == "listen":
    c.bind(path)
    c.listen(1)
    c, _ = c.accept()
else:
    while True:
        try:
            c.connect(path)
            break
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.02)

def send():
    while b := os.read(0, 65536):
        c.sendall(b)
    c.shutdown(socket.SHUT_WR)

def receive():
    while b := c.recv(65536):
        while b:
            b = b[os.write(1, b):]

steps = {"send": send, "receive": receive}
if order == "both":
    t = threading.Thread(target=send)
    t.start()
    receive()
    t.join()
else:
    for name in order.split():
        steps[name]()
c.close()
`

func (f foreigner) available(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath(f.needs); err != nil {
		if os.Getenv(interopEnv) == "required" {
			t.Fatalf("%s=required, but %v", interopEnv, err)
		}
		t.Skipf("not run: %v", err)
	}
}

func TestInterop(t *testing.T) {
	for _, f := range foreigners {
		for _, command := range []string{"serve", "dial"} {
			for _, first := range []ending{neither, brineFirst, foreignFirst} {
				t.Run(fmt.Sprintf("%s %s/%s", command, f.name, first), func(t *testing.T) {
					f.available(t)
					exchange(t, f, command, first)
				})
			}
			t.Run(fmt.Sprintf("%s %s/peer killed", command, f.name), func(t *testing.T) {
				f.available(t)
				kill(t, f, command)
			})
		}
	}
}

// exchange sends interopSize bytes each way and expects both programs to end
// well.
func exchange(t *testing.T, f foreigner, command string, first ending) {
	ours, theirs := startBoth(t, f, command, first)
	size := interopSize()
	switch first {
	case neither:
		ours.feed(size, 1)
		theirs.feed(size, 2)
	case brineFirst:
		ours.feed(size, 1)
		theirs.await(t, size)
		theirs.feed(size, 2)
	case foreignFirst:
		theirs.feed(size, 2)
		ours.await(t, size)
		ours.feed(size, 1)
	}
	ours.exit(t, 0)
	theirs.exit(t, 0)
	theirs.received(t, size, 1)
	ours.received(t, size, 2)
}

// kill ends the peer in the middle of both streams. Bytes that it had not read
// were lost, and the exit code has to say so.
func kill(t *testing.T, f foreigner, command string) {
	ours, theirs := startBoth(t, f, command, neither)
	endless := int64(1) << 50
	ours.feed(endless, 1)
	theirs.feed(endless, 2)
	ours.await(t, 1<<20)
	theirs.await(t, 1<<20)
	if err := theirs.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	code := ours.code(t)
	if reset, gone := codeFor(syscall.ECONNRESET), codeFor(syscall.EPIPE); code != reset && code != gone {
		t.Errorf("brine ended with %d after its peer was killed, want %d or %d\n%s", code, reset, gone, ours.err.String())
	}
	if _, err := os.Lstat(filepath.Join(ours.cmd.Dir, "s")); command == "serve" && err == nil {
		t.Errorf("brine left its socket file behind")
	}
}

func codeFor(errno syscall.Errno) int { return exitCode(errno) }

// startBoth starts brine and the other program on a fresh socket, in either
// order: whoever connects tries until somebody listens.
func startBoth(t *testing.T, f foreigner, command string, first ending) (ours, theirs *program) {
	t.Helper()
	dir := t.TempDir()
	if command == "serve" {
		ours = start(t, brine(t, dir, "serve", "--timeout", "60s", "s"))
		theirs = start(t, inDir(dir, f.dial("s", first)))
	} else {
		theirs = start(t, inDir(dir, f.listen("s", first)))
		ours = start(t, brine(t, dir, "dial", "--wait", "--timeout", "60s", "s"))
	}
	return ours, theirs
}

// inDir keeps the socket's path short: a temporary directory's name can be
// longer than a socket's path may be.
func inDir(dir string, args []string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	return cmd
}

// A program is a running process of which the test holds the standard streams.
type program struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	err  bytes.Buffer
	out  *tally
	done chan struct{} // closed when it has exited and its output was read to the end
	wait error         // what Wait returned, once done is closed
}

func start(t *testing.T, cmd *exec.Cmd) *program {
	t.Helper()
	p := &program{cmd: cmd, done: make(chan struct{})}
	p.out = newTally()
	cmd.Stdout, cmd.Stderr = p.out, &p.err
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.wait = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-p.done
	})
	return p
}

// exit expects the program to end with a code.
func (p *program) exit(t *testing.T, want int) {
	t.Helper()
	if code := p.code(t); code != want {
		t.Errorf("%s ended with %d, want %d\n%s", p.cmd.Args[0], code, want, p.err.String())
	}
}

// feed writes n bytes of a stream that seed determines to standard input, then
// closes it, while the test goes on. A program that has gone ends it.
func (p *program) feed(n int64, seed byte) {
	go func() {
		io.CopyN(p.in, noise(seed), n)
		p.in.Close()
	}()
}

// await returns when the program has written n bytes.
func (p *program) await(t *testing.T, n int64) {
	t.Helper()
	for start := time.Now(); p.out.len() < n; time.Sleep(time.Millisecond) {
		select {
		case <-p.done:
			if p.out.len() < n {
				t.Fatalf("%s ended (%v) after %d of %d bytes\n%s", p.cmd.Args[0], p.wait, p.out.len(), n, p.err.String())
			}
		default:
		}
		if time.Since(start) > interopPatience {
			t.Fatalf("%s has written %d of %d bytes", p.cmd.Args[0], p.out.len(), n)
		}
	}
}

// code waits for the program's end and returns its exit code.
func (p *program) code(t *testing.T) int {
	t.Helper()
	select {
	case <-p.done:
		return codeOf(t, p.wait)
	case <-time.After(interopPatience):
		t.Fatalf("%s does not end", p.cmd.Args[0])
		return -1
	}
}

// received compares what a program has written with what the other was fed.
func (p *program) received(t *testing.T, n int64, seed byte) {
	t.Helper()
	want := sha256.New()
	io.CopyN(want, noise(seed), n)
	if got := p.out.len(); got != n {
		t.Errorf("%s has written %d bytes, want %d", p.cmd.Args[0], got, n)
	}
	if got := p.out.sum(); !bytes.Equal(got, want.Sum(nil)) {
		t.Errorf("%s: checksum %x, want %x", p.cmd.Args[0], got, want.Sum(nil))
	}
}

// noise is an endless stream of bytes that do not repeat.
func noise(seed byte) io.Reader {
	return rand.NewChaCha8([32]byte{seed})
}
