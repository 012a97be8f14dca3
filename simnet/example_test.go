package simnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"

	"example.com/brine/ipc"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// A test that has net.Pipe changes one line.
func ExamplePipe() {
	client, server := simnet.Pipe()
	go func() {
		io.Copy(server, server)
		server.Close()
	}()
	fmt.Fprint(client, "hello")
	client.(interface{ CloseWrite() error }).CloseWrite()
	answer, err := io.ReadAll(client)
	fmt.Printf("%s %v\n", answer, err)
	// Output: hello <nil>
}

// A test that has a bufconn listener changes one line.
func ExampleNewListener() {
	l := simnet.NewListener()
	var server sync.WaitGroup
	server.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "welcome")
			c.Close()
		}
	})
	c, err := l.DialContext(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := io.ReadAll(c)
	fmt.Printf("%s %v\n", text, err)
	l.Close()
	server.Wait()
	_, err = l.Dial()
	fmt.Println(err)
	// Output:
	// welcome <nil>
	// dial unix @listener: connect: connection refused
}

// Two processes, of which one must not talk to the other.
func ExampleNewWorld() {
	w := simnet.NewWorld(simnet.Config{})
	daemon := w.Process("daemon")
	l, err := daemon.Listen("/run/daemon.sock", 8, transport.ListenConfig{Mode: 0o600})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	guest, err := w.Start(simnet.ProcessConfig{Name: "guest", UID: 1000, GID: 1000})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = guest.Dial("/run/daemon.sock", time.Time{})
	fmt.Println(err)
	fmt.Println(w.Chmod("/run/daemon.sock", 0o666))
	c, err := guest.Dial("/run/daemon.sock", time.Time{})
	fmt.Println(c.RemoteAddr(), err)
	// Output:
	// dial /run/daemon.sock: permission denied (EACCES)
	// <nil>
	// /run/daemon.sock <nil>
}

// With a clock that the test moves, a deadline takes no time.
func ExampleConfig() {
	mock := clock.NewMock()
	p := simnet.NewWorld(simnet.Config{Clock: mock}).Process("p")
	a, _, err := ipc.Pair(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	received := make(chan error)
	go func() { received <- a.Recv(make([]byte, 1), p.Now().Add(time.Hour)) }()
	for {
		select {
		case err := <-received:
			fmt.Println(err)
			return
		default:
			mock.Add(30 * time.Minute)
		}
	}
	// Output: recv: connection timed out (ETIMEDOUT)
}

// The peer of a process that dies with something unread learns that it is lost.
func ExampleProcess_Kill() {
	w := simnet.NewWorld(simnet.Config{})
	server, client := w.Process("server"), w.Process("client")
	l, err := server.Listen("/run/app.sock", 1, transport.ListenConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := client.Dial("/run/app.sock", time.Time{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := l.Accept(time.Time{}); err != nil {
		fmt.Println(err)
		return
	}
	c.Send([][]byte{[]byte("never read")}, nil, time.Time{})
	server.Kill()
	_, _, err = c.Recv([][]byte{make([]byte, 1)}, nil, time.Time{})
	fmt.Println(err)
	_, _, err = c.Recv([][]byte{make([]byte, 1)}, nil, time.Time{})
	fmt.Println(err)
	_, err = l.Accept(time.Time{})
	fmt.Println(err)
	// Output:
	// recv: connection reset by peer (ECONNRESET)
	// EOF
	// accept /run/app.sock: no such process (ESRCH)
}

// A daemon that died leaves its socket file behind; the next one takes over.
func ExampleProcess_Restart() {
	w := simnet.NewWorld(simnet.Config{})
	daemon := w.Process("daemon")
	cfg := transport.ListenConfig{Takeover: true}
	if _, err := daemon.Listen("/run/app.sock", 1, cfg); err != nil {
		fmt.Println(err)
		return
	}
	_, err := w.Process("rival").Listen("/run/app.sock", 1, cfg)
	fmt.Println(err)
	daemon, err = daemon.Restart()
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := daemon.Listen("/run/app.sock", 1, cfg)
	fmt.Println(daemon.Incarnation(), l.Addr(), err)
	// Output:
	// listen /run/app.sock: address already in use (EADDRINUSE)
	// 2 /run/app.sock <nil>
}

// What a program does when the machine has no more.
func ExampleProcess_Fault() {
	p := simnet.NewWorld(simnet.Config{}).Process("p")
	p.Fault(syscall.ENFILE)
	_, _, err := p.Pair()
	fmt.Println(err)
	a, b, err := p.Pair()
	fmt.Println(a != nil, b != nil, err)
	// Output:
	// pair: too many open files in system (ENFILE)
	// true true <nil>
}

// What a program does when it has too many descriptors.
func ExampleProcess_SetNOFILE() {
	p := simnet.NewWorld(simnet.Config{}).Process("p")
	if err := p.SetNOFILE(1); err != nil {
		fmt.Println(err)
		return
	}
	_, _, err := p.Pair()
	fmt.Println(err)
	fmt.Println(errors.Is(err, syscall.EMFILE))
	// Output:
	// pair: too many open files (EMFILE)
	// true
}

// A directory that becomes read-only under a daemon.
func ExampleWorld_SetReadOnly() {
	w := simnet.NewWorld(simnet.Config{})
	p := w.Process("p")
	fmt.Println(w.SetReadOnly("/run", true))
	_, err := p.Listen("/run/app.sock", 1, transport.ListenConfig{})
	fmt.Println(err)
	// Output:
	// <nil>
	// listen /run/app.sock: read-only file system (EROFS)
}

// Setting a scene: a user's directory, and a link into it.
func ExampleWorld_MkdirAll() {
	w := simnet.NewWorld(simnet.Config{})
	for _, err := range []error{
		w.MkdirAll("/home/me/run", 0o755),
		w.Chmod("/home/me/run", 0o700),
		w.Chown("/home/me/run", 1000, 1000),
		w.Create("/home/me/run/app.log", 0o644),
		w.Symlink("/home/me/run", "/run/me"),
	} {
		if err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(w.Names("/run/me"))
	st, err := w.Stat("/home/me/run")
	fmt.Println(st.Mode, st.UID, err)
	// Output:
	// [app.log] <nil>
	// drwx------ 1000 <nil>
}
