package protocol

import (
	"context"
	"slices"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// A scene is a client and a server, each a process, with a connection.
type scene struct {
	s              *proptest.Sim
	env            env
	client, server *side
	clientProcess  *proptest.Process
	serverProcess  *proptest.Process
	listening, out bool // the server listens; it has given up
}

// A part is what one of them does with its side, whose view cancel cancels. tr is
// that of the process, which nothing cancels.
type part func(x *side, tr transport.Transport, cancel func())

// meet has a client and a server connect and play their parts. Where the
// faults of the run do not let them, they do nothing.
func meet(s *proptest.Sim, e env, client, server part) *scene {
	sc := &scene{s: s, env: e}
	sc.client, sc.server = joined(s, e, "client", "server")
	path := s.Path("s")
	sc.serverProcess = s.Process("server", func(tr transport.Transport) {
		view, cancel := tr.WithCancel(context.Background())
		l, err := ipc.Listen(view, path, 1, transport.ListenConfig{Unlink: true})
		if err != nil {
			sc.out = true
			sc.excuse("listen", err)
			return
		}
		sc.listening = true
		c, err := l.Accept(tr.Now().Add(time.Minute))
		if sc.out = true; err != nil {
			sc.excuse("accept", err, syscall.ETIMEDOUT) // the client may not have come
		}
		if err != nil {
			sc.server.lost()
		}
		l.Close()
		if err == nil {
			sc.server.bind(tr, c, path)
			server(sc.server, tr, cancel)
		}
	})
	sc.clientProcess = s.Process("client", func(tr transport.Transport) {
		view, cancel := tr.WithCancel(context.Background())
		for range 50 {
			if sc.listening || sc.out {
				break
			}
			tr.Sleep(tr.Now().Add(time.Millisecond))
		}
		c, err := ipc.Connect(view, path, never)
		if err != nil {
			sc.excuse("connect", err)
			return
		}
		sc.client.bind(tr, c, path)
		client(sc.client, tr, cancel)
	})
	return sc
}

// excuse fails the run unless its faults explain an error of making a connection.
func (sc *scene) excuse(what string, err error, others ...syscall.Errno) {
	sc.s.Helper()
	v := slices.Clone(verdict(others))
	e := sc.env
	v = v.also(e.files, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM)
	gone := e.kill || sc.server.dying || e.late || sc.out
	v = v.also(what == "connect" && gone, syscall.ECONNREFUSED, syscall.ENOENT)
	if !slices.Contains(v, transport.Errno(err)) {
		sc.s.Fatalf("%s: %v", what, err)
	}
}

// tasks runs each of fs as a task of its own and returns when all have.
func tasks(s *proptest.Sim, tr transport.Transport, fs ...func()) {
	left := len(fs)
	all := tr.NewNotifier()
	for _, f := range fs[1:] {
		err := tr.Go("aside", func() {
			f()
			if left--; left == 0 {
				all.Notify()
			}
		})
		if err != nil {
			s.Fatalf("go: %v", err)
		}
	}
	fs[0]()
	if left--; left > 0 {
		all.Wait(never)
	}
}

// pattern returns n bytes from offset on of a stream that no shift maps onto
// itself.
func pattern(offset, n int) []byte {
	p := make([]byte, n)
	for i := range p {
		k := offset + i
		p[i] = byte(k*7 + k>>8*13 + k>>16)
	}
	return p
}
