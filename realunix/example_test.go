//go:build unix

package realunix_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A listener and a connection to it, with deadlines.
func Example() {
	tr := realunix.New(realunix.Config{})
	dir, err := os.MkdirTemp("", "brine")
	must(err)
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "app.sock")
	soon := tr.Now().Add(5 * time.Second)

	l, err := tr.Listen(name, 8, transport.ListenConfig{Mode: 0o600, Unlink: true})
	must(err)
	defer l.Close()
	must(tr.Background("server", func() {
		c, err := l.Accept(soon)
		must(err)
		_, err = c.Send([][]byte{[]byte("hello")}, nil, soon)
		must(err)
		c.Close()
	}))

	c, err := tr.Dial(name, soon)
	must(err)
	defer c.Close()
	buf := make([]byte, 64)
	n, _, err := c.Recv([][]byte{buf}, nil, soon)
	must(err)
	fmt.Printf("%s\n", buf[:n])
	_, _, err = c.Recv([][]byte{buf}, nil, soon)
	fmt.Println(err)
	// Output:
	// hello
	// EOF
}

// A program for which a processor is dearer than a microsecond.
func ExampleNew() {
	tr := realunix.New(realunix.Config{NoSpin: true})
	a, b, err := tr.Pair()
	must(err)
	defer a.Close()
	defer b.Close()
	_, _, err = b.Recv([][]byte{make([]byte, 1)}, nil, transport.Immediate)
	fmt.Println(err)
	fmt.Println(errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT))
	// Output:
	// recv: connection timed out (ETIMEDOUT)
	// true true
}

// Everything that blocks in a view ends with it.
func ExampleTransport_WithCancel() {
	tr := realunix.New(realunix.Config{})
	view, cancel := tr.WithCancel(context.Background())
	defer cancel()
	a, b, err := view.Pair()
	must(err)
	defer a.Close()
	defer b.Close()
	_, err = tr.AfterFunc("cancel", tr.Now().Add(time.Millisecond), cancel)
	must(err)
	var never time.Time
	_, _, err = a.Recv([][]byte{make([]byte, 1)}, nil, never)
	fmt.Println(err)
	// Output: recv: operation canceled (ECANCELED)
}

// Of two instances one serves, also after a predecessor has died and left its
// socket file behind.
func ExampleTransport_Listen_takeover() {
	tr := realunix.New(realunix.Config{})
	dir, err := os.MkdirTemp("", "brine")
	must(err)
	defer os.RemoveAll(dir)
	must(os.Chdir(dir))

	dead, err := tr.Listen("app.sock", 8, transport.ListenConfig{})
	must(err)
	must(dead.Close()) // without Unlink the file stays, as after a crash

	cfg := transport.ListenConfig{Takeover: true, Unlink: true}
	l, err := tr.Listen("app.sock", 8, cfg)
	must(err)
	defer l.Close()
	_, err = tr.Listen("app.sock", 8, cfg)
	fmt.Println(err)
	// Output: listen app.sock: address already in use (EADDRINUSE)
}

// A pipe travels over a connection; what comes out is a file again.
func ExampleFile() {
	tr := realunix.New(realunix.Config{})
	a, b, err := tr.Pair()
	must(err)
	defer a.Close()
	defer b.Close()
	var never time.Time

	r, w, err := os.Pipe()
	must(err)
	defer w.Close()
	fd, err := realunix.FromFile(r) // a duplicate: r is still ours
	must(err)
	must(r.Close())
	_, err = a.Send([][]byte{{0}}, []transport.FD{fd}, never)
	must(err)
	must(fd.Close())

	got := make([]transport.FD, 1)
	_, nfd, err := b.Recv([][]byte{make([]byte, 1)}, got, never)
	must(err)
	file, err := realunix.File(got[0], "pipe") // owns the descriptor from here on
	must(err)
	defer file.Close()
	fmt.Fprintln(w, "through the pipe")
	line := make([]byte, 64)
	n, err := file.Read(line)
	must(err)
	fmt.Print(nfd, " ", string(line[:n]))
	// Output: 1 through the pipe
}

func ExampleFromFile() {
	_, err := realunix.FromFile(nil)
	fmt.Println(err)
	// Output: fromfile: bad file descriptor (EBADF)
}

// Without socket activation there is nothing to adopt, and the program makes
// its own listener.
func ExampleListenFDs() {
	tr := realunix.New(realunix.Config{})
	dir, err := os.MkdirTemp("", "brine")
	must(err)
	defer os.RemoveAll(dir)

	inherited, err := realunix.ListenFDs()
	must(err)
	var l transport.Listener
	if len(inherited) > 0 {
		l, err = tr.AdoptListener(inherited[0].FD, transport.ListenConfig{})
	} else {
		l, err = tr.Listen(filepath.Join(dir, "app.sock"), 8, transport.ListenConfig{})
	}
	must(err)
	defer l.Close()
	fmt.Println(len(inherited), filepath.Base(l.Addr().String()))
	// Output: 0 app.sock
}
