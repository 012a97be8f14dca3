package scoreboard

import (
	"errors"
	"slices"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

var shutdown = Program{
	Name:       "shutdown",
	Deviations: 1,
	Bug: "a server that shuts down closes its listener and every connection that it knows of; one that was accepted " +
		"at that moment comes to be known after that, and keeps the server from ending",
	Body: shutdownBody,
}

func shutdownBody(s *proptest.Sim, wrong bool) {
	path, control := s.Path("app.sock"), s.Path("control.sock")
	s.Process("server", func(tr transport.Transport) {
		srv := server{
			tr: tr, mu: transport.NewMutex(tr), wrong: wrong,
			l: listen(s, tr, path), serving: transport.NewGroup(tr),
		}
		stop := listen(s, tr, control)
		srv.serving.Go("accept", func(transport.Transport) { srv.accept() })
		if c, err := stop.Accept(never); err == nil {
			c.Abort() // whoever connects wants the server to stop
		}
		srv.shutdown()
		if err := srv.serving.Wait(after(tr, time.Second)); err != nil {
			s.Fatalf("the server does not stop: %v", err)
		}
		stop.Close()
	})
	for _, name := range []string{"one", "two"} {
		s.Process(name, func(tr transport.Transport) {
			c, err := ipc.Connect(tr, path, never)
			for errors.Is(err, syscall.ENOENT) {
				tr.Sleep(after(tr, time.Millisecond))
				c, err = ipc.Connect(tr, path, never)
			}
			if err != nil {
				return // too late
			}
			var news [1]byte
			for c.Recv(news[:], never) == nil {
			}
			c.Abort()
		})
	}
	s.Process("admin", func(tr transport.Transport) { connect(s, tr, control).Abort() })
	s.Run()
}

// A server serves subscribers until they or it have enough.
type server struct {
	tr      transport.Transport
	l       *ipc.Listener
	serving *transport.Group
	wrong   bool

	mu      *transport.Mutex
	conns   []*ipc.Conn
	closing bool
}

func (srv *server) accept() {
	for {
		c, err := srv.l.Accept(never)
		if err != nil {
			return
		}
		if cred, err := c.PeerCred(); err != nil || cred.UID != 0 {
			c.Abort()
			continue
		}
		srv.mu.Lock()
		if srv.closing && !srv.wrong {
			c.Abort()
		} else {
			srv.conns = append(srv.conns, c)
			srv.serving.Go("conn", func(transport.Transport) { srv.serve(c) })
		}
		srv.mu.Unlock()
	}
}

// serve waits for the end of a subscriber.
func (srv *server) serve(c *ipc.Conn) {
	var none [1]byte
	c.Recv(none[:], never)
	srv.mu.Lock()
	srv.conns = slices.DeleteFunc(srv.conns, func(o *ipc.Conn) bool { return o == c })
	srv.mu.Unlock()
	c.Abort()
}

func (srv *server) shutdown() {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	srv.closing = true
	srv.l.Close()
	for _, c := range srv.conns {
		c.Abort()
	}
}
