package ipc

import "syscall"

// A direction is the state of one half of a connection, as plain values: what
// happened goes in, the next state and the errno for the caller come out.
//
// Always true:
//
//   - It begins usable and leaves that state at most once. ended and failed
//     are final, and a direction that ended cannot fail afterwards.
//   - ended is the regular end: Done for sending, the peer's end of stream for
//     receiving. Every later call is EPIPE.
//   - failed is any other end. Every later call is ECONNRESET.
//   - A refusal leaves the state as it is, unless bytes were moved before it.
type direction uint8

const (
	usable direction = iota
	ended
	failed
)

// admit answers whether a call may go to the socket.
func (d direction) admit() syscall.Errno {
	switch d {
	case ended:
		return syscall.EPIPE
	case failed:
		return syscall.ECONNRESET
	}
	return 0
}

// refusal reports whether an errno says that a call was not even begun.
func refusal(errno syscall.Errno) bool {
	switch errno {
	case syscall.EBUSY, syscall.EINVAL, syscall.EBADF, syscall.ENOTSUP:
		return true
	}
	return false
}

// sent is what follows from an admitted send that the transport answered with
// errno, 0 for success, after moving some bytes or none.
//
// The system's EPIPE says that the peer is gone. The caller's EPIPE is kept
// for "this side is done", which never reaches the transport.
func (d direction) sent(moved bool, errno syscall.Errno) (direction, syscall.Errno) {
	switch {
	case errno == 0:
		return d, 0
	case refusal(errno) && !moved:
		return d, errno
	case errno == syscall.EPIPE:
		return failed, syscall.ECONNRESET
	}
	return failed, errno
}

// received is the same for a receive. eof says that the stream is at its end;
// errno is then not looked at.
func (d direction) received(moved, eof bool, errno syscall.Errno) (direction, syscall.Errno) {
	switch {
	case eof:
		return ended, syscall.EPIPE
	case errno == 0:
		return d, 0
	case refusal(errno) && !moved:
		return d, errno
	}
	return failed, errno
}

// shut is what follows from an admitted half-close that the transport answered
// with errno.
func (d direction) shut(errno syscall.Errno) (direction, syscall.Errno) {
	switch {
	case errno == 0:
		return ended, 0
	case refusal(errno):
		return d, errno
	}
	return failed, errno
}

// closing says what an orderly close has to do, given both directions: fail
// with errno, or else half-close, or else drain, or both, or nothing.
func closing(send, recv direction) (halfClose, drain bool, errno syscall.Errno) {
	if send == failed || recv == failed {
		return false, false, syscall.ECONNRESET
	}
	return send == usable, recv == usable, 0
}
