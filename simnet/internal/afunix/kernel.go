package afunix

import "syscall"

// A Kernel is the whole state of a machine as far as AF_UNIX is concerned. Its
// zero value is not usable; see [New].
//
// Always true between two operations (and verified by check in tests):
//
//   - every open description is referred to by a descriptor table or by a
//     message in flight, and counts exactly these references;
//   - a socket is alive as long as its description is, or, if it was not
//     accepted yet, as long as it stands in its listener's queue;
//   - a dead socket is kept only because its peer, which is alive, still
//     reports its name;
//   - what a socket is charged with (outq) is the sum of the charges of what
//     stands unread in its peer's queue.
type Kernel struct {
	cfg   Config
	procs []*process // by ProcID-1; nil once it has exited
	woken []Waiter

	tree  tree
	socks []*socket // by ID-1; nil where free
	byAbs map[string]*socket

	nfiles, nsocks int // open descriptions; sockets, embryos included
	autobind       uint32
	inflight       map[int]int // descriptors in flight, by the uid that sent them
	closing        []*file     // descriptions whose last reference is gone, to be released
	scratch        []*file     // of a Send or Recv under way

	pool pools
}

// Config is what a machine's administrator decides. Zero fields are Linux's
// defaults.
type Config struct {
	SndBuf    int // net.core.wmem_default, 212992
	SndBufMax int // net.core.wmem_max, 4194304
	SoMaxConn int // net.core.somaxconn, 4096
	MaxFiles  int // fs.file-max: open descriptions of all processes, 1<<20
	NoFile    int // descriptors of a process, unless it has its own limit, 1024

	// ProtectedHardlinks is fs.protected_hardlinks: who does not own a socket
	// file cannot link it. The kernel's default, and ours, is off; distributions
	// turn it on.
	ProtectedHardlinks bool
}

// New returns a machine with an empty root directory, mode 0755, and no
// process.
func New(cfg Config) *Kernel {
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	def(&cfg.SndBuf, 212992)
	def(&cfg.SndBufMax, 4194304)
	def(&cfg.SoMaxConn, 4096)
	def(&cfg.MaxFiles, 1<<20)
	def(&cfg.NoFile, 1024)
	k := &Kernel{cfg: cfg, byAbs: map[string]*socket{}, inflight: map[int]int{}}
	k.tree.init(k)
	return k
}

// Reset makes k as New returned it, with the same Config, and keeps the memory
// for reuse. ProcIDs and IDs start over.
func (k *Kernel) Reset() { panic("todo") }

// A ProcID names a process. It is its pid, too, as SO_PEERCRED reports it: 1, 2,
// … in the order of Spawn, and never used again.
type ProcID int32

// A Process says who a process is.
type Process struct {
	UID, GID int    // effective ids; 0 is root, with all capabilities
	Umask    uint32 // of files and sockets that it makes
	Dir      string // its working directory; "" for the root
	NoFile   int    // limit on its descriptors (RLIMIT_NOFILE); 0 for Config.NoFile
}

// Spawn starts a process without descriptors. Errors: those of Chdir to p.Dir.
func (k *Kernel) Spawn(p Process) (ProcID, syscall.Errno) { panic("todo") }

// Exit ends a process: all its descriptors are closed. They are released from
// the highest number down, whatever close_files might suggest: the last
// reference is put by task_work, which runs last in, first out. Exit of a
// process that is gone does nothing. Every other operation on it is ESRCH.
func (k *Kernel) Exit(p ProcID) (woken []Waiter) { panic("todo") }

// SetUser changes a process's effective ids, as seteuid(2) does.
func (k *Kernel) SetUser(p ProcID, uid, gid int) syscall.Errno { panic("todo") }

// SetUmask changes a process's umask and returns the old one.
func (k *Kernel) SetUmask(p ProcID, mask uint32) (old uint32, errno syscall.Errno) { panic("todo") }

// SetNoFile changes the limit on a process's descriptors (RLIMIT_NOFILE). What
// is open stays open. A negative limit is EINVAL.
func (k *Kernel) SetNoFile(p ProcID, n int) syscall.Errno { panic("todo") }

// SetMaxFiles changes the machine's limit on open descriptions (fs.file-max).
// Root is exempt from it; the limit on sockets, twice that, is for everybody
// (unix_create1).
func (k *Kernel) SetMaxFiles(n int) { panic("todo") }

// Chdir changes a process's working directory. Errors: those of a path (see
// name.go), ENOTDIR, EACCES.
func (k *Kernel) Chdir(p ProcID, path string) syscall.Errno { panic("todo") }
