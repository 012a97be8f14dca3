//go:build unix

package atmostonce_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"example.com/brine/examples/atmostonce"
	"example.com/brine/ipc"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// The box is slow, so that the client asks for the same notes again and again; it
// gives them out once.
func Example() {
	dir, err := os.MkdirTemp("", "atmostonce")
	check(err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "box.sock")
	tr := realunix.New(realunix.Config{})

	l, err := ipc.Listen(tr, path, 8, transport.ListenConfig{})
	check(err)
	defer l.Close()
	left := uint64(100)
	server := atmostonce.Server{Life: 1, GiveOut: func(tr transport.Transport, r atmostonce.Request) uint64 {
		fmt.Println("gives out", r.Notes)
		left -= r.Notes
		tr.Sleep(tr.Now().Add(50 * time.Millisecond))
		return left
	}}
	check(tr.Background("server", func() { server.Serve(tr, l) }))

	client := atmostonce.Client{Path: path, ID: 1, Try: 10 * time.Millisecond}
	defer client.Close()
	n, err := client.Call(tr, 20, tr.Now().Add(10*time.Second))
	fmt.Println("left:", n, err)
	// Output:
	// gives out 20
	// left: 80 <nil>
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
