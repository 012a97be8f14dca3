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
//   - what a socket, also a dead one, is charged with (outq) is the sum of the
//     charges of what stands unread in its peer's queue.
type Kernel struct {
	cfg    Config
	procs  []*process // by ProcID-1; nil once it has exited
	woken  []Waiter
	choosy bool // see Choosy

	tree  tree
	socks []*socket // by ID-1
	top   int       // how many of socks have been in use since Reset
	byAbs map[string]*socket

	nfiles, nsocks int // open descriptions; sockets, embryos included
	maxFiles       int // see SetMaxFiles
	autobind       uint32
	inflight       map[int]int // descriptors in flight, by the uid that sent them
	closing        []*file     // descriptions whose last reference is gone, to be released
	releasing      []*file     // those that are being released
	suspects       []*file     // sockets that only messages in flight refer to, to be looked at
	scratch        []*file     // what a Send is about to pass
	walk           walk
	one            [1][]byte // the buffer of a Read under way

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

	// What fs.protected_hardlinks and its kin say. The kernel's default, and
	// ours, is off; distributions turn them on.
	ProtectedHardlinks bool // who does not own a socket file cannot link it
	ProtectedSymlinks  bool // links in sticky directories that all can write to work for their owner only
	ProtectedRegular   int  // Open with create of another's file in such a directory is EACCES (2: all of a group)
	ProtectedFifos     int  // the same for fifos
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
	k := &Kernel{cfg: cfg, maxFiles: cfg.MaxFiles, byAbs: map[string]*socket{}, inflight: map[int]int{}}
	k.tree.entries = map[key]*entry{}
	k.tree.init()
	return k
}

// Reset makes k as New returned it, with the same Config, and keeps the memory
// for reuse. ProcIDs and IDs start over. It costs time in proportion to what was
// used since the last one, not to what is kept.
func (k *Kernel) Reset() {
	for i, p := range k.procs {
		if p != nil {
			for d, f := range p.files {
				if f != nil {
					p.files[d] = nil
					if f.refs--; f.refs == 0 {
						k.pool.putFile(f)
					}
				}
			}
			k.pool.putProcess(p)
		}
		k.procs[i] = nil
	}
	k.procs = k.procs[:0]
	for _, s := range k.socks[:k.top] {
		if s.entered {
			delete(k.byAbs, s.name) // with all that share it
		}
		for s.rq.npieces > 0 {
			if r := s.rq.front().rights; r != nil {
				k.inflight[r.uid] -= len(r.files)
				for _, f := range r.files {
					if f.refs--; f.refs == 0 {
						k.pool.putFile(f)
					}
				}
				k.pool.putRights(r)
			}
			s.rq.discard(s.rq.front())
			s.rq.next()
		}
		s.rq.drop(&k.pool)
		*s = socket{id: s.id}
	}
	k.top, k.pool.socks = 0, nil
	k.nfiles, k.nsocks, k.autobind, k.maxFiles = 0, 0, 0, k.cfg.MaxFiles
	k.woken, k.choosy = k.woken[:0], false
	k.tree.init()
}

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
func (k *Kernel) Spawn(p Process) (ProcID, syscall.Errno) {
	pr := k.pool.process()
	id := ProcID(len(k.procs) + 1)
	pr.id, pr.uid, pr.gid, pr.umask = id, p.UID, p.GID, p.Umask&0777
	pr.limit = p.NoFile
	if pr.limit == 0 {
		pr.limit = k.cfg.NoFile
	}
	pr.cwd = k.tree.root
	pr.cwd.refs++
	k.procs = append(k.procs, pr)
	if p.Dir != "" {
		if errno := k.Chdir(id, p.Dir); errno != 0 {
			k.tree.unref(pr.cwd)
			k.pool.putProcess(pr)
			k.procs = k.procs[:id-1]
			return 0, errno
		}
	}
	return id, 0
}

// Exit ends a process: all its descriptors are closed. They are released from
// the highest number down, whatever the loop of close_files suggests: the last
// reference is put by task_work (fput), which runs last in, first out. Exit of
// a process that is gone does nothing; any other operation on it is ESRCH.
func (k *Kernel) Exit(p ProcID) (woken []Waiter) {
	k.woken = k.woken[:0]
	pr, errno := k.proc(p)
	if errno != 0 {
		return nil
	}
	for d, f := range pr.files {
		if f != nil {
			pr.files[d] = nil
			k.put(f)
		}
	}
	k.reap()
	k.tree.unref(pr.cwd)
	k.procs[p-1] = nil
	k.pool.putProcess(pr)
	return k.ready()
}

func (k *Kernel) proc(p ProcID) (*process, syscall.Errno) {
	if i := uint(p) - 1; i < uint(len(k.procs)) {
		if pr := k.procs[i]; pr != nil {
			return pr, 0
		}
	}
	return nil, syscall.ESRCH
}

// SetUser changes a process's ids, as setresuid(2) does: what it makes and asks
// for from now on is another user's, what it has open stays open.
func (k *Kernel) SetUser(p ProcID, uid, gid int) syscall.Errno {
	pr, errno := k.proc(p)
	if errno == 0 {
		pr.uid, pr.gid = uid, gid
	}
	return errno
}

// SetUmask changes a process's umask and returns the old one.
func (k *Kernel) SetUmask(p ProcID, mask uint32) (old uint32, errno syscall.Errno) {
	pr, errno := k.proc(p)
	if errno == 0 {
		old, pr.umask = pr.umask, mask&0777
	}
	return old, errno
}

// Chdir changes a process's working directory. Errors: those of a path (see
// [Kernel.Stat]), ENOTDIR, EACCES.
func (k *Kernel) Chdir(p ProcID, path string) syscall.Errno {
	pr, errno := k.proc(p)
	if errno != 0 {
		return errno
	}
	n, errno := k.find(pr, path, followed)
	if errno != 0 {
		return errno
	}
	if n.kind != Dir {
		return syscall.ENOTDIR
	}
	if errno := k.tree.permits(pr, n, mayExec); errno != 0 {
		return errno
	}
	n.refs++
	k.tree.unref(pr.cwd)
	pr.cwd = n
	return 0
}
