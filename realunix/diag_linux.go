package realunix

import (
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// boundInode asks the kernel, by sock_diag(7), which file a socket is bound to,
// and returns the lower half of its inode number. While the socket lives no
// other file of the file system gets that number. The device is not compared:
// on Btrfs and overlayfs the kernel's answer is not what stat(2) says.
func boundInode(fd int) (ino uint32, errno syscall.Errno) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, errnoOf(err)
	}
	nl, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return 0, errnoOf(err)
	}
	defer unix.Close(nl)

	const (
		headerSize  = 16 // struct nlmsghdr
		requestSize = 24 // struct unix_diag_req
		replySize   = 16 // struct unix_diag_msg
		showVFS     = 2  // UDIAG_SHOW_VFS
		attrVFS     = 1  // UNIX_DIAG_VFS
	)
	e := binary.NativeEndian
	req := make([]byte, headerSize+requestSize)
	e.PutUint32(req[0:], uint32(len(req)))
	e.PutUint16(req[4:], unix.SOCK_DIAG_BY_FAMILY)
	e.PutUint16(req[6:], unix.NLM_F_REQUEST)
	body := req[headerSize:]
	body[0] = unix.AF_UNIX
	e.PutUint32(body[4:], ^uint32(0)) // any state
	e.PutUint32(body[8:], uint32(st.Ino))
	e.PutUint32(body[12:], showVFS)
	e.PutUint64(body[16:], ^uint64(0)) // INET_DIAG_NOCOOKIE
	if err := unix.Sendto(nl, req, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, errnoOf(err)
	}
	buf := make([]byte, 4096)
	n, _, err := unix.Recvfrom(nl, buf, 0)
	if err != nil {
		return 0, errnoOf(err)
	}
	buf = buf[:n]
	if len(buf) < headerSize+4 || int(e.Uint32(buf)) > len(buf) {
		return 0, syscall.EPROTO
	}
	if e.Uint16(buf[4:]) == unix.NLMSG_ERROR {
		return 0, syscall.Errno(-int32(e.Uint32(buf[headerSize:])))
	}
	if len(buf) < headerSize+replySize {
		return 0, syscall.EPROTO
	}
	for attr := buf[headerSize+replySize:]; len(attr) >= 4; {
		size := int(e.Uint16(attr))
		if size < 4 || size > len(attr) {
			break
		}
		if e.Uint16(attr[2:]) == attrVFS && size >= 12 {
			return e.Uint32(attr[4:]), 0
		}
		attr = attr[min(len(attr), (size+3)&^3):]
	}
	return 0, syscall.ENOTSUP
}
