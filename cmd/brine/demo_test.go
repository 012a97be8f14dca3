//go:build unix

package main

import (
	"bufio"
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// demoWithin is how long the demo may take: far longer than it does.
const demoWithin = time.Minute

// The demo does what it tells, and leaves nothing but the files that it names.
func TestDemo(t *testing.T) {
	dir, tmp := t.TempDir(), t.TempDir()
	cmd := brine(t, dir, "demo")
	cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
	watch := time.AfterFunc(demoWithin, func() { cmd.Process.Kill() })
	defer watch.Stop()
	got := finish(t, cmd, "")
	if got.code != 0 || got.err != "" {
		t.Fatalf("exit %d: %s\n%s", got.code, got.err, got.out)
	}
	said := regexp.MustCompile(`(?s)` +
		`It fails after \d+ runs?, .*two daemons serve: .*brine script 1\n.* run .*` +
		`remove /run/app.sock\n.*listen /run/app.sock\n.*` +
		`brine replay takeover --wrong (\S+)\n.*` +
		`None fails: (?:20,000 runs, .*|[\d,]+ runs, [^.]* in [6-9]\.).*kill \d+.*` +
		`process (\d+) +(.+?)\n +process (\d+) +(.+?)\n +a client is answered by (\d+)\n.*` +
		`kill -9 (\d+)\n.* process (\d+) +serves\n +a client is answered by (\d+)\n`).FindStringSubmatch(got.out)
	if said == nil {
		t.Fatalf("it tells something else:\n%s", got.out)
	}
	script, first, second, answered, killed, next, then := said[1], said[2], said[4], said[6], said[7], said[8], said[9]
	if strings.HasPrefix(said[3], saysRefused) {
		first, second = second, first
		said[3], said[5] = said[5], said[3]
	}
	if said[3] != saysServes || !strings.HasPrefix(said[5], saysRefused) || !strings.HasSuffix(said[5], "(EADDRINUSE)") ||
		answered != first || killed != first || next != second || then != second || first == second {
		t.Errorf("it tells something else:\n%s", got.out)
	}
	for _, pid := range []string{first, second} {
		if n, _ := strconv.Atoi(pid); !errors.Is(syscall.Kill(n, 0), syscall.ESRCH) {
			t.Errorf("process %s is still there", pid)
		}
	}
	replaysAs(t, t.TempDir(), "takeover", script, demoProperty(t, script))

	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("where it was started is now %v, %v", left, err)
	}
	left, err := filepath.Glob(filepath.Join(tmp, "*"))
	if err != nil || len(left) != 1 || left[0] != filepath.Dir(script) {
		t.Errorf("what it leaves is %q, %v", left, err)
	}
}

// Where temporary files are may be too deep for a socket: then nothing is started.
func TestDemoDeep(t *testing.T) {
	tmp := filepath.Join(t.TempDir(), strings.Repeat("x", 110))
	if err := os.Mkdir(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := brine(t, t.TempDir(), "demo")
	cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
	got := finish(t, cmd, "")
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 || got.out != "" {
		t.Errorf("it leaves %v, %v, after %q", left, err, got.out)
	}
	if got.code != 83 || strings.Count(got.err, "\n") != 2 || !strings.HasSuffix(got.err, "set TMPDIR to a directory with a shorter name\n") {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
}

// What is said of the file that a daemon has left is what a client is told there, and
// nothing if that is something else.
func TestDemoLeft(t *testing.T) {
	tr, cancel := system(t.Context())
	defer cancel()
	s := &session{tr: tr, options: options{path: filepath.Join(t.TempDir(), "app.sock")}}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	before, err := os.Lstat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.left(before); err != nil {
		t.Errorf("somebody serves: %v", err)
	}
	l.Close()
	if err := s.left(before); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody serves: %v", err)
	}
	if err := os.Link(s.path, s.path+".kept"); err != nil { // or its number may be had again
		t.Fatal(err)
	}
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	if err := s.left(before); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
	if err := os.WriteFile(s.path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.left(before); err != nil {
		t.Errorf("it is another file: %v", err)
	}
	if err := os.Rename(s.path+".kept", s.path); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := s.left(before); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}

// demoProperty returns what failed, as the report beside a script has it.
func demoProperty(t *testing.T, script string) string {
	t.Helper()
	text, err := os.ReadFile(strings.TrimSuffix(script, ".script") + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	property, _, _ := strings.Cut(string(text), "\n\n")
	return property
}

// A demo that is interrupted stops at once, and leaves no process and no socket.
func TestDemoInterrupted(t *testing.T) {
	for _, at := range []string{"2. The corrected daemon", "answered by"} {
		t.Run(at, func(t *testing.T) {
			tmp := t.TempDir()
			cmd := brine(t, tmp, "demo", "--out", "out")
			cmd.Env = append(cmd.Env, "TMPDIR="+tmp)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			watch := time.AfterFunc(demoWithin, func() { cmd.Process.Kill() })
			defer watch.Stop()
			lines, reached := bufio.NewScanner(out), false
			var last string
			refused := regexp.MustCompile(`process (\d+) +` + saysRefused)
			for lines.Scan() {
				if said := refused.FindStringSubmatch(lines.Text()); said != nil {
					n, _ := strconv.Atoi(said[1])
					if group, err := syscall.Getpgid(n); err == nil && group != n {
						t.Errorf("a signal to the demo's group %d would end daemon %d, too", group, n)
					}
				}
				if last = lines.Text(); strings.Contains(last, at) && !reached {
					reached = true
					cmd.Process.Signal(syscall.SIGINT)
				}
			}
			if code := codeOf(t, cmd.Wait()); !reached || code != exitSignal+int(syscall.SIGINT) {
				t.Errorf("reached %v, exit %d, last %q", reached, code, last)
			}
			if left, err := filepath.Glob(filepath.Join(tmp, "brine-demo-*")); err != nil || len(left) > 0 {
				t.Errorf("what it leaves is %q, %v", left, err)
			}
		})
	}
}
