package protocol

import (
	"context"
	"syscall"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// A cancelled is a view that is cancelled, and what is blocked in it then.
type cancelled struct {
	desk
	view        transport.Transport
	start, when time.Time // when it is cancelled

	path, crowded string        // where somebody listens; where there is no room
	l             *ipc.Listener // in the view
	ends, peers   [3]*ipc.Conn  // of each pair the end is in the view: to receive, to send, to close
}

// cancellations: every call that is blocked when its view is cancelled comes back
// with ECANCELED in that moment, and so does every later one that could block;
// what does not block is not cancelled.
func cancellations(s *proptest.Sim, _ env) {
	ms := proptest.Draw(s, rapid.IntRange(0, 3), "ms")
	at(s, func(d desk) {
		view, cancel := d.tr.WithCancel(context.Background())
		c := &cancelled{desk: d, view: view, path: s.Path("s"), crowded: s.Path("c"), start: d.tr.Now()}
		c.when = c.start.Add(time.Duration(ms) * time.Millisecond)
		var err error
		c.l, err = ipc.Listen(view, c.path, 0, transport.ListenConfig{Unlink: true})
		d.ok("listen", err)
		crowd, err := ipc.Listen(d.tr, c.crowded, 0, transport.ListenConfig{Unlink: true})
		d.ok("listen", err)
		first, err := ipc.Connect(d.tr, c.crowded, never)
		d.ok("connect", err)
		for i := range c.ends {
			c.ends[i], c.peers[i], err = ipc.Pair(view)
			d.ok("pair", err)
			d.ok("attach", c.peers[i].Attach(d.tr))
		}
		tasks(s, d.tr, c.accept, c.connect, c.recv, c.send, c.close, func() {
			wait(d.tr, ms)
			cancel()
		})
		_, _, err = ipc.Pair(view)
		c.over("pair", err)
		d.ok("close", c.l.Close())
		d.ok("abort", first.Abort())
		d.ok("close", crowd.Close())
	})
}

// over asserts that a call came back when the view was cancelled, and because of it.
func (c *cancelled) over(what string, err error) {
	c.s.Helper()
	c.want(what, err, syscall.ECANCELED)
	if now := c.tr.Now(); now != c.when {
		c.s.Fatalf("%s came back after %v, and was cancelled after %v", what, now.Sub(c.start), c.when.Sub(c.start))
	}
}

func (c *cancelled) accept() {
	_, err := c.l.Accept(never)
	c.over("accept", err)
	_, err = c.l.Accept(transport.Immediate)
	c.over("accept again", err)
}

func (c *cancelled) connect() {
	_, err := ipc.Connect(c.view, c.crowded, never)
	c.over("connect", err)
	_, err = ipc.Connect(c.view, c.path, never)
	c.over("connect again", err)
}

func (c *cancelled) recv() {
	x := c.ends[0]
	c.over("recv", x.Recv(make([]byte, 1), never))
	c.want("recv again", x.Recv(make([]byte, 1), never), syscall.ECONNRESET)
	c.ok("done", x.Done())
	c.want("close", x.Close(never), syscall.ECONNRESET)
	c.ok("close the peer", c.peers[0].Close(never))
}

func (c *cancelled) send() {
	x := c.ends[1]
	c.over("send", x.Send(flood, never))
	c.want("send again", x.Send([]byte("x"), never), syscall.ECONNRESET)
	c.want("done", x.Done(), syscall.ECONNRESET)
	c.ok("abort", x.Abort())
	c.ok("abort the peer", c.peers[1].Abort())
}

func (c *cancelled) close() {
	x := c.ends[2]
	c.over("close", x.Close(never))
	c.want("close again", x.Close(never), syscall.EBADF)
	c.ok("close the peer", c.peers[2].Close(never))
}
