package afunix

import "syscall"

// What Shutdown shuts.
const (
	ShutRD   = 0
	ShutWR   = 1
	ShutRDWR = 2
)

// Shutdown shuts down one or both directions, and with them the peer's opposite
// ones. It succeeds on any socket, connected or not; what is shut before
// Connect stays shut, on that side only. What is queued can still be read.
//
// Everyone on both sides is woken, each time (sk_state_change), but a sender with
// a full buffer finds no reason to try again. That of the caller's own side is
// reported all the same, if this was SHUT_WR: whoever wants the kernel's silence
// has to leave it alone. Errors: EBADF, ENOTSOCK, EINVAL for another how.
func (k *Kernel) Shutdown(p ProcID, d Desc, how int) (errno syscall.Errno, woken []Waiter) {
	k.woken = k.woken[:0]
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return errno, nil
	}
	if how < ShutRD || how > ShutRDWR {
		return syscall.EINVAL, nil
	}
	shut := uint8(how + 1) // unix_shutdown counts on this, too
	s.shut |= shut
	k.wake(s, In|Out)
	if s.state == listening {
		// The kernel lets a connect that waits for room sleep on. One that polls
		// for room, as ours do, would find out.
		k.wake(s, Slot)
	}
	if peer := s.peer; peer != nil {
		peer.shut |= shut>>1&shutRecv | shut<<1&shutSend
		k.wake(peer, In|Out)
	}
	k.ready()
	if shut&shutSend != 0 {
		k.wake(s, Out)
	}
	return 0, k.woken
}
