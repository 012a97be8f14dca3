//go:build unix

package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"example.com/brine/examples/takeover"
	"example.com/brine/transport"
)

const (
	// demoIdle is how long a daemon of the demo serves when nobody comes: it is not to
	// outlive the demo for long, however that ends.
	demoIdle = 10 * time.Second

	// demoPatience is how long the demo waits for one thing to happen.
	demoPatience = 5 * time.Second

	// demoRetry is after what time a daemon that was refused tries again.
	demoRetry = 250 * time.Millisecond
)

// What a daemon of the demo says on its standard output, a line each.
const (
	saysServes  = "serves"
	saysRefused = "is refused: "
)

// demoDaemon is the corrected daemon for real: it serves at PATH, or waits until it
// can.
func (s *session) demoDaemon() error {
	parent := os.Getppid()
	for told := false; ; {
		l, err := takeover.Listen(s.tr, s.path)
		if err == nil {
			defer l.Close()
			if err := s.say("%s\n", saysServes); err != nil {
				return err
			}
			return takeover.Serve(s.tr, l, demoIdle)
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
		if !told {
			if err := s.say("%s%v\n", saysRefused, err); err != nil {
				return err
			}
			told = true
		}
		if err := s.tr.Sleep(s.tr.Now().Add(demoRetry)); err != nil {
			return err
		}
		if os.Getppid() != parent { // the demo was killed
			return nil
		}
	}
}

// demoSocket makes a directory for the daemons' socket, and returns what removes it. It
// comes before everything else: where it cannot be, nothing is to be told in vain.
func (s *session) demoSocket() (remove func(), err error) {
	dir, err := os.MkdirTemp("", "brine-demo-")
	if err != nil {
		return nil, fileError("create", filepath.Join(os.TempDir(), "brine-demo-…"), err)
	}
	remove = func() { os.RemoveAll(dir) }
	s.path = filepath.Join(dir, "app.sock")
	if err := transport.CheckPath("listen", s.path); err != nil {
		remove()
		return nil, err
	}
	return remove, nil
}

// demoReal runs two daemons for real.
func (s *session) demoReal() error {
	if err := cmp.Or(
		s.heading("3. The same daemon for real"),
		s.say("Two processes are started at once, at %s.\n\n", s.path)); err != nil {
		return err
	}
	var daemons [2]*daemon
	for i := range daemons {
		var err error
		if daemons[i], err = s.startDaemon(); err != nil {
			return err
		}
		defer daemons[i].end()
	}
	serving, other, err := s.demoBoth(daemons)
	if err != nil {
		return err
	}
	if err := s.demoKill(serving, other); err != nil {
		return err
	}
	return s.demoEnd()
}

// demoBoth waits until one daemon serves and the other has been refused, in whatever
// order they come.
func (s *session) demoBoth(daemons [2]*daemon) (serving, other *daemon, err error) {
	for _, d := range daemons {
		line, err := d.line(s.ctx)
		if err != nil {
			return nil, nil, err
		}
		if err := s.say("    process %-8d %s\n", d.pid(), line); err != nil {
			return nil, nil, err
		}
		switch {
		case line == saysServes && serving == nil:
			serving = d
		case strings.HasPrefix(line, saysRefused) && other == nil:
			other = d
		default:
			return nil, nil, &runError{"the daemons did not do what they do in every simulated run: one serves, the other is refused"}
		}
	}
	return serving, other, s.demoAsk(serving)
}

// demoAsk asks as a client who answers, which has to be d.
func (s *session) demoAsk(d *daemon) error {
	_, pid, err := takeover.Ask(s.tr, s.path, s.tr.Now().Add(demoPatience))
	if err != nil {
		return err
	}
	if err := s.say("    a client is answered by %d\n", pid); err != nil {
		return err
	}
	if pid != d.pid() {
		return &runError{fmt.Sprintf("process %d answers, and not %d, which serves", pid, d.pid())}
	}
	return nil
}

// demoKill kills the daemon that serves, and waits until the other does.
func (s *session) demoKill(serving, other *daemon) error {
	before, err := os.Lstat(s.path)
	if err != nil {
		return fileError("stat", s.path, err)
	}
	if err := serving.cmd.Process.Kill(); err != nil {
		return err
	}
	serving.wait()
	if how, ok := serving.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && how.Signal() != syscall.SIGKILL {
		return &runError{fmt.Sprintf("process %d has ended before it was killed: %v", serving.pid(), serving.cmd.ProcessState)}
	}
	if err := s.say("\n    kill -9 %d\n", serving.pid()); err != nil {
		return err
	}
	if refused := s.left(before); refused != nil {
		if err := s.say("    its socket file is still there: %v\n", refused); err != nil {
			return err
		}
	}
	line, err := other.line(s.ctx)
	if err != nil {
		return err
	}
	if err := s.say("    process %-8d %s\n", other.pid(), line); err != nil {
		return err
	}
	if line != saysServes {
		return &runError{"the other daemon does not take over"}
	}
	if err := s.demoAsk(other); err != nil {
		return err
	}
	return s.say("\n")
}

// left returns what a client is told at the socket file that a dead daemon has left, or
// nil if it is another file by now, or somebody serves: the other daemon may have taken
// over, but hardly ever has.
func (s *session) left(before os.FileInfo) error {
	after, err := os.Lstat(s.path)
	if err != nil || !os.SameFile(before, after) {
		return nil
	}
	conn, err := s.tr.Dial(s.path, transport.Immediate)
	if err == nil {
		conn.Close()
	}
	if !errors.Is(err, syscall.ECONNREFUSED) { // a signal cancels it
		return nil
	}
	return err
}

// A daemon is one that runs as a process of its own.
type daemon struct {
	cmd   *exec.Cmd
	lines chan string   // what it says; closed when it has ended
	ended chan struct{} // it has been waited for
}

func (s *session) startDaemon() (*daemon, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, demoDaemon, s.path)
	cmd.Stderr = s.err
	// Ctrl-C is for the demo alone, which ends its daemons: one that goes before would
	// be taken for a failure.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &daemon{cmd: cmd, lines: make(chan string, 8), ended: make(chan struct{})}
	go func() {
		for said := bufio.NewScanner(out); said.Scan(); {
			d.lines <- said.Text()
		}
		close(d.lines)
		cmd.Wait()
		close(d.ended)
	}()
	return d, nil
}

func (d *daemon) pid() int { return d.cmd.Process.Pid }

// line returns the next line that the daemon says.
func (d *daemon) line(ctx context.Context) (string, error) {
	patience := time.NewTimer(demoPatience)
	defer patience.Stop()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line, ok := <-d.lines:
		if !ok {
			return "", fmt.Errorf("process %d, a daemon of the demo, has ended", d.pid())
		}
		return line, nil
	case <-patience.C:
		return "", &transport.Error{Op: "wait", Path: fmt.Sprintf("for process %d", d.pid()), Err: syscall.ETIMEDOUT}
	}
}

// wait waits until the process is no more.
func (d *daemon) wait() { <-d.ended }

// end ends the process, in order if it can.
func (d *daemon) end() {
	d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.ended:
	case <-time.After(time.Second):
		d.cmd.Process.Kill()
		d.wait()
	}
}
