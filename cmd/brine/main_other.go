//go:build !unix

package main

import (
	"fmt"
	"os"
	"runtime"
)

// The command is about kernel sockets as Unix has them: files with an owner and
// a mode, and peers with a user ID. Saying so beats not building, because "go
// install ./..." is then still good for everything else.
func main() {
	fmt.Fprintf(os.Stderr, "brine: serve and dial need a Unix system; this is %s\n", runtime.GOOS)
	os.Exit(1)
}
