package conform

import (
	"errors"
	"fmt"
	"io/fs"
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
	base     int   // all descriptors below are taken, none above is
	taken    []int // numbers below base that were free
	epoll    int
	wd       string // the process's, if the thread cannot have its own
	umask    int
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
	k = &kernel{buf: make([]byte, 1<<20), oob: make([]byte, unix.CmsgSpace(4*512)), epoll: -1}
	if unsafe.Sizeof(uintptr(0)) < 8 {
		return nil, errors.New("the calls are made as 64-bit systems have them")
	}
	runtime.LockOSThread()
	if unix.Unshare(unix.CLONE_FS) != nil {
		// Refused in some containers. The process's own are put back by close.
		k.wd, _ = os.Getwd()
	}
	k.umask = unix.Umask(0)
	defer func(made *kernel) {
		if err != nil {
			made.close()
		}
	}(k)
	if err := k.users(); err != nil {
		return nil, err
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
	if err := k.settle(); err != nil {
		return nil, err
	}
	if k.limit.Max < uint64(k.base+need) {
		return nil, fmt.Errorf("the limit on descriptors is %d; %d are needed", k.limit.Max, k.base+need)
	}
	return k, nil
}

// users finds out who the thread is, and can be. What calls itself root but may
// not do all that root may (in a container) is not what the core takes for root:
// then the thread is another user from here on.
func (k *kernel) users() error {
	k.uid, k.gid = os.Geteuid(), os.Getegid()
	if k.uid != 0 {
		return nil
	}
	if _, errno := raw(unix.SYS_SETGROUPS, 0, 0, 0); errno != 0 {
		return fmt.Errorf("setgroups: %w", errno)
	}
	k.other = k.second()
	if mightier() {
		return nil
	}
	if k.other == 0 {
		return errors.New("root without its capabilities, who cannot be another user either")
	}
	if errno := k.become(k.other); errno != 0 {
		return fmt.Errorf("setresuid: %w", errno)
	}
	k.uid, k.gid, k.other = k.other, k.other, 0
	return nil
}

// mightier reports whether the thread has the capabilities that the core gives
// to root: CAP_DAC_OVERRIDE, CAP_FOWNER, and CAP_SYS_RESOURCE or CAP_SYS_ADMIN.
func mightier() bool {
	b, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(b), "\nCapEff:")
	caps, err := strconv.ParseUint(strings.TrimSpace(strings.SplitN(rest, "\n", 2)[0]), 16, 64)
	has := func(c int) bool { return caps&(1<<c) != 0 }
	return err == nil && has(unix.CAP_DAC_OVERRIDE) && has(unix.CAP_FOWNER) && (has(unix.CAP_SYS_RESOURCE) || has(unix.CAP_SYS_ADMIN))
}

// need is how many descriptors a script may have.
const need = 1100

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
		k.taken = append(k.taken, n)
	}
}

func (k *kernel) close() {
	unix.Chdir("/")
	if k.dir != "" {
		remove(k.dir)
	}
	for _, n := range append(k.taken, k.epoll) {
		unix.Close(n)
	}
	if k.wd != "" {
		unix.Chdir(k.wd)
	}
	unix.Umask(k.umask)
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
	remove(filepath.Join(k.dir, strconv.Itoa(k.worlds)))
}

// remove removes a directory, in which a script may have taken away permissions.
func remove(dir string) {
	if os.RemoveAll(dir) == nil {
		return
	}
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			os.Chmod(path, 0o700)
		}
		return nil
	})
	os.RemoveAll(dir)
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
