//go:build unix && !linux

package realunix

import (
	"syscall"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// iovMax is how many buffers one call takes.
const iovMax = 1024

// A message is what one call of sendmsg(2) or recvmsg(2) moves. These systems
// are called through their C library, as x/sys/unix does it; what Linux is
// spared in allocations they are not.
type message struct {
	bufs [][]byte
	oob  []byte
	n    int // bytes that bufs covers
}

// set makes m cover bufs from byte skip on, but no more than limit bytes.
func (m *message) set(bufs [][]byte, skip, limit int) {
	clear(m.bufs)
	m.bufs, m.n = m.bufs[:0], 0
	for _, b := range bufs {
		if skip >= len(b) {
			skip -= len(b)
			continue
		}
		b, skip = b[skip:], 0
		if m.n+len(b) > limit {
			b = b[:limit-m.n]
		}
		if len(b) == 0 || len(m.bufs) == iovMax {
			return
		}
		m.bufs = append(m.bufs, b)
		m.n += len(b)
	}
}

// clear lets go of the caller's memory.
func (m *message) clear() { clear(m.bufs) }

// recv receives once into what m covers, which is not empty. nfd is how many
// descriptors were stored in fds; cut says that some were lost although fds
// had room.
func (m *message) recv(fd int, fds []transport.FD) (n, nfd int, cut bool, errno syscall.Errno) {
	room := min(len(fds), transport.MaxFDs)
	oob := m.oob[:0]
	if room > 0 {
		// As many as a message can carry: what does not fit into a smaller
		// buffer is open in this process all the same on some of these systems.
		if m.oob == nil {
			m.oob = make([]byte, unix.CmsgSpace(4*transport.MaxFDs))
		}
		oob = m.oob[:cap(m.oob)]
		// A fork between recvmsg and close-on-exec would leak a descriptor.
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
	}
	for {
		var oobn, flags int
		var err error
		n, oobn, flags, _, err = unix.RecvmsgBuffers(fd, m.bufs, oob, unix.MSG_DONTWAIT)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0, 0, false, errnoOf(err)
		}
		nfd = received(oob[:oobn], fds[:room])
		return n, nfd, flags&unix.MSG_CTRUNC != 0 && nfd < room, 0
	}
}

// received stores the descriptors of a control buffer that the kernel wrote.
func received(oob []byte, fds []transport.FD) (nfd int) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0
	}
	for i := range msgs {
		rights, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			continue
		}
		for _, n := range rights {
			unix.CloseOnExec(n)
			if nfd == len(fds) {
				unix.Close(n)
				continue
			}
			fds[nfd] = newFD(n)
			nfd++
		}
	}
	return nfd
}

// send sends once what m covers, which is not empty, with the given descriptor
// numbers.
func (m *message) send(fd int, rights []int) (n int, errno syscall.Errno) {
	var oob []byte
	if len(rights) > 0 {
		oob = unix.UnixRights(rights...)
	}
	for {
		n, err := unix.SendmsgBuffers(fd, m.bufs, oob, nil, sendFlags)
		if err != unix.EINTR {
			return max(n, 0), errnoOf(err)
		}
	}
}
