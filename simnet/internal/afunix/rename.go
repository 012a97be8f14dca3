package afunix

import "syscall"

// Rename gives a file another name instead, replacing what has it (rename(2)). A
// socket stays reachable, by the new name. If both names are the same file,
// nothing happens.
//
// Errors: those of both paths; EXDEV for another file system; EBUSY for a path
// that ends in "." or ".."; EROFS; ENOENT; ENOTDIR, EISDIR where one is a
// directory and the other is not, or a slash says so; EINVAL into itself;
// ENOTEMPTY; EACCES, EPERM in a sticky directory.
func (k *Kernel) Rename(p ProcID, oldpath, newpath string) (errno syscall.Errno, woken []Waiter) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return errno, nil
	}
	w, errno := k.place(pr, oldpath)
	if errno != 0 {
		return errno, nil
	}
	from := *w
	if w, errno = k.place(pr, newpath); errno != 0 {
		return errno, nil
	}
	switch {
	case from.cur.fs != w.cur.fs:
		return syscall.EXDEV, nil
	case from.kind != named || w.kind != named:
		return syscall.EBUSY, nil
	case k.tree.readOnly(w.cur):
		return syscall.EROFS, nil
	}
	n, errno := k.tree.lookup(from.cur, from.last)
	switch {
	case errno != 0:
		return errno, nil
	case n == nil:
		return syscall.ENOENT, nil
	}
	old, errno := k.tree.lookup(w.cur, w.last)
	switch {
	case errno != 0:
		return errno, nil
	case n.kind != Dir && (from.slash || w.slash):
		return syscall.ENOTDIR, nil
	case n.within(w.cur):
		return syscall.EINVAL, nil
	case old != nil && old.within(from.cur):
		return syscall.ENOTEMPTY, nil
	case n == old:
		return 0, nil
	}
	if errno := k.mayRename(pr, from.cur, n, w.cur, old); errno != 0 {
		return errno, nil
	}
	if old != nil {
		k.tree.remove(w.cur, w.last)
	}
	k.tree.add(w.cur, w.last, n)
	k.tree.remove(from.cur, from.last)
	if n.kind == Dir && n.parent != w.cur {
		was := n.parent
		n.parent = w.cur
		w.cur.refs++
		k.tree.unref(was)
	}
	return 0, k.renamed()
}

// within reports whether n is dir or a directory above it.
func (n *inode) within(dir *inode) bool {
	if n.kind != Dir {
		return false
	}
	for dir != n {
		if dir == dir.parent {
			return false
		}
		dir = dir.parent
	}
	return true
}

// mayRename asks for permissions in the order of vfs_rename.
func (k *Kernel) mayRename(pr *process, from, n, to, old *inode) syscall.Errno {
	if errno := k.tree.mayDelete(pr, from, n, n.kind == Dir); errno != 0 {
		return errno
	}
	var errno syscall.Errno
	if old == nil {
		errno = k.tree.permits(pr, to, mayWrite|mayExec)
	} else {
		errno = k.tree.mayDelete(pr, to, old, n.kind == Dir)
	}
	if errno != 0 {
		return errno
	}
	if from != to && n.kind == Dir {
		// ".." of n will change.
		if errno := k.tree.permits(pr, n, mayWrite); errno != 0 {
			return errno
		}
	}
	if old != nil && old.first != nil {
		return syscall.ENOTEMPTY
	}
	return 0
}
