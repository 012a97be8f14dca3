//go:build unix

package main

import (
	"context"
	"os"

	"golang.org/x/sys/unix"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// system returns the view of the kernel that ends with ctx.
func system(ctx context.Context) (transport.Transport, func()) {
	return realunix.New(realunix.Config{}).WithCancel(ctx)
}

// columnsOf returns how many characters a line of a terminal has, or 0.
func columnsOf(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// Terminals know the escape sequences for colours.
const coloursKnown = true
