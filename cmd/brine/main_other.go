//go:build !unix && !windows

package main

import (
	"fmt"
	"os"
	"runtime"
)

// The command needs the errnos and signals that Unix has, and Windows has names for.
// Saying so beats not building, because "go install ./..." is then still good for
// everything else.
func main() {
	fmt.Fprintf(os.Stderr, "brine: this needs a Unix system, or Windows for a part of it; this is %s\n", runtime.GOOS)
	os.Exit(1)
}
