package protocol

import (
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// A lame transport's connections cannot pass descriptors.
type lame struct {
	transport.Transport
	parts bool // and they give half of what is asked for before they say so
}

type lameConn struct {
	transport.Conn
	parts bool
}

func (l lame) Pair() (transport.Conn, transport.Conn, error) {
	a, b, err := l.Transport.Pair()
	if err != nil {
		return nil, nil, err
	}
	return &lameConn{a, l.parts}, &lameConn{b, l.parts}, nil
}

func unable(op string) error { return &transport.Error{Op: op, Err: syscall.ENOTSUP} }

func (c *lameConn) Send(bufs [][]byte, fds []transport.FD, deadline time.Time) (int, error) {
	if len(fds) > 0 {
		return 0, unable("send")
	}
	return c.Conn.Send(bufs, nil, deadline)
}

func (c *lameConn) Recv(bufs [][]byte, fds []transport.FD, deadline time.Time) (int, int, error) {
	if len(fds) > 0 {
		return 0, 0, unable("recv")
	}
	if c.parts {
		n, _, err := c.Conn.Recv([][]byte{bufs[0][:1]}, nil, deadline)
		if c.parts = false; err == nil {
			c.Conn = broken{c.Conn}
		}
		return n, 0, err
	}
	return c.Conn.Recv(bufs, nil, deadline)
}

// broken is a connection that refuses to be received from.
type broken struct{ transport.Conn }

func (broken) Recv([][]byte, []transport.FD, time.Time) (int, int, error) {
	return 0, 0, unable("recv")
}

// refusals: what was not even begun ends nothing, whatever the reason; what was
// begun, and then refused, does.
func refusals(s *proptest.Sim, _ env) {
	at(s, func(d desk) {
		a, b, err := ipc.Pair(lame{Transport: d.tr})
		d.ok("pair", err)
		fd, err := d.tr.Lock(s.Path("lock"), never)
		d.ok("lock", err)
		flow := proptest.NewStream(s, "a to b")
		say := func(text string) {
			flow.Sending([]byte(text))
			d.ok("send", a.Send([]byte(text), never))
			flow.Sent(len(text))
		}
		hear := func(n int) {
			p := make([]byte, n)
			d.ok("recv", b.Recv(p, transport.Immediate))
			flow.Received(p)
		}
		say("before")
		d.want("pass where nobody can", a.SendFD(fd, never), syscall.ENOTSUP)
		d.want("pass nothing", a.SendFD(nil, never), syscall.EBADF)
		d.want("send no list", a.SendList(nil, never), syscall.EINVAL)
		say("after")
		_, err = b.RecvFD(never)
		d.want("receive a descriptor where nobody can", err, syscall.ENOTSUP)
		hear(3)
		_, err = b.RecvFD(never)
		d.want("and again", err, syscall.ENOTSUP)
		hear(2)
		d.want("receive no list", b.RecvList(nil, never), syscall.EINVAL)
		d.want("a bad list", b.RecvList([]ipc.Buf{{Bytes: make([]byte, 2)}, {Skip: -1}}, never), syscall.EINVAL)
		d.want("another", b.RecvList([]ipc.Buf{{Bytes: make([]byte, 2)}, {Bytes: make([]byte, 1), Skip: 1}}, never), syscall.EINVAL)
		d.want("skip backwards", b.Skip(-1, never), syscall.EINVAL)
		d.want("attach to nothing", b.Attach(nil), syscall.EINVAL)
		hear(6)
		d.ok("done", a.Done())
		d.want("recv", b.Recv(make([]byte, 1), never), syscall.EPIPE)
		flow.Ended(1)
		d.ok("close", b.Close(never))
		d.ok("close", a.Close(never))
		d.ok("close", fd.Close())
		flow.Complete()

		a, b, err = ipc.Pair(lame{d.tr, true})
		d.ok("pair", err)
		d.ok("send", a.Send([]byte("xyz"), never))
		d.want("recv of what breaks in between", b.Recv(make([]byte, 3), never), syscall.ENOTSUP)
		d.want("recv after that", b.Recv(make([]byte, 1), never), syscall.ECONNRESET)
		d.ok("abort", a.Abort())
		d.ok("abort", b.Abort())
	})
}

// floods: a close that waits for a peer who never stops sending gives up at its
// deadline.
func floods(s *proptest.Sim, e env) {
	at(s, func(d desk) {
		x, y, err := d.tr.Pair()
		d.ok("pair", err)
		fd, err := x.Dup()
		d.ok("dup", err)
		d.ok("close", x.Close())
		a, err := ipc.FromFD(d.tr, fd)
		d.ok("fromfd", err)
		var senders []func()
		for range 3 {
			fd, err := y.Dup()
			d.ok("dup", err)
			c, err := ipc.FromFD(d.tr, fd)
			d.ok("fromfd", err)
			senders = append(senders, func() {
				p := make([]byte, 64<<10)
				for end := d.tr.Now().Add(time.Hour); d.tr.Now().Before(end); {
					if err := c.Send(p, end); err != nil {
						d.want("send", err, syscall.ECONNRESET)
						d.want("close after that", c.Close(never), syscall.ECONNRESET)
						return
					}
				}
				s.Fatalf("the peer never closed")
			})
		}
		d.ok("close", y.Close())
		tasks(s, d.tr, append(senders, func() {
			deadline := d.tr.Now().Add(3 * time.Millisecond)
			d.want("close", a.Close(deadline), syscall.ETIMEDOUT)
			if late := d.tr.Now().Sub(deadline); late != 0 {
				s.Fatalf("close came back %v after its deadline", late)
			}
		})...)
	})
}
