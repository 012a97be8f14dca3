package afunix

import "syscall"

// owned finds a file whose owner a process has to be.
func (k *Kernel) owned(p ProcID, path string) (*process, *inode, syscall.Errno) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return nil, nil, errno
	}
	n, errno := k.find(pr, path, followed)
	switch {
	case errno != 0:
		return nil, nil, errno
	case k.tree.readOnly(n):
		return nil, nil, syscall.EROFS
	case !n.owns(pr):
		return nil, nil, syscall.EPERM
	}
	return pr, n, 0
}

// Chmod sets the mode of a file, following links (chmod(2)). Connections that
// are made stay. Errors: those of a path; EROFS; EPERM for another's file.
func (k *Kernel) Chmod(p ProcID, path string, mode uint32) (errno syscall.Errno, woken []Waiter) {
	_, n, errno := k.owned(p, path)
	if errno != 0 {
		return errno, nil
	}
	n.mode = mode & 07777
	return 0, k.renamed()
}

// Chown sets the owner of a file, following links (chown(2)). Errors: those of a
// path; EROFS; EPERM for all but root.
func (k *Kernel) Chown(p ProcID, path string, uid, gid int) (errno syscall.Errno, woken []Waiter) {
	pr, n, errno := k.owned(p, path)
	switch {
	case errno != 0:
		return errno, nil
	case pr.uid != 0:
		return syscall.EPERM, nil
	}
	n.uid, n.gid = uid, gid
	return 0, k.renamed()
}

// SetReadOnly makes the files at and below a directory read-only, or writable
// again. The directory becomes the root of a file system of its own, as if one
// had been mounted there with all that is in it. Errors: those of a path;
// ENOTDIR; EPERM for all but root.
func (k *Kernel) SetReadOnly(p ProcID, path string, ro bool) (errno syscall.Errno, woken []Waiter) {
	pr, errno := k.proc(p)
	if errno != 0 {
		return errno, nil
	}
	n, errno := k.find(pr, path, followed)
	switch {
	case errno != 0:
		return errno, nil
	case pr.uid != 0:
		return syscall.EPERM, nil
	case n.kind != Dir:
		return syscall.ENOTDIR, nil
	}
	t := &k.tree
	if !t.mountpoint(n) {
		n.move(n.fs, len(t.ro))
		t.ro = append(t.ro, false)
	}
	t.ro[n.fs] = ro
	return 0, k.renamed()
}

// move moves what is at and below n from one file system to another. Files
// follow the directories that they are in.
func (n *inode) move(from, to int) {
	n.fs = to
	for e := n.first; e != nil; e = e.next {
		if m := e.file; m.kind != Dir || m.fs == from {
			m.move(from, to)
		}
	}
}
