package conform

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"example.com/brine/simnet/internal/afunix"
)

// A kernel is the running kernel's side. It belongs to one locked thread, which
// has a working directory and a umask of its own (CLONE_FS) and, as a second
// user, ids of its own: raw calls change only those of their thread. The thread
// ends with its goroutine, so that nobody inherits them.
type kernel struct {
	dir      string // of all worlds
	worlds   int
	base     int // all descriptors below are taken, none above is
	epoll    int
	limit    unix.Rlimit
	uid, gid int
	other    int // the second user; 0 if there is none
	buf      []byte
	iov      [3]unix.Iovec
	bufs     [][]byte
	oob      []byte
	ids      map[uint64]uint64 // IDs by the inode numbers of sockets
	events   [64]unix.EpollEvent
	polls    [8]unix.PollFd
}

func newKernel() (k *kernel, err error) {
	k = &kernel{buf: make([]byte, 1<<20), oob: make([]byte, unix.CmsgSpace(4*512))}
	if unsafe.Sizeof(uintptr(0)) < 8 {
		return nil, errors.New("the calls are made as 64-bit systems have them")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return nil, fmt.Errorf("a thread with a umask of its own: %w", err)
	}
	unix.Umask(0)
	k.uid, k.gid = os.Geteuid(), os.Getegid()
	if k.uid == 0 {
		if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); errno != 0 {
			return nil, fmt.Errorf("setgroups: %w", errno)
		}
		k.other = k.second()
	}
	// In memory, if there is such a place: every bind makes a file.
	where := "/dev/shm"
	if unix.Access(where, unix.W_OK) != nil {
		where = os.TempDir()
	}
	if k.dir, err = os.MkdirTemp(where, "brine-conform-"); err != nil {
		return nil, err
	}
	os.Chmod(k.dir, 0o755)
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &k.limit); err != nil {
		return nil, err
	}
	if k.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, err
	}
	return k, k.settle()
}

// settle takes all numbers below the highest that is in use, so that from here
// on the lowest free number is known.
func (k *kernel) settle() error {
	// The runtime makes descriptors for its poller when a pipe is first made.
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	highest := 0
	for _, e := range open {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			if _, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0); err == nil {
				highest = max(highest, n)
			}
		}
	}
	for {
		n, err := unix.FcntlInt(uintptr(k.epoll), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if n > highest {
			unix.Close(n)
			k.base = n
			return nil
		}
	}
}

func (k *kernel) close() {
	unix.Chdir("/")
	os.RemoveAll(k.dir)
	unix.Close(k.epoll)
}

// begin makes an empty world.
func (k *kernel) begin() error {
	k.ids = map[uint64]uint64{}
	if err := unix.Chdir(k.dir); err != nil {
		return err
	}
	k.worlds++
	w := strconv.Itoa(k.worlds)
	if err := errors.Join(unix.Mkdir(w, 0o755), unix.Mkdir(w+"/w", 0o755)); err != nil {
		return err
	}
	if err := unix.Mknod(w+"/none", unix.S_IFREG|0o644, 0); err != nil {
		return err
	}
	return unix.Chdir(w + "/w")
}

func (k *kernel) end() {
	k.become(k.uid)
	unix.Setrlimit(unix.RLIMIT_NOFILE, &k.limit)
	unix.Umask(0)
	// Whatever a script left behind, by its numbers.
	raw(unix.SYS_CLOSE_RANGE, uintptr(k.base), uintptr(k.base+1<<12), 0)
	unix.Chdir(k.dir)
	os.RemoveAll(filepath.Join(k.dir, strconv.Itoa(k.worlds)))
}

func raw(trap, a, b, c uintptr) (uintptr, syscall.Errno) {
	r, _, errno := unix.RawSyscall(trap, a, b, c)
	return r, errno
}

func raw6(trap, a, b, c, d, e, f uintptr) (uintptr, syscall.Errno) {
	r, _, errno := unix.RawSyscall6(trap, a, b, c, d, e, f)
	return r, errno
}

// become changes the thread's ids, and keeps 0 as the saved one to come back.
func (k *kernel) become(uid int) syscall.Errno {
	u := uintptr(uid)
	none := ^uintptr(0)
	if k.uid != 0 {
		return 0
	}
	if _, errno := raw(unix.SYS_SETRESUID, none, 0, none); errno != 0 {
		return errno
	}
	if _, errno := raw(unix.SYS_SETRESGID, u, u, 0); errno != 0 {
		return errno
	}
	_, errno := raw(unix.SYS_SETRESUID, u, u, 0)
	return errno
}

// second finds a user to be. A number that nobody else has is best: descriptors
// in flight are counted by user, over all processes.
func (k *kernel) second() int {
	for _, uid := range []int{1<<24 + os.Getpid(), 65534} {
		errno := k.become(uid)
		k.become(0)
		if errno == 0 {
			return uid
		}
	}
	return 0
}

// register makes a socket known by its ID, and watches it if it is a stream's.
func (k *kernel) register(d afunix.Desc, id uint64, watch bool) {
	var st unix.Stat_t
	unix.Fstat(int(d), &st)
	k.ids[st.Ino] = id
	if !watch {
		return
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(id)}
	unix.EpollCtl(k.epoll, unix.EPOLL_CTL_ADD, int(d), &ev)
}

func (k *kernel) ready(ids []uint64) []uint64 {
	for {
		n, errno := raw6(unix.SYS_EPOLL_PWAIT, uintptr(k.epoll), uintptr(unsafe.Pointer(&k.events[0])), uintptr(len(k.events)), 0, 0, 0)
		if errno != 0 {
			return ids
		}
		for i := range k.events[:n] {
			ids = append(ids, uint64(k.events[i].Fd)<<16|uint64(k.events[i].Events))
		}
		if int(n) < len(k.events) {
			return ids
		}
	}
}

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
	case vShutdown:
		_, r.errno = raw(unix.SYS_SHUTDOWN, d, uintptr(o.n), 0)
	case vClose:
		_, r.errno = raw(unix.SYS_CLOSE, d, 0, 0)
	case vDup:
		n, r.errno = raw(unix.SYS_FCNTL, d, unix.F_DUPFD_CLOEXEC, 0)
		r.made(n)
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
	case vLock:
		_, r.errno = raw(unix.SYS_FLOCK, d, unix.LOCK_EX|unix.LOCK_NB, 0)
	case vUnlock:
		_, r.errno = raw(unix.SYS_FLOCK, d, unix.LOCK_UN, 0)
	default:
		k.file(o, r)
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

// calibrate finds out how the running kernel is set up, and whether it counts
// buffers as the core does.
func (k *kernel) calibrate() (cfg afunix.Config, loose string, err error) {
	cfg.NoFile = 1 << 16
	cfg.SndBufMax = sysctl("net/core/wmem_max", 4194304)
	cfg.SoMaxConn = sysctl("net/core/somaxconn", 4096)
	cfg.ProtectedHardlinks = sysctl("fs/protected_hardlinks", 0) != 0
	cfg.ProtectedSymlinks = sysctl("fs/protected_symlinks", 0) != 0
	cfg.ProtectedRegular = sysctl("fs/protected_regular", 0)
	cfg.ProtectedFifos = sysctl("fs/protected_fifos", 0)
	cfg.SndBuf = 212992
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return cfg, "", err
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	cfg.SndBuf, _ = getint(uintptr(fds[0]), unix.SO_SNDBUF)
	m := afunix.New(cfg)
	p, _ := m.Spawn(afunix.Process{})
	a, _, _ := m.Pair(p)
	for _, n := range []int{1, 193, 3777} {
		unix.Write(fds[0], k.buf[:n])
		m.Send(p, a, [][]byte{k.buf[:n]}, nil)
		var v int32
		raw(unix.SYS_IOCTL, uintptr(fds[0]), unix.SIOCOUTQ, uintptr(unsafe.Pointer(&v)))
		if want, _ := m.Charged(p, a); want != int(v) {
			return cfg, fmt.Sprintf("a message of %d bytes brings SIOCOUTQ to %d here, to %d in the core", n, v, want), nil
		}
	}
	return cfg, "", nil
}

func sysctl(name string, def int) int {
	b, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return def
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return def
	}
	return n
}

// version names the running kernel.
func version() string {
	var u unix.Utsname
	unix.Uname(&u)
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}
