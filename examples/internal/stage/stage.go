//go:build unix

// Package stage is what the mains of the examples have in common: each starts
// itself again and again, as processes of their own that play a role each, and
// leaves nothing behind, however it ends: no process, no file.
package stage

import (
	"flag"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
)

// A Stage is where one example is played. In each of its processes there is one.
type Stage struct {
	Dir   string // for its sockets and files: it is there until the play ends
	Wrong bool   // play the wrong version

	mu      sync.Mutex
	started []*exec.Cmd // by this process
	ending  bool        // no more is started
	mine    bool        // this process has made Dir, and removes it
}

// Main is the main of an example. In the process that somebody has started it
// calls play, and in those that [Stage.Start] starts the role that they have.
//
// When play has returned or failed, or a signal ends it, the processes that are
// left are killed, stopped ones too, and the directory is removed. If this process
// is killed, the others end by themselves, one that is stopped when it goes on, and
// the directory stays.
func Main(play func(*Stage), roles map[string]func(s *Stage, args []string)) {
	log.SetFlags(0)
	wrong := flag.Bool("wrong", false, "play the wrong version, which fails")
	flag.Parse()
	if role := roles[flag.Arg(0)]; role != nil && flag.NArg() > 1 {
		go endWithStarter()
		role(&Stage{Dir: flag.Arg(1), Wrong: *wrong}, flag.Args()[2:])
		return
	}
	if flag.NArg() > 0 {
		log.Print("it takes no arguments")
		flag.Usage()
		os.Exit(2)
	}

	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	dir, err := os.MkdirTemp("", "example")
	s := &Stage{Dir: dir, Wrong: *wrong, mine: err == nil}
	s.Check(err)
	go func() { s.Fatalf("ended by a signal: %v", <-ended) }()
	play(s)
	s.close()
}

// endWithStarter ends this process when the one that has started it is gone, by
// whatever way: that one holds the other end of a pipe, and writes nothing to it.
func endWithStarter() {
	io.Copy(io.Discard, os.Stdin)
	os.Exit(1)
}

// Command returns a process of this program that plays a role, to be started by
// Start. It prints where this one does.
func (s *Stage) Command(role string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	s.Check(err)
	args = append([]string{role, s.Dir}, args...)
	if s.Wrong {
		args = append([]string{"-wrong"}, args...)
	}
	c := exec.Command(self, args...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	return c
}

// Start starts a process and returns it; it is to be waited for or killed, or ends
// with the play.
func (s *Stage) Start(c *exec.Cmd) *exec.Cmd {
	s.mu.Lock()
	ending := s.ending
	_, err := c.StdinPipe() // see endWithStarter
	if err == nil && !ending {
		err = c.Start()
		s.started = append(s.started, c)
	}
	s.mu.Unlock()
	if ending {
		select {} // until close has done the rest
	}
	s.Check(err)
	return c
}

// Check ends the play if there is an error, which is reported.
func (s *Stage) Check(err error) {
	if err != nil {
		s.Fatalf("%v", err)
	}
}

// Fatalf ends the play, and says why.
func (s *Stage) Fatalf(format string, args ...any) {
	s.close()
	log.Fatalf(format, args...)
}

// close kills what is left and removes the directory. Of several tasks that call
// it one returns, and ends the process.
func (s *Stage) close() {
	s.mu.Lock()
	if s.ending {
		s.mu.Unlock()
		select {}
	}
	s.ending = true
	s.mu.Unlock()
	for _, c := range s.started {
		if c.Process != nil {
			c.Process.Kill() // of one that has ended, nothing
			c.Process.Wait()
		}
	}
	if s.mine {
		os.RemoveAll(s.Dir)
	}
}
