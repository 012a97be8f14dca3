package afunix

import "syscall"

// Lock takes the exclusive advisory lock on an open file (flock(2), LOCK_EX).
// It belongs to the description, and goes with it. EAGAIN means that another
// description holds it; node is then what to wait for. Errors: EBADF; EINVAL
// for a socket.
func (k *Kernel) Lock(p ProcID, d Desc) (node ID, errno syscall.Errno) {
	_, f, errno := k.desc(p, d)
	switch {
	case errno != 0:
		return 0, errno
	case f.node == nil:
		return 0, syscall.EINVAL
	case f.node.lock != nil && f.node.lock != f:
		return ID(f.node.ino), syscall.EAGAIN
	}
	f.node.lock = f
	return 0, 0
}

// Unlock gives the lock up (LOCK_UN), if it was held. Errors: as for Lock.
func (k *Kernel) Unlock(p ProcID, d Desc) (errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	_, f, errno := k.desc(p, d)
	switch {
	case errno != 0:
		return errno, nil
	case f.node == nil:
		return syscall.EINVAL, nil
	case f.node.lock == f:
		k.unlock(f.node)
	}
	return 0, k.ready()
}

func (k *Kernel) unlock(n *inode) {
	n.lock = nil
	k.woken = append(k.woken, Waiter{ID(n.ino), Unlocked})
}
