//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"example.com/brine/transport"
)

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("anything"), 1},
		{&usageError{text: "x"}, 2},
		{&transport.Error{Op: "dial", Err: syscall.ECONNREFUSED}, 88},
		{fmt.Errorf("wrapped: %w", &transport.Error{Op: "recv", Err: syscall.ECONNRESET}), 90},
		{inputError(&os.PathError{Op: "read", Path: "/dev/stdin", Err: syscall.EISDIR}), 109},
		{&transport.Error{Op: "dial", Err: syscall.ENXIO}, 119},
		{&signalError{syscall.SIGINT}, 130},
		{&signalError{syscall.SIGTERM}, 143},
		{outputError(&os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}), 141},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%v: exit code %d, want %d", c.err, got, c.want)
		}
	}
}

// The numbers are promised to scripts, and the README shows them.
func TestExitCodesAreStable(t *testing.T) {
	seen := map[int]string{}
	for _, c := range exitCodes {
		name := transport.ErrnoName(c.errno)
		if name == "" {
			t.Errorf("%d has no name", c.code)
		}
		if other, ok := seen[c.code]; ok {
			t.Errorf("%s and %s share %d", name, other, c.code)
		}
		if c.code <= 78 || c.code >= exitErrno {
			t.Errorf("%s: %d is outside 79…118", name, c.code)
		}
		seen[c.code] = name
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range exitCodes {
		row := fmt.Sprintf("| %d | %s |", c.code, transport.ErrnoName(c.errno))
		if !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row %q", row)
		}
	}
}
