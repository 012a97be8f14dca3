package simnet

import (
	"slices"
	"syscall"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// Adopt implements transport.Sockets.
func (t *Transport) Adopt(fd transport.FD) (_ transport.Conn, err error) {
	const op = OpAdopt
	if err := t.p.enter(op, ""); err != nil {
		return nil, err
	}
	defer t.p.leave(op, &err)
	w := t.p.w
	w.lock()
	defer w.unlock()
	d, err := t.adopt(op, fd, false)
	if err != nil {
		return nil, err
	}
	local, _ := w.k.SockName(t.p.id, d)
	remote, _ := w.k.PeerName(t.p.id, d)
	c := t.newConn(d, shown(local), shown(remote))
	if tr := w.tracing(); tr != nil {
		tr.now().Made = tr.name(c.id)
	}
	return c, nil
}

// AdoptListener implements transport.Sockets.
func (t *Transport) AdoptListener(fd transport.FD, cfg transport.ListenConfig) (_ transport.Listener, err error) {
	const op = OpAdoptListener
	if err := t.p.enter(op, ""); err != nil {
		return nil, err
	}
	defer t.p.leave(op, &err)
	if cfg.Mode != 0 || cfg.Unlink || cfg.Takeover {
		return nil, invalid(op, "", "Mode, Unlink and Takeover are for who makes the file")
	}
	w := t.p.w
	w.lock()
	defer w.unlock()
	d, err := t.adopt(op, fd, true)
	if err != nil {
		return nil, err
	}
	name, _ := w.k.SockName(t.p.id, d)
	a := &accepts{socket: socket{p: t.p, d: d}, path: shown(name), lock: -1}
	if len(cfg.AllowUID) > 0 {
		a.allow = slices.Clone(cfg.AllowUID)
	}
	a.id, _ = w.k.ID(t.p.id, d)
	t.p.made(d, true, "")
	if tr := w.tracing(); tr != nil {
		tr.now().Made = legible(a.path)
	}
	return &listener{accepts: a, view: t}, nil
}

// adopt gives a socket of the right kind another number, and closes fd.
func (t *Transport) adopt(op Op, fd transport.FD, listening bool) (afunix.Desc, error) {
	if t.p.dead {
		return -1, fail(op, "", syscall.ESRCH)
	}
	own, ok := t.p.own(fd)
	if !ok {
		return -1, fail(op, "", syscall.EBADF)
	}
	if tr := t.p.w.tracing(); tr != nil {
		tr.now().Object = "fd of " + tr.described(own)
	}
	if err := t.check(op, ""); err != nil {
		return -1, err
	}
	if why := t.unfit(own.d, listening); why != "" {
		return -1, invalid(op, "", why)
	}
	errno := t.p.faulted()
	var d afunix.Desc
	if errno == 0 {
		// Not its old number: a Send that is blocked may yet need that one, and
		// the kernel's backend does so, too, with the same EMFILE.
		d, errno = t.p.w.k.Dup(t.p.id, own.d, 0)
	}
	if errno != 0 {
		return -1, fail(op, "", errno)
	}
	own.shut()
	return d, nil
}

// unfit says why a number cannot be a connection or a listener.
func (t *Transport) unfit(d afunix.Desc, listening bool) string {
	typ, listens, errno := t.p.w.k.SockType(t.p.id, d)
	switch {
	case errno != 0:
		return "not a socket"
	case typ != afunix.Stream:
		return "not a stream socket"
	case listening && !listens:
		return "not listening"
	case !listening && listens:
		return "a listening socket"
	}
	return ""
}

// Attach implements transport.Sockets.
func (t *Transport) Attach(c transport.Conn) (_ transport.Conn, err error) {
	const op = OpAttach
	if err := t.p.enter(op, ""); err != nil {
		return nil, err
	}
	defer t.p.leave(op, &err)
	t.p.w.lock()
	defer t.p.w.unlock()
	o, ok := c.(*conn)
	if !ok || o.nobody() || o.p != t.p || o.closed {
		return nil, fail(op, "", syscall.EBADF)
	}
	if tr := t.p.w.tracing(); tr != nil {
		tr.now().Object = tr.name(o.id)
	}
	if err := t.check(op, ""); err != nil {
		return nil, err
	}
	return &conn{stream: o.stream, view: t}, nil
}

// AttachListener implements transport.Sockets.
func (t *Transport) AttachListener(l transport.Listener) (_ transport.Listener, err error) {
	const op = OpAttachListener
	if err := t.p.enter(op, ""); err != nil {
		return nil, err
	}
	defer t.p.leave(op, &err)
	t.p.w.lock()
	defer t.p.w.unlock()
	o, ok := l.(*listener)
	if !ok || o.nobody() || o.p != t.p || o.closed {
		return nil, fail(op, "", syscall.EBADF)
	}
	if tr := t.p.w.tracing(); tr != nil {
		tr.now().Object = legible(o.path)
	}
	if err := t.check(op, ""); err != nil {
		return nil, err
	}
	return &listener{accepts: o.accepts, view: t}, nil
}
