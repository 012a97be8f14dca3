package transport

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Dialer returns a function that connects to a path and presents the connection
// as [NetConn] does, with the errors of [net.Dialer.DialContext]. It fits
// wherever a dial function with a context is asked for:
//
//	&http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
//		return dial(ctx, "unix", path)
//	}}
//
// network is "unix" or, meaning the same, ""; any other is a
// net.UnknownNetworkError. The function may be called from any task. It blocks
// while the listener's backlog is full, until ctx is done or its deadline, which
// must be on the clock of tr, has passed. A context that tr cannot watch is
// EINVAL.
//
// The connection belongs to the view tr: once it is there, the end of ctx does
// not affect it.
func Dialer(tr Transport) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		switch network {
		case "", "unix":
		default:
			return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError(network)}
		}
		if ctx == nil {
			panic("nil context") // as net does
		}
		if address == "" {
			return nil, &net.OpError{Op: "dial", Net: "unix", Err: netErrors().missingAddress}
		}
		c, err := dial(ctx, tr, address)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: "unix", Addr: &net.UnixAddr{Name: address, Net: "unix"}, Err: err}
		}
		return NetConn(tr, c), nil
	}
}

// dial connects within ctx. Its error is what net puts into the OpError.
func dial(ctx context.Context, tr Transport, path string) (Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, netContextError(err)
	}
	deadline, _ := ctx.Deadline()
	if Expired(deadline, tr.Now()) {
		return nil, netErrors().timeout
	}
	if CheckPath("dial", path) != nil {
		// Package syscall has but one answer to a name that does not fit.
		return nil, os.NewSyscallError("connect", syscall.EINVAL)
	}
	if ctx.Done() == nil {
		c, err := tr.Dial(path, deadline)
		if err != nil {
			return nil, netDialError(ctx, err)
		}
		return c, nil
	}

	view, cancel := tr.WithCancel(ctx)
	defer cancel()
	c, err := view.Dial(path, deadline)
	if err != nil {
		return nil, netDialError(ctx, err)
	}
	// c would end with ctx; what Attach returns ends with tr.
	attached, err := tr.Attach(c)
	if err != nil {
		c.Close()
		return nil, netDialError(ctx, err)
	}
	return attached, nil
}

// netDialError returns what package net has for err, an error of Dial.
func netDialError(ctx context.Context, err error) error {
	switch Errno(err) {
	case syscall.ETIMEDOUT:
		return netErrors().timeout
	case syscall.ECANCELED:
		if cause := ctx.Err(); cause != nil {
			return netContextError(cause)
		}
		return err // it is the view of the dial function that was cancelled
	case syscall.EINVAL:
		// The path has been checked, so this is about ctx, and says why.
		return err
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS:
		return netCause("socket", err)
	}
	return netCause("connect", err)
}

// netContextError is net's mapErr.
func netContextError(err error) error {
	switch err {
	case context.Canceled:
		return netErrors().canceled
	case context.DeadlineExceeded:
		return netErrors().timeout
	}
	return err
}

// netErrors holds values that package net returns but does not export. They are
// taken from calls that fail before net asks the system for anything.
var netErrors = sync.OnceValue(func() (e struct{ missingAddress, canceled, timeout error }) {
	cause := func(err error) error { return err.(*net.OpError).Err }
	var dialer net.Dialer

	_, err := dialer.DialContext(context.Background(), "unix", "")
	e.missingAddress = cause(err)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = dialer.DialContext(ctx, "unix", "@")
	e.canceled = cause(err)

	ctx, cancel = context.WithDeadline(context.Background(), time.Unix(1, 0))
	cancel()
	_, err = dialer.DialContext(ctx, "unix", "@")
	e.timeout = cause(err)
	return e
})
