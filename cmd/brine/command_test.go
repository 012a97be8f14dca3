//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// The test binary is the command when this variable is set: what is tested is
// then a process of its own, with the signals, exit codes and descriptors of
// one, and built with the flags of the test.
const beCommand = "BRINE_TEST_BE_COMMAND"

// The race detector sleeps a second at the exit of every process.
var commandEnv = []string{beCommand + "=1", "GORACE=atexit_sleep_ms=0"}

func TestMain(m *testing.M) {
	if os.Getenv(beCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// brine returns the command, ready to be started in dir.
func brine(t testing.TB, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), commandEnv...)
	return cmd
}

// An outcome is what is left of a process.
type outcome struct {
	code     int
	out, err string
}

// finish runs a command to its end with stdin as its input.
func finish(t testing.TB, cmd *exec.Cmd, stdin string) outcome {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd.Stdin = bytes.NewBufferString(stdin)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	return outcome{codeOf(t, err), out.String(), errOut.String()}
}

func codeOf(t testing.TB, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return -1
}
