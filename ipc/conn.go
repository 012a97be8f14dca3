package ipc

import (
	"errors"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// aheadSize is how far a receive reads ahead. It is inside every Conn, so it
// is memory per connection against system calls saved: 2 KiB hold thirty
// messages of 64 bytes.
const aheadSize = 2048

// A Conn is one end of a connection.
//
// One task may send while another receives. A second task in the same
// direction is refused with EBUSY. [Conn.Abort] may be called at any time from
// any task: calls that are blocked then fail with EBADF. The other methods say
// what they take.
//
// A Conn must not be copied. The zero value is not open; it is storage for
// [ConnectMem] and its kin. After Close or Abort the storage may be used again,
// once the calls that were inside have returned: a task that still uses the old
// connection would find itself on the new one.
type Conn struct {
	stage stage

	// base is the connection as it was made, and never changes while open, so
	// that Abort can use it without asking anyone. tc is the same connection in
	// the view of the last Attach; it and tr, which is there for its clock, are
	// written with both directions claimed.
	base transport.Conn
	tc   transport.Conn
	tr   transport.Transport

	send, recv half

	// Of the sender. The lists are part of the Conn because a list made for the
	// call would be allocated: it goes through an interface.
	sbufs [1][]byte
	sfds  [1]transport.FD

	// Of the receiver. ahead[start:end] was read and not yet received; if it is
	// empty, start and end are 0.
	//
	// rfds[0], if not nil, is a descriptor that belongs to the byte
	// ahead[end-1]; lost says that there was one and the process had no room
	// for it. Neither is set while the read-ahead is empty. There is never a
	// second one, because a read stops at a descriptor and the next read comes
	// when the read-ahead is empty. There is room for one because a byte
	// carries one by this protocol; the transport closes what a foreign sender
	// adds.
	//
	// noFDs says that the transport refused to receive descriptors. Then reads
	// do not ask for any.
	rbufs      [2][]byte
	rfds       [1]transport.FD
	start, end int
	lost       bool
	noFDs      bool
	ahead      [aheadSize]byte
}

// A half is a direction with the claim of the task that is at work in it. The
// state, and what Conn says is of the sender or the receiver, belongs to the
// holder of the claim.
type half struct {
	busy  atomic.Bool
	state direction
}

func (h *half) claim() bool { return h.busy.CompareAndSwap(false, true) }
func (h *half) release()    { h.busy.Store(false) }

// Connect connects to the listener at path. It blocks while the listener's
// backlog is full.
//
// Errors: ENOENT for an empty path or one of which a component is missing;
// ENAMETOOLONG beyond [transport.MaxPath]; EINVAL for a NUL in the path or a
// nil transport; ENOTDIR, ELOOP, EACCES as for any path; ECONNREFUSED if nobody
// listens there; EMFILE, ENFILE, ENOMEM, ETIMEDOUT, ECANCELED.
func Connect(tr transport.Transport, path string, deadline time.Time) (*Conn, error) {
	c := new(Conn)
	if err := ConnectMem(c, tr, path, deadline); err != nil {
		return nil, err
	}
	return c, nil
}

// Pair returns two connections that are connected to each other. It does not
// block.
//
// Errors: EMFILE, ENFILE, ENOMEM, ECANCELED; EINVAL for a nil transport.
func Pair(tr transport.Transport) (*Conn, *Conn, error) {
	a, b := new(Conn), new(Conn)
	if err := PairMem(a, b, tr); err != nil {
		return nil, nil, err
	}
	return a, b, nil
}

// FromFD makes a connection of a descriptor: one that was inherited, received
// or handed out by Dup. It takes ownership of fd; on failure the caller still
// owns it. It does not block.
//
// Errors: EBADF for an fd that is nil, closed or of another transport; EINVAL
// for anything but a stream socket of the Unix domain that is not listening,
// and for a nil transport; EMFILE, ENOMEM, ECANCELED.
func FromFD(tr transport.Transport, fd transport.FD) (*Conn, error) {
	c := new(Conn)
	if err := FromFDMem(c, tr, fd); err != nil {
		return nil, err
	}
	return c, nil
}

// Attach moves the connection to another view of the same process: from now on
// its calls are cancelled with tr. It is for handing a connection, made or
// accepted in one view, to a task of a narrower group. It does not block.
//
// Errors: EBUSY while a call is under way in either direction; EINVAL for a nil
// transport; EBADF if the connection is closed or of another process. On
// failure nothing has changed.
func (c *Conn) Attach(tr transport.Transport) error {
	if err := c.enterSend("attach"); err != nil {
		return err
	}
	defer c.leaveSend()
	if err := c.enterRecv("attach"); err != nil {
		return err
	}
	defer c.leaveRecv()
	if tr == nil {
		return fail("attach", c.path(), syscall.EINVAL, "no transport")
	}
	tc, err := tr.Attach(c.tc)
	if err != nil {
		return rewrap("attach", c.path(), err)
	}
	c.tc, c.tr = tc, tr
	return nil
}

// PeerCred says who is at the other end, as it was when the connection was
// made. It does not block and may be called at any time.
//
// Errors: EBADF; ENOTSUP where the system does not tell.
func (c *Conn) PeerCred() (transport.Cred, error) {
	if c == nil || !c.stage.isOpen() {
		return transport.Cred{}, fail("peercred", "", syscall.EBADF, notOpen)
	}
	cred, err := c.base.PeerCred()
	if err != nil {
		return cred, rewrap("peercred", c.path(), err)
	}
	return cred, nil
}

// LocalAddr returns the name of this end, "" if it has none. An accepted
// connection has its listener's. It may be called at any time, also after the
// connection was closed.
func (c *Conn) LocalAddr() transport.Addr {
	if c == nil || c.stage.v.Load() < stageOpen {
		return ""
	}
	return c.base.LocalAddr()
}

// RemoteAddr returns the name of the other end, "" if it has none. It may be
// called at any time, also after the connection was closed.
func (c *Conn) RemoteAddr() transport.Addr {
	if c == nil || c.stage.v.Load() < stageOpen {
		return ""
	}
	return c.base.RemoteAddr()
}

// path returns the socket file that the connection came by, for errors. A
// direction must be claimed, which keeps the storage from being used again.
func (c *Conn) path() string {
	if a := c.base.RemoteAddr(); a != "" {
		return string(a)
	}
	return string(c.base.LocalAddr())
}

// notOpen is what there is to say about a nil, zero or closed value.
const notOpen = "not open"

func fail(op, path string, errno syscall.Errno, detail string) error {
	return &transport.Error{Op: op, Path: path, Err: errno, Detail: detail}
}

// rewrap makes the error of a transport's call one of this package's.
func rewrap(op, path string, err error) error {
	errno, detail := cause(err)
	if te, ok := errors.AsType[*transport.Error](err); ok && path == "" {
		path = te.Path
	}
	return fail(op, path, errno, detail)
}

// cause returns what a transport's error says. A transport that breaks its
// contract, by an error without an errno, is an input/output error.
func cause(err error) (errno syscall.Errno, detail string) {
	if te, ok := errors.AsType[*transport.Error](err); ok {
		return te.Err, te.Detail
	}
	if errno = transport.Errno(err); errno != 0 {
		return errno, ""
	}
	return syscall.EIO, err.Error()
}
