package afunix

import "syscall"

// Type is the type of a socket. Only Stream is modelled; of the others there is
// what a stream socket can notice of them: that they have a name.
type Type uint8

// Types of sockets.
const (
	Stream Type = iota
	Dgram
	SeqPacket
)

// state is sk_state, whose values Linux borrows from TCP.
type state uint8

const (
	unconnected state = iota // TCP_CLOSE
	listening                // TCP_LISTEN
	connected                // TCP_ESTABLISHED
)

// The directions of socket.shut.
const (
	shutRecv = 1 << iota // RCV_SHUTDOWN
	shutSend             // SEND_SHUTDOWN
	shutBoth = shutRecv | shutSend
)

// A socket is in one of three states. It starts unconnected; Listen and Connect
// lead away from there, and nothing back but its death.
//
// Connected: peer is the other end, whose peer is this one as long as it lives.
// A dead socket has no peer, but stays what its peer's peer is, for the sake of
// its name. rq is what the peer sent; outq what the peer's rq costs this socket.
//
// An embryo is the far end of a connection that was not accepted: connected,
// without a file, and in the queue of its listener.
//
// Listening: the embryos from pending to last, linked by next, npending of them.
type socket struct {
	id     ID
	typ    Type
	state  state
	shut   uint8
	wants  Events // what is reported of it to one who is choosy
	dead   bool
	err    syscall.Errno // one ECONNRESET, until somebody is told (sk_err)
	file   *file         // nil for an embryo and for the dead
	peer   *socket
	outq   int
	sndbuf int
	rq     queue

	abs      *socket // the next with the same abstract name, of another type
	entered  bool    // in byAbs: it was bound to an abstract name itself
	name     string  // what it was bound to; "" if it was not
	node     *inode  // what it was bound to, if that is a path; kept by it
	mode     uint32  // of the file that Bind makes, before the umask
	uid, gid int     // who made it
	cred     Cred    // who is at the other end

	backlog       int
	npending      int
	pending, last *socket
	next          *socket // in a listener's queue, or among the free
}

// newSocket makes a socket of no process yet (unix_create1).
func (k *Kernel) newSocket(pr *process, typ Type) *socket {
	s := k.pool.socks
	switch {
	case s != nil:
		k.pool.socks = s.next
	case k.top < len(k.socks):
		s = k.socks[k.top]
		k.top++
	default:
		ss := make([]socket, slab)
		for i := range ss {
			k.socks = append(k.socks, &ss[i])
			ss[i].id = ID(len(k.socks))
		}
		s = &ss[0]
		k.top++
	}
	k.nsocks++
	*s = socket{id: s.id, wants: Slot, typ: typ, sndbuf: k.cfg.SndBuf, mode: 0777, uid: pr.uid, gid: pr.gid, cred: Cred{0, -1, -1}}
	return s
}

// freeSocket is for a dead socket to which nobody refers.
func (k *Kernel) freeSocket(s *socket) {
	*s = socket{id: s.id, next: k.pool.socks}
	k.pool.socks = s
	k.nsocks--
}

// open makes the description of a socket.
func (k *Kernel) open(s *socket) *file {
	f := k.pool.file()
	f.sock, s.file = s, f
	k.nfiles++
	return f
}

// Socket makes a socket. Errors: ESOCKTNOSUPPORT, ENFILE, EMFILE.
func (k *Kernel) Socket(p ProcID, typ Type) (Desc, syscall.Errno) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return -1, errno
	}
	if typ > SeqPacket {
		return -1, syscall.ESOCKTNOSUPPORT
	}
	if errno := k.moreSockets(1); errno != 0 {
		return -1, errno
	}
	d, errno := pr.free(0)
	if errno != 0 {
		return -1, errno
	}
	if errno := k.moreFiles(pr, 1); errno != 0 {
		return -1, errno
	}
	return pr.install(d, k.open(k.newSocket(pr, typ))), 0
}

// Pair makes two stream sockets that are connected to each other
// (socketpair(2)). Errors: EMFILE, ENFILE.
func (k *Kernel) Pair(p ProcID) (a, b Desc, errno syscall.Errno) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return -1, -1, errno
	}
	d, errno := pr.free(0)
	if errno != 0 {
		return -1, -1, errno
	}
	e, errno := pr.free(d + 1)
	if errno != 0 {
		return -1, -1, errno
	}
	if errno := k.moreSockets(2); errno != 0 {
		return -1, -1, errno
	}
	if errno := k.moreFiles(pr, 2); errno != 0 {
		return -1, -1, errno
	}
	s, t := k.newSocket(pr, Stream), k.newSocket(pr, Stream)
	s.peer, t.peer = t, s
	s.state, t.state = connected, connected
	s.cred = pr.cred() // init_peercred of both: each is its own maker's
	t.cred = s.cred
	return pr.install(d, k.open(s)), pr.install(e, k.open(t)), 0
}

// ID returns the ID of a socket, for waiting. Errors: EBADF, ENOTSOCK.
func (k *Kernel) ID(p ProcID, d Desc) (ID, syscall.Errno) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, errno
	}
	return s.id, 0
}

// SockType says what a socket is: its type, and whether it listens (SO_TYPE,
// SO_ACCEPTCONN). Errors: EBADF, ENOTSOCK.
func (k *Kernel) SockType(p ProcID, d Desc) (typ Type, listens bool, errno syscall.Errno) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, false, errno
	}
	return s.typ, s.state == listening, 0
}

// SockError returns and clears the pending error (SO_ERROR). Errors: EBADF,
// ENOTSOCK.
func (k *Kernel) SockError(p ProcID, d Desc) (pending, errno syscall.Errno) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, errno
	}
	pending, s.err = s.err, 0
	return pending, 0
}

// SndBuf returns the size of the send buffer (SO_SNDBUF). Errors: EBADF,
// ENOTSOCK.
func (k *Kernel) SndBuf(p ProcID, d Desc) (int, syscall.Errno) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, errno
	}
	return s.sndbuf, 0
}

// minSndBuf is SOCK_MIN_SNDBUF.
const minSndBuf = 4608

// SetSndBuf sets the size of the send buffer to twice n, within the machine's
// bounds. A negative n is compared without its sign, and so is the highest
// (net/core/sock.c, sk_setsockopt). Errors: EBADF, ENOTSOCK.
func (k *Kernel) SetSndBuf(p ProcID, d Desc, n int) (errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return errno, nil
	}
	if n < 0 || n > k.cfg.SndBufMax {
		n = k.cfg.SndBufMax
	}
	s.sndbuf = max(2*n, minSndBuf)
	if s.writable() {
		k.wake(s, Out)
	}
	return 0, k.ready()
}

// SockName returns the name a socket was bound to, as given to Bind, "" if none.
// Errors: EBADF, ENOTSOCK.
func (k *Kernel) SockName(p ProcID, d Desc) (string, syscall.Errno) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return "", errno
	}
	return s.name, 0
}

// PeerName returns the name of the peer, "" if it has none, also after the peer
// was closed. Errors: EBADF, ENOTSOCK, ENOTCONN.
func (k *Kernel) PeerName(p ProcID, d Desc) (string, syscall.Errno) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return "", errno
	}
	if s.peer == nil {
		return "", syscall.ENOTCONN
	}
	return s.peer.name, 0
}

// Cred identifies a process at some moment. A socket that has no peer, and does
// not listen, reports PID 0 and ids of -1.
type Cred struct {
	PID      ProcID
	UID, GID int
}

func (p *process) cred() Cred { return Cred{p.id, p.uid, p.gid} }

// PeerCred returns who connected, or called Listen, or made the pair, at that
// moment (SO_PEERCRED). Errors: EBADF, ENOTSOCK.
func (k *Kernel) PeerCred(p ProcID, d Desc) (Cred, syscall.Errno) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return Cred{}, errno
	}
	return s.cred, 0
}
