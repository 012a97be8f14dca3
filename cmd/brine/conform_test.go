//go:build unix

package main

import (
	"regexp"
	"runtime"
	"strings"
	"testing"
)

func TestConform(t *testing.T) {
	got := finish(t, brine(t, t.TempDir(), "conform", "--ops", "10000", "--seed", "7"), "")
	if runtime.GOOS != "linux" {
		if got.code != exitOther || !strings.Contains(got.err, "the rules are Linux's") {
			t.Errorf("%+v", got)
		}
		return
	}
	if got.code == exitOther && strings.Contains(got.err, "umask of its own") {
		t.Skip(got.err)
	}
	if got.code != 0 || got.err != "" {
		t.Errorf("exit %d: %s", got.code, got.err)
	}
	for _, want := range []string{`(?m)^calls +1\d{4}, in 5 scripts`, `(?m)^divergences  0$`, `(?m)^EAGAIN +(\d+) +(\d+)$`} {
		if !regexp.MustCompile(want).MatchString(got.out) {
			t.Errorf("no %s in:\n%s", want, got.out)
		}
	}
	for line := range strings.Lines(got.out) {
		if f := strings.Fields(line); len(f) == 3 && strings.HasPrefix(f[0], "E") && f[1] != f[2] {
			t.Errorf("counts differ: %s", line)
		}
	}
}

// A comparison that is interrupted still tells what it found.
func TestConformFor(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux")
	}
	got := finish(t, brine(t, t.TempDir(), "conform", "--for", "1ms"), "")
	if got.code != 0 || !strings.Contains(got.out, "divergences  0\n") {
		t.Errorf("%+v", got)
	}
}
