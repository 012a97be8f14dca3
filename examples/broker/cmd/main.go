//go:build unix

// Command cmd is package broker for real: two subscribers read, a third is stopped
// by a signal while messages are published, and goes on when they all are. Each is
// a process of its own. It ends by itself after a few seconds.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"example.com/brine/examples/broker"
	"example.com/brine/ipc"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

const (
	messages = 5000
	size     = 1024
	grace    = time.Second
)

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) == 3 && os.Args[1] == "broker":
		serve(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "reader":
		read(os.Args[2])
	default:
		dir, err := os.MkdirTemp("", "broker")
		check(err)
		defer os.RemoveAll(dir)
		play(filepath.Join(dir, "broker.sock"))
	}
}

func serve(path string) {
	tr := realunix.New(realunix.Config{})
	l, err := ipc.Listen(tr, path, 8, transport.ListenConfig{})
	check(err)
	b := broker.Broker{Depth: 64, Grace: grace}
	check(b.Serve(tr, l))
}

// read reads up to a message of no bytes.
func read(path string) {
	tr := realunix.New(realunix.Config{})
	received, missed := 0, uint64(0)
	next := uint64(1)
	for {
		s, err := broker.Subscribe(tr, path, tr.Now().Add(5*time.Second))
		check(err)
		missed += s.Next - next
		fmt.Printf("reader %d: subscribed, %d messages received, %d missed\n", os.Getpid(), received, missed)
		for {
			msg, err := s.Recv(time.Time{})
			if err != nil {
				break // it was cut off
			}
			if len(msg) == 0 {
				fmt.Printf("reader %d: ends, %d messages received, %d missed\n", os.Getpid(), received, missed)
				return
			}
			received++
		}
		next = s.Next
		s.Close()
	}
}

func play(path string) {
	tr := realunix.New(realunix.Config{})
	b, _ := start("broker", path)
	defer b.Process.Kill()
	p := connect(tr, path)

	var readers []*exec.Cmd
	var said []*bufio.Scanner
	for range 3 {
		c, out := start("reader", path)
		say(out) // that it has subscribed
		readers, said = append(readers, c), append(said, out)
	}
	stopped := readers[2].Process
	check(stopped.Signal(syscall.SIGSTOP))
	fmt.Printf("reader %d is stopped; %d messages are published\n", stopped.Pid, messages)

	longest := time.Duration(0)
	msg := make([]byte, size)
	for range messages {
		began := time.Now()
		_, err := p.Publish(msg, tr.Now().Add(10*time.Second))
		check(err)
		longest = max(longest, time.Since(began))
	}
	fmt.Printf("all are published; it took %v at most, of which %v for the one that is stopped\n", longest.Round(time.Millisecond), grace)
	check(stopped.Signal(syscall.SIGCONT))
	say(said[2]) // that it has subscribed again
	_, err := p.Publish(nil, tr.Now().Add(10*time.Second))
	check(err)
	for i, c := range readers {
		last := say(said[i])
		check(c.Wait())
		if i < 2 && !strings.HasSuffix(last, fmt.Sprintf(" %d messages received, 0 missed", messages)) {
			log.Fatal("one that has read all the time has not received everything")
		}
	}
}

// connect connects to the broker as soon as it is there.
func connect(tr transport.Transport, path string) *broker.Publisher {
	for deadline := tr.Now().Add(5 * time.Second); ; {
		p, err := broker.NewPublisher(tr, path, deadline)
		if err == nil {
			return p
		}
		if transport.Expired(deadline, tr.Now()) {
			log.Fatal(err)
		}
		tr.Sleep(tr.Now().Add(10 * time.Millisecond))
	}
}

// start starts a process, and returns what it says.
func start(role, path string) (*exec.Cmd, *bufio.Scanner) {
	self, err := os.Executable()
	check(err)
	c := exec.Command(self, role, path)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	check(err)
	check(c.Start())
	return c, bufio.NewScanner(out)
}

// say prints a line of what somebody says, and returns it.
func say(said *bufio.Scanner) string {
	if !said.Scan() {
		log.Fatal("a process has ended too early")
	}
	fmt.Println(said.Text())
	return said.Text()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
