package simnet

import (
	"syscall"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// Lock implements transport.Files. Those that wait for a lock, of whatever
// processes, are served in the order in which they came.
func (t *Transport) Lock(path string, deadline time.Time) (_ transport.FD, err error) {
	const op = OpLock
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
		err = checkFile(op, path)
	}
	if err == nil {
		err = w.timely(op, path, deadline)
	}
	if err != nil {
		w.unlock()
		return nil, err
	}
	d, held, errno := afunix.Desc(-1), afunix.ID(0), p.faulted()
	if errno == 0 {
		d, held, errno = w.openLock(p, path)
	}
	if errno == syscall.EAGAIN {
		if b := w.prepare(t, toLock, &w.locks, deadline, nil); b == nil {
			errno = syscall.ETIMEDOUT
		} else {
			b.path, b.id = path, held
			w.wait(b)
			d, errno = b.d, b.errno
			w.free(b)
			w.lock()
		}
	}
	w.unlock()
	if errno != 0 {
		return nil, fail(op, path, errno)
	}
	p.made(d, false, p.absolute(path))
	return &descriptor{p: p, d: d}, nil
}

// openLock opens and locks a file. EAGAIN means that another has the lock on the
// file held.
func (w *World) openLock(p *Process, path string) (d afunix.Desc, held afunix.ID, errno syscall.Errno) {
	// First without making it, as realunix has to: in a sticky directory another
	// user's file can be opened, but not by a call that would make it.
	d, errno = w.k.Open(p.id, path, false, false, 0)
	if errno == syscall.ENOENT {
		d, errno = w.k.Open(p.id, path, true, false, 0o600)
	}
	if errno != 0 {
		return -1, 0, errno
	}
	held, errno = w.k.Lock(p.id, d)
	if errno != 0 {
		w.close(p, d)
		return -1, held, errno
	}
	return d, 0, 0
}

// takeover makes way for a listener at path: it takes the lock and removes a
// socket file whose listener is gone. EADDRINUSE means that somebody else is
// there. On failure the lock, if it has it, is returned for the caller to close.
func (w *World) takeover(p *Process, path string) (lock afunix.Desc, errno syscall.Errno) {
	lock, _, errno = w.openLock(p, path+".lock")
	if errno == syscall.EAGAIN {
		return -1, syscall.EADDRINUSE
	}
	if errno != 0 {
		return -1, errno
	}
	st, errno := w.k.Lstat(p.id, path)
	switch {
	case errno == syscall.ENOENT:
		return lock, 0
	case errno != 0:
		return lock, errno
	case st.Kind != afunix.Sock: // a file of another kind, or a link: not ours to remove
		return lock, syscall.EADDRINUSE
	}
	switch errno := w.probe(p, path); errno {
	case syscall.ECONNREFUSED:
	case 0, syscall.EAGAIN, syscall.EPROTOTYPE: // served, or full, or a socket of another type
		return lock, syscall.EADDRINUSE
	default:
		return lock, errno
	}
	errno, woken := w.k.Unlink(p.id, path)
	w.events(woken)
	return lock, errno
}

// probe connects to path and hangs up.
func (w *World) probe(p *Process, path string) syscall.Errno {
	d, errno := w.k.Socket(p.id, afunix.Stream)
	if errno != 0 {
		return errno
	}
	_, errno = w.connect(p, d, path)
	w.close(p, d)
	return errno
}
