//go:build unix || windows

package main

import (
	"fmt"
	"slices"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// dial connects to a listener, talks to it, and returns.
func (s *session) dial() error {
	if s.tr == nil {
		return errNoUnix
	}
	conn, err := s.connect()
	if err != nil {
		return err
	}
	defer conn.Close()
	if s.showPeer {
		s.tellPeer(conn)
	}
	if err := s.checkPeer(conn); err != nil {
		return err
	}
	return s.join(conn)
}

// connect dials once or, with --wait, until somebody listens.
func (s *session) connect() (transport.Conn, error) {
	// What is wrong with the path itself does not mend by waiting.
	if err := transport.CheckPath("dial", s.path); err != nil {
		return nil, err
	}
	deadline := s.deadline()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		conn, err := s.tr.Dial(s.path, deadline)
		if err == nil || !s.wait || !notYet(err) || transport.Expired(deadline, s.tr.Now()) {
			return conn, err
		}
		next := transport.Earlier(s.tr.Now().Add(pause), deadline)
		if err := s.tr.Sleep(next); err != nil {
			return nil, err
		}
	}
}

// notYet reports whether an error of dial may be gone once the listener has
// started: its file is not there, or is bound and not listened on.
func notYet(err error) bool {
	errno := transport.Errno(err)
	return errno == syscall.ENOENT || errno == syscall.ECONNREFUSED
}

// checkPeer holds the listener to --allow-uid. A socket file in a directory that
// others can write to may be anyone's.
func (s *session) checkPeer(conn transport.Conn) error {
	if len(s.allowUID) == 0 {
		return nil
	}
	cred, err := conn.PeerCred()
	if err != nil {
		return err
	}
	if !slices.Contains(s.allowUID, cred.UID) {
		return &transport.Error{Op: "dial", Path: s.path, Err: syscall.EACCES,
			Detail: fmt.Sprintf("the listener runs as uid %d, which --allow-uid does not name", cred.UID)}
	}
	return nil
}
