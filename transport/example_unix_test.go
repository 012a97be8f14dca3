//go:build unix

package transport_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// Tasks are started together and waited for together.
func ExampleGroup() {
	var tr transport.Transport = realunix.New(realunix.Config{})
	g := transport.NewGroup(tr)
	defer g.Cancel()

	squares := transport.NewQueue[int](tr)
	for i := range 4 {
		g.Go("square", func(tr transport.Transport) { squares.Push(i * i) })
	}
	if err := g.Wait(tr.Now().Add(time.Minute)); err != nil {
		log.Fatal(err)
	}
	sum := 0
	for squares.Len() > 0 {
		n, _ := squares.Pop(transport.Immediate)
		sum += n
	}
	fmt.Println(sum)
	// Output: 14
}

// What blocks in a task is ended by Stop, which then waits for the task to clean
// up.
func ExampleGroup_Stop() {
	var tr transport.Transport = realunix.New(realunix.Config{})
	g := transport.NewGroup(tr)
	a, b, err := g.Transport().Pair() // in the group's view, so that Stop cancels it
	if err != nil {
		log.Fatal(err)
	}
	defer b.Close()
	g.Go("reader", func(tr transport.Transport) {
		defer a.Close()
		_, _, err := a.Recv([][]byte{make([]byte, 1)}, nil, time.Time{})
		fmt.Println(err)
	})
	fmt.Println(g.Stop(tr.Now().Add(time.Minute)))
	fmt.Println(g.Go("late", func(transport.Transport) {}))
	// Output:
	// recv: operation canceled (ECANCELED)
	// <nil>
	// go: operation canceled (ECANCELED)
}

// A Wait that gives up says for whom.
func ExampleGroup_Wait() {
	var tr transport.Transport = realunix.New(realunix.Config{})
	g := transport.NewGroup(tr)
	for _, name := range []string{"reader", "writer"} {
		g.Go(name, func(tr transport.Transport) { tr.Sleep(time.Time{}) })
	}
	err := g.Wait(transport.Immediate)
	fmt.Println(errors.Is(err, os.ErrDeadlineExceeded))
	fmt.Println(err.(*transport.Error).Detail)
	g.Stop(time.Time{})
	// Output:
	// true
	// still running: reader, writer
}

func ExampleGroup_Background() {
	var tr transport.Transport = realunix.New(realunix.Config{})
	g := transport.NewGroup(tr)
	ticks := transport.NewQueue[int](tr)
	g.Background("ticker", func(tr transport.Transport) {
		for i := 0; tr.Sleep(tr.Now().Add(time.Millisecond)) == nil; i++ {
			ticks.Push(i)
		}
	})
	for range 2 {
		i, _ := ticks.Pop(time.Time{})
		fmt.Println("tick", i)
	}
	fmt.Println(g.Stop(time.Time{}))
	// Output:
	// tick 0
	// tick 1
	// <nil>
}

// Whatever the group makes in its view is cancelled with it.
func ExampleGroup_Transport() {
	var tr transport.Transport = realunix.New(realunix.Config{})
	g := transport.NewGroup(tr)
	jobs := transport.NewQueue[string](g.Transport())
	g.Cancel()
	_, err := jobs.Pop(time.Time{})
	fmt.Println(err)
	// Output: pop: operation canceled (ECANCELED)
}

// To wait for one of several things, a task for each pushes into one queue.
func ExampleQueue() {
	var tr transport.Transport = realunix.New(realunix.Config{})
	events := transport.NewQueue[string](tr)
	g := transport.NewGroup(tr)
	g.Go("sleeper", func(tr transport.Transport) {
		if tr.Sleep(tr.Now().Add(time.Hour)) == nil {
			events.Push("an hour has passed")
		}
	})
	g.Go("worker", func(tr transport.Transport) { events.Push("the work is done") })

	event, err := events.Pop(tr.Now().Add(time.Minute))
	fmt.Println(event, err)
	g.Stop(time.Time{})

	_, err = events.Pop(transport.Immediate)
	fmt.Println(errors.Is(err, os.ErrDeadlineExceeded))
	// Output:
	// the work is done <nil>
	// true
}

func ExampleMutex() {
	var tr transport.Transport = realunix.New(realunix.Config{})
	m := transport.NewMutex(tr)
	g := transport.NewGroup(tr)
	defer g.Cancel()
	balance := 100
	for range 10 {
		g.Go("deposit", func(tr transport.Transport) {
			m.Lock()
			defer m.Unlock()
			seen := balance
			tr.Yield() // a sync.Mutex must not be held across a call such as this
			balance = seen + 10
		})
	}
	g.Wait(time.Time{})
	fmt.Println(balance)
	fmt.Println(m.TryLock(), m.TryLock())
	// Output:
	// 200
	// true false
}

func ExampleNetConn() {
	var tr transport.Transport = realunix.New(realunix.Config{})
	a, b, err := tr.Pair()
	if err != nil {
		log.Fatal(err)
	}
	client, server := transport.NetConn(tr, a), transport.NetConn(tr, b)
	defer server.Close()

	fmt.Fprintln(client, "hello")
	client.Close()
	line, err := bufio.NewReader(server).ReadString('\n')
	fmt.Printf("%q %v\n", line, err)

	_, err = server.Read(make([]byte, 1))
	fmt.Println(err == io.EOF)
	_, err = server.Write([]byte("late"))
	fmt.Println(err)
	// Output:
	// "hello\n" <nil>
	// true
	// write unix @->@: write: broken pipe
}

// HTTP over a socket file.
func ExampleDialer() {
	var tr transport.Transport = realunix.New(realunix.Config{})
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "http.sock")

	l, err := tr.Listen(path, 16, transport.ListenConfig{Mode: 0o600, Unlink: true})
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "you asked for %s", r.URL.Path)
	})}
	go server.Serve(transport.NetListener(tr, l))
	defer server.Close()

	dial := transport.Dialer(tr)
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dial(ctx, "unix", path)
		},
	}}
	defer client.CloseIdleConnections()
	r, err := client.Get("http://app/status")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	fmt.Println(r.Status, string(body))
	// Output: 200 OK you asked for /status
}

func ExampleNetListener() {
	var tr transport.Transport = realunix.New(realunix.Config{})
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "echo.sock")

	l, err := tr.Listen(path, 16, transport.ListenConfig{})
	if err != nil {
		log.Fatal(err)
	}
	listener := transport.NetListener(tr, l)
	served := transport.NewQueue[error](tr)
	tr.Go("echo", func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				served.Push(err)
				return
			}
			io.Copy(c, c)
			c.Close()
		}
	})

	c, err := transport.Dialer(tr)(context.Background(), "unix", path)
	if err != nil {
		log.Fatal(err)
	}
	io.WriteString(c, "echo")
	c.(interface{ CloseWrite() error }).CloseWrite()
	answer, err := io.ReadAll(c)
	fmt.Println(string(answer), err)
	c.Close()

	listener.Close()
	err, _ = served.Pop(time.Time{})
	fmt.Println(errors.Is(err, net.ErrClosed))
	// Output:
	// echo <nil>
	// true
}
