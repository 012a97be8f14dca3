package conform

import (
	"bytes"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"example.com/brine/simnet/internal/afunix"
)

// A sockaddr has room for names that are too long.
type sockaddr struct {
	raw unix.RawSockaddrUnix
	_   [16]byte
	len uint32
}

func (a *sockaddr) set(name string) {
	a.raw.Family = unix.AF_UNIX
	p := (*[len(a.raw.Path)]byte)(unsafe.Pointer(&a.raw.Path))
	copy(p[:], name)
	a.len = uint32(2 + len(name))
}

func (a *sockaddr) name() string {
	p := (*[len(a.raw.Path)]byte)(unsafe.Pointer(&a.raw.Path))
	b := p[:max(0, min(int(a.len)-2, len(p)))]
	if len(b) > 0 && b[0] != 0 {
		if i := bytes.IndexByte(b, 0); i >= 0 {
			b = b[:i]
		}
	}
	return string(b)
}

func (k *kernel) do(o *call, r *result) {
	r.reset()
	switch {
	case o.verb < vSend || o.verb == vShutdown || o.verb == vClose || o.verb == vDup:
		k.socket(o, r)
	case o.verb <= vRead:
		k.transfer(o, r)
	case o.verb < vOpen:
		k.option(o, r)
	default:
		k.file(o, r)
	}
}

// socket makes, names, connects and closes.
func (k *kernel) socket(o *call, r *result) {
	d := uintptr(o.d)
	var n uintptr
	switch o.verb {
	case vSocket:
		typ := [...]uintptr{unix.SOCK_STREAM, unix.SOCK_DGRAM, unix.SOCK_SEQPACKET}[o.n]
		n, r.errno = raw(unix.SYS_SOCKET, unix.AF_UNIX, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		r.made(n)
	case vPair:
		var fds [2]int32
		_, r.errno = raw6(unix.SYS_SOCKETPAIR, unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, uintptr(unsafe.Pointer(&fds)), 0, 0)
		if r.errno == 0 {
			r.fd = [2]afunix.Desc{afunix.Desc(fds[0]), afunix.Desc(fds[1])}
		}
	case vBind, vConnect:
		trap := uintptr(unix.SYS_BIND)
		if o.verb == vConnect {
			trap = unix.SYS_CONNECT
		}
		var a sockaddr
		a.set(o.name)
		_, r.errno = raw(trap, d, uintptr(unsafe.Pointer(&a.raw)), uintptr(a.len))
	case vListen:
		_, r.errno = raw(unix.SYS_LISTEN, d, uintptr(o.n), 0)
	case vAccept:
		n, r.errno = raw6(unix.SYS_ACCEPT4, d, 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		r.made(n)
	case vShutdown:
		_, r.errno = raw(unix.SYS_SHUTDOWN, d, uintptr(o.n), 0)
	case vClose:
		_, r.errno = raw(unix.SYS_CLOSE, d, 0, 0)
	case vDup:
		n, r.errno = raw(unix.SYS_FCNTL, d, unix.F_DUPFD_CLOEXEC, 0)
		r.made(n)
	}
}

// transfer moves bytes.
func (k *kernel) transfer(o *call, r *result) {
	d := uintptr(o.d)
	var n uintptr
	switch o.verb {
	case vSend:
		r.n, r.errno = k.send(o)
	case vFill:
		b := o.bytes()
		for range fillMax {
			n, r.errno = raw6(unix.SYS_SENDTO, d, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
			if r.errno != 0 {
				break
			}
			r.n += int(n)
		}
	case vRecv, vPeek:
		k.recv(o, r)
	case vRead:
		n, r.errno = raw(unix.SYS_READ, d, uintptr(unsafe.Pointer(&k.buf[0])), uintptr(o.n))
		if r.errno == 0 {
			r.n, r.data = int(n), k.buf[:n]
		}
	}
}

// option asks for what a socket is, and sets it.
func (k *kernel) option(o *call, r *result) {
	d := uintptr(o.d)
	switch o.verb {
	case vSndBuf:
		v := int32(o.n)
		_, r.errno = raw6(unix.SYS_SETSOCKOPT, d, unix.SOL_SOCKET, unix.SO_SNDBUF, uintptr(unsafe.Pointer(&v)), 4, 0)
		if r.errno == 0 {
			r.n, r.errno = getint(d, unix.SO_SNDBUF)
		}
	case vSockErr:
		r.n, r.errno = getint(d, unix.SO_ERROR)
	case vPeerCred:
		var u unix.Ucred
		size := uint32(unsafe.Sizeof(u))
		_, r.errno = raw6(unix.SYS_GETSOCKOPT, d, unix.SOL_SOCKET, unix.SO_PEERCRED, uintptr(unsafe.Pointer(&u)), uintptr(unsafe.Pointer(&size)), 0)
		if r.errno == 0 {
			// The process is the same throughout: what is compared is whether there is one.
			r.cred = afunix.Cred{UID: int(int32(u.Uid)), GID: int(int32(u.Gid))}
			if int(u.Pid) == os.Getpid() {
				r.cred.PID = corePID
			}
		}
	case vFchmod:
		_, r.errno = raw(unix.SYS_FCHMOD, d, uintptr(o.n), 0)
	}
}

func (r *result) made(n uintptr) {
	if r.errno == 0 {
		r.fd[0] = afunix.Desc(n)
	}
}

func getint(d uintptr, opt uintptr) (int, syscall.Errno) {
	var v int32
	size := uint32(4)
	_, errno := raw6(unix.SYS_GETSOCKOPT, d, unix.SOL_SOCKET, opt, uintptr(unsafe.Pointer(&v)), uintptr(unsafe.Pointer(&size)), 0)
	return int(v), errno
}

func (k *kernel) header(o *call, b []byte) unix.Msghdr {
	k.bufs = o.parts(b, k.bufs[:0])
	h := unix.Msghdr{Iov: &k.iov[0]}
	h.SetIovlen(len(k.bufs))
	for i, b := range k.bufs {
		k.iov[i] = unix.Iovec{Base: unsafe.SliceData(b)}
		k.iov[i].SetLen(len(b))
	}
	return h
}

func (k *kernel) send(o *call) (int, syscall.Errno) {
	h := k.header(o, o.bytes())
	if len(o.fds) > 0 {
		c := (*unix.Cmsghdr)(unsafe.Pointer(&k.oob[0]))
		c.Level, c.Type = unix.SOL_SOCKET, unix.SCM_RIGHTS
		c.SetLen(unix.CmsgLen(4 * len(o.fds)))
		for i, d := range o.fds {
			*(*int32)(unsafe.Pointer(&k.oob[unix.CmsgLen(4*i)])) = int32(d)
		}
		h.Control = &k.oob[0]
		h.SetControllen(unix.CmsgSpace(4 * len(o.fds)))
	}
	n, errno := raw(unix.SYS_SENDMSG, uintptr(o.d), uintptr(unsafe.Pointer(&h)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

func (k *kernel) recv(o *call, r *result) {
	h := k.header(o, k.buf[:o.n])
	if o.m > 0 {
		h.Control = &k.oob[0]
		h.SetControllen(unix.CmsgLen(4 * o.m))
	}
	flags := uintptr(unix.MSG_DONTWAIT | unix.MSG_CMSG_CLOEXEC)
	if o.verb == vPeek {
		flags |= unix.MSG_PEEK
	}
	n, errno := raw(unix.SYS_RECVMSG, uintptr(o.d), uintptr(unsafe.Pointer(&h)), flags)
	if r.errno = errno; errno != 0 {
		return
	}
	r.n, r.data, r.cut = int(n), k.buf[:n], h.Flags&unix.MSG_CTRUNC != 0
	if o.m == 0 || h.Controllen < unix.SizeofCmsghdr {
		return
	}
	c := (*unix.Cmsghdr)(unsafe.Pointer(&k.oob[0]))
	for at := unix.CmsgLen(0); at < int(c.Len); at += 4 {
		d := *(*int32)(unsafe.Pointer(&k.oob[at]))
		r.fds = append(r.fds, afunix.Desc(d))
		var st unix.Stat_t
		unix.Fstat(int(d), &st)
		var id uint64
		if st.Mode&unix.S_IFMT == unix.S_IFSOCK {
			id = k.ids[st.Ino]
		}
		r.who = append(r.who, id)
	}
}

// errnoOf unpacks an error of package unix.
func errnoOf(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	return err.(syscall.Errno)
}

func (k *kernel) file(o *call, r *result) {
	switch o.verb {
	case vLock:
		_, r.errno = raw(unix.SYS_FLOCK, uintptr(o.d), unix.LOCK_EX|unix.LOCK_NB, 0)
	case vUnlock:
		_, r.errno = raw(unix.SYS_FLOCK, uintptr(o.d), unix.LOCK_UN, 0)
	case vOpen:
		flags := unix.O_RDWR | unix.O_NONBLOCK | unix.O_CLOEXEC
		if o.n&1 != 0 {
			flags |= unix.O_CREAT
		}
		if o.n&2 == 0 {
			flags |= unix.O_NOFOLLOW
		}
		n, err := unix.Open(o.name, flags, 0o644)
		r.errno = errnoOf(err)
		r.made(uintptr(n))
	case vMkdir:
		r.errno = errnoOf(unix.Mkdir(o.name, uint32(o.n)))
	case vMknod:
		kind := uint32(unix.S_IFREG)
		if o.m != 0 {
			kind = unix.S_IFIFO
		}
		r.errno = errnoOf(unix.Mknod(o.name, kind|uint32(o.n), 0))
	case vSymlink:
		r.errno = errnoOf(unix.Symlink(o.name, o.name2))
	case vLink:
		r.errno = errnoOf(unix.Link(o.name, o.name2))
	case vRename:
		r.errno = errnoOf(unix.Rename(o.name, o.name2))
	case vUnlink:
		r.errno = errnoOf(unix.Unlink(o.name))
	case vRmdir:
		r.errno = errnoOf(unix.Rmdir(o.name))
	case vChmod:
		r.errno = errnoOf(unix.Chmod(o.name, uint32(o.n)))
	case vChdir:
		r.errno = errnoOf(unix.Chdir(o.name))
	case vStat:
		k.stat(o.name, r)
	case vUser:
		r.errno = k.become(o.n)
	case vUmask:
		r.n = unix.Umask(o.n)
	case vNoFile:
		limit := k.limit
		limit.Cur = uint64(k.base + o.n)
		r.errno = errnoOf(unix.Prlimit(0, unix.RLIMIT_NOFILE, &limit, nil))
	default:
		panic("no such verb")
	}
}

func (k *kernel) stat(name string, r *result) {
	var st unix.Stat_t
	if r.errno = errnoOf(unix.Lstat(name, &st)); r.errno != 0 {
		return
	}
	r.stat = afunix.Stat{Mode: st.Mode & 0o7777, UID: int(st.Uid), GID: int(st.Gid), Links: int(st.Nlink)}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		r.stat.Kind, r.stat.Links = afunix.Dir, 0
	case unix.S_IFREG:
		r.stat.Kind = afunix.Regular
	case unix.S_IFLNK:
		r.stat.Kind = afunix.Symlink
	case unix.S_IFSOCK:
		r.stat.Kind = afunix.Sock
	case unix.S_IFIFO:
		r.stat.Kind = afunix.Fifo
	}
}

func (k *kernel) state(ds []afunix.Desc, into []state) {
	for i, d := range ds {
		s := &into[i]
		var v int32
		_, s.errno[0] = raw(unix.SYS_IOCTL, uintptr(d), unix.SIOCINQ, uintptr(unsafe.Pointer(&v)))
		s.inq = int(v)
		v = 0
		raw(unix.SYS_IOCTL, uintptr(d), unix.SIOCOUTQ, uintptr(unsafe.Pointer(&v)))
		s.outq = int(v)
		a := sockaddr{len: uint32(unsafe.Sizeof(unix.RawSockaddrUnix{}))}
		raw(unix.SYS_GETSOCKNAME, uintptr(d), uintptr(unsafe.Pointer(&a.raw)), uintptr(unsafe.Pointer(&a.len)))
		s.sock = a.name()
		a = sockaddr{len: uint32(unsafe.Sizeof(unix.RawSockaddrUnix{}))}
		_, s.errno[1] = raw(unix.SYS_GETPEERNAME, uintptr(d), uintptr(unsafe.Pointer(&a.raw)), uintptr(unsafe.Pointer(&a.len)))
		s.peer = ""
		if s.errno[1] == 0 {
			s.peer = a.name()
		}
	}
	// In small groups: poll takes no more than the limit on descriptors.
	for len(ds) > 0 {
		n := min(len(ds), len(k.polls))
		for i, d := range ds[:n] {
			k.polls[i] = unix.PollFd{Fd: int32(d), Events: unix.POLLIN | unix.POLLOUT | unix.POLLRDHUP}
		}
		raw6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&k.polls[0])), uintptr(n), uintptr(unsafe.Pointer(&unix.Timespec{})), 0, 0, 0)
		for i := range n {
			into[i].mask = afunix.Mask(k.polls[i].Revents)
		}
		ds, into = ds[n:], into[n:]
	}
}
