//go:build unix

// Command cmd is package takeover for real: a daemon is killed, and five others
// are started at once to take its place, each a process of its own. It ends by
// itself after a few seconds.
//
// With -wrong they look, remove, and listen. Not every time two of them believe
// that they serve, so it is tried for as long as it takes.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"example.com/brine/examples/internal/stage"
	"example.com/brine/examples/takeover"
	"example.com/brine/realunix"
)

func main() {
	stage.Main(play, map[string]func(*stage.Stage, []string){"daemon": daemon})
}

func socket(s *stage.Stage) string { return filepath.Join(s.Dir, "app.sock") }

// idle is how long a daemon serves when nobody comes.
const idle = time.Second

func daemon(s *stage.Stage, _ []string) {
	tr := realunix.New(realunix.Config{})
	listen := takeover.Listen
	if s.Wrong {
		listen = takeover.ListenUnlinking
	}
	l, err := listen(tr, socket(s))
	if errors.Is(err, syscall.EADDRINUSE) {
		fmt.Printf("daemon %d: there is one already\n", os.Getpid())
		return
	}
	s.Check(err)
	defer l.Close()
	fmt.Printf("daemon %d serves\n", os.Getpid())
	s.Check(takeover.Serve(tr, l, idle))
	fmt.Printf("daemon %d ends: nobody has come for %v\n", os.Getpid(), idle)
}

func play(s *stage.Stage) {
	replace(s)
	for s.Wrong {
		replace(s)
	}
}

// replace has a daemon killed and replaced.
func replace(s *stage.Stage) {
	first := s.Command("daemon")
	first.Stdout = nil
	out, err := first.StdoutPipe()
	s.Check(err)
	s.Start(first)
	said := bufio.NewScanner(out)
	if !said.Scan() {
		s.Fatalf("the first daemon does not serve")
	}
	fmt.Println(said.Text())
	ask(s)
	s.Check(first.Process.Kill())
	first.Wait()
	fmt.Printf("daemon %d is killed, its socket file stays; five others are started\n", first.Process.Pid)

	r, w, err := os.Pipe() // one for all, so that what they say comes in its order
	s.Check(err)
	defer r.Close()
	daemons := map[int]*exec.Cmd{}
	for range 5 {
		c := s.Command("daemon")
		c.Stdout = w
		s.Start(c)
		daemons[c.Process.Pid] = c
	}
	w.Close()
	serving, began := 0, 0                         // who serves, and how many have begun to
	for said = bufio.NewScanner(r); said.Scan(); { // until they have all ended
		fmt.Println(said.Text())
		pid := 0
		switch _, err := fmt.Sscanf(said.Text(), "daemon %d serves", &pid); {
		case err == nil:
			// One that was killed says nothing of its end; one that ends in order has lived.
			if serving != 0 && daemons[serving].Wait() == nil {
				s.Fatalf("two daemons serve: %d and %d", serving, pid)
			}
			serving = pid
			began++
			ask(s)
		case strings.Contains(said.Text(), "ends"):
			serving = 0
		}
	}
	if began == 0 {
		s.Fatalf("no daemon has served")
	}
}

func ask(s *stage.Stage) {
	tr := realunix.New(realunix.Config{})
	n, pid, err := takeover.Ask(tr, socket(s), tr.Now().Add(5*time.Second))
	s.Check(err)
	fmt.Printf("client: answer %d, by %d\n", n, pid)
}
