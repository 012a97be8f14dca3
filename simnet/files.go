package simnet

import (
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// checkFile refuses what cannot be the path of a file: a NUL would cut it short.
func checkFile(op Op, path string) error {
	if strings.IndexByte(path, 0) >= 0 {
		return invalid(op, path, "NUL in path")
	}
	return nil
}

// Remove implements transport.Files.
func (t *Transport) Remove(path string) (err error) {
	const op = OpRemove
	if err := t.p.enter(op, path); err != nil {
		return err
	}
	defer t.p.leave(op, &err)
	if err := checkFile(op, path); err != nil {
		return err
	}
	t.p.w.lock()
	defer t.p.w.unlock()
	return t.p.w.remove(op, t.p.id, path)
}

// remove does what os.Remove does.
func (w *World) remove(op Op, p afunix.ProcID, path string) error {
	errno, woken := w.k.Unlink(p, path)
	if errno != 0 {
		// Which of the two errors says more depends on what it is.
		dir, wokenDir := w.k.Rmdir(p, path)
		if dir != syscall.ENOTDIR {
			errno, woken = dir, wokenDir
		}
	}
	if errno != 0 {
		return fail(op, path, errno)
	}
	w.events(woken)
	return nil
}

// Rename implements transport.Files.
func (t *Transport) Rename(oldpath, newpath string) (err error) {
	const op = OpRename
	if err := t.p.enter(op, oldpath); err != nil {
		return err
	}
	defer t.p.leave(op, &err)
	if tr := t.p.w.tracing(); tr != nil {
		tr.now().Args = "to " + legible(newpath)
	}
	t.p.w.lock()
	defer t.p.w.unlock()
	if err := t.check(op, oldpath); err != nil {
		return err
	}
	return t.p.w.rename(op, t.p.id, oldpath, newpath)
}

func (w *World) rename(op Op, p afunix.ProcID, oldpath, newpath string) error {
	if err := checkFile(op, oldpath); err != nil {
		return err
	}
	if err := checkFile(op, newpath); err != nil {
		return err
	}
	w.renamed = true
	errno, woken := w.k.Rename(p, oldpath, newpath)
	if errno != 0 {
		return &transport.Error{Op: op.String(), Path: oldpath, Err: errno, Detail: "to " + newpath}
	}
	w.events(woken)
	return nil
}

// Chmod implements transport.Files.
func (t *Transport) Chmod(path string, mode fs.FileMode) (err error) {
	const op = OpChmod
	if err := t.p.enter(op, path); err != nil {
		return err
	}
	defer t.p.leave(op, &err)
	w := t.p.w
	if tr := w.tracing(); tr != nil {
		tr.now().Args = fmt.Sprintf("%04o", uint32(mode))
	}
	w.lock()
	defer w.unlock()
	if err := t.check(op, path); err != nil {
		return err
	}
	if err := checkFile(op, path); err != nil {
		return err
	}
	if mode&^fs.ModePerm != 0 {
		return invalid(op, path, "mode with bits other than permissions")
	}
	errno, woken := w.k.Chmod(t.p.id, path, uint32(mode))
	if errno != 0 {
		return fail(op, path, errno)
	}
	w.events(woken)
	return nil
}
