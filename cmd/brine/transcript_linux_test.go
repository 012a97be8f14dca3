package main

// On Linux only, because the words for an errno differ from system to system.

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// Each file of testdata is a session at a terminal. Its lines that begin with
// "$ " are given to a shell, one after the other, in an empty directory; what
// comes out has to be what is written below each. "# " begins a story.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := replay(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want) {
				t.Errorf("%s:\n%s\nwant:\n%s\n(go test ./cmd/brine -run Transcripts -update writes it anew)", file, got, want)
			}
		})
	}
}

// replay runs a session anew. Beside the command there are "listening NAME", which
// waits until somebody does, and "masked COMMAND".
func replay(t *testing.T, script string) string {
	dir, bin := t.TempDir(), t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"brine": fmt.Sprintf("%s exec '%s' \"$@\"\n", strings.Join(commandEnv, " "), self),
		// Runs a command, and leaves out of what it writes what is another time each time.
		// µ has two bytes, which are no set of one character where there is no locale.
		"masked": `out=$("$@" 2>&1); code=$?; printf '%s\n' "$out" | sed -E '` +
			`s/in [0-9.]+(m|µ|n)?s: [0-9,]+ a second/in TIME: RATE a second/; s/in [0-9.]+(m|µ|n)?s([.:])/in TIME\2/; s/sim.go:[0-9]+/sim.go:N/'; exit $code` + "\n",
		// The flag is __SO_ACCEPTCON; the file is there a moment before.
		"listening": "until grep -q \" 00010000 .* $1\\$\" /proc/net/unix; do sleep 0.01; done\n",
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var got bytes.Buffer
	for line := range strings.Lines(script) {
		command, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "$ ")
		switch {
		case ok:
			fmt.Fprintf(&got, "$ %s\n", command)
			got.Write(shell(t, dir, bin, command))
		case strings.HasPrefix(line, "# "):
			if got.Len() > 0 {
				got.WriteByte('\n')
			}
			got.WriteString(line)
		}
	}
	return got.String()
}

// shell runs one line, and returns what it wrote, and its exit code if not 0.
func shell(t *testing.T, dir, bin, command string) []byte {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", "umask 022; "+command)
	cmd.Dir = dir
	// What the line has left behind holds its output open.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		out = fmt.Appendf(out, "exit %d\n", exit.ExitCode())
	} else if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return out
}
