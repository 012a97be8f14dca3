//go:build unix

package ipc_test

import (
	"fmt"
	"os"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

func ExampleListen() {
	path, remove := inTempDir()
	defer remove()
	l, err := ipc.Listen(tr, path, 10, transport.ListenConfig{Mode: 0o600, Unlink: true})
	check(err)
	_, err = ipc.Listen(tr, path, 10, transport.ListenConfig{})
	fmt.Println(name(err)) // one listener a file

	info, err := os.Stat(path)
	check(err)
	fmt.Println(info.Mode())
	check(l.Close())
	_, err = os.Stat(path)
	fmt.Println(os.IsNotExist(err))
	// Output:
	// EADDRINUSE
	// Srw-------
	// true
}

func ExampleListenMem() {
	path, remove := inTempDir()
	defer remove()
	var l ipc.Listener
	check(ipc.ListenMem(&l, tr, path, 10, transport.ListenConfig{Unlink: true}))
	check(l.Close())
	check(ipc.ListenMem(&l, tr, path, 10, transport.ListenConfig{Unlink: true})) // the storage is free again
	fmt.Println(ipc.ListenMem(nil, tr, "s", 10, transport.ListenConfig{}))
	fmt.Println(l.Close())
	// Output:
	// listen s: invalid argument (EINVAL): no storage
	// <nil>
}

func ExampleListener_Accept() {
	path, remove := inTempDir()
	defer remove()
	l, err := ipc.Listen(tr, path, 10, transport.ListenConfig{})
	check(err)
	defer l.Close()

	_, err = l.Accept(transport.Immediate)
	fmt.Println(name(err)) // nobody is there, and nothing is lost by asking

	client, err := ipc.Connect(tr, path, soon())
	check(err)
	defer client.Abort()
	server, err := l.Accept(transport.Immediate)
	check(err)
	defer server.Abort()
	check(client.Send([]byte("hello"), soon()))
	fmt.Println(recv(server, 5))
	// Output:
	// ETIMEDOUT
	// hello
}

// A server that serves one client at a time needs one Conn.
func ExampleListener_AcceptMem() {
	path, remove := inTempDir()
	defer remove()
	l, err := ipc.Listen(tr, path, 10, transport.ListenConfig{})
	check(err)
	defer l.Close()
	for _, msg := range []string{"one", "two"} {
		client, err := ipc.Connect(tr, path, soon())
		check(err)
		check(client.Send([]byte(msg), soon()))
		check(client.Abort()) // what was sent still arrives
	}

	var c ipc.Conn
	for range 2 {
		check(l.AcceptMem(&c, soon()))
		fmt.Println(recv(&c, 3))
		check(c.Close(soon()))
	}
	// Output:
	// one
	// two
}

func ExampleListener_Close() {
	path, remove := inTempDir()
	defer remove()
	l, err := ipc.Listen(tr, path, 10, transport.ListenConfig{})
	check(err)
	fmt.Println(l.Close())
	fmt.Println(name(l.Close()))
	_, err = ipc.Connect(tr, path, soon())
	fmt.Println(name(err)) // the file stayed
	// Output:
	// <nil>
	// EBADF
	// ECONNREFUSED
}

// A listener is handed over while clients are waiting, and none is lost.
func ExampleListener_Dup() {
	path, remove := inTempDir()
	defer remove()
	old, err := ipc.Listen(tr, path, 10, transport.ListenConfig{})
	check(err)
	client, err := ipc.Connect(tr, path, soon())
	check(err)
	defer client.Abort()

	fd, err := old.Dup() // SendFD would take it to another process
	check(err)
	check(old.Close())

	l, err := ipc.ListenerFromFD(tr, fd, transport.ListenConfig{})
	check(err)
	defer l.Close()
	c, err := l.Accept(soon())
	check(err)
	fmt.Println(c.Abort())
	// Output: <nil>
}

func ExampleListenerFromFD() {
	a, b, err := tr.Pair()
	check(err)
	defer a.Close()
	defer b.Close()
	fd, err := a.Dup()
	check(err)
	defer fd.Close() // still ours
	_, err = ipc.ListenerFromFD(tr, fd, transport.ListenConfig{})
	fmt.Println(name(err)) // a socket that does not listen
	// Output: EINVAL
}

func ExampleListenerFromFDMem() {
	path, remove := inTempDir()
	defer remove()
	var l ipc.Listener
	check(ipc.ListenMem(&l, tr, path, 10, transport.ListenConfig{}))
	fd, err := l.Dup()
	check(err)
	check(l.Close())
	check(ipc.ListenerFromFDMem(&l, tr, fd, transport.ListenConfig{}))
	fmt.Println(string(l.Addr()) == path)
	check(l.Close())
	// Output: true
}

func ExampleListener_Addr() {
	path, remove := inTempDir()
	defer remove()
	l, err := ipc.Listen(tr, path, 10, transport.ListenConfig{})
	check(err)
	check(l.Close())
	fmt.Println(string(l.Addr()) == path) // also after it was closed
	// Output: true
}
