package simnet

import (
	"io"
	"math"
	"strconv"
	"syscall"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// A socket is a descriptor in use as a connection or a listener, whichever views
// it is used in. p, d and id are constant.
type socket struct {
	p          *Process
	d          afunix.Desc
	id         afunix.ID
	h          afunix.Handle // of d, for a connection
	closed     bool
	rcap, wcap time.Time // zero: none
	known      *waits    // what queues returns, once there is one
}

// number is what the gate is told of the socket: its ID, or 0 if that may be
// another's by now. Whoever asks may have no business in the run.
//
//go:norace
func (s *socket) number() afunix.ID {
	if s.closed || s.p.dead {
		return 0
	}
	return s.id
}

// queues returns who waits for the socket, nil if nobody ever has.
func (s *socket) queues() *waits {
	if s.known == nil {
		s.known = s.p.w.waitsOf(s.id)
	}
	return s.known
}

// queuesAt does, too, and makes room for them.
func (s *socket) queuesAt() *waits {
	if s.queues() == nil {
		s.known = s.p.w.waitsAt(s.id)
	}
	return s.known
}

// use is what every call on a socket begins with. The caller holds mu.
func (s *socket) use(op Op, path string) error {
	switch {
	case s.p.dead:
		return fail(op, path, syscall.ESRCH)
	case s.closed:
		return fail(op, path, syscall.EBADF)
	}
	return nil
}

// shut ends what is blocked on the socket and closes its number.
func (s *socket) shut() {
	w := s.p.w
	s.closed = true
	if q := s.queues(); q != nil {
		w.endAll(&q.rd, s, syscall.EBADF)
		w.endAll(&q.wr, s, syscall.EBADF)
	}
	w.close(s.p, s.d)
}

// A stream is a socket as a connection. local and remote are constant.
type stream struct {
	socket
	local, remote string
}

// A conn is a stream in a view.
type conn struct {
	*stream
	view *Transport
}

var (
	_ transport.Conn       = (*conn)(nil)
	_ transport.SendBuffer = (*conn)(nil)
)

// newConn makes a connection of a number. The caller holds mu.
func (t *Transport) newConn(d afunix.Desc, local, remote string) *conn {
	both := &struct {
		conn
		stream
	}{} // one object, because idle connections are to be cheap
	h, _ := t.p.w.k.Handle(t.p.id, d)
	both.stream = stream{socket{p: t.p, d: d, id: h.ID(), h: h}, local, remote}
	both.conn = conn{&both.stream, t}
	if s := t.p.w.sched; s != nil && s.lineage != nil {
		s.lineage.made(both.id)
	}
	t.p.made(d, true, "")
	return &both.conn
}

// nobody reports whether c is no connection at all.
func (c *conn) nobody() bool { return c == nil || c.stream == nil }

// Recv implements transport.Conn. What comes most often in a run goes straight to
// the kernel, and blocks in as few functions, with as small frames, as can be: a
// goroutine's stack of two kilobytes is to be enough for a task that waits.
func (c *conn) Recv(bufs [][]byte, fds []transport.FD, deadline time.Time) (n, nfd int, err error) {
	if c.nobody() {
		return 0, 0, fail(OpRecv, "", syscall.EBADF)
	}
	s := c.p.w.plain
	if s == nil {
		return c.recvSlowly(bufs, fds, deadline)
	}
	t, to, err := s.approach(c.p, OpRecv, c.number(), "")
	if err != nil {
		return 0, 0, err
	}
	if to != nil {
		if p, yield := t.c.Leave(to.c); yield {
			p.Yield(struct{}{})
		} else {
			p.Next()
		}
		t.c.Back()
	}
	if t != nil && (s.fault != nil || s.over) {
		s.arrive(t)
	}
	if s.fault != nil || s.setup || c.closed || c.view.off || !deadline.IsZero() || !c.rcap.IsZero() ||
		len(fds) != 0 || len(bufs) != 1 || len(bufs[0]) == 0 {
		return c.recvEntered(bufs, fds, deadline)
	}
	if q := c.queues(); q != nil && q.rd.first != nil {
		return c.recvEntered(bufs, fds, deadline)
	}
	var errno syscall.Errno
	if c.h.Vacuous() {
		n, errno = s.receive(c, bufs)
	} else {
		n, errno = c.p.w.recvBy(c.h, bufs)
	}
	if n <= 0 {
		err = received(n, false, errno)
	}
	s.leave(c.p, OpRecv, n, err)
	return n, 0, err
}

// recvSlowly is Recv in free mode, and where something stands before the scheduler.
func (c *conn) recvSlowly(bufs [][]byte, fds []transport.FD, deadline time.Time) (n, nfd int, err error) {
	if g := c.p.w.gate; g != nil {
		if err := g.enter(c.p, OpRecv, c.number(), ""); err != nil {
			return 0, 0, err
		}
	}
	return c.recvEntered(bufs, fds, deadline)
}

// recvEntered is Recv in all its forms, from the gate on. It is all in one piece
// because every return from a function after the goroutine was parked costs a
// mispredicted branch.
func (c *conn) recvEntered(bufs [][]byte, fds []transport.FD, deadline time.Time) (n, nfd int, err error) {
	const op = OpRecv
	w, s := c.p.w, &c.stream.socket
	var cut bool
	var errno syscall.Errno
	if tr := w.tracing(); tr != nil {
		tr.asked(total(bufs), len(fds), deadline, s.rcap, nil)
	}
	w.lock()
	q := s.queues()
	switch err = c.ready(op, deadline); {
	case err != nil:
		w.unlock()
	case total(bufs) == 0:
		w.unlock()
	default:
		errno = syscall.EAGAIN
		if q == nil || !q.rd.waits(c.p) {
			n, nfd, cut, errno = w.recv(s, bufs, fds)
		}
		if errno != syscall.EAGAIN {
			w.unlock()
			err = received(n, cut, errno)
			break
		}
		if q == nil {
			q = s.queuesAt()
		}
		b := w.prepare(c.view, toRecv, &q.rd, deadline, &s.rcap)
		if b == nil {
			w.unlock()
			err = fail(op, "", syscall.ETIMEDOUT)
			break
		}
		b.s, b.bufs, b.fds = s, bufs, fds
		w.enqueue(b)
		if w.sched != nil {
			w.sched.await(b)
		} else {
			w.unlock()
			<-b.woken
		}
		n, nfd = b.n, b.nfd
		err = received(n, b.cut, b.errno)
		w.free(b)
	}
	if w.gate != nil {
		w.gate.leave(c.p, op, n, err)
	}
	return n, nfd, err
}

// recvBy receives what is there, for who has no room for descriptors.
func (w *World) recvBy(h afunix.Handle, bufs [][]byte) (n int, errno syscall.Errno) {
	n, errno, woken := w.k.RecvBy(h, bufs)
	if len(woken) > 0 {
		w.events(woken)
	}
	return n, errno
}

// received is the error of a Recv that was given a buffer.
func received(n int, cut bool, errno syscall.Errno) error {
	switch {
	case errno != 0:
		return fail(OpRecv, "", errno)
	case n == 0:
		return io.EOF
	case cut:
		return errCut
	}
	return nil
}

// errCut is what a Recv says that had no number for a descriptor.
var errCut = &transport.Error{Op: OpRecv.String(), Err: syscall.EMFILE, Detail: "a descriptor was lost"}

// ready is what Recv and Send begin with.
func (c *conn) ready(op Op, deadline time.Time) error {
	if !c.closed && !c.view.off { // which it is if the process is dead
		if c.p.w.sched == nil || deadline.IsZero() {
			return nil
		}
		return c.p.w.timely(op, "", deadline)
	}
	if err := c.use(op, ""); err != nil {
		return err
	}
	return c.view.check(op, "")
}

func total(bufs [][]byte) (n int) {
	for _, b := range bufs {
		n += len(b)
	}
	return n
}

// recv receives what is there. cut says that the process had no number for a
// descriptor.
func (w *World) recv(s *socket, bufs [][]byte, fds []transport.FD) (n, nfd int, cut bool, errno syscall.Errno) {
	if f := w.sched; f != nil && f.fault != nil {
		bufs = w.cut(bufs, f.shorten(w.k.RecvSize(s.p.id, s.d, total(bufs))))
	}
	descs := w.descs[:min(len(fds), len(w.descs))]
	n, nfd, cut, errno, woken := w.k.Recv(s.p.id, s.d, bufs, descs, 0)
	w.events(woken)
	for i := range nfd {
		fds[i] = &descriptor{p: s.p, d: descs[i]}
		s.p.made(descs[i], false, "")
		if tr := w.tracing(); tr != nil {
			tr.now().Passed++
		}
	}
	return n, nfd, cut && nfd < len(fds), errno
}

// SetReadDeadline implements transport.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	return c.do(OpSetDeadline, func() error {
		if err := c.p.w.timely(OpSetDeadline, "", t); err != nil {
			return err
		}
		if tr := c.p.w.tracing(); tr != nil {
			tr.capped("read", t)
		}
		c.rcap = t
		if q := c.queues(); q != nil {
			c.p.w.recheckAll(&q.rd, &c.stream.socket)
		}
		return nil
	})
}

// SetWriteDeadline implements transport.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error {
	return c.do(OpSetDeadline, func() error {
		if err := c.p.w.timely(OpSetDeadline, "", t); err != nil {
			return err
		}
		if tr := c.p.w.tracing(); tr != nil {
			tr.capped("write", t)
		}
		c.wcap = t
		if q := c.queues(); q != nil {
			c.p.w.recheckAll(&q.wr, &c.stream.socket)
		}
		return nil
	})
}

// do carries out a call that does not block, with mu held.
func (c *conn) do(op Op, f func() error) (err error) {
	if c.nobody() {
		return fail(op, "", syscall.EBADF)
	}
	w := c.p.w
	if err := w.enter(c.p, op, c.number(), ""); err != nil {
		return err
	}
	defer w.leave(c.p, op, &err)
	w.lock()
	defer w.unlock()
	if err := c.use(op, ""); err != nil {
		return err
	}
	return f()
}

// CloseRead implements transport.Conn.
func (c *conn) CloseRead() error { return c.shutdown(OpCloseRead, afunix.ShutRD) }

// CloseWrite implements transport.Conn.
func (c *conn) CloseWrite() error { return c.shutdown(OpCloseWrite, afunix.ShutWR) }

func (c *conn) shutdown(op Op, how int) error {
	return c.do(op, func() error {
		errno, woken := c.p.w.k.Shutdown(c.p.id, c.d, how)
		if errno != 0 {
			return fail(op, "", errno)
		}
		c.p.w.events(woken)
		return nil
	})
}

// Close implements transport.Conn.
func (c *conn) Close() error {
	return c.do(OpClose, func() error {
		c.shut()
		return nil
	})
}

// Dup implements transport.Conn.
func (c *conn) Dup() (fd transport.FD, err error) {
	err = c.do(OpDup, func() error {
		fd, err = c.dup()
		return err
	})
	return fd, err
}

func (s *socket) dup() (transport.FD, error) {
	errno := s.p.faulted()
	var d afunix.Desc
	if errno == 0 {
		d, errno = s.p.w.k.Dup(s.p.id, s.d, 0)
	}
	if errno != 0 {
		return nil, fail(OpDup, "", errno)
	}
	s.p.made(d, false, "")
	if tr := s.p.w.tracing(); tr != nil {
		tr.now().Made = "fd"
	}
	return &descriptor{p: s.p, d: d}, nil
}

// PeerCred implements transport.Conn.
func (c *conn) PeerCred() (cred transport.Cred, err error) {
	err = c.do(OpPeerCred, func() error {
		who, errno := c.p.w.k.PeerCred(c.p.id, c.d)
		if errno != 0 {
			return fail(OpPeerCred, "", errno)
		}
		cred = transport.Cred{PID: int(who.PID), UID: who.UID, GID: who.GID}
		return nil
	})
	return cred, err
}

// LocalAddr implements transport.Conn.
func (c *conn) LocalAddr() transport.Addr {
	if c.nobody() {
		return ""
	}
	return transport.Addr(c.local)
}

// RemoteAddr implements transport.Conn.
func (c *conn) RemoteAddr() transport.Addr {
	if c.nobody() {
		return ""
	}
	return transport.Addr(c.remote)
}

// SendBuffer implements transport.SendBuffer.
func (c *conn) SendBuffer() (size int, err error) {
	err = c.do(OpSendBuffer, func() error {
		n, errno := c.p.w.k.SndBuf(c.p.id, c.d)
		if errno != 0 {
			return fail(OpSendBuffer, "", errno)
		}
		size = n
		return nil
	})
	return size, err
}

// SetSendBuffer implements transport.SendBuffer.
func (c *conn) SetSendBuffer(bytes int) error {
	const op = OpSetSendBuffer
	return c.do(op, func() error {
		w := c.p.w
		if tr := w.tracing(); tr != nil {
			tr.now().Args = strconv.Itoa(bytes) + " bytes"
		}
		if bytes < 0 {
			return invalid(op, "", "negative size")
		}
		errno, woken := w.k.SetSndBuf(c.p.id, c.d, min(bytes, math.MaxInt32))
		if errno != 0 {
			return fail(op, "", errno)
		}
		w.events(woken)
		// The kernel tells a sender only once a quarter of the buffer is left, but
		// one byte of room is enough for a Send that tries again.
		if q := c.queues(); q != nil {
			w.serveQueue(&q.wr)
		}
		return nil
	})
}
