//go:build unix || windows

package main

import (
	"fmt"
	"runtime"
	"time"

	"example.com/brine/transport"
)

// serve listens, talks to the first peer that may connect, and returns.
func (s *session) serve() error {
	if s.tr == nil {
		return errNoUnix
	}
	l, err := s.tr.Listen(s.path, 0, transport.ListenConfig{
		Mode:     s.mode,
		AllowUID: s.allowUID,
		Takeover: s.takeover,
		Unlink:   true,
	})
	if err != nil {
		return err
	}
	conn, err := l.Accept(s.deadline())
	// Whoever comes next shall hear that nobody listens rather than wait in a
	// backlog that nobody looks at. It also means that a kill -9 from here on
	// leaves no file behind.
	closed := l.Close()
	if err != nil {
		return err
	}
	defer conn.Close()
	if s.showPeer {
		s.tellPeer(conn)
	}
	if err := s.join(conn); err != nil {
		return err
	}
	return closed
}

// deadline is --timeout from now on, or never.
func (s *session) deadline() time.Time {
	if s.timeout == 0 {
		return time.Time{}
	}
	return s.tr.Now().Add(s.timeout)
}

// errNoUnix is a system that has no sockets as Unix has them.
var errNoUnix = fmt.Errorf("this needs a Unix system; on %s there is demo, run and replay", runtime.GOOS)
