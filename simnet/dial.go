package simnet

import (
	"syscall"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// Dial implements transport.Sockets. Those that wait for room in a backlog are
// served in the order in which they came. While Dial waits, what the path leads
// to may change; it goes on with what is there then.
func (t *Transport) Dial(path string, deadline time.Time) (_ transport.Conn, err error) {
	const op = OpDial
	p, w := t.p, t.p.w
	if err := p.enter(op, path); err != nil {
		return nil, err
	}
	defer p.leave(op, &err)
	if tr := w.tracing(); tr != nil {
		tr.until(deadline)
	}
	w.lock()
	err = t.check(op, path)
	if err == nil {
		err = transport.CheckPath(op.String(), path)
	}
	if err == nil {
		err = w.timely(op, path, deadline)
	}
	if err != nil {
		w.unlock()
		return nil, err
	}
	d, errno := afunix.Desc(-1), p.faulted()
	if errno == 0 {
		d, errno = w.k.Socket(p.id, afunix.Stream)
	}
	if errno != 0 {
		w.unlock()
		return nil, fail(op, path, errno)
	}
	name := sunPath(path)
	full, errno := w.connect(p, d, name)
	if errno == syscall.EAGAIN {
		if b := w.prepare(t, toDial, &w.dials, deadline, nil); b == nil {
			w.close(p, d)
			errno = syscall.ETIMEDOUT
		} else {
			b.path, b.d, b.id = name, d, full
			w.wait(b)
			errno = b.errno // if there is one, d is closed
			w.free(b)
			w.lock()
		}
	} else if errno != 0 {
		w.close(p, d)
	}
	defer w.unlock()
	if errno != 0 {
		return nil, fail(op, path, errno)
	}
	remote, _ := w.k.PeerName(p.id, d)
	w.shrink(p, d)
	c := t.newConn(d, "", shown(remote))
	if tr := w.tracing(); tr != nil {
		tr.now().Made = tr.name(c.id)
	}
	return c, nil
}

// connect connects a socket. EAGAIN means that the queue of the listener full
// has no room.
func (w *World) connect(p *Process, d afunix.Desc, name string) (full afunix.ID, errno syscall.Errno) {
	full, errno, woken := w.k.Connect(p.id, d, name)
	w.events(woken)
	if tr := w.tracing(); tr != nil && errno == 0 {
		tr.connected(p, d)
	}
	return full, errno
}

// Pair implements transport.Sockets.
func (t *Transport) Pair() (_, _ transport.Conn, err error) {
	const op = OpPair
	if err := t.p.enter(op, ""); err != nil {
		return nil, nil, err
	}
	defer t.p.leave(op, &err)
	w := t.p.w
	w.lock()
	defer w.unlock()
	if err := t.check(op, ""); err != nil {
		return nil, nil, err
	}
	errno := t.p.faulted()
	var a, b afunix.Desc
	if errno == 0 {
		a, b, errno = w.k.Pair(t.p.id)
	}
	if errno != 0 {
		return nil, nil, fail(op, "", errno)
	}
	w.shrink(t.p, a)
	w.shrink(t.p, b)
	c1, c2 := t.newConn(a, "", ""), t.newConn(b, "", "")
	if tr := w.tracing(); tr != nil {
		tr.paired(c1, c2)
	}
	return c1, c2, nil
}
