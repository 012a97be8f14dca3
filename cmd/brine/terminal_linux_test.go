package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal makes a terminal: what is written to the second file comes out of the
// first.
func terminal(t *testing.T, columns int) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no terminals: ", err)
	}
	t.Cleanup(func() { screen.Close() })
	raw, err := screen.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	var failed error
	raw.Control(func(fd uintptr) {
		if failed = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); failed == nil {
			n, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
		if failed == nil {
			failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)})
		}
	})
	if failed != nil {
		t.Skip("there are no terminals: ", failed)
	}
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Skip("there are no terminals: ", err)
	}
	return screen, tty
}

// onTerminal runs the command with its standard output and error, or one of them, on
// a terminal, and returns what that shows and what the other file has.
func onTerminal(t *testing.T, cmd *exec.Cmd, columns int, out, errOut bool) (shown, elsewhere string) {
	t.Helper()
	screen, tty := terminal(t, columns)
	var other bytes.Buffer
	cmd.Stdout, cmd.Stderr = &other, &other
	if out {
		cmd.Stdout = tty
	}
	if errOut {
		cmd.Stderr = tty
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	watch := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer watch.Stop()
	// Reading fails with EIO when nobody has the terminal open any more.
	text, err := io.ReadAll(screen)
	if err != nil && !strings.Contains(err.Error(), syscall.EIO.Error()) {
		t.Fatal(err)
	}
	cmd.Wait()
	return string(text), other.String()
}

// Colours and the line of progress are for terminals, and colours are not where
// NO_COLOR is set.
func TestColours(t *testing.T) {
	const colour, passed = "\x1b[1;32m", "passed"
	run := func(env ...string) *exec.Cmd {
		cmd := brine(t, t.TempDir(), "run", "takeover", "--time", "1s")
		cmd.Env = append(cmd.Env, "TERM=xterm", "NO_COLOR=")
		cmd.Env = append(cmd.Env, env...)
		return cmd
	}
	for _, c := range []struct {
		name        string
		cmd         *exec.Cmd
		out, errOut bool
		colours     bool
		progress    bool
	}{
		{"terminal", run(), true, true, true, true},
		{"NO_COLOR", run("NO_COLOR=1"), true, true, false, true},
		{"dumb", run("TERM=dumb"), true, true, false, false},
		{"only the output", run(), true, false, true, false},
		{"only the errors", run(), false, true, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			shown, elsewhere := onTerminal(t, c.cmd, 80, c.out, c.errOut)
			if !strings.Contains(shown+elsewhere, passed) {
				t.Fatalf("it says %q and %q", shown, elsewhere)
			}
			if got := strings.Contains(shown, colour+passed); got != c.colours {
				t.Errorf("colours: %v, of %q", got, shown)
			}
			if got := strings.Contains(shown, " a second, ") && strings.Contains(shown, "\r\x1b[K"); got != c.progress {
				t.Errorf("progress: %v, of %q", got, shown)
			}
			if strings.Contains(elsewhere, "\x1b") || c.name == "dumb" && strings.Contains(shown, "\x1b") {
				t.Errorf("elsewhere it is %q", elsewhere)
			}
		})
	}
}

// A comparison with the kernel has its line, too, and takes it away.
func TestConformProgress(t *testing.T) {
	for _, term := range []string{"xterm", "dumb"} {
		cmd := brine(t, t.TempDir(), "conform", "--for", "1s")
		cmd.Env = append(cmd.Env, "TERM="+term)
		shown, _ := onTerminal(t, cmd, 80, false, true)
		if strings.Contains(shown, "umask of its own") {
			t.Skip(shown)
		}
		if term == "dumb" && shown != "" || term != "dumb" && (!strings.Contains(shown, " calls compared, ") || !strings.HasSuffix(shown, "\r\x1b[K")) {
			t.Errorf("TERM=%s: it shows %q", term, shown)
		}
	}
}

// A report is as wide as the terminal, if columns still have room there.
func TestWidth(t *testing.T) {
	for _, c := range []struct{ columns, most int }{{72, 71}, {110, 109}, {40, 130}, {0, 130}} {
		shown, _ := onTerminal(t, brine(t, t.TempDir(), "run", "takeover", "--wrong", "--seed", "2"), c.columns, true, false)
		_, columns, ok := strings.Cut(shown, "what happened:")
		columns, _, ok2 := strings.Cut(columns, "to have it again:")
		if !ok || !ok2 {
			t.Fatalf("it says %q", shown)
		}
		widest := 0
		for line := range strings.Lines(columns) {
			widest = max(widest, len([]rune(strings.TrimRight(line, "\r\n"))))
		}
		if widest > c.most || widest < c.most-20 {
			t.Errorf("in %d columns, lines have up to %d characters", c.columns, widest)
		}
	}
}
