package afunix

import (
	"slices"
	"strings"
	"syscall"
)

// What is here is asked about sockets by ID, whoever has descriptors of them, by
// who reports on a whole machine: what waits for what, and what is left over.

// An Info is what a report says about a socket. One that is neither Listening
// nor Connected is new, or has failed to connect.
type Info struct {
	Type      Type
	Listening bool
	Connected bool // also once its peer is dead
	Embryo    bool // it waits to be accepted

	Name     string // what it was bound to, or, if it was accepted, its listener
	PeerName string
	PeerDead bool // it is connected, and its peer is no more

	RecvShut bool          // nothing comes any more but what is Unread
	SendShut bool          // nothing can be sent
	Err      syscall.Errno // ECONNRESET, if that was not told yet

	Unread  int // bytes that can be read
	Charged int // what of SndBuf is taken by what the peer has not read
	SndBuf  int

	Pending int // connections that wait to be accepted
	Backlog int // one more than these can
}

// Describe returns what is known of a socket, and whether there is one of this
// ID.
func (k *Kernel) Describe(id ID) (Info, bool) {
	s := k.alive(id)
	if s == nil {
		return Info{}, false
	}
	i := Info{
		Type:      s.typ,
		Listening: s.state == listening,
		Connected: s.state == connected,
		Embryo:    s.file == nil,
		Name:      s.name,
		RecvShut:  s.shut&shutRecv != 0,
		SendShut:  s.shut&shutSend != 0,
		Err:       s.err,
		Unread:    s.rq.nbytes,
		Charged:   s.outq,
		SndBuf:    s.sndbuf,
		Pending:   s.npending,
		Backlog:   s.backlog,
	}
	if s.peer != nil {
		i.PeerName, i.PeerDead = s.peer.name, s.peer.dead
	}
	return i, true
}

// alive returns a socket that exists: one with a description, or an embryo.
func (k *Kernel) alive(id ID) *socket {
	if i := uint(id) - 1; i < uint(k.top) {
		// Of the dead, and of those that are free, nothing is left but their names.
		if s := k.socks[i]; s.file != nil || s.peer != nil {
			return s
		}
	}
	return nil
}

// PeerID returns the other end of a connection, if it lives, accepted or not.
func (k *Kernel) PeerID(id ID) (peer ID, ok bool) {
	s := k.alive(id)
	if s == nil || s.peer == nil || s.peer.dead {
		return 0, false
	}
	return s.peer.id, true
}

// Holders appends the processes that have a descriptor of a socket, in ascending
// order. There is none for one that waits to be accepted, or that travels in a
// message. It goes through their tables until it has found all.
func (k *Kernel) Holders(dst []ProcID, id ID) []ProcID {
	s := k.alive(id)
	if s == nil || s.file == nil {
		return dst
	}
	missing := s.file.refs - s.file.flight
	for _, p := range k.procs {
		if missing == 0 {
			break
		}
		if p == nil {
			continue
		}
		before := missing
		for _, f := range p.files {
			if f == s.file {
				missing--
			}
		}
		if missing < before {
			dst = append(dst, p.id)
		}
	}
	return dst
}

// A SocketFile is a name of a socket in the tree. Without a listener behind it,
// connecting is ECONNREFUSED and binding is EADDRINUSE.
type SocketFile struct {
	Path     string // from the root
	Ino      uint32
	Listener ID // 0 if nobody listens
}

// SocketFiles appends all names of sockets that can be reached from the root,
// sorted by path. It looks at the whole tree, whatever its permissions, and makes
// a string of each path.
func (k *Kernel) SocketFiles(dst []SocketFile) []SocketFile {
	old := len(dst)
	dst = k.tree.root.socketFiles(dst, "/")
	slices.SortFunc(dst[old:], func(a, b SocketFile) int { return strings.Compare(a.Path, b.Path) })
	return dst
}

// socketFiles appends those at and below a directory whose path ends in a slash.
func (n *inode) socketFiles(dst []SocketFile, path string) []SocketFile {
	for e := n.first; e != nil; e = e.next {
		switch f := e.file; f.kind {
		case Dir:
			dst = f.socketFiles(dst, path+e.name+"/")
		case Sock:
			s := SocketFile{Path: path + e.name, Ino: f.ino}
			if f.sock != nil && f.sock.state == listening {
				s.Listener = f.sock.id
			}
			dst = append(dst, s)
		}
	}
	return dst
}
