//go:build unix

package takeover_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"example.com/brine/examples/takeover"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// A daemon has died. Of two others, one takes its place.
func Example() {
	dir, err := os.MkdirTemp("", "takeover")
	check(err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "app.sock")
	tr := realunix.New(realunix.Config{})

	dead, err := tr.Listen(path, 8, transport.ListenConfig{})
	check(err)
	check(dead.Close()) // as the kernel does when it is killed: the file stays

	l, err := takeover.Listen(tr, path)
	check(err)
	_, err = takeover.Listen(tr, path)
	fmt.Println("the other:", transport.ErrnoName(transport.Errno(err)))

	check(tr.Background("daemon", func() { takeover.Serve(tr, l, time.Minute) }))
	n, pid, err := takeover.Ask(tr, path, tr.Now().Add(10*time.Second))
	fmt.Println(n, pid == os.Getpid(), err)
	check(l.Close())
	// Output:
	// the other: EADDRINUSE
	// 1 true <nil>
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
