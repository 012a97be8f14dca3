//go:build unix

// Command cmd is package handover for real: four clients ask all the time, while
// one version of the server replaces the other, ten times, each a process of its
// own. No client may be lost. It ends by itself after a few seconds.
//
// With -wrong each version closes its listener before the next opens it again, and
// a client is lost.
package main

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"example.com/brine/examples/handover"
	"example.com/brine/examples/internal/stage"
	"example.com/brine/realunix"
)

const (
	clients  = 4
	versions = 10
	each     = 150 * time.Millisecond // that a version is the newest
)

func main() {
	stage.Main(play, map[string]func(*stage.Stage, []string){"version": serve, "client": ask})
}

func socket(s *stage.Stage) string { return filepath.Join(s.Dir, "app.sock") }

func serve(s *stage.Stage, args []string) {
	version, err := strconv.ParseUint(args[0], 10, 64)
	s.Check(err)
	tr := realunix.New(realunix.Config{})
	server := handover.Server{Version: version, Reopen: s.Wrong}
	s.Check(server.Start(tr, socket(s)))
	fmt.Println("version", version, "serves")
	s.Check(server.Serve(tr))
}

// ask asks until the last version has answered.
func ask(s *stage.Stage, _ []string) {
	tr := realunix.New(realunix.Config{})
	answers := map[uint64]int{}
	for n := uint64(1); answers[versions] < 100; n++ {
		version, err := handover.Ask(tr, socket(s), n, tr.Now().Add(10*time.Second))
		s.Check(err)
		answers[version]++
	}
	fmt.Print("client: answers of versions 1 to ", versions, ":")
	for v := uint64(1); v <= versions; v++ {
		fmt.Print(" ", answers[v])
	}
	fmt.Println()
}

func play(s *stage.Stage) {
	server := start(s, 1)
	var all []*exec.Cmd
	for range clients {
		all = append(all, s.Start(s.Command("client")))
	}
	for v := 2; v <= versions; v++ {
		time.Sleep(each)
		next := start(s, v)
		s.Check(server.Wait()) // the old version ends by itself
		server = next
	}
	for _, c := range all {
		if err := c.Wait(); err != nil {
			s.Fatalf("a client was lost: %v", err)
		}
	}
	fmt.Println("no client was lost")
}

// start starts a version, and waits until it serves.
func start(s *stage.Stage, version int) *exec.Cmd {
	c := s.Command("version", strconv.Itoa(version))
	c.Stdout = nil
	out, err := c.StdoutPipe()
	s.Check(err)
	s.Start(c)
	said := bufio.NewScanner(out)
	if !said.Scan() {
		s.Fatalf("version %d does not serve", version)
	}
	fmt.Println(said.Text())
	return c
}
