//go:build unix

// Command cmd is package atmostonce for real: three clients make requests of a
// server that is killed and started again all the time, each a process of its own.
// What was carried out stands in a file, in which nothing may stand twice. It ends
// by itself after a few seconds.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"example.com/brine/examples/atmostonce"
	"example.com/brine/ipc"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

const (
	clients  = 3
	requests = 90 // of each client
	kills    = 8
)

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) == 3 && os.Args[1] == "server":
		server(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "client":
		client(os.Args[2])
	default:
		dir, err := os.MkdirTemp("", "atmostonce")
		check(err)
		defer os.RemoveAll(dir)
		play(dir)
	}
}

// server gives notes out by writing into a file who has asked for them.
func server(dir string) {
	tr := realunix.New(realunix.Config{})
	box, err := os.OpenFile(filepath.Join(dir, "box"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	check(err)
	l, err := ipc.Listen(tr, filepath.Join(dir, "box.sock"), 8, transport.ListenConfig{Takeover: true})
	check(err)
	s := atmostonce.Server{Life: rand.Uint64()}
	s.GiveOut = func(tr transport.Transport, r atmostonce.Request) uint64 {
		line := binary.BigEndian.AppendUint64(nil, r.Client)
		_, err := box.Write(binary.BigEndian.AppendUint64(line, r.Number))
		check(err)
		tr.Sleep(tr.Now().Add(5 * time.Millisecond))
		return 0
	}
	check(s.Serve(tr, l))
}

func client(dir string) {
	tr := realunix.New(realunix.Config{})
	c := atmostonce.Client{Path: filepath.Join(dir, "box.sock"), ID: rand.Uint64(), Try: 100 * time.Millisecond}
	answered, unknown := 0, 0
	for range requests {
		_, err := c.Call(tr, 1, tr.Now().Add(10*time.Second))
		switch {
		case err == nil:
			answered++
		case errors.Is(err, atmostonce.ErrUnknown):
			unknown++
		default:
			log.Fatal(err)
		}
	}
	fmt.Printf("client %016x: %d requests, %d answered, of %d nobody knows\n", c.ID, requests, answered, unknown)
}

func play(dir string) {
	s := start("server", dir)
	var all []*exec.Cmd
	for range clients {
		all = append(all, start("client", dir))
	}
	for range kills {
		time.Sleep(150 * time.Millisecond)
		check(s.Process.Kill())
		s.Wait()
		fmt.Printf("server %d is killed, and started again\n", s.Process.Pid)
		s = start("server", dir)
	}
	for _, c := range all {
		check(c.Wait())
	}
	check(s.Process.Kill())
	s.Wait()

	box, err := os.ReadFile(filepath.Join(dir, "box"))
	check(err)
	seen := map[string]bool{}
	for ; len(box) >= 16; box = box[16:] {
		if line := string(box[:16]); seen[line] {
			log.Fatalf("carried out twice: %x", line)
		}
		seen[string(box[:16])] = true
	}
	fmt.Printf("%d of %d requests were carried out, none of them twice\n", len(seen), clients*requests)
}

func start(role, dir string) *exec.Cmd {
	self, err := os.Executable()
	check(err)
	c := exec.Command(self, role, dir)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	check(c.Start())
	return c
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
