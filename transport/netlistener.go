package transport

import (
	"net"
	"os"
	"sync/atomic"
	"time"
)

// NetListener presents l as a net.Listener: any number of tasks may use it at
// once, and its errors are those of package net. The connections that Accept
// returns are adapted by [NetConn].
//
// As in package net, a deadline that has passed is looked at before anything is
// tried. Deadlines are points on the clock of tr, which must be a view of the
// transport that l is of. Accept blocks until there is a connection, the
// deadline passes, Close is called, or the view that l is of is cancelled.
//
// The value has the method SetDeadline as [*net.UnixListener] has it; use it or
// that of l, not both. Closing one closes the other. Whether the socket file is
// removed is for [ListenConfig] to say.
func NetListener(tr Transport, l Listener) net.Listener {
	return &netListener{tr: tr, l: l, addr: netAddr(l.Addr())}
}

type netListener struct {
	tr       Transport
	l        Listener
	addr     *net.UnixAddr
	deadline netDeadline
	closed   atomic.Bool // so that after Close no deadline is looked at
}

// Accept implements net.Listener.
func (l *netListener) Accept() (net.Conn, error) {
	if !l.closed.Load() && l.deadline.passed(l.tr) {
		return nil, l.opError("accept", os.ErrDeadlineExceeded)
	}
	c, err := l.l.Accept(time.Time{})
	if err != nil {
		return nil, l.opError("accept", netCause("accept4", err))
	}
	return NetConn(l.tr, c), nil
}

// Close implements net.Listener.
func (l *netListener) Close() error {
	l.closed.Store(true)
	if err := l.l.Close(); err != nil {
		return l.opError("close", netCause("", err))
	}
	return nil
}

// Addr implements net.Listener. All calls return the same *net.UnixAddr.
func (l *netListener) Addr() net.Addr { return l.addr }

// SetDeadline sets the deadline of Accept, as [net.UnixListener.SetDeadline]
// does; like that one it returns its error bare.
func (l *netListener) SetDeadline(t time.Time) error {
	if err := l.deadline.set(t, l.l.SetDeadline); err != nil {
		return netCause("", err)
	}
	return nil
}

func (l *netListener) opError(op string, cause error) error {
	return &net.OpError{Op: op, Net: "unix", Addr: l.addr, Err: cause}
}
