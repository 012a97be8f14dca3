//go:build unix

// Command cmd is package atmostonce for real: three clients make requests of a
// server that is slow now and then, so that they ask again, and that is killed and
// started again all the time. Each is a process of its own. What was carried out
// stands in a file, in which nothing may stand twice. It ends by itself after a few
// seconds.
//
// With -wrong the server is forgetful, and something stands there twice.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"example.com/brine/examples/atmostonce"
	"example.com/brine/examples/internal/stage"
	"example.com/brine/ipc"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

const (
	clients  = 3
	requests = 50 // of each client
	kills    = 8
	try      = 40 * time.Millisecond // that a client waits before it asks again
)

func main() {
	stage.Main(play, map[string]func(*stage.Stage, []string){"server": server, "client": client})
}

func socket(s *stage.Stage) string { return filepath.Join(s.Dir, "box.sock") }

// server gives notes out by writing into a file who has asked for them.
func server(s *stage.Stage, _ []string) {
	tr := realunix.New(realunix.Config{})
	box, err := os.OpenFile(filepath.Join(s.Dir, "box"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	s.Check(err)
	l, err := ipc.Listen(tr, socket(s), 8, transport.ListenConfig{Takeover: true})
	s.Check(err)
	server := atmostonce.Server{Life: rand.Uint64(), Forgetful: s.Wrong}
	server.GiveOut = func(tr transport.Transport, r atmostonce.Request) uint64 {
		line := binary.BigEndian.AppendUint64(nil, r.Client)
		_, err := box.Write(binary.BigEndian.AppendUint64(line, r.Number))
		s.Check(err)
		takes := try / 20
		if rand.N(10) == 0 {
			takes = 2 * try // nobody waits for as long as that: the client asks again
		}
		tr.Sleep(tr.Now().Add(takes))
		return 0
	}
	s.Check(server.Serve(tr, l))
}

func client(s *stage.Stage, _ []string) {
	tr := realunix.New(realunix.Config{})
	c := atmostonce.Client{Path: socket(s), ID: rand.Uint64(), Try: try}
	answered, unknown := 0, 0
	for range requests {
		_, err := c.Call(tr, 1, tr.Now().Add(10*time.Second))
		switch {
		case err == nil:
			answered++
		case errors.Is(err, atmostonce.ErrUnknown):
			unknown++
		default:
			s.Check(err)
		}
	}
	fmt.Printf("client %016x: %d requests, %d answered, of %d nobody knows\n", c.ID, requests, answered, unknown)
}

func play(s *stage.Stage) {
	server := s.Start(s.Command("server"))
	var all []*exec.Cmd
	for range clients {
		all = append(all, s.Start(s.Command("client")))
	}
	for range kills {
		time.Sleep(150 * time.Millisecond)
		s.Check(server.Process.Kill())
		server.Wait()
		fmt.Printf("server %d is killed, and started again\n", server.Process.Pid)
		server = s.Start(s.Command("server"))
	}
	for _, c := range all {
		s.Check(c.Wait())
	}
	s.Check(server.Process.Kill())
	server.Wait()

	box, err := os.ReadFile(filepath.Join(s.Dir, "box"))
	s.Check(err)
	seen, twice := map[string]bool{}, 0
	for ; len(box) >= 16; box = box[16:] {
		line := string(box[:16])
		if seen[line] {
			twice++
		}
		seen[line] = true
	}
	if twice > 0 {
		s.Fatalf("%d of %d requests were carried out, some more than once: %d times too often", len(seen), clients*requests, twice)
	}
	fmt.Printf("%d of %d requests were carried out, none of them twice\n", len(seen), clients*requests)
}
