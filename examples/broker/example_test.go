//go:build unix

package broker_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"example.com/brine/examples/broker"
	"example.com/brine/ipc"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// One subscriber reads, and one does not: it is cut off when its socket's buffer
// and its queue are full, and knows from its next subscription what it has missed.
func Example() {
	dir, err := os.MkdirTemp("", "broker")
	check(err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "broker.sock")
	tr := realunix.New(realunix.Config{})
	soon := tr.Now().Add(10 * time.Second)

	l, err := ipc.Listen(tr, path, 8, transport.ListenConfig{})
	check(err)
	defer l.Close()
	b := broker.Broker{Depth: 4, Grace: 20 * time.Millisecond}
	check(tr.Background("broker", func() { b.Serve(tr, l) }))

	lazy, err := broker.Subscribe(tr, path, soon)
	check(err)
	reader, err := broker.Subscribe(tr, path, soon)
	check(err)
	defer reader.Close()
	p, err := broker.NewPublisher(tr, path, soon)
	check(err)
	defer p.Close()
	for range 1000 {
		_, err := p.Publish(make([]byte, 1000), soon)
		check(err)
		_, err = reader.Recv(soon)
		check(err)
	}
	fmt.Println("the reader has received", reader.Next-1)

	for err == nil {
		_, err = lazy.Recv(soon)
	}
	lazy.Close()
	again, err := broker.Subscribe(tr, path, soon)
	check(err)
	defer again.Close()
	fmt.Println("the other has missed some:", again.Next > lazy.Next, "and will receive", again.Next)
	// Output:
	// the reader has received 1000
	// the other has missed some: true and will receive 1001
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
