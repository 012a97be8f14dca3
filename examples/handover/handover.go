package handover

import (
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// What versions say to each other, besides passing descriptors.
const (
	ready = 'r' // the new one: it could serve
	begin = 'g' // the old one: go
)

// Start has s take the place of the version that serves at path, or begin to serve
// there if there is none. It blocks until it may serve: Serve has to be called
// next. The old version answers clients until then, and goes on if Start fails.
//
// Errors: EADDRINUSE if another is just starting; those of [ipc.Listen],
// [ipc.Connect], [ipc.Conn.Recv] and [ipc.Conn.RecvFD].
func (s *Server) Start(tr transport.Transport, path string) error {
	s.path = path
	c, err := ipc.Connect(tr, control(path), tr.Now().Add(patience))
	if nobody(err) {
		return s.listen(tr)
	}
	if err != nil {
		return err
	}
	defer c.Abort()
	if s.Reopen {
		if err := hear(c, begin, time.Time{}); err != nil {
			return err
		}
		return s.listen(tr)
	}
	if err := s.receive(tr, c); err != nil {
		return err
	}
	if err := s.confirm(tr, c); err != nil {
		s.clients.Close()
		s.control.Close()
		return err
	}
	return nil
}

// control returns the path of the socket by which versions find each other.
func control(path string) string { return path + ".control" }

// listen makes the listeners of a first version, or of one that comes after a
// crash.
func (s *Server) listen(tr transport.Transport) (err error) {
	cfg := transport.ListenConfig{Mode: 0o600, Takeover: !s.Reopen, Unlink: true}
	if s.control, err = ipc.Listen(tr, control(s.path), backlog, cfg); err != nil {
		return err
	}
	if s.clients, err = ipc.Listen(tr, s.path, backlog, cfg); err != nil {
		s.control.Close()
	}
	return err
}

// receive receives the listeners of the old version, which has them still.
func (s *Server) receive(tr transport.Transport, c *ipc.Conn) (err error) {
	if s.clients, err = receiveListener(tr, c); err != nil {
		return err
	}
	if s.control, err = receiveListener(tr, c); err != nil {
		s.clients.Close()
	}
	return err
}

func receiveListener(tr transport.Transport, c *ipc.Conn) (*ipc.Listener, error) {
	fd, err := c.RecvFD(tr.Now().Add(patience))
	if err != nil {
		return nil, err
	}
	l, err := ipc.ListenerFromFD(tr, fd, transport.ListenConfig{})
	if err != nil {
		fd.Close()
	}
	return l, err
}

// confirm says that this version is ready, and waits to be told to go. That has no
// deadline: the old version says it, or closes, or dies.
func (s *Server) confirm(tr transport.Transport, c *ipc.Conn) error {
	if err := c.Send([]byte{ready}, tr.Now().Add(patience)); err != nil {
		return err
	}
	return hear(c, begin, time.Time{})
}

// next waits for a next version and hands over to it. It reports whether that is
// over: if not, this version goes on. Errors: those of Accept that waiting does not
// mend.
func (s *Server) next(tr transport.Transport) (over bool, err error) {
	c, err := s.control.Accept(time.Time{})
	if short(err) {
		return false, tr.Sleep(tr.Now().Add(pause))
	}
	if err != nil {
		return false, err
	}
	defer c.Abort()
	return s.handOver(tr, c) == nil, nil
}

// handOver passes the listeners to the next version. Until that has said that it is
// ready, and was told to go, nothing has changed. It is told, and does not begin by
// itself, so that never two versions serve for good: one that was ready too late
// finds the connection closed. The price is that a version that dies when it was
// told to go is a server that has died, which whoever has started it must start
// again.
func (s *Server) handOver(tr transport.Transport, c *ipc.Conn) error {
	deadline := tr.Now().Add(patience)
	if s.Reopen {
		s.clients.Close()
		s.control.Close()
		return c.Send([]byte{begin}, deadline)
	}
	for _, l := range []*ipc.Listener{s.clients, s.control} {
		if err := sendListener(c, l, deadline); err != nil {
			return err
		}
	}
	if err := hear(c, ready, deadline); err != nil {
		return err
	}
	return c.Send([]byte{begin}, deadline)
}

func sendListener(c *ipc.Conn, l *ipc.Listener, deadline time.Time) error {
	fd, err := l.Dup()
	if err != nil {
		return err
	}
	defer fd.Close()
	return c.SendFD(fd, deadline)
}

// hear waits for a word of the other version.
func hear(c *ipc.Conn, word byte, deadline time.Time) error {
	var p [1]byte
	if err := c.Recv(p[:], deadline); err != nil {
		return err
	}
	if p[0] != word {
		return &transport.Error{Op: "recv", Err: syscall.EPROTO, Detail: "the other version says something else"}
	}
	return nil
}
