package simnet

import (
	"io/fs"
	"path"
	"strings"
	"syscall"

	"example.com/brine/simnet/internal/afunix"
)

// permMode takes a mode apart for k: permission bits and the sticky bit.
func permMode(op Op, name string, mode fs.FileMode) (uint32, error) {
	if mode&^(fs.ModePerm|fs.ModeSticky) != 0 {
		return 0, invalid(op, name, "mode with bits other than permissions")
	}
	m := uint32(mode & fs.ModePerm)
	if mode&fs.ModeSticky != 0 {
		m |= 0o1000
	}
	return m, nil
}

// Mkdir makes a directory of root's with exactly this mode. Errors: those of a
// path, EEXIST; EINVAL for a mode with more than permission bits and
// fs.ModeSticky.
func (w *World) Mkdir(name string, mode fs.FileMode) error {
	const op = OpMkdir
	m, bad := permMode(op, name, mode)
	return w.scene(op, name, bad, func() (syscall.Errno, []afunix.Waiter) {
		return w.k.Mkdir(w.root, name, m)
	})
}

// MkdirAll makes a directory and those above it that are missing. It is no error
// if the directory is there. Errors: as for Mkdir.
func (w *World) MkdirAll(name string, mode fs.FileMode) error {
	at := "/"
	for part := range strings.SplitSeq(path.Clean("/"+name), "/") {
		if at = path.Join(at, part); at == "/" {
			continue
		}
		if err := w.Mkdir(at, mode); err != nil {
			if st, statErr := w.Stat(at); statErr != nil || !st.Mode.IsDir() {
				return err
			}
		}
	}
	return nil
}

// Create makes an empty file of root's with exactly this mode. (What is in a file
// cannot be read through a transport, so files have no content.) Errors: as for
// Mkdir.
func (w *World) Create(name string, mode fs.FileMode) error {
	const op = OpCreate
	m, bad := permMode(op, name, mode)
	return w.scene(op, name, bad, func() (syscall.Errno, []afunix.Waiter) {
		return w.k.Mknod(w.root, name, afunix.Regular, m)
	})
}

// Symlink makes a symbolic link at name to target, which need not exist. Errors:
// as for Mkdir; ENOENT for an empty target.
func (w *World) Symlink(target, name string) error {
	const op = OpSymlink
	return w.scene(op, name, checkFile(op, target), func() (syscall.Errno, []afunix.Waiter) {
		w.renamed = true
		return w.k.Symlink(w.root, target, name)
	})
}

// Link gives the file at oldname another name (link(2)). Errors: those of both
// paths, EEXIST, EPERM for a directory, EXDEV.
func (w *World) Link(oldname, newname string) error {
	const op = OpLink
	return w.scene(op, oldname, checkFile(op, newname), func() (syscall.Errno, []afunix.Waiter) {
		w.renamed = true
		return w.k.Link(w.root, oldname, newname)
	})
}

// Chmod sets the mode of a file, following symbolic links. Errors: as for Mkdir.
func (w *World) Chmod(name string, mode fs.FileMode) error {
	const op = OpChmod
	m, bad := permMode(op, name, mode)
	return w.scene(op, name, bad, func() (syscall.Errno, []afunix.Waiter) {
		return w.k.Chmod(w.root, name, m)
	})
}

// Chown sets the owner of a file, following symbolic links. Errors: those of a
// path.
func (w *World) Chown(name string, uid, gid int) error {
	return w.scene(OpChown, name, nil, func() (syscall.Errno, []afunix.Waiter) {
		return w.k.Chown(w.root, name, uid, gid)
	})
}

// SetReadOnly makes what is in a directory, and below, read-only (EROFS), or
// writable again, as if a file system were mounted there: nothing can be renamed
// or linked across its border (EXDEV). Errors: those of a path, ENOTDIR.
func (w *World) SetReadOnly(dir string, readOnly bool) error {
	return w.scene(OpRemount, dir, nil, func() (syscall.Errno, []afunix.Waiter) {
		return w.k.SetReadOnly(w.root, dir, readOnly)
	})
}

// Remove removes a file or an empty directory. A listener goes on with what it
// has, unreachable. Errors: those of a path, ENOTEMPTY, EBUSY.
func (w *World) Remove(name string) (err error) {
	const op = OpRemove
	if err := w.enter(nil, op, 0, name); err != nil {
		return err
	}
	defer w.leave(nil, op, &err)
	if err := checkFile(op, name); err != nil {
		return err
	}
	w.lock()
	defer w.unlock()
	return w.remove(op, w.root, name)
}

// Rename renames a file, replacing the target if there is one (rename(2)).
// Errors: those of both paths.
func (w *World) Rename(oldname, newname string) (err error) {
	const op = OpRename
	if err := w.enter(nil, op, 0, oldname); err != nil {
		return err
	}
	defer w.leave(nil, op, &err)
	w.lock()
	defer w.unlock()
	return w.rename(op, w.root, oldname, newname)
}

// A FileInfo is what is known of a file.
type FileInfo struct {
	Mode     fs.FileMode // its type among it: fs.ModeSocket, fs.ModeDir, fs.ModeSymlink
	UID, GID int
	Links    int // how many names it has
}

// Stat looks at a file, without following a link at the end of name (lstat(2)).
// Errors: those of a path. After the end of a run it shows what was there then,
// until the Runner begins its next.
func (w *World) Stat(name string) (info FileInfo, err error) {
	var st afunix.Stat
	err = w.view(OpStat, name, func() (errno syscall.Errno) {
		st, errno = w.k.Lstat(w.root, name)
		return errno
	})
	if err != nil {
		return FileInfo{}, err
	}
	mode := fs.FileMode(st.Mode & 0o777)
	if st.Mode&0o1000 != 0 {
		mode |= fs.ModeSticky
	}
	switch st.Kind {
	case afunix.Dir:
		mode |= fs.ModeDir
	case afunix.Symlink:
		mode |= fs.ModeSymlink
	case afunix.Sock:
		mode |= fs.ModeSocket
	case afunix.Fifo:
		mode |= fs.ModeNamedPipe
	}
	return FileInfo{Mode: mode, UID: st.UID, GID: st.GID, Links: st.Links}, nil
}

// Names returns the names in a directory, sorted. Errors: those of a path,
// ENOTDIR. After the end of a run it shows what was there then, as Stat does.
func (w *World) Names(dir string) (names []string, err error) {
	err = w.view(OpNames, dir, func() (errno syscall.Errno) {
		names, errno = w.k.Names(w.root, dir)
		return errno
	})
	return names, err
}

// view looks at the tree of files, as root.
func (w *World) view(op Op, name string, f func() syscall.Errno) (err error) {
	switch err = w.enter(nil, op, 0, name); {
	case err == nil:
		defer w.leave(nil, op, &err)
		w.lock()
		defer w.unlock()
	case w.sched.ended():
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.sched.settled {
			return err
		}
	default:
		return err
	}
	if err = checkFile(op, name); err != nil {
		return err
	}
	if errno := f(); errno != 0 {
		err = fail(op, name, errno)
	}
	return err
}

// SetMaxFiles changes how many files all processes together may have open
// (fs.file-max): beyond it users other than root get ENFILE, and beyond twice
// as many sockets everybody does. A negative number is EINVAL.
func (w *World) SetMaxFiles(n int) (err error) {
	const op = OpLimit
	if err := w.enter(nil, op, 0, ""); err != nil {
		return err
	}
	defer w.leave(nil, op, &err)
	if n < 0 {
		return invalid(op, "", "negative limit")
	}
	w.lock()
	defer w.unlock()
	w.k.SetMaxFiles(n)
	return nil
}

// scene carries out an operation on a file, as root, unless its other arguments
// are bad.
func (w *World) scene(op Op, name string, bad error, f func() (syscall.Errno, []afunix.Waiter)) (err error) {
	if err := w.enter(nil, op, 0, name); err != nil {
		return err
	}
	defer w.leave(nil, op, &err)
	if bad != nil {
		return bad
	}
	if err := checkFile(op, name); err != nil {
		return err
	}
	w.lock()
	defer w.unlock()
	errno, woken := f()
	if errno != 0 {
		return fail(op, name, errno)
	}
	w.events(woken)
	return nil
}
