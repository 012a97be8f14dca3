package afunix

import "syscall"

// Mask is what poll(2) reports, in Linux's bits.
type Mask uint16

// Bits of a Mask.
const (
	PollIn    Mask = 0x1
	PollOut   Mask = 0x4
	PollErr   Mask = 0x8
	PollHup   Mask = 0x10
	PollRdHup Mask = 0x2000
)

// String names the bits, "IN OUT RDHUP HUP ERR".
func (m Mask) String() string {
	s := ""
	for _, b := range [...]struct {
		bit  Mask
		name string
	}{{PollIn, "IN"}, {PollOut, "OUT"}, {PollRdHup, "RDHUP"}, {PollHup, "HUP"}, {PollErr, "ERR"}} {
		if m&b.bit != 0 {
			if s != "" {
				s += " "
			}
			s += b.name
		}
	}
	return s
}

// Poll says what state a socket is in (unix_poll). Errors: EBADF, ENOTSOCK.
func (k *Kernel) Poll(p ProcID, d Desc) (Mask, syscall.Errno) {
	_, s, errno := k.socket(p, d)
	if errno != 0 {
		return 0, errno
	}
	return s.poll(), 0
}

// PollID is Poll of a socket that the caller knows by its ID, whoever has
// descriptors of it. It is 0 for one that has none.
func (k *Kernel) PollID(id ID) Mask {
	if i := uint(id) - 1; i < uint(k.top) && k.socks[i].file != nil {
		return k.socks[i].poll()
	}
	return 0
}

func (s *socket) poll() Mask {
	var m Mask
	if s.err != 0 {
		m |= PollErr
	}
	if s.shut == shutBoth {
		m |= PollHup
	}
	if s.shut&shutRecv != 0 {
		m |= PollRdHup | PollIn
	}
	if s.rq.npieces > 0 || s.npending > 0 {
		m |= PollIn
	}
	if s.state == unconnected && s.typ != Dgram {
		m |= PollHup
	}
	if s.writable() {
		m |= PollOut
	}
	return m
}

// writable is unix_writable: at most a quarter of the buffer is in use, counting
// one byte more than there is (the count of sk_wmem_alloc starts at one). Send
// goes by a different rule: it goes on until the buffer is full.
func (s *socket) writable() bool {
	return s.state != listening && (s.outq+1)*4 <= s.sndbuf
}
