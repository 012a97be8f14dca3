//go:build unix

package ipc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// tr is the transport of all examples: the kernel's.
var tr = realunix.New(realunix.Config{})

// soon is a deadline that no example should reach.
func soon() time.Time { return tr.Now().Add(10 * time.Second) }

// inTempDir returns a path for a socket, and a function that removes it.
func inTempDir() (path string, remove func()) {
	dir, err := os.MkdirTemp("", "ipc")
	check(err)
	return filepath.Join(dir, "app.sock"), func() { os.RemoveAll(dir) }
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// pair returns two connections that are connected to each other.
func pair() (a, b *ipc.Conn) {
	a, b, err := ipc.Pair(tr)
	check(err)
	return a, b
}

// recv receives n bytes as text.
func recv(c *ipc.Conn, n int) string {
	p := make([]byte, n)
	check(c.Recv(p, soon()))
	return string(p)
}

// name is the symbol of what a call failed with.
func name(err error) string { return transport.ErrnoName(transport.Errno(err)) }

// A server answers, and both ends say goodbye in an orderly way.
func Example() {
	path, remove := inTempDir()
	defer remove()
	l, err := ipc.Listen(tr, path, 10, transport.ListenConfig{})
	check(err)
	defer l.Close()

	var server sync.WaitGroup
	server.Go(func() {
		c, err := l.Accept(soon())
		check(err)
		who := recv(c, 5)
		check(c.Send([]byte("hello "+who), soon()))
		check(c.Close(soon()))
	})

	c, err := ipc.Connect(tr, path, soon())
	check(err)
	check(c.Send([]byte("world"), soon()))
	fmt.Println(recv(c, 11))
	fmt.Println(c.Close(soon()))
	server.Wait()
	// Output:
	// hello world
	// <nil>
}

func ExampleConnect() {
	path, remove := inTempDir()
	defer remove()
	_, err := ipc.Connect(tr, path, soon())
	fmt.Println(name(err), errors.Is(err, os.ErrNotExist))
	_, err = ipc.Connect(tr, "", soon())
	fmt.Println(err)
	// Output:
	// ENOENT true
	// connect: no such file or directory (ENOENT): empty path
}

func ExampleConnectMem() {
	path, remove := inTempDir()
	defer remove()
	l, err := ipc.Listen(tr, path, 10, transport.ListenConfig{})
	check(err)
	defer l.Close()

	var session struct {
		conn ipc.Conn // no allocation of its own
		buf  [512]byte
	}
	for range 3 {
		check(ipc.ConnectMem(&session.conn, tr, path, soon()))
		fmt.Println(name(ipc.ConnectMem(&session.conn, tr, path, soon())))
		check(session.conn.Abort()) // and the storage is free again
	}
	// Output:
	// EINVAL
	// EINVAL
	// EINVAL
}

func ExamplePair() {
	a, b, err := ipc.Pair(tr)
	check(err)
	defer a.Abort()
	defer b.Abort()
	check(a.Send([]byte("ping"), soon()))
	fmt.Println(recv(b, 4))
	// Output: ping
}

func ExamplePairMem() {
	var ends [2]ipc.Conn
	check(ipc.PairMem(&ends[0], &ends[1], tr))
	defer ends[0].Abort()
	defer ends[1].Abort()
	check(ends[1].Send([]byte("pong"), soon()))
	fmt.Println(recv(&ends[0], 4))
	fmt.Println(ipc.PairMem(&ends[0], &ends[0], tr))
	// Output:
	// pong
	// pair: invalid argument (EINVAL): the same storage twice
}

// A socket that was made by other means, or inherited, is wrapped.
func ExampleFromFD() {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	check(err)
	file := os.NewFile(uintptr(fds[0]), "inherited")
	peer := os.NewFile(uintptr(fds[1]), "peer")
	defer peer.Close()

	fd, err := realunix.FromFile(file)
	check(err)
	file.Close() // FromFile duplicated it
	c, err := ipc.FromFD(tr, fd)
	check(err)
	defer c.Abort()

	io.WriteString(peer, "plain bytes")
	fmt.Println(recv(c, 11))
	// Output: plain bytes
}

func ExampleFromFDMem() {
	path, remove := inTempDir()
	defer remove()
	file, err := os.Create(path)
	check(err)
	defer file.Close()
	fd, err := realunix.FromFile(file)
	check(err)

	var c ipc.Conn
	err = ipc.FromFDMem(&c, tr, fd) // not a socket: it stays ours
	fmt.Println(name(err))
	fmt.Println(fd.Close())
	// Output:
	// EINVAL
	// <nil>
}

func ExampleConn_Send() {
	a, b := pair()
	check(b.Abort())
	fmt.Println(a.Send([]byte("anyone?"), soon())) // the peer is gone
	fmt.Println(a.Send(nil, soon()))               // and stays so
	fmt.Println(a.Abort())
	// Output:
	// send: connection reset by peer (ECONNRESET): the peer is gone
	// send: connection reset by peer (ECONNRESET): an earlier send failed
	// <nil>
}

func ExampleConn_SendList() {
	a, b := pair()
	defer a.Abort()
	defer b.Abort()
	head, body := []byte{5}, []byte("apple")
	check(a.SendList([][]byte{head, body}, soon())) // one system call
	n := recv(b, 1)[0]
	fmt.Println(recv(b, int(n)))
	fmt.Println(a.SendList(nil, soon()))
	// Output:
	// apple
	// send: invalid argument (EINVAL): empty list
}

// A deadline that passed ends the direction: nobody knows where in the stream
// it stopped.
func ExampleConn_Recv() {
	a, b := pair()
	defer a.Abort()
	defer b.Abort()
	check(a.Send([]byte("half"), soon()))
	p := make([]byte, 8)
	err := b.Recv(p, tr.Now().Add(10*time.Millisecond))
	fmt.Println(name(err), errors.Is(err, os.ErrDeadlineExceeded))
	fmt.Println(name(b.Recv(p, soon())))
	check(b.Send([]byte("ok"), soon())) // the other direction goes on
	fmt.Println(recv(a, 2))
	// Output:
	// ETIMEDOUT true
	// ECONNRESET
	// ok
}

func ExampleConn_Skip() {
	a, b := pair()
	defer a.Abort()
	defer b.Abort()
	check(a.Send([]byte("noise signal"), soon()))
	check(b.Skip(6, soon()))
	fmt.Println(recv(b, 6))
	// Output: signal
}

func ExampleConn_RecvList() {
	a, b := pair()
	defer a.Abort()
	defer b.Abort()
	check(a.Send([]byte("GET /index HTTP"), soon()))
	verb, object := make([]byte, 3), make([]byte, 6)
	check(b.RecvList([]ipc.Buf{{Bytes: verb}, {Skip: 1}, {Bytes: object}}, soon()))
	fmt.Printf("%s %s\n", verb, object)
	// Output: GET /index
}

// A descriptor arrives between the bytes that it was sent between.
func ExampleConn_SendFD() {
	a, b := pair()
	defer a.Abort()
	defer b.Abort()

	r, w, err := os.Pipe()
	check(err)
	defer w.Close()
	fd, err := realunix.FromFile(r)
	check(err)
	check(a.Send([]byte("before"), soon()))
	check(a.SendFD(fd, soon()))
	check(a.Send([]byte("after"), soon()))
	fd.Close() // the peer has its own
	r.Close()

	fmt.Println(recv(b, 6))
	got, err := b.RecvFD(soon())
	check(err)
	fmt.Println(recv(b, 5))

	pipe, err := realunix.File(got, "pipe")
	check(err)
	defer pipe.Close()
	io.WriteString(w, "through the pipe")
	p := make([]byte, 16)
	io.ReadFull(pipe, p)
	fmt.Println(string(p))
	// Output:
	// before
	// after
	// through the pipe
}

func ExampleConn_RecvFD() {
	a, b := pair()
	defer a.Abort()
	defer b.Abort()
	check(a.Send([]byte("x"), soon()))
	_, err := b.RecvFD(soon())
	fmt.Println(err)
	// Output: recvfd: protocol error (EPROTO): the next byte carries no descriptor
}

func ExampleConn_Done() {
	a, b := pair()
	defer a.Abort()
	defer b.Abort()
	check(a.Send([]byte("last words"), soon()))
	check(a.Done())
	fmt.Println(name(a.Send([]byte("and"), soon())), name(a.Done()))

	fmt.Println(recv(b, 10))
	fmt.Println(b.Recv(make([]byte, 1), soon()))
	check(b.Send([]byte("a reply"), soon()))
	fmt.Println(recv(a, 7))
	// Output:
	// EPIPE EPIPE
	// last words
	// recv: broken pipe (EPIPE): end of stream
	// a reply
}

func ExampleConn_Close() {
	// Both ends are willing: whoever comes first waits for the other.
	a, b := pair()
	check(a.Send([]byte("not to be read"), soon()))
	peer := make(chan error)
	go func() { peer <- b.Close(soon()) }()
	fmt.Println(a.Close(soon()), <-peer)

	// The peer does not answer.
	a, b = pair()
	defer b.Abort()
	fmt.Println(name(a.Close(tr.Now().Add(10 * time.Millisecond))))
	fmt.Println(name(a.Send(nil, soon()))) // it is closed all the same
	// Output:
	// <nil> <nil>
	// ETIMEDOUT
	// EBADF
}

func ExampleConn_Abort() {
	a, b := pair()
	blocked := make(chan error)
	go func() { blocked <- a.Recv(make([]byte, 1), time.Time{}) }()
	fmt.Println(a.Abort())
	fmt.Println(name(<-blocked))
	fmt.Println(name(a.Abort()))
	fmt.Println(name(b.Recv(make([]byte, 1), soon())))
	fmt.Println(b.Close(soon()))
	// Output:
	// <nil>
	// EBADF
	// EBADF
	// EPIPE
	// <nil>
}

// A connection is handed to a group that can be cancelled.
func ExampleConn_Attach() {
	a, b := pair()
	defer b.Abort()
	view, cancel := tr.WithCancel(context.Background())
	check(a.Attach(view))
	blocked := make(chan error)
	go func() { blocked <- a.Recv(make([]byte, 1), time.Time{}) }()
	cancel()
	err := <-blocked
	fmt.Println(name(err), errors.Is(err, context.Canceled))
	fmt.Println(a.Abort()) // closing is never cancelled
	// Output:
	// ECANCELED true
	// <nil>
}

func ExampleConn_PeerCred() {
	a, b := pair()
	defer a.Abort()
	defer b.Abort()
	cred, err := a.PeerCred()
	check(err)
	fmt.Println(cred.UID == os.Geteuid())
	// Output: true
}

func ExampleConn_LocalAddr() {
	path, remove := inTempDir()
	defer remove()
	l, err := ipc.Listen(tr, path, 10, transport.ListenConfig{})
	check(err)
	defer l.Close()
	c, err := ipc.Connect(tr, path, soon())
	check(err)
	defer c.Abort()
	served, err := l.Accept(soon())
	check(err)
	defer served.Abort()
	fmt.Printf("%q %v\n", c.LocalAddr(), string(c.RemoteAddr()) == path)
	fmt.Printf("%v %q\n", string(served.LocalAddr()) == path, served.RemoteAddr())
	// Output:
	// "" true
	// true ""
}

func ExampleConn_RemoteAddr() {
	a, b := pair()
	defer b.Abort()
	check(a.Abort())
	fmt.Printf("%q\n", a.RemoteAddr()) // a pair has no names
	// Output: ""
}

// A program that counts in libdill's milliseconds.
func ExampleMillis() {
	a, b := pair()
	defer a.Abort()
	defer b.Abort()
	start := ipc.Now(tr)
	err := b.Recv(make([]byte, 1), ipc.Millis(tr, start+20))
	fmt.Println(name(err), ipc.Now(tr)-start >= 20)
	fmt.Println(ipc.Millis(tr, -1).IsZero(), ipc.Millis(tr, 0) == transport.Immediate)
	// Output:
	// ETIMEDOUT true
	// true true
}

func ExampleNow() {
	start := ipc.Now(tr)
	check(tr.Sleep(ipc.Millis(tr, start+5)))
	fmt.Println(ipc.Now(tr) >= start+5)
	// Output: true
}
