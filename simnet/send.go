package simnet

import (
	"syscall"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// Send implements transport.Conn.
func (c *conn) Send(bufs [][]byte, fds []transport.FD, deadline time.Time) (n int, err error) {
	const op = OpSend
	if c.nobody() {
		return 0, fail(op, "", syscall.EBADF)
	}
	w := c.p.w
	plain, gate := w.plain, w.gate
	switch {
	case plain != nil:
		var t, to *task
		t, to, err = plain.approach(c.p, op, c.number(), "")
		if to != nil {
			if p, yield := t.c.Leave(to.c); yield {
				p.Yield(struct{}{})
			} else {
				p.Next()
			}
			t.c.Back()
		}
		if t != nil && (plain.fault != nil || plain.over) {
			plain.arrive(t)
		}
	case gate != nil:
		if x, ok := gate.(*witness); ok {
			x.payload(bufs)
		}
		err = gate.enter(c.p, op, c.number(), "")
	}
	if err != nil {
		return 0, err
	}
	var errno syscall.Errno
	size := total(bufs)
	if plain != nil && plain.fault == nil && !c.closed && !c.view.off && deadline.IsZero() && len(fds) == 0 && size > 0 {
		// What comes most often in a run, in as few steps as can be.
		s := &c.stream.socket
		if q := s.queues(); q == nil || q.wr.first == nil {
			var woken []afunix.Waiter
			n, errno, woken = w.k.SendBy(s.h, bufs)
			if len(woken) > 0 {
				w.events(woken)
			}
			switch {
			case n == size:
				plain.leave(c.p, op, n, nil)
				return n, nil
			case errno == 0 || errno == syscall.EAGAIN:
				n, errno = c.linger(bufs, nil, n, size, deadline)
			}
			if errno != 0 {
				err = fail(op, "", errno)
			}
			plain.leave(c.p, op, n, err)
			return n, err
		}
	}
	if tr := w.tracing(); tr != nil {
		tr.asked(size, len(fds), deadline, c.wcap, bufs)
	}
	w.lock()
	if err = c.ready(op, deadline); err == nil && len(fds) > 0 {
		switch {
		case len(fds) > transport.MaxFDs:
			err = invalid(op, "", "more descriptors than one message can carry")
		case size == 0:
			err = invalid(op, "", "descriptors without a byte to carry them")
		default:
			errno = w.numbers(c.p, fds)
		}
	}
	if err != nil || errno != 0 || size == 0 {
		w.unlock()
	} else {
		n, errno = c.transmit(bufs, fds, size, deadline)
	}
	if errno != 0 {
		err = fail(op, "", errno)
	}
	if plain != nil {
		plain.leave(c.p, op, n, err)
	} else if gate != nil {
		gate.leave(c.p, op, n, err)
	}
	return n, err
}

// transmit is Send with mu held, which it releases. The numbers of fds are in
// w.descs.
func (c *conn) transmit(bufs [][]byte, fds []transport.FD, size int, deadline time.Time) (n int, errno syscall.Errno) {
	w, s := c.p.w, &c.stream.socket
	// If somebody waits, his bytes come first.
	if q := s.queues(); q == nil || q.wr.first == nil || w.sched != nil && !q.wr.waits(c.p) {
		if len(fds) == 0 && w.blocked > 0 && w.sched == nil && w.through(s, bufs, size) {
			w.unlock()
			return size, 0
		}
		if f := w.sched; f != nil {
			if errno = f.failing(); errno != 0 {
				return 0, errno
			}
		}
		n, errno = w.send(s, bufs, len(fds), 0, size)
		if errno != 0 && errno != syscall.EAGAIN || n == size {
			w.unlock()
			return n, errno
		}
	}
	return c.linger(bufs, fds, n, size, deadline)
}

// linger waits for room for what is left after n bytes. It releases mu.
func (c *conn) linger(bufs [][]byte, fds []transport.FD, n, size int, deadline time.Time) (int, syscall.Errno) {
	w, s := c.p.w, &c.stream.socket
	var b *call
	if f := w.sched; f != nil && f.fault != nil && f.fault.partial {
		// There is room, and it has moved less than it could have: whatever the
		// deadline says, it goes on until there is none.
		b = w.prepare(c.view, toSend, &s.queuesAt().wr, time.Time{}, nil)
		b.deadline, b.cap, b.lax = deadline, &s.wcap, true
	} else {
		b = w.prepare(c.view, toSend, &s.queuesAt().wr, deadline, &s.wcap)
	}
	if b == nil {
		w.unlock()
		return n, syscall.ETIMEDOUT
	}
	b.s, b.bufs, b.size, b.n = s, bufs, size, n
	if n == 0 {
		b.fds = fds
		for _, fd := range fds {
			fd.(*descriptor).holds++
		}
	}
	if tr := w.tracing(); tr != nil {
		tr.part(b)
	}
	w.wait(b)
	n, errno := b.n, b.errno
	w.free(b)
	return n, errno
}

// through hands bytes to a Recv that waits for them, if that is as good as to
// queue them and to have it fetch them.
func (w *World) through(s *socket, bufs [][]byte, size int) bool {
	to, ok := w.k.Through(s.p.id, s.d, size)
	if !ok {
		return false
	}
	q := w.waitsOf(to)
	if q == nil || q.rd.first == nil {
		return false
	}
	c := q.rd.first
	if len(bufs) == 1 && len(c.bufs) == 1 {
		if len(c.bufs[0]) < size {
			return false
		}
		c.n = copy(c.bufs[0], bufs[0])
	} else if total(c.bufs) < size {
		return false
	} else {
		c.n = copyList(c.bufs, bufs)
	}
	w.end(c, 0)
	return true
}

// copyList copies src, for which there is room, to dst.
func copyList(dst, src [][]byte) (n int) {
	i, off := 0, 0
	for _, b := range src {
		for len(b) > 0 {
			m := copy(dst[i][off:], b)
			b = b[m:]
			n += m
			if off += m; off == len(dst[i]) {
				i, off = i+1, 0
			}
		}
	}
	return n
}

// sendRest goes on with a blocked Send.
func (w *World) sendRest(c *call) (errno syscall.Errno) {
	// They are held, so that all of them are still good.
	for i, fd := range c.fds {
		w.descs[i] = fd.(*descriptor).d
	}
	c.n, errno = w.send(c.s, c.bufs, len(c.fds), c.n, c.size)
	if tr := w.tracing(); tr != nil {
		tr.part(c)
	}
	if c.n > 0 {
		w.unhold(c)
	}
	if c.n < c.size && errno == 0 {
		return syscall.EAGAIN
	}
	return errno
}

// send sends what there is room for, from offset n on, and with the first byte
// the first nfd of w.descs. It returns the offset up to which all is sent.
func (w *World) send(s *socket, bufs [][]byte, nfd, n, size int) (int, syscall.Errno) {
	if f := w.sched; f != nil && f.fault != nil {
		if size = n + f.shorten(size-n); f.fault.partial {
			bufs = w.cut(bufs, size)
		}
	}
	if nfd > 0 {
		// Alone, so that the receiver can tell which byte it was.
		w.one[0] = w.from(bufs, n)[0][:1]
		m, errno, woken := w.k.Send(s.p.id, s.d, w.one[:], w.descs[:nfd])
		w.one[0] = nil
		w.events(woken)
		if errno != 0 {
			return n, errno
		}
		if n += m; n == size {
			return n, 0
		}
	}
	if n > 0 {
		bufs = w.from(bufs, n)
	}
	m, errno, woken := w.k.Send(s.p.id, s.d, bufs, nil)
	w.events(woken)
	clear(w.rest)
	return n + m, errno
}

// cut returns the first n bytes of bufs, in a list that lasts until the next
// operation. n is not 0 unless bufs is to be left as it is.
func (w *World) cut(bufs [][]byte, n int) [][]byte {
	if n == 0 || n >= total(bufs) {
		return bufs
	}
	w.part = w.part[:0]
	for _, b := range bufs {
		if b = b[:min(n, len(b))]; len(b) > 0 {
			w.part = append(w.part, b)
			n -= len(b)
		}
	}
	return w.part
}

// from returns what is left of bufs after n bytes, in a list that lasts until
// the next operation.
func (w *World) from(bufs [][]byte, n int) [][]byte {
	w.rest = w.rest[:0]
	for _, b := range bufs {
		if n >= len(b) {
			n -= len(b)
			continue
		}
		w.rest = append(w.rest, b[n:])
		n = 0
	}
	return w.rest
}

// numbers puts the numbers of fds, descriptors of p, into w.descs.
func (w *World) numbers(p *Process, fds []transport.FD) syscall.Errno {
	if s := w.sched; s != nil && s.lineage != nil {
		s.lineage.sends()
	}
	for i, fd := range fds {
		d, ok := p.own(fd)
		if !ok {
			return syscall.EBADF
		}
		w.descs[i] = d.d
	}
	return 0
}

// unhold is for a Send that has sent its descriptors, or will not.
func (w *World) unhold(c *call) {
	for _, fd := range c.fds {
		d := fd.(*descriptor)
		if d.holds--; d.holds == 0 && d.closed {
			w.close(d.p, d.d)
		}
	}
	c.fds = nil
}

// A descriptor is a transport.FD: a number of a process. p and d are constant.
//
// A Send that is blocked holds those that it has yet to send. One that is closed
// meanwhile gives its number up when that Send is done with it.
type descriptor struct {
	p      *Process
	d      afunix.Desc
	closed bool
	holds  int
}

var _ transport.FD = (*descriptor)(nil)

// Close implements transport.FD.
func (d *descriptor) Close() (err error) {
	const op = OpClose
	if d == nil || d.p == nil {
		return fail(op, "", syscall.EBADF)
	}
	if err := d.p.enter(op, ""); err != nil {
		return err
	}
	defer d.p.leave(op, &err)
	if tr := d.p.w.tracing(); tr != nil {
		tr.now().Object = "fd of " + tr.described(d)
	}
	d.p.w.lock()
	defer d.p.w.unlock()
	switch {
	case d.p.dead:
		return fail(op, "", syscall.ESRCH)
	case d.closed:
		return fail(op, "", syscall.EBADF)
	}
	d.shut()
	return nil
}

func (d *descriptor) shut() {
	d.closed = true
	if d.holds == 0 {
		d.p.w.close(d.p, d.d)
	}
}

// own returns fd as a descriptor of p that is not closed.
func (p *Process) own(fd transport.FD) (*descriptor, bool) {
	d, ok := fd.(*descriptor)
	if !ok || d == nil || d.p != p || d.closed {
		return nil, false
	}
	return d, true
}
