package realunix

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// iovMax is how many buffers one call takes (UIO_MAXIOV).
const iovMax = 1024

// bigCopy is from how many bytes on a call is announced to the Go scheduler.
// Calls never block, so the announcement, which costs as much as a small copy,
// is made only where the copying itself can take long enough to matter. (No
// call moves more than fits into a socket's buffer, 208 KiB by default.)
const bigCopy = 256 << 10

// A message is the header of sendmsg(2) and recvmsg(2), kept with the
// connection because the calls of x/sys/unix allocate one each time. Between
// calls it refers to nobody's memory.
type message struct {
	hdr unix.Msghdr
	iov []unix.Iovec
	one [2]unix.Iovec // first backing of iov
	oob []byte
	n   int // bytes that iov covers
}

// set makes m cover bufs from byte skip on, but no more than limit bytes.
func (m *message) set(bufs [][]byte, skip, limit int) {
	if m.iov == nil {
		m.iov = m.one[:0]
	}
	clear(m.iov)
	m.iov, m.n = m.iov[:0], 0
	for _, b := range bufs {
		if skip >= len(b) {
			skip -= len(b)
			continue
		}
		b, skip = b[skip:], 0
		if m.n+len(b) > limit {
			b = b[:limit-m.n]
		}
		if len(b) == 0 || len(m.iov) == iovMax {
			return
		}
		v := unix.Iovec{Base: &b[0]}
		v.SetLen(len(b))
		m.iov = append(m.iov, v)
		m.n += len(b)
	}
}

// clear lets go of the caller's memory.
func (m *message) clear() {
	clear(m.iov)
	if m.hdr.Iov != nil {
		m.hdr = unix.Msghdr{}
	}
}

func call(trap uintptr, n int, fd int, p unsafe.Pointer, b, c uintptr) (int, syscall.Errno) {
	for {
		var r uintptr
		var errno syscall.Errno
		if n >= bigCopy {
			r, _, errno = unix.Syscall6(trap, uintptr(fd), uintptr(p), b, c, 0, 0)
		} else {
			r, _, errno = unix.RawSyscall6(trap, uintptr(fd), uintptr(p), b, c, 0, 0)
		}
		if errno != syscall.EINTR {
			return int(r), errno
		}
	}
}

// recv receives once into what m covers, which is not empty. nfd is how many
// descriptors were stored in fds; cut says that some were lost although fds
// had room.
func (m *message) recv(fd int, fds []transport.FD) (n, nfd int, cut bool, errno syscall.Errno) {
	if len(fds) == 0 && len(m.iov) == 1 {
		v := &m.iov[0]
		n, errno = call(unix.SYS_RECVFROM, m.n, fd, unsafe.Pointer(v.Base), uintptr(v.Len), unix.MSG_DONTWAIT)
		return n, 0, false, errno
	}
	m.hdr = unix.Msghdr{Iov: &m.iov[0]}
	m.hdr.SetIovlen(len(m.iov))
	room := min(len(fds), transport.MaxFDs)
	if room > 0 {
		// CmsgLen, not CmsgSpace: the kernel would fit a descriptor into the
		// padding (scm_max_fds).
		need := unix.CmsgLen(4 * room)
		if cap(m.oob) < need {
			m.oob = make([]byte, unix.CmsgSpace(4*room))
		}
		m.hdr.Control = &m.oob[:1][0]
		m.hdr.SetControllen(need)
	}
	n, errno = call(unix.SYS_RECVMSG, m.n, fd, unsafe.Pointer(&m.hdr), unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC, 0)
	if errno != 0 {
		return 0, 0, false, errno
	}
	if m.hdr.Controllen > 0 && room > 0 {
		nfd = received(m.oob[:m.hdr.Controllen], fds[:room])
	}
	return n, nfd, m.hdr.Flags&unix.MSG_CTRUNC != 0 && nfd < room, 0
}

const scmPidfd = 4 // SCM_PIDFD

// received stores the descriptors of a control buffer that the kernel wrote.
func received(oob []byte, fds []transport.FD) (nfd int) {
	for len(oob) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
		size := int(h.Len)
		if size < unix.CmsgLen(0) || size > len(oob) {
			return nfd
		}
		// A message also carries a descriptor of its sender where somebody has set
		// SO_PASSPIDFD on the socket.
		if h.Level == unix.SOL_SOCKET && h.Type == scmPidfd && size >= unix.CmsgLen(4) {
			unix.Close(int(*(*int32)(unsafe.Pointer(&oob[unix.CmsgLen(0)]))))
		}
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_RIGHTS {
			for p := oob[unix.CmsgLen(0):size]; len(p) >= 4; p = p[4:] {
				n := int(*(*int32)(unsafe.Pointer(&p[0])))
				if nfd == len(fds) {
					unix.Close(n)
					continue
				}
				fds[nfd] = newFD(n)
				nfd++
			}
		}
		oob = oob[min(len(oob), unix.CmsgSpace(size-unix.CmsgLen(0))):]
	}
	return nfd
}

// send sends once what m covers, which is not empty, with the given descriptor
// numbers.
func (m *message) send(fd int, rights []int) (n int, errno syscall.Errno) {
	const flags = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL
	if len(rights) == 0 && len(m.iov) == 1 {
		v := &m.iov[0]
		return call(unix.SYS_SENDTO, m.n, fd, unsafe.Pointer(v.Base), uintptr(v.Len), flags)
	}
	m.hdr = unix.Msghdr{Iov: &m.iov[0]}
	m.hdr.SetIovlen(len(m.iov))
	if len(rights) > 0 {
		oob := unix.UnixRights(rights...)
		m.hdr.Control = &oob[0]
		m.hdr.SetControllen(len(oob))
	}
	return call(unix.SYS_SENDMSG, m.n, fd, unsafe.Pointer(&m.hdr), flags, 0)
}
