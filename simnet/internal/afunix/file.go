package afunix

import (
	"slices"
	"syscall"
)

// A Stat is what is known of a file.
type Stat struct {
	Ino      uint32 // no two files have the same at a time; it is used again at once
	Kind     Kind
	Mode     uint32 // permission bits and the sticky bit
	UID, GID int
	Links    int // names
}

func (n *inode) stat() Stat { return Stat{n.ino, n.kind, n.mode, n.uid, n.gid, n.links} }

// Stat looks a file up, following symbolic links (stat(2)). Errors, here and
// wherever there is a path: ENOENT, also for an empty path, or one that starts
// in a removed directory; ENOTDIR; EACCES where a directory cannot be searched;
// ELOOP beyond 40 links; ENAMETOOLONG beyond 4095 bytes, or 255 of a component.
func (k *Kernel) Stat(p ProcID, path string) (Stat, syscall.Errno) {
	return k.statPath(p, path, followed)
}

// Lstat does not follow a link at the end of path (lstat(2)).
func (k *Kernel) Lstat(p ProcID, path string) (Stat, syscall.Errno) {
	return k.statPath(p, path, notFollowed)
}

func (k *Kernel) statPath(p ProcID, path string, follow bool) (Stat, syscall.Errno) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return Stat{}, errno
	}
	n, errno := k.find(pr, path, follow)
	if errno != 0 {
		return Stat{}, errno
	}
	return n.stat(), 0
}

// Fstat is about the file that a descriptor of Open refers to (fstat(2)).
// Errors: EBADF; EINVAL for a socket, whose inode is in no file system.
func (k *Kernel) Fstat(p ProcID, d Desc) (Stat, syscall.Errno) {
	_, f, errno := k.desc(p, d)
	if errno != 0 {
		return Stat{}, errno
	}
	if f.node == nil {
		return Stat{}, syscall.EINVAL
	}
	return f.node.stat(), 0
}

// Names returns the names in a directory, sorted.
func (k *Kernel) Names(p ProcID, path string) ([]string, syscall.Errno) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return nil, errno
	}
	n, errno := k.find(pr, path, followed)
	switch {
	case errno != 0:
		return nil, errno
	case n.kind != Dir:
		return nil, syscall.ENOTDIR
	}
	if errno := k.tree.permits(pr, n, mayRead); errno != 0 {
		return nil, errno
	}
	var names []string
	for e := n.first; e != nil; e = e.next {
		names = append(names, e.name)
	}
	slices.Sort(names)
	return names, 0
}

// Open opens the file at path for reading and writing (open(2), O_RDWR), and, if
// create is set and nothing is there, makes it, with mode less the umask. A
// symbolic link is followed only if follow is set (O_NOFOLLOW if not).
//
// Errors: EMFILE, before all else; those of a path, ELOOP for a link that is not
// followed; EISDIR; EROFS; EACCES; ENFILE; ENXIO for a socket.
func (k *Kernel) Open(p ProcID, path string, create, follow bool, mode uint32) (d Desc, errno syscall.Errno) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return -1, errno
	}
	if path == "" {
		return -1, syscall.ENOENT
	}
	number, errno := pr.free(0)
	if errno != 0 {
		return -1, errno
	}
	if errno := k.moreFiles(pr, 1); errno != 0 {
		return -1, errno
	}
	n, errno := k.openNode(pr, path, create, follow, mode)
	if errno != 0 {
		return -1, errno
	}
	f := k.pool.file()
	f.node = n
	n.refs++
	k.nfiles++
	return pr.install(number, f), 0
}

func (k *Kernel) openNode(pr *process, path string, create, follow bool, mode uint32) (n *inode, errno syscall.Errno) {
	if create {
		n, dir, errno := k.openCreate(pr, path, follow, mode)
		if errno != 0 || dir == nil {
			return n, errno
		}
		if n.kind != Dir && !k.mayReuse(pr, dir, n) {
			return nil, syscall.EACCES
		}
		return n, k.mayOpen(pr, n)
	}
	if n, errno = k.find(pr, path, follow); errno != 0 {
		return nil, errno
	}
	return n, k.mayOpen(pr, n)
}

// mayReuse says whether a file that Open would have made, but found in dir, may
// be opened: in a sticky directory not every kind, if another made it
// (may_create_in_sticky).
func (k *Kernel) mayReuse(pr *process, dir, n *inode) bool {
	level := 1
	switch n.kind {
	case Regular:
		level = k.cfg.ProtectedRegular
	case Fifo:
		level = k.cfg.ProtectedFifos
	}
	if dir.mode&sticky == 0 || level == 0 || n.uid == dir.uid || n.uid == pr.uid {
		return true
	}
	return dir.mode&0002 == 0 && (dir.mode&0020 == 0 || level < 2)
}

// mayOpen says whether a file that exists can be opened (may_open, no_open).
func (k *Kernel) mayOpen(pr *process, n *inode) syscall.Errno {
	switch n.kind {
	case Symlink:
		return syscall.ELOOP
	case Dir:
		return syscall.EISDIR
	}
	if errno := k.tree.permits(pr, n, mayRead|mayWrite); errno != 0 {
		return errno
	}
	if n.kind == Sock {
		return syscall.ENXIO
	}
	return 0
}

// openCreate makes a file, or finds it, and the directory that has it, where a
// link at the end leads if that is followed. A path that can only be a
// directory's is EISDIR, whatever is there (open_last_lookups).
func (k *Kernel) openCreate(pr *process, path string, follow bool, mode uint32) (n, dir *inode, errno syscall.Errno) {
	w, errno := k.begin(pr, path)
	if errno != 0 {
		return nil, nil, errno
	}
	for path != "" {
		if errno := w.parent(path); errno != 0 {
			return nil, nil, errno
		}
		if w.kind != named || w.slash {
			return nil, nil, syscall.EISDIR
		}
		dir = w.cur
		if n, errno = k.tree.lookup(dir, w.last); errno != 0 {
			return nil, nil, errno
		}
		if n == nil {
			if k.tree.readOnly(dir) {
				return nil, nil, syscall.EROFS
			}
			if errno := k.tree.permits(pr, dir, mayWrite|mayExec); errno != 0 {
				return nil, nil, errno
			}
			return k.tree.make(pr, dir, w.last, Regular, mode&07777&^pr.umask), nil, 0
		}
		if path, errno = w.step(follow, true); errno != 0 {
			return nil, nil, errno
		}
	}
	return w.cur, dir, 0
}

// Mkdir makes a directory (mkdir(2)). Errors: those of a path; EEXIST; EROFS;
// EACCES.
func (k *Kernel) Mkdir(p ProcID, path string, mode uint32) (errno syscall.Errno, woken []Waiter) {
	return k.makeFile(p, path, Dir, mode&01777)
}

// Mknod makes a fifo or an empty regular file (mknod(2)). Errors: as for Mkdir;
// EPERM for another kind.
func (k *Kernel) Mknod(p ProcID, path string, kind Kind, mode uint32) (errno syscall.Errno, woken []Waiter) {
	if kind != Regular && kind != Fifo {
		return syscall.EPERM, nil
	}
	return k.makeFile(p, path, kind, mode&07777)
}

func (k *Kernel) makeFile(p ProcID, path string, kind Kind, mode uint32) (errno syscall.Errno, woken []Waiter) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return errno, nil
	}
	dir, last, errno := k.create(pr, path, kind == Dir)
	if errno != 0 {
		return errno, nil
	}
	k.tree.make(pr, dir, last, kind, mode&^pr.umask)
	return 0, k.renamed()
}

// Symlink makes a symbolic link to target (symlink(2)). Errors: ENOENT for an
// empty target; ENAMETOOLONG for one of more than 4095 bytes; then as for Mkdir.
func (k *Kernel) Symlink(p ProcID, target, path string) (errno syscall.Errno, woken []Waiter) {
	pr, errno := k.proc(p)
	switch {
	case errno != 0:
		return errno, nil
	case target == "":
		return syscall.ENOENT, nil
	case len(target) >= pathMax:
		return syscall.ENAMETOOLONG, nil
	}
	dir, last, errno := k.create(pr, path, false)
	if errno != 0 {
		return errno, nil
	}
	k.tree.make(pr, dir, last, Symlink, 0777).target = target
	return 0, k.renamed()
}

// Link gives a file another name (link(2)). A link at the end of oldpath is not
// followed. Errors: those of oldpath; those of newpath as for Mkdir, with EEXIST
// before EXDEV, which is for another file system; EPERM for a directory, or by
// Config.ProtectedHardlinks.
func (k *Kernel) Link(p ProcID, oldpath, newpath string) (errno syscall.Errno, woken []Waiter) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return errno, nil
	}
	n, errno := k.find(pr, oldpath, notFollowed)
	if errno != 0 {
		return errno, nil
	}
	dir, last, errno := k.createOnly(pr, newpath)
	switch {
	case errno != 0:
		return errno, nil
	case n.fs != dir.fs:
		return syscall.EXDEV, nil
	case k.cfg.ProtectedHardlinks && !n.owns(pr) &&
		(n.kind != Regular || k.tree.permits(pr, n, mayRead|mayWrite) != 0):
		return syscall.EPERM, nil // may_linkat
	}
	if errno := k.tree.permits(pr, dir, mayWrite|mayExec); errno != 0 {
		return errno, nil
	}
	switch {
	case n.kind == Dir:
		return syscall.EPERM, nil
	case n.links == 0:
		return syscall.ENOENT, nil
	}
	k.tree.add(dir, last, n)
	return 0, k.renamed()
}

// createOnly is create without may_create.
func (k *Kernel) createOnly(pr *process, path string) (dir *inode, last string, errno syscall.Errno) {
	dir, last, errno = k.create(pr, path, false)
	if errno == syscall.EACCES && dir != nil {
		errno = 0
	}
	return dir, last, errno
}

// Unlink removes a name of a file (unlink(2)); a socket that listens there goes
// on with what it has. Errors: those of a path; EISDIR for a directory, ENOTDIR
// for a file with a slash after it; EROFS; EACCES, EPERM in a sticky directory.
func (k *Kernel) Unlink(p ProcID, path string) (errno syscall.Errno, woken []Waiter) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return errno, nil
	}
	w, errno := k.place(pr, path)
	switch {
	case errno != 0:
		return errno, nil
	case w.kind != named:
		return syscall.EISDIR, nil
	case k.tree.readOnly(w.cur):
		return syscall.EROFS, nil
	}
	n, errno := k.tree.lookup(w.cur, w.last)
	switch {
	case errno != 0:
		return errno, nil
	case n == nil:
		return syscall.ENOENT, nil
	case w.slash && n.kind == Dir:
		return syscall.EISDIR, nil
	case w.slash:
		return syscall.ENOTDIR, nil
	}
	if errno := k.tree.mayDelete(pr, w.cur, n, false); errno != 0 {
		return errno, nil
	}
	k.tree.remove(w.cur, w.last)
	return 0, k.renamed()
}

// Rmdir removes an empty directory (rmdir(2)). Errors: those of a path; ENOTDIR;
// ENOTEMPTY, also for a path that ends in ".."; EINVAL for one that ends in ".";
// EBUSY; EROFS; EACCES, EPERM in a sticky directory.
func (k *Kernel) Rmdir(p ProcID, path string) (errno syscall.Errno, woken []Waiter) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return errno, nil
	}
	w, errno := k.place(pr, path)
	if errno != 0 {
		return errno, nil
	}
	switch w.kind {
	case dotdot:
		return syscall.ENOTEMPTY, nil
	case dot:
		return syscall.EINVAL, nil
	case root:
		return syscall.EBUSY, nil
	}
	if k.tree.readOnly(w.cur) {
		return syscall.EROFS, nil
	}
	n, errno := k.tree.lookup(w.cur, w.last)
	switch {
	case errno != 0:
		return errno, nil
	case n == nil:
		return syscall.ENOENT, nil
	}
	if errno := k.tree.mayDelete(pr, w.cur, n, true); errno != 0 {
		return errno, nil
	}
	if n.first != nil {
		return syscall.ENOTEMPTY, nil
	}
	k.tree.remove(w.cur, w.last)
	return 0, k.renamed()
}
