//go:build unix || windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// readInput reads a file, or standard input if its name is "-", until a signal ends
// it. Errors of what is in it begin with its name.
func readInput[T any](s *session, path string, parse func(io.Reader) (T, error)) (T, error) {
	var none T
	in, name := s.in, "standard input"
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return none, fileError("open", path, err)
		}
		defer f.Close()
		in, name = f, path
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := parse(in)
		done <- result{value, err}
	}()
	select {
	case <-s.ctx.Done():
		return none, context.Cause(s.ctx)
	case r := <-done:
		_, badTrace := errors.AsType[*simnet.TraceError](r.err)
		_, badScript := errors.AsType[*simnet.ScriptError](r.err)
		if badTrace || badScript {
			return none, fmt.Errorf("%s: %w", name, r.err)
		}
		return r.value, fileError("read", name, r.err)
	}
}

// writeFile makes a file. One that could not be written to the end is removed.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fileError("create", path, err)
	}
	err = write(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		return nil
	}
	if info, e := os.Lstat(path); e == nil && info.Mode().IsRegular() {
		os.Remove(path)
	}
	return fileError("write", path, err)
}

// fileError puts an error of a file into the form of all others.
func fileError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	if errno := transport.Errno(err); errno != 0 {
		return &transport.Error{Op: op, Path: path, Err: errno}
	}
	return fmt.Errorf("%s %s: %w", op, path, err)
}
