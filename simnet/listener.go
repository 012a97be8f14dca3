package simnet

import (
	"io/fs"
	"math"
	"slices"
	"syscall"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// accepts is a socket as a listener, whichever views it is used in. path and
// allow are constant.
type accepts struct {
	socket
	path  string
	allow []int // whose connections are accepted; nil: everybody's

	unlink string      // the absolute path of the file to be removed by Close, or ""
	ino    uint32      // of that file, which the socket keeps from being another's
	handed bool        // a descriptor was handed out: the file is not ours alone
	lock   afunix.Desc // Takeover's, or -1
}

// A listener is accepts in a view.
type listener struct {
	*accepts
	view *Transport
}

var _ transport.Listener = (*listener)(nil)

// Listen implements transport.Sockets.
func (t *Transport) Listen(path string, backlog int, cfg transport.ListenConfig) (_ transport.Listener, err error) {
	const op = OpListen
	if err := t.p.enter(op, path); err != nil {
		return nil, err
	}
	defer t.p.leave(op, &err)
	w := t.p.w
	if tr := w.tracing(); tr != nil {
		tr.listens(backlog, cfg)
	}
	w.lock()
	defer w.unlock()
	if err := t.check(op, path); err != nil {
		return nil, err
	}
	if err := transport.CheckPath(op.String(), path); err != nil {
		return nil, err
	}
	abstract := transport.Addr(path).Abstract()
	switch {
	case backlog < 0:
		return nil, invalid(op, path, "negative backlog")
	case cfg.Mode&^fs.ModePerm != 0:
		return nil, invalid(op, path, "mode with bits other than permissions")
	case cfg.Mode != 0 && abstract:
		return nil, invalid(op, path, "an abstract name has no mode")
	}
	a := &accepts{path: path, allow: slices.Clone(cfg.AllowUID), lock: -1}
	if len(a.allow) == 0 {
		a.allow = nil
	}
	errno := t.p.faulted()
	if errno == 0 {
		errno = a.open(t.p, min(backlog, math.MaxInt32), cfg, abstract)
	}
	if errno != 0 {
		return nil, fail(op, path, errno)
	}
	return &listener{accepts: a, view: t}, nil
}

// open makes the socket. It is one step, so that nobody sees the file with
// another mode, or before its socket listens. On failure nothing is left.
func (a *accepts) open(p *Process, backlog int, cfg transport.ListenConfig, abstract bool) (errno syscall.Errno) {
	w := p.w
	lock, d, made := afunix.Desc(-1), afunix.Desc(-1), false
	defer func() {
		if errno == 0 {
			return
		}
		if made {
			_, woken := w.k.Unlink(p.id, a.path)
			w.events(woken)
		}
		for _, n := range [...]afunix.Desc{d, lock} {
			if n >= 0 {
				w.close(p, n)
			}
		}
	}()
	if cfg.Takeover && !abstract {
		if lock, errno = w.takeover(p, a.path); errno != 0 {
			return errno
		}
	}
	// Its number is above the lock's, and of a dying process's descriptors the
	// greatest number goes first: the lock goes last.
	if d, errno = w.k.Socket(p.id, afunix.Stream); errno != 0 {
		return errno
	}
	if errno = w.bind(p, d, a.path, cfg.Mode); errno != 0 {
		return errno
	}
	made = !abstract
	if cfg.Unlink && made {
		a.unlink = p.absolute(a.path)
		st, _ := w.k.Lstat(p.id, a.path)
		a.ino = st.Ino
	}
	errno, woken := w.k.Listen(p.id, d, backlog)
	if errno != 0 {
		return errno
	}
	w.events(woken)
	a.socket = socket{p: p, d: d}
	a.id, _ = w.k.ID(p.id, d)
	a.lock = lock
	p.bound(d, lock, a.path)
	return 0
}

// bind binds a socket to a path as Listen is given it. A mode of 0 is the
// system's.
func (w *World) bind(p *Process, d afunix.Desc, path string, mode fs.FileMode) syscall.Errno {
	if mode != 0 {
		w.k.SetSockMode(p.id, d, uint32(mode))
		old, _ := w.k.SetUmask(p.id, 0)
		defer w.k.SetUmask(p.id, old)
	}
	return w.k.Bind(p.id, d, sunPath(path))
}

// sunPath is a name as it stands in sun_path.
func sunPath(name string) string {
	if transport.Addr(name).Abstract() {
		return "\x00" + name[1:]
	}
	return name
}

// shown is a name as Addr has it.
func shown(sunPath string) string {
	if sunPath != "" && sunPath[0] == 0 {
		return "@" + sunPath[1:]
	}
	return sunPath
}

func (l *listener) nobody() bool { return l == nil || l.accepts == nil }

// Accept implements transport.Listener.
func (l *listener) Accept(deadline time.Time) (_ transport.Conn, err error) {
	const op = OpAccept
	if l.nobody() {
		return nil, fail(op, "", syscall.EBADF)
	}
	p, w := l.p, l.p.w
	if err := w.enter(p, op, l.number(), l.path); err != nil {
		return nil, err
	}
	defer p.leave(op, &err)
	if tr := w.tracing(); tr != nil {
		tr.until(transport.Earlier(deadline, l.rcap))
	}
	w.lock()
	err = l.use(op, l.path)
	if err == nil {
		err = l.view.check(op, l.path)
	}
	if err == nil {
		err = w.timely(op, l.path, deadline)
	}
	if err != nil {
		w.unlock()
		return nil, err
	}
	d, peer, errno := afunix.Desc(-1), "", p.faulted()
	switch {
	case errno != 0:
	case w.sched != nil && l.queues() != nil && l.queues().rd.waits(p):
		// The others first, who were woken and have not run yet; but a process without
		// a free number is told so even if no connection is there.
		if errno = w.k.Vacant(p.id); errno == 0 {
			errno = syscall.EAGAIN
		}
	default:
		// Also if somebody waits: a process without a free number is told so even
		// if no connection is there.
		d, peer, errno = w.accept(l.accepts)
	}
	if errno == syscall.EAGAIN {
		b := w.prepare(l.view, toAccept, &l.queuesAt().rd, deadline, &l.rcap)
		if b == nil {
			errno = syscall.ETIMEDOUT
		} else {
			b.s, b.a = &l.socket, l.accepts
			w.wait(b)
			d, peer, errno = b.d, b.peer, b.errno
			w.free(b)
			w.lock()
		}
	}
	defer w.unlock()
	if errno != 0 {
		return nil, fail(op, l.path, errno)
	}
	w.shrink(p, d)
	c := l.view.newConn(d, l.path, peer)
	if tr := w.tracing(); tr != nil {
		tr.accepted(c)
	}
	return c, nil
}

// accept takes a connection that is there and allowed.
func (w *World) accept(a *accepts) (d afunix.Desc, peer string, errno syscall.Errno) {
	p := a.p
	for {
		d, errno, woken := w.k.Accept(p.id, a.d)
		w.events(woken)
		if errno != 0 {
			return -1, "", errno
		}
		if a.allow != nil {
			if cred, _ := w.k.PeerCred(p.id, d); !slices.Contains(a.allow, cred.UID) {
				w.close(p, d)
				continue // those that come in its place come after this step
			}
		}
		name, _ := w.k.PeerName(p.id, d)
		return d, shown(name), 0
	}
}

// do carries out a call that does not block, with mu held.
func (l *listener) do(op Op, path string, f func() error) (err error) {
	if l.nobody() {
		return fail(op, "", syscall.EBADF)
	}
	if err := l.p.w.enter(l.p, op, l.number(), path); err != nil {
		return err
	}
	defer l.p.leave(op, &err)
	l.p.w.lock()
	defer l.p.w.unlock()
	if err := l.use(op, path); err != nil {
		return err
	}
	return f()
}

// SetDeadline implements transport.Listener.
func (l *listener) SetDeadline(t time.Time) error {
	return l.do(OpSetDeadline, l.Addr().String(), func() error {
		if err := l.p.w.timely(OpSetDeadline, l.path, t); err != nil {
			return err
		}
		if tr := l.p.w.tracing(); tr != nil {
			tr.capped("accept", t)
		}
		l.rcap = t
		if q := l.queues(); q != nil {
			l.p.w.recheckAll(&q.rd, &l.socket)
		}
		return nil
	})
}

// Close implements transport.Listener. Unlink needs no guessing here: the socket
// keeps the number of its file from being used again.
func (l *listener) Close() error {
	return l.do(OpClose, l.Addr().String(), func() error {
		p, w := l.p, l.p.w
		if l.unlink != "" && !l.handed {
			if st, errno := w.k.Lstat(p.id, l.unlink); errno == 0 && st.Ino == l.ino {
				_, woken := w.k.Unlink(p.id, l.unlink)
				w.events(woken)
			}
		}
		l.shut()
		if l.lock >= 0 {
			w.close(p, l.lock)
		}
		return nil
	})
}

// Dup implements transport.Listener.
func (l *listener) Dup() (fd transport.FD, err error) {
	err = l.do(OpDup, l.Addr().String(), func() error {
		if fd, err = l.dup(); err == nil {
			l.handed = true
		}
		return err
	})
	return fd, err
}

// Addr implements transport.Listener.
func (l *listener) Addr() transport.Addr {
	if l.nobody() {
		return ""
	}
	return transport.Addr(l.path)
}
