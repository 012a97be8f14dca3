//go:build unix

// Command cmd is package takeover for real: a daemon is killed, and five others
// are started at once to take its place, each a process of its own. It ends by
// itself after a few seconds.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"example.com/brine/examples/takeover"
	"example.com/brine/realunix"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) == 3 && os.Args[1] == "daemon" {
		daemon(os.Args[2])
		return
	}
	dir, err := os.MkdirTemp("", "takeover")
	check(err)
	defer os.RemoveAll(dir)
	play(filepath.Join(dir, "app.sock"))
}

// daemon serves until nobody has come for two seconds.
func daemon(path string) {
	tr := realunix.New(realunix.Config{})
	l, err := takeover.Listen(tr, path)
	if errors.Is(err, syscall.EADDRINUSE) {
		fmt.Printf("daemon %d: there is one already\n", os.Getpid())
		return
	}
	check(err)
	defer l.Close()
	fmt.Printf("daemon %d serves\n", os.Getpid())
	check(takeover.Serve(tr, l, 2*time.Second))
	fmt.Printf("daemon %d ends: nobody has come for two seconds\n", os.Getpid())
}

func play(path string) {
	r, w, err := os.Pipe() // one for all, so that what they say comes in its order
	check(err)
	said := bufio.NewScanner(r)

	first := start(path, w)
	for said.Scan() {
		fmt.Println(said.Text())
		if strings.HasSuffix(said.Text(), "serves") {
			break
		}
	}
	ask(path)
	check(first.Process.Kill())
	first.Wait()
	fmt.Printf("daemon %d is killed, its socket file stays; five others are started\n", first.Process.Pid)

	for range 5 {
		start(path, w)
	}
	w.Close()
	serving, began := 0, 0
	for said.Scan() { // until they have all ended
		fmt.Println(said.Text())
		switch {
		case strings.HasSuffix(said.Text(), "serves"):
			serving++
			began++
			ask(path)
		case strings.Contains(said.Text(), "ends"):
			serving--
		}
		if serving > 1 {
			log.Fatal("two daemons serve")
		}
	}
	if began == 0 {
		log.Fatal("no daemon has served")
	}
}

// start starts a daemon.
func start(path string, stdout *os.File) *exec.Cmd {
	self, err := os.Executable()
	check(err)
	c := exec.Command(self, "daemon", path)
	c.Stdout, c.Stderr = stdout, os.Stderr
	check(c.Start())
	return c
}

func ask(path string) {
	tr := realunix.New(realunix.Config{})
	n, pid, err := takeover.Ask(tr, path, tr.Now().Add(5*time.Second))
	check(err)
	fmt.Printf("client: answer %d, by %d\n", n, pid)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
