//go:build unix

// Command cmd is package handover for real: four clients ask all the time, while
// one version of the server replaces the other, ten times, each a process of its
// own. No client may be lost. It ends by itself after a few seconds.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"example.com/brine/examples/handover"
	"example.com/brine/realunix"
)

const (
	clients  = 4
	versions = 10
	each     = 150 * time.Millisecond // that a version is the newest
)

func main() {
	log.SetFlags(0)
	switch {
	case len(os.Args) == 4 && os.Args[1] == "version":
		n, err := strconv.ParseUint(os.Args[3], 10, 64)
		check(err)
		serve(os.Args[2], n)
	case len(os.Args) == 3 && os.Args[1] == "client":
		ask(os.Args[2])
	default:
		dir, err := os.MkdirTemp("", "handover")
		check(err)
		defer os.RemoveAll(dir)
		play(filepath.Join(dir, "app.sock"))
	}
}

func serve(path string, version uint64) {
	tr := realunix.New(realunix.Config{})
	s := handover.Server{Version: version}
	check(s.Start(tr, path))
	fmt.Println("version", version, "serves")
	check(s.Serve(tr))
}

// ask asks until the last version has answered.
func ask(path string) {
	tr := realunix.New(realunix.Config{})
	answers := map[uint64]int{}
	for n := uint64(1); answers[versions] < 100; n++ {
		version, err := handover.Ask(tr, path, n, tr.Now().Add(10*time.Second))
		check(err)
		answers[version]++
	}
	fmt.Print("client: answers of versions 1 to ", versions, ":")
	for v := uint64(1); v <= versions; v++ {
		fmt.Print(" ", answers[v])
	}
	fmt.Println()
}

func play(path string) {
	server := start(path, 1)
	var all []*exec.Cmd
	for range clients {
		c := command("client", path)
		check(c.Start())
		all = append(all, c)
	}
	for v := 2; v <= versions; v++ {
		time.Sleep(each)
		next := start(path, v)
		check(server.Wait()) // the old version ends by itself
		server = next
	}
	for _, c := range all {
		if err := c.Wait(); err != nil {
			log.Fatalf("a client was lost: %v", err)
		}
	}
	check(server.Process.Signal(syscall.SIGTERM))
	if err := server.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		log.Fatal(err)
	}
	fmt.Println("no client was lost")
}

// start starts a version, and waits until it serves.
func start(path string, version int) *exec.Cmd {
	c := command("version", path, strconv.Itoa(version))
	out, err := c.StdoutPipe()
	check(err)
	check(c.Start())
	said := bufio.NewScanner(out)
	if !said.Scan() {
		log.Fatalf("version %d does not serve", version)
	}
	fmt.Println(said.Text())
	return c
}

func command(args ...string) *exec.Cmd {
	self, err := os.Executable()
	check(err)
	c := exec.Command(self, args...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if args[0] == "version" {
		c.Stdout = nil // see start
	}
	return c
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
