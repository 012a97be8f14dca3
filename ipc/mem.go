package ipc

import (
	"sync/atomic"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// A stage is how far the storage of a Conn or Listener is in its life:
//
//	unused → making → open → closing → closed → making → …
//
// and from making back to unused if nothing came of it. Whoever changes the
// stage to making or closing owns the fields that go with it until it changes
// it again. What is written while making is published by open.
type stage struct{ v atomic.Uint32 }

const (
	stageUnused uint32 = iota
	stageMaking
	stageOpen
	stageClosing
	stageClosed
)

// reserve takes unused or closed storage for something new.
func (s *stage) reserve() bool {
	return s.v.CompareAndSwap(stageUnused, stageMaking) || s.v.CompareAndSwap(stageClosed, stageMaking)
}

// isOpen reports whether the storage holds something open.
func (s *stage) isOpen() bool { return s.v.Load() == stageOpen }

// beginClose takes what is open for closing. Of any number of callers one wins.
func (s *stage) beginClose() bool { return s.v.CompareAndSwap(stageOpen, stageClosing) }

// ConnectMem is [Connect] in the storage c.
//
// Beyond Connect's errors it answers EINVAL for no storage, and for storage in
// use: it holds an open connection, one is being made in it, or a call on the
// connection that it held before has not returned yet. See [Conn] for when
// storage can be used again.
func ConnectMem(c *Conn, tr transport.Transport, path string, deadline time.Time) error {
	if err := c.reserve("connect", path, tr); err != nil {
		return err
	}
	tc, err := tr.Dial(path, deadline)
	if err != nil {
		c.release()
		return rewrap("connect", path, err)
	}
	c.open(tr, tc)
	return nil
}

// AcceptMem is [Listener.Accept] in the storage c. Beyond Accept's errors it
// answers EINVAL for storage that is nil or in use; see [ConnectMem].
func (l *Listener) AcceptMem(c *Conn, deadline time.Time) error {
	if !l.enter() {
		return fail("accept", "", syscall.EBADF, notOpen)
	}
	defer l.leave()
	addr := string(l.tl.Addr())
	if err := c.reserve("accept", addr, l.tr); err != nil {
		return err
	}
	tc, err := l.tl.Accept(deadline)
	if err != nil {
		c.release()
		return rewrap("accept", addr, err)
	}
	c.open(l.tr, tc)
	return nil
}

// PairMem is [Pair] in the storage a and b. Beyond Pair's errors it answers
// EINVAL for storage that is nil or in use, see [ConnectMem], and if both are
// the same.
func PairMem(a, b *Conn, tr transport.Transport) error {
	if a != nil && a == b {
		return fail("pair", "", syscall.EINVAL, "the same storage twice")
	}
	if err := a.reserve("pair", "", tr); err != nil {
		return err
	}
	if err := b.reserve("pair", "", tr); err != nil {
		a.release()
		return err
	}
	ta, tb, err := tr.Pair()
	if err != nil {
		a.release()
		b.release()
		return rewrap("pair", "", err)
	}
	a.open(tr, ta)
	b.open(tr, tb)
	return nil
}

// FromFDMem is [FromFD] in the storage c. Beyond FromFD's errors it answers
// EINVAL for storage that is nil or in use; see [ConnectMem].
func FromFDMem(c *Conn, tr transport.Transport, fd transport.FD) error {
	if err := c.reserve("fromfd", "", tr); err != nil {
		return err
	}
	tc, err := tr.Adopt(fd)
	if err != nil {
		c.release()
		return rewrap("fromfd", "", err)
	}
	c.open(tr, tc)
	return nil
}

// ListenMem is [Listen] in the storage l. Beyond Listen's errors it answers
// EINVAL for storage that is nil or in use; see [ConnectMem].
func ListenMem(l *Listener, tr transport.Transport, path string, backlog int, cfg transport.ListenConfig) error {
	if err := l.reserve("listen", path, tr); err != nil {
		return err
	}
	tl, err := tr.Listen(path, backlog, cfg)
	if err != nil {
		l.release()
		return rewrap("listen", path, err)
	}
	l.open(tr, tl)
	return nil
}

// ListenerFromFDMem is [ListenerFromFD] in the storage l. Beyond
// ListenerFromFD's errors it answers EINVAL for storage that is nil or in use;
// see [ConnectMem].
func ListenerFromFDMem(l *Listener, tr transport.Transport, fd transport.FD, cfg transport.ListenConfig) error {
	if err := l.reserve("fromfd", "", tr); err != nil {
		return err
	}
	tl, err := tr.AdoptListener(fd, cfg)
	if err != nil {
		l.release()
		return rewrap("fromfd", "", err)
	}
	l.open(tr, tl)
	return nil
}

// reserve takes c for a connection that is about to be made, both directions
// included, so that nothing of an earlier connection can be under way in it.
func (c *Conn) reserve(op, path string, tr transport.Transport) error {
	if c == nil {
		return fail(op, path, syscall.EINVAL, "no storage")
	}
	if tr == nil {
		return fail(op, path, syscall.EINVAL, "no transport")
	}
	if !c.stage.reserve() {
		return fail(op, path, syscall.EINVAL, "storage in use")
	}
	if !c.send.claim() {
		return c.inUse(op, path, "a send")
	}
	if !c.recv.claim() {
		c.send.release()
		return c.inUse(op, path, "a receive")
	}
	c.discard() // what a receive that ended after Abort may have left
	return nil
}

// inUse undoes a reserve that found a call of the last connection inside.
func (c *Conn) inUse(op, path, call string) error {
	c.stage.v.Store(stageClosed)
	c.sweep() // in case that call ended meanwhile, and left it to us
	return fail(op, path, syscall.EINVAL, "storage in use: "+call+" on its last connection has not returned")
}

// release gives reserved storage back.
func (c *Conn) release() {
	c.base, c.tr, c.tc = nil, nil, nil
	c.send.release()
	c.recv.release()
	c.stage.v.Store(stageUnused)
}

// open fills reserved storage.
func (c *Conn) open(tr transport.Transport, tc transport.Conn) {
	c.base, c.tr, c.tc = tc, tr, tc
	c.send.state, c.recv.state = usable, usable
	c.noFDs = false
	c.send.release()
	c.recv.release()
	c.stage.v.Store(stageOpen)
}

func (l *Listener) reserve(op, path string, tr transport.Transport) error {
	if l == nil {
		return fail(op, path, syscall.EINVAL, "no storage")
	}
	if tr == nil {
		return fail(op, path, syscall.EINVAL, "no transport")
	}
	if !l.stage.reserve() {
		return fail(op, path, syscall.EINVAL, "storage in use")
	}
	if l.inside.Load() != 0 {
		l.stage.v.Store(stageClosed)
		return fail(op, path, syscall.EINVAL, "storage in use: a call on its last listener has not returned")
	}
	return nil
}

func (l *Listener) release() {
	l.tr, l.tl = nil, nil
	l.stage.v.Store(stageUnused)
}

func (l *Listener) open(tr transport.Transport, tl transport.Listener) {
	l.tr, l.tl = tr, tl
	l.stage.v.Store(stageOpen)
}
