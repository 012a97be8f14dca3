package afunix

import "syscall"

// A Handle is a socket that was looked up, for who uses it often. It is good until
// the descriptor it was looked up by is closed, and no longer; nothing checks that.
type Handle struct{ s *socket }

// Handle looks a socket up. Errors: EBADF, ENOTSOCK.
func (k *Kernel) Handle(p ProcID, d Desc) (Handle, syscall.Errno) {
	_, s, errno := k.socket(p, d)
	return Handle{s}, errno
}

// ID returns the socket's ID, 0 if none was found.
func (h Handle) ID() ID {
	if h.s == nil {
		return 0
	}
	return h.s.id
}

// SendBy is Send without descriptors.
func (k *Kernel) SendBy(h Handle, bufs [][]byte) (n int, errno syscall.Errno, woken []Waiter) {
	return k.send(nil, h.s, bufs, nil)
}

// RecvBy is Recv without room for descriptors: those that come are lost.
func (k *Kernel) RecvBy(h Handle, bufs [][]byte) (n int, errno syscall.Errno, woken []Waiter) {
	n, _, _, errno, woken = k.recv(nil, h.s, bufs, nil, 0)
	return n, errno, woken
}

// Vacuous reports whether a Recv would now be EAGAIN.
func (h Handle) Vacuous() bool {
	s := h.s
	return s.rq.npieces == 0 && s.err == 0 && s.shut&shutRecv == 0 && s.state == connected
}
