//go:build unix

// Command cmd is package broker for real: two subscribers read, a third is stopped
// by a signal while messages are published, and goes on when they all are. Each is
// a process of its own. It ends by itself after a few seconds.
//
// With -wrong the broker sends to one after the other: the publisher gives up.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"example.com/brine/examples/broker"
	"example.com/brine/examples/internal/stage"
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
	stage.Main(play, map[string]func(*stage.Stage, []string){"broker": serve, "reader": read})
}

func socket(s *stage.Stage) string { return filepath.Join(s.Dir, "broker.sock") }

func serve(s *stage.Stage, _ []string) {
	tr := realunix.New(realunix.Config{})
	l, err := ipc.Listen(tr, socket(s), 8, transport.ListenConfig{})
	s.Check(err)
	b := broker.Broker{Depth: 64, Grace: grace, Direct: s.Wrong}
	s.Check(b.Serve(tr, l))
}

// read reads up to a message of no bytes.
func read(s *stage.Stage, _ []string) {
	tr := realunix.New(realunix.Config{})
	received, missed := 0, uint64(0)
	next := uint64(1)
	for {
		sub, err := broker.Subscribe(tr, socket(s), tr.Now().Add(5*time.Second))
		s.Check(err)
		missed += sub.Next - next
		fmt.Printf("reader %d: subscribed, %d messages received, %d missed\n", os.Getpid(), received, missed)
		for {
			msg, err := sub.Recv(time.Time{})
			if err != nil {
				break // it was cut off
			}
			if len(msg) == 0 {
				fmt.Printf("reader %d: ends, %d messages received, %d missed\n", os.Getpid(), received, missed)
				return
			}
			received++
		}
		next = sub.Next
		sub.Close()
	}
}

func play(s *stage.Stage) {
	tr := realunix.New(realunix.Config{})
	start(s, "broker")
	p := connect(s, tr)

	var readers []*exec.Cmd
	var said []*bufio.Scanner
	for range 3 {
		c, out := start(s, "reader")
		say(s, out) // that it has subscribed
		readers, said = append(readers, c), append(said, out)
	}
	stopped := readers[2].Process
	s.Check(stopped.Signal(syscall.SIGSTOP))
	fmt.Printf("reader %d is stopped; %d messages are published\n", stopped.Pid, messages)

	longest := time.Duration(0)
	msg := make([]byte, size)
	for i := range messages {
		began := time.Now()
		if _, err := p.Publish(msg, tr.Now().Add(5*grace)); err != nil {
			s.Fatalf("message %d is not published in %v: %v", i+1, 5*grace, err)
		}
		longest = max(longest, time.Since(began))
	}
	fmt.Printf("all are published; it took %v at most, of which %v for the one that is stopped\n", longest.Round(time.Millisecond), grace)
	s.Check(stopped.Signal(syscall.SIGCONT))
	say(s, said[2]) // that it has subscribed again
	_, err := p.Publish(nil, tr.Now().Add(5*grace))
	s.Check(err)
	for i, c := range readers {
		last := say(s, said[i])
		s.Check(c.Wait())
		if i < 2 && !strings.HasSuffix(last, fmt.Sprintf(" %d messages received, 0 missed", messages)) {
			s.Fatalf("one that has read all the time has not received everything")
		}
	}
}

// connect connects to the broker as soon as it is there.
func connect(s *stage.Stage, tr transport.Transport) *broker.Publisher {
	for deadline := tr.Now().Add(5 * time.Second); ; {
		p, err := broker.NewPublisher(tr, socket(s), deadline)
		if err == nil {
			return p
		}
		if transport.Expired(deadline, tr.Now()) {
			s.Check(err)
		}
		tr.Sleep(tr.Now().Add(10 * time.Millisecond))
	}
}

// start starts a process, and returns what it says.
func start(s *stage.Stage, role string) (*exec.Cmd, *bufio.Scanner) {
	c := s.Command(role)
	c.Stdout = nil
	out, err := c.StdoutPipe()
	s.Check(err)
	return s.Start(c), bufio.NewScanner(out)
}

// say prints a line of what somebody says, and returns it.
func say(s *stage.Stage, said *bufio.Scanner) string {
	if !said.Scan() {
		s.Fatalf("a process has ended too early")
	}
	fmt.Println(said.Text())
	return said.Text()
}
