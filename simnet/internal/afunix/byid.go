package afunix

import "syscall"

// SeverID is [Kernel.Sever] for who knows a socket by its ID, whoever has
// descriptors of it. Errors: EBADF for one that does not exist; ENOTCONN.
func (k *Kernel) SeverID(id ID) (errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	s := k.alive(id)
	if s == nil {
		return syscall.EBADF, nil
	}
	return k.sever(s)
}

// Listening describes the listener that a connect to a name would find.
func (k *Kernel) Listening(p ProcID, name string) (Info, bool) {
	pr, errno := k.proc(p)
	if errno != 0 || name == "" {
		return Info{}, false
	}
	s, errno := k.listener(pr, Stream, name)
	if errno != 0 || s.state != listening || s.shut&shutRecv != 0 {
		return Info{}, false
	}
	return k.Describe(s.id)
}
