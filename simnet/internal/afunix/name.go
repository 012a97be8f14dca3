package afunix

import (
	"strings"
	"syscall"
)

// Limits of a path.
const (
	pathMax  = 4096 // with the NUL
	nameMax  = 255
	maxLinks = 40 // MAXSYMLINKS, counted over a whole path
)

// A walk is a look-up under way (fs/namei.c, struct nameidata). cur is where it
// has come; last is the component that is yet to be taken, and stands in cur.
// slash says that one follows it.
type walk struct {
	k     *Kernel
	pr    *process
	cur   *inode
	last  string
	kind  lastKind
	slash bool
	links int
	depth int
	stack [maxLinks]string // what is left of the paths whose symbolic links are being followed
}

// lastKind says what the last component of a path is (LAST_NORM and so on).
type lastKind uint8

const (
	named lastKind = iota
	dot
	dotdot
	root // none at all
)

// Whether find follows a link that stands at the end.
const (
	followed    = true
	notFollowed = false
)

// find returns the file that a path leads to (path_lookupat). Errors: ENOENT,
// ENOTDIR, EACCES where a directory cannot be searched, ELOOP beyond 40 links,
// ENAMETOOLONG beyond 4095 bytes, or 255 of a component.
func (k *Kernel) find(pr *process, path string, follow bool) (*inode, syscall.Errno) {
	w, errno := k.begin(pr, path)
	if errno != 0 {
		return nil, errno
	}
	mustDir := false
	for {
		if errno := w.parent(path); errno != 0 {
			return nil, errno
		}
		if w.kind == named && w.slash {
			follow, mustDir = true, true
		}
		link, errno := w.step(follow, true)
		if errno != 0 {
			return nil, errno
		}
		if link == "" {
			break
		}
		path = link
	}
	if mustDir && w.cur.kind != Dir {
		return nil, syscall.ENOTDIR
	}
	return w.cur, 0
}

// place finds the directory that a path's last component is to be looked up in
// (filename_parentat), and returns the walk there.
func (k *Kernel) place(pr *process, path string) (*walk, syscall.Errno) {
	w, errno := k.begin(pr, path)
	if errno != 0 {
		return nil, errno
	}
	return w, w.parent(path)
}

func (k *Kernel) begin(pr *process, path string) (*walk, syscall.Errno) {
	switch {
	case path == "":
		return nil, syscall.ENOENT
	case len(path) >= pathMax:
		return nil, syscall.ENAMETOOLONG
	}
	w := &k.walk
	w.k, w.pr, w.cur, w.links, w.depth = k, pr, pr.cwd, 0, 0
	return w, 0
}

// parent walks all of path but its last component (link_path_walk).
func (w *walk) parent(path string) syscall.Errno {
	if path[0] == '/' {
		w.cur = w.k.tree.root
		path = strings.TrimLeft(path, "/")
	}
	w.last, w.kind, w.slash = "", root, false
	if path == "" {
		return 0
	}
	for {
		if errno := w.k.tree.permits(w.pr, w.cur, mayExec); errno != 0 {
			return errno
		}
		rest := ""
		if i := strings.IndexByte(path, '/'); i < 0 {
			w.last, w.slash = path, false
		} else {
			w.last, w.slash = path[:i], true
			rest = strings.TrimLeft(path[i:], "/")
		}
		switch w.last {
		case ".":
			w.kind = dot
		case "..":
			w.kind = dotdot
		default:
			w.kind = named
		}
		if rest == "" {
			if w.depth == 0 {
				return 0
			}
			// The end of a link in the middle.
			w.depth--
			rest = w.stack[w.depth]
		}
		link, errno := w.step(true, false)
		if errno != 0 {
			return errno
		}
		if link != "" {
			w.stack[w.depth] = rest
			w.depth++
			path = link
			continue
		}
		if w.cur.kind != Dir {
			return syscall.ENOTDIR
		}
		path = rest
	}
}

// step takes the last component (walk_component). If that is a link to be
// followed, it returns what the link says, and cur is where that starts. trailing
// says that nothing comes after.
func (w *walk) step(follow, trailing bool) (link string, errno syscall.Errno) {
	switch w.kind {
	case dot, root:
		return "", 0
	case dotdot:
		w.cur = w.cur.parent
		return "", 0
	}
	n, errno := w.k.tree.lookup(w.cur, w.last)
	if errno != 0 {
		return "", errno
	}
	if n == nil {
		return "", syscall.ENOENT
	}
	if n.kind != Symlink || !follow {
		w.cur = n
		return "", 0
	}
	if w.links++; w.links > maxLinks { // pick_link
		return "", syscall.ELOOP
	}
	if trailing && !w.mayFollow(n) {
		return "", syscall.EACCES
	}
	link = n.target
	if link[0] == '/' {
		w.cur = w.k.tree.root
		link = strings.TrimLeft(link, "/") // nothing is left of "/", and it is there
	}
	return link, 0
}

// mayFollow says whether a link at the end of a path, in cur, may be followed
// (may_follow_link).
func (w *walk) mayFollow(n *inode) bool {
	const shared = sticky | 0002
	return !w.k.cfg.ProtectedSymlinks || n.uid == w.pr.uid || w.cur.mode&shared != shared || n.uid == w.cur.uid
}

// create finds where a new file is to be made (filename_create, may_create).
// Errors, in this order: those of the directories; EEXIST; ENOENT for a slash at
// the end, unless it is to be a directory; EROFS; ENOENT where the directory was
// removed; EACCES.
func (k *Kernel) create(pr *process, path string, directory bool) (dir *inode, last string, errno syscall.Errno) {
	w, errno := k.place(pr, path)
	if errno != 0 {
		return nil, "", errno
	}
	if w.kind != named {
		return nil, "", syscall.EEXIST
	}
	n, errno := k.tree.lookup(w.cur, w.last)
	switch {
	case errno != 0:
		return nil, "", errno
	case n != nil:
		return nil, "", syscall.EEXIST
	case w.slash && !directory:
		return nil, "", syscall.ENOENT
	case k.tree.readOnly(w.cur):
		return nil, "", syscall.EROFS
	}
	return w.cur, w.last, k.tree.permits(pr, w.cur, mayWrite|mayExec)
}
