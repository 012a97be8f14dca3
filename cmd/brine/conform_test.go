//go:build unix

package main

import (
	"math"
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

// A comparison that is ended by time tells what it found, and one that compared nothing
// says so.
func TestConformFor(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux")
	}
	for _, d := range []string{"1ns", "100ms"} {
		got := finish(t, brine(t, t.TempDir(), "conform", "--for", d), "")
		want, complaint := 0, ""
		if strings.Contains(got.out, "calls        0,") {
			want, complaint = exitOther, "brine: nothing was compared; give it more time with --for\n"
		} else if d == "1ns" {
			t.Errorf("in %s it compared something:\n%s", d, got.out)
		}
		if got.code != want || got.err != complaint || !strings.Contains(got.out, "divergences  0\n") {
			t.Errorf("%s: %+v", d, got)
		}
	}
}

func TestConformOps(t *testing.T) {
	for _, c := range []struct{ ops, scripts, each int }{
		{1, 1, 1}, {opsScript - 1, 1, opsScript - 1}, {opsScript, 1, opsScript}, {opsScript + 1, 2, opsScript},
		{opsDefault, opsDefault / opsScript, opsScript}, {math.MaxInt, math.MaxInt/opsScript + 1, opsScript},
	} {
		if scripts, each := scriptsOf(c.ops); scripts != c.scripts || each != c.each {
			t.Errorf("%d calls are %d scripts of %d; want %d of %d", c.ops, scripts, each, c.scripts, c.each)
		}
	}
}
