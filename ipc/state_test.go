package ipc

import (
	"syscall"
	"testing"

	"example.com/brine/transport"
)

// every errno that a transport may answer with, and success
func everyErrno() []syscall.Errno {
	list := []syscall.Errno{0}
	for e := syscall.Errno(1); e < 4096; e++ {
		if transport.ErrnoName(e) != "" {
			list = append(list, e)
		}
	}
	return list
}

var refusals = map[syscall.Errno]bool{
	syscall.EBUSY: true, syscall.EINVAL: true, syscall.EBADF: true, syscall.ENOTSUP: true,
}

func TestAdmit(t *testing.T) {
	for d, want := range map[direction]syscall.Errno{usable: 0, ended: syscall.EPIPE, failed: syscall.ECONNRESET} {
		if got := d.admit(); got != want {
			t.Errorf("direction %d admits with %v, want %v", d, got, want)
		}
	}
}

// TestSent states the rule of sending over all of its inputs.
func TestSent(t *testing.T) {
	for _, errno := range everyErrno() {
		for _, moved := range []bool{false, true} {
			state, answer := usable.sent(moved, errno)
			wantState, want := failed, errno
			switch {
			case errno == 0:
				wantState = usable
			case refusals[errno] && !moved:
				wantState = usable
			case errno == syscall.EPIPE:
				want = syscall.ECONNRESET
			}
			if state != wantState || answer != want {
				t.Errorf("sent(moved=%v, %v) = %d, %v; want %d, %v", moved, errno, state, answer, wantState, want)
			}
		}
	}
}

func TestReceived(t *testing.T) {
	for _, errno := range everyErrno() {
		for _, moved := range []bool{false, true} {
			for _, eof := range []bool{false, true} {
				state, answer := usable.received(moved, eof, errno)
				wantState, want := failed, errno
				switch {
				case eof:
					wantState, want = ended, syscall.EPIPE
				case errno == 0:
					wantState = usable
				case refusals[errno] && !moved:
					wantState = usable
				}
				if state != wantState || answer != want {
					t.Errorf("received(moved=%v, eof=%v, %v) = %d, %v; want %d, %v",
						moved, eof, errno, state, answer, wantState, want)
				}
			}
		}
	}
}

func TestShut(t *testing.T) {
	for _, errno := range everyErrno() {
		state, answer := usable.shut(errno)
		want := failed
		switch {
		case errno == 0:
			want = ended
		case refusals[errno]:
			want = usable
		}
		if state != want || answer != errno {
			t.Errorf("shut(%v) = %d, %v; want %d, %v", errno, state, answer, want, errno)
		}
	}
}

func TestClosing(t *testing.T) {
	const reset = syscall.ECONNRESET
	tests := []struct {
		send, recv       direction
		halfClose, drain bool
		errno            syscall.Errno
	}{
		{usable, usable, true, true, 0},
		{usable, ended, true, false, 0},
		{usable, failed, false, false, reset},
		{ended, usable, false, true, 0},
		{ended, ended, false, false, 0},
		{ended, failed, false, false, reset},
		{failed, usable, false, false, reset},
		{failed, ended, false, false, reset},
		{failed, failed, false, false, reset},
	}
	for _, tt := range tests {
		halfClose, drain, errno := closing(tt.send, tt.recv)
		if halfClose != tt.halfClose || drain != tt.drain || errno != tt.errno {
			t.Errorf("closing(%d, %d) = %v, %v, %v; want %v, %v, %v", tt.send, tt.recv,
				halfClose, drain, errno, tt.halfClose, tt.drain, tt.errno)
		}
	}
}
