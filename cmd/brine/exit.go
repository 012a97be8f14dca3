//go:build unix || windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"example.com/brine/transport"
)

// Exit codes that are not an errno's. They and exitCodes are a promise: scripts
// compare them.
const (
	exitOther  = 1   // a failure without an errno
	exitUsage  = 2   // the command line makes no sense
	exitErrno  = 119 // an errno that exitCodes does not list
	exitSignal = 128 // plus the signal's number, as shells count
)

// exitCodes gives each errno a code of its own, the same on every system, where
// the errnos' numbers are not. They lie above those of sysexits.h and below
// those by which a shell tells what became of a process.
var exitCodes = []struct {
	code  int
	errno syscall.Errno
	means string
}{
	{80, syscall.ENOENT, "no such file, or a directory on the way to it is missing"},
	{81, syscall.ENOTDIR, "a part of the path is not a directory"},
	{82, syscall.ELOOP, "symbolic links lead in a circle"},
	{83, syscall.ENAMETOOLONG, "the path has more than 107 bytes"},
	{84, syscall.EACCES, "permission denied by the mode of the socket file or a directory, or by --allow-uid"},
	{85, syscall.EPERM, "operation not permitted"},
	{86, syscall.EROFS, "the file system is read-only"},
	{87, syscall.EADDRINUSE, "the path is taken"},
	{88, syscall.ECONNREFUSED, "nobody listens at the path"},
	{89, syscall.EPROTOTYPE, "the socket at the path is not a stream socket"},

	{90, syscall.ECONNRESET, "the peer closed, or died, without reading everything"},
	{91, syscall.EPIPE, "the peer closed before standard input had ended"},
	{92, syscall.ETIMEDOUT, "--timeout passed"},

	{100, syscall.EINVAL, "invalid argument"},
	{101, syscall.ENOTSUP, "this system cannot do what a flag asks for"},
	{102, syscall.EMFILE, "too many open descriptors in this process"},
	{103, syscall.ENFILE, "too many open descriptors in the system"},
	{104, syscall.ENOMEM, "out of memory"},
	{105, syscall.ENOBUFS, "out of buffer space"},
	{106, syscall.ENOSPC, "no space left for standard output"},
	{107, syscall.EIO, "input/output error"},
	{108, syscall.EBADF, "bad descriptor"},
	{109, syscall.EISDIR, "standard input is a directory"},
}

// exitCode is what the process ends with.
func exitCode(err error) int {
	var usage *usageError
	var sig *signalError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &sig):
		return exitSignal + int(sig.signal)
	case errors.Is(err, errReaderGone):
		return exitSignal + int(syscall.SIGPIPE)
	}
	errno := transport.Errno(err)
	if errno == 0 {
		return exitOther
	}
	for _, c := range exitCodes {
		if c.errno == errno {
			return c.code
		}
	}
	return exitErrno
}

// report writes what went wrong and, if there is one, a line on what to do.
func report(w io.Writer, err error, advice string) {
	var usage *usageError
	var sig *signalError
	switch {
	case err == nil:
	case errors.As(err, &sig), errors.Is(err, errReaderGone):
		// Whoever sent the signal knows, and "brine dial … | head -1" is no
		// mistake: other commands end silently there, too.
	case errors.As(err, &usage):
		fmt.Fprintf(w, "brine: %v\n       see '%s'\n", err, strings.TrimSpace("brine help "+usage.topic))
	default:
		fmt.Fprintf(w, "brine: %v\n", err)
		if advice != "" {
			fmt.Fprintf(w, "       %s\n", advice)
		}
	}
}

// A signalError is the signal that asked the process to end.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return e.signal.String() }

// untilSignal returns a context that ends, with a *signalError as its cause,
// when the process is asked to end. A second signal ends the process at once.
func untilSignal(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	arrived := make(chan os.Signal, 1)
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		// nohup and background jobs of a shell without job control have one of
		// them ignored; asking for it would undo that.
		if !signal.Ignored(sig) {
			signal.Notify(arrived, sig)
		}
	}
	go func() {
		select {
		case sig := <-arrived:
			signal.Stop(arrived)
			cancel(&signalError{sig.(syscall.Signal)})
		case <-ctx.Done():
		}
	}()
	return ctx, func() { signal.Stop(arrived); cancel(nil) }
}

// errReaderGone is a standard output whose reader has closed it.
var errReaderGone = errors.New("write standard output: nobody reads it any more")

// inputError and outputError put errors of the standard streams into the form of
// all others.
func inputError(err error) error { return streamError("read", "standard input", err) }

func outputError(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return errReaderGone
	}
	return streamError("write", "standard output", err)
}

func streamError(op, stream string, err error) error {
	if err == nil {
		return nil
	}
	if errno := transport.Errno(err); errno != 0 {
		return &transport.Error{Op: op, Path: stream, Err: errno}
	}
	return fmt.Errorf("%s %s: %w", op, stream, err)
}

// codeTable is exitCodes for people.
func codeTable() string {
	var b strings.Builder
	for i, c := range exitCodes {
		if i > 0 && c.code/10 != exitCodes[i-1].code/10 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "  %-4d %-13s %s\n", c.code, transport.ErrnoName(c.errno), c.means)
	}
	return b.String()
}
