//go:build unix

package realunix_test

import (
	"flag"
	"io"
	"testing"
	"time"

	"example.com/brine/proptest"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// TestBody runs the body of a property test on real sockets, and, as it is the
// same body, in a simulation.
func TestBody(t *testing.T) {
	body := func(s *proptest.Sim) {
		var l transport.Listener
		path, got := s.Path("s"), ""
		s.Daemon("server", func(tr transport.Transport) {
			for {
				c, err := l.Accept(time.Time{})
				if err != nil {
					return
				}
				conn := transport.NetConn(tr, c)
				io.Copy(conn, conn)
				conn.Close()
			}
		}).Setup(func(tr transport.Transport) {
			var err error
			if l, err = tr.Listen(path, 1, transport.ListenConfig{}); err != nil {
				s.Fatal(err)
			}
		})
		s.Process("client", func(tr transport.Transport) {
			c, err := tr.Dial(path, time.Time{})
			if err != nil {
				s.Fatal(err)
			}
			conn := transport.NetConn(tr, c)
			io.WriteString(conn, "there and back")
			c.CloseWrite()
			all, err := io.ReadAll(conn)
			if got = string(all); err != nil {
				s.Error(err)
			}
			conn.Close()
		})
		s.Finally("last", func(tr transport.Transport) {
			c, err := tr.Dial(path, time.Time{})
			if err != nil {
				s.Fatal(err)
			}
			c.Close()
		})
		s.Run()
		s.Always("all came back", got == "there and back")
	}
	before := flag.Lookup("brine.backend").Value.String()
	defer flag.Set("brine.backend", before)
	cfg := proptest.Config{Real: func(testing.TB) transport.Transport { return realunix.New(realunix.Config{}) }}
	for _, backend := range []string{"real", "free", "simulated"} {
		t.Run(backend, func(t *testing.T) {
			flag.Set("brine.backend", backend)
			cfg.Check(t, body)
		})
	}
}
