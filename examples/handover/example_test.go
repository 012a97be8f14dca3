//go:build unix

package handover_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"example.com/brine/examples/handover"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// The second version takes over from the first.
func Example() {
	dir, err := os.MkdirTemp("", "handover")
	check(err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "app.sock")
	tr := realunix.New(realunix.Config{})
	soon := tr.Now().Add(10 * time.Second)

	over := transport.NewQueue[error](tr)
	first := handover.Server{Version: 1}
	check(first.Start(tr, path))
	check(tr.Go("first", func() { over.Push(first.Serve(tr)) }))
	version, err := handover.Ask(tr, path, 17, soon)
	fmt.Println("version", version, err)

	second := handover.Server{Version: 2}
	check(second.Start(tr, path))
	check(tr.Background("second", func() { second.Serve(tr) }))
	result, err := over.Pop(soon)
	fmt.Println("the first has ended:", result, err)
	version, err = handover.Ask(tr, path, 17, soon)
	fmt.Println("version", version, err)
	// Output:
	// version 1 <nil>
	// the first has ended: <nil> <nil>
	// version 2 <nil>
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
