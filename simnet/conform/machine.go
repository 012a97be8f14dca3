package conform

import (
	"fmt"
	"syscall"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// A call is an op with its variables replaced by descriptors, which have the
// same numbers on both machines.
type call struct {
	*op
	d   afunix.Desc
	fds []afunix.Desc // to send
	seq int           // tells what bytes are sent
}

// A result is all that a call returned.
type result struct {
	n     int
	errno syscall.Errno
	fd    [2]afunix.Desc // that were made; -1 for none
	fds   []afunix.Desc  // that were received
	who   []uint64       // what they refer to
	cut   bool
	data  []byte
	cred  afunix.Cred
	stat  afunix.Stat
}

func (r *result) reset() {
	*r = result{fd: [2]afunix.Desc{-1, -1}, fds: r.fds[:0], who: r.who[:0]}
}

// A state is what can be asked of a socket without changing anything.
type state struct {
	mask       afunix.Mask
	inq, outq  int
	sock, peer string
	errno      [2]syscall.Errno // of inq and peer
}

// differs says in what two results of a call differ, "" if they do not.
func (r *result) differs(o *result) string {
	switch {
	case r.errno != o.errno:
		return fmt.Sprintf("the kernel answers %s, the core %s", r, o)
	case r.n != o.n:
		return fmt.Sprintf("the kernel returns %d, the core %d", r.n, o.n)
	case r.fd != o.fd:
		return fmt.Sprintf("the kernel makes descriptors %d, the core %d", r.fd, o.fd)
	case fmt.Sprint(r.fds) != fmt.Sprint(o.fds):
		return fmt.Sprintf("the kernel installs descriptors %d, the core %d", r.fds, o.fds)
	case fmt.Sprint(r.who) != fmt.Sprint(o.who):
		return fmt.Sprintf("the kernel's descriptors refer to %d, the core's to %d", r.who, o.who)
	case r.cut != o.cut:
		return fmt.Sprintf("the kernel says MSG_CTRUNC %t, the core %t", r.cut, o.cut)
	case string(r.data) != string(o.data):
		return "the bytes differ"
	case r.cred != o.cred:
		return fmt.Sprintf("the kernel says %+v, the core %+v", r.cred, o.cred)
	case r.stat != o.stat:
		return fmt.Sprintf("the kernel says %+v, the core %+v", r.stat, o.stat)
	}
	return ""
}

func (r *result) same(o *result) bool {
	return r.errno == o.errno && r.n == o.n && r.fd == o.fd && len(r.fds) == len(o.fds) && r.cut == o.cut &&
		r.cred == o.cred && r.stat == o.stat && string(r.data) == string(o.data) &&
		(len(r.fds) == 0 || fmt.Sprint(r.fds, r.who) == fmt.Sprint(o.fds, o.who))
}

func (r *result) String() string { return errnoName(r.errno) }

func errnoName(e syscall.Errno) string {
	if e == 0 {
		return "ok"
	}
	if name := transport.ErrnoName(e); name != "" {
		return name
	}
	return fmt.Sprintf("errno %d", int(e))
}

// pattern is what is sent: a call sends a part of it that depends on its place
// in the script, so that bytes which are lost or mixed up are noticed.
var pattern = func() []byte {
	b := make([]byte, 1<<20+1<<16)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}()

func (c *call) bytes() []byte {
	off := c.seq * 7919 & (1<<16 - 1)
	return pattern[off : off+c.n]
}

// parts splits a buffer as the op says.
func (c *call) parts(b []byte, into [][]byte) [][]byte {
	if !c.split {
		return append(into, b)
	}
	return append(into, b[:len(b)/3], b[:0], b[len(b)/3:])
}
