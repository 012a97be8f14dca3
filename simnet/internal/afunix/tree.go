package afunix

import "syscall"

// Kind is the kind of a file.
type Kind uint8

// Kinds of files.
const (
	Dir Kind = iota
	Regular
	Symlink
	Sock
	Fifo
)

// An inode is a file without its names. It exists as long as it has a name
// (links), or somebody holds it (refs): an open description, a working
// directory, the socket bound to it, or, of a directory, one in it, which may
// have been removed but still leads back by "..".
type inode struct {
	ino      uint32
	kind     Kind
	mode     uint32
	uid, gid int
	links    int
	refs     int
	fs       int

	parent *inode  // of a directory; the root's is itself
	first  *entry  // of a directory, in no order
	target string  // of a symbolic link
	sock   *socket // bound to it, and alive
	lock   *file   // that holds the advisory lock
	next   *inode  // among the free
}

// An entry is a name in a directory. It is found by its key, and from the
// directory, through which init comes to it: to clear a map takes the longer the
// more there has ever been in it.
type entry struct {
	key
	file       *inode
	prev, next *entry // in the directory; next also among the spare
}

// A key is where a name stands: in the directory of this inode number.
type key struct {
	dir  uint32
	name string
}

// A tree is the namespace of files. Two names are the same file if they lead to
// the same inode: that is what a socket is found by.
type tree struct {
	root    *inode
	nodes   []*inode // by ino-1
	top     int      // how many of nodes have been in use since init
	free    *inode
	entries map[key]*entry
	most    int // how many entries there have ever been at a time
	spare   *entry
	ro      []bool // by inode.fs
}

func (t *tree) init() {
	for _, n := range t.nodes[:t.top] {
		for e := n.first; e != nil; {
			next := e.next
			if t.most > slab {
				delete(t.entries, e.key)
			}
			t.putEntry(e)
			e = next
		}
		*n = inode{ino: n.ino}
	}
	if t.most <= slab {
		clear(t.entries)
	}
	t.top, t.free = 0, nil
	t.ro = append(t.ro[:0], false)
	t.root = t.alloc()
	t.root.kind, t.root.mode, t.root.links, t.root.parent = Dir, 0755, 1, t.root
}

// alloc reuses the number that became free last, as file systems do.
func (t *tree) alloc() *inode {
	n := t.free
	switch {
	case n != nil:
		t.free, n.next = n.next, nil
	case t.top < len(t.nodes):
		n = t.nodes[t.top]
		t.top++
	default:
		ns := make([]inode, slab)
		for i := range ns {
			t.nodes = append(t.nodes, &ns[i])
			ns[i].ino = uint32(len(t.nodes))
		}
		n = &ns[0]
		t.top++
	}
	return n
}

// make makes a file at a place that create found.
func (t *tree) make(pr *process, dir *inode, name string, kind Kind, mode uint32) *inode {
	n := t.alloc()
	n.kind, n.mode, n.uid, n.gid, n.fs = kind, mode, pr.uid, pr.gid, dir.fs
	t.add(dir, name, n)
	if kind == Dir {
		n.parent = dir
		dir.refs++
	}
	return n
}

func (t *tree) add(dir *inode, name string, n *inode) {
	e := t.spare
	if e == nil {
		e = &entry{}
	} else {
		t.spare = e.next
	}
	*e = entry{key: key{dir.ino, name}, file: n, next: dir.first}
	if e.next != nil {
		e.next.prev = e
	}
	dir.first = e
	t.entries[e.key] = e
	t.most = max(t.most, len(t.entries))
	n.links++
}

func (t *tree) remove(dir *inode, name string) {
	e := t.entries[key{dir.ino, name}]
	n := e.file
	t.drop(dir, e)
	n.links--
	t.unused(n)
}

// drop takes an entry out of its directory.
func (t *tree) drop(dir *inode, e *entry) {
	delete(t.entries, e.key)
	if e.prev == nil {
		dir.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	}
	t.putEntry(e)
}

func (t *tree) putEntry(e *entry) {
	*e = entry{next: t.spare}
	t.spare = e
}

// unref gives up a reference that counts in refs.
func (t *tree) unref(n *inode) {
	n.refs--
	t.unused(n)
}

func (t *tree) unused(n *inode) {
	for n.links == 0 && n.refs == 0 {
		parent := n.parent
		*n = inode{ino: n.ino, next: t.free}
		t.free = n
		if parent == nil {
			return
		}
		parent.refs--
		n = parent
	}
}

// lookup returns what a directory has by a name, nil if nothing.
func (t *tree) lookup(dir *inode, name string) (*inode, syscall.Errno) {
	if dir.links == 0 {
		return nil, syscall.ENOENT // a removed directory has nothing, and gets nothing
	}
	if len(name) > nameMax {
		return nil, syscall.ENAMETOOLONG
	}
	if e := t.entries[key{dir.ino, name}]; e != nil {
		return e.file, 0
	}
	return nil, 0
}

func (t *tree) readOnly(n *inode) bool { return t.ro[n.fs] }

// What permits is asked for.
const (
	mayExec  = 1 // of a directory: to look names up in it
	mayWrite = 2 // of a directory: to make and remove names in it
	mayRead  = 4
)

// permits says whether a process may do something with a file
// (inode_permission, generic_permission): the owner by the first three bits of
// the mode, the group by the next, all others by the last. Root may do anything
// but execute what nobody can. Nothing but sockets and fifos can be written on a
// read-only file system.
func (t *tree) permits(pr *process, n *inode, what uint32) syscall.Errno {
	if what&mayWrite != 0 && t.readOnly(n) && n.kind != Sock && n.kind != Fifo {
		return syscall.EROFS
	}
	if pr.uid == 0 {
		if what&mayExec != 0 && n.kind != Dir && n.mode&0111 == 0 {
			return syscall.EACCES
		}
		return 0
	}
	bits := n.mode
	switch {
	case pr.uid == n.uid:
		bits >>= 6
	case pr.gid == n.gid:
		bits >>= 3
	}
	if bits&what != what {
		return syscall.EACCES
	}
	return 0
}

// owns says whether a process may do what only the owner may
// (inode_owner_or_capable).
func (n *inode) owns(pr *process) bool { return pr.uid == 0 || pr.uid == n.uid }

const sticky = 01000

// mayDelete says whether a process may take a file out of a directory
// (may_delete). asDir says what the call expects it to be.
func (t *tree) mayDelete(pr *process, dir, n *inode, asDir bool) syscall.Errno {
	if errno := t.permits(pr, dir, mayWrite|mayExec); errno != 0 {
		return errno
	}
	if dir.mode&sticky != 0 && !dir.owns(pr) && !n.owns(pr) {
		return syscall.EPERM
	}
	switch {
	case asDir && n.kind != Dir:
		return syscall.ENOTDIR
	case asDir && t.mountpoint(n):
		return syscall.EBUSY
	case !asDir && n.kind == Dir:
		return syscall.EISDIR
	}
	return 0
}

// mountpoint reports whether a directory is the root of its file system.
func (t *tree) mountpoint(n *inode) bool { return n == t.root || n.fs != n.parent.fs }
