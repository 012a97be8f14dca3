//go:build unix

package stage

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain plays, in the processes that the tests start.
func TestMain(m *testing.M) {
	if story := os.Getenv("STAGE_STORY"); story != "" {
		Main(func(s *Stage) { stories[story](s) }, map[string]func(*Stage, []string){"stubborn": stubborn})
		return
	}
	os.Exit(m.Run())
}

// stubborn ends by no signal that it can be spared.
func stubborn(s *Stage, _ []string) {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	fmt.Println("here, wrong", s.Wrong)
	select {}
}

var stories = map[string]func(*Stage){
	"returns": func(s *Stage) { start(s) },
	"fails":   func(s *Stage) { start(s); s.Fatalf("it fails") },
	"stopped": func(s *Stage) { s.Check(start(s).Process.Signal(syscall.SIGSTOP)); s.Fatalf("it fails") },
	"waits": func(s *Stage) {
		start(s)
		fmt.Println("ready")
		select {}
	},
}

// start starts somebody stubborn, who has a file in the play's directory.
func start(s *Stage) *exec.Cmd {
	s.Check(os.WriteFile(filepath.Join(s.Dir, "file"), nil, 0o600))
	c := s.Command("stubborn")
	c.Stdout = nil
	out, err := c.StdoutPipe()
	s.Check(err)
	c.Stderr = os.Stderr // which everybody holds who lives
	s.Start(c)
	line, err := bufio.NewReader(out).ReadString('\n')
	s.Check(err)
	fmt.Print(line)
	return c
}

// However a play ends, no process of it is left, and no file unless it was killed.
func TestMain_leavesNothing(t *testing.T) {
	for _, test := range []struct {
		story string
		sig   os.Signal
		code  int
		files int
	}{
		{"returns", nil, 0, 0},
		{"fails", nil, 1, 0},
		{"stopped", nil, 1, 0},
		{"waits", syscall.SIGTERM, 1, 0},
		{"waits", os.Interrupt, 1, 0},
		{"waits", os.Kill, -1, 1},
	} {
		t.Run(fmt.Sprint(test.story, " ", test.sig), func(t *testing.T) {
			dir := t.TempDir()
			c := exec.Command(os.Args[0], "-wrong")
			c.Env = append(os.Environ(), "STAGE_STORY="+test.story, "TMPDIR="+dir)
			out, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			living, err := c.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			for lines := bufio.NewScanner(out); lines.Scan(); {
				said.WriteString(lines.Text() + "\n")
				if lines.Text() == "ready" {
					c.Process.Signal(test.sig)
				}
			}
			io.Copy(io.Discard, living) // ends when the last process does
			c.Wait()
			if got := c.ProcessState.ExitCode(); got != test.code {
				t.Errorf("the exit code is %d and not %d", got, test.code)
			}
			if !strings.HasPrefix(said.String(), "here, wrong true\n") {
				t.Errorf("it says %q", said.String())
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != test.files {
				t.Errorf("left over: %v, %v", left, err)
			}
		})
	}
}
