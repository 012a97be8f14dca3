package simnet

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"syscall"

	"example.com/brine/simnet/internal/afunix"
)

// ProcessConfig says who a process is. The zero value is root's, in the root
// directory, with a umask of 0.
type ProcessConfig struct {
	Name   string      // for reading only
	UID    int         // effective user ID; 0 is root, who may do everything
	GID    int         // effective group ID
	Umask  fs.FileMode // permission bits that the files it makes do not get
	Dir    string      // working directory; "" is the root directory
	NOFILE int         // how many descriptors it may have (RLIMIT_NOFILE); 0 is Config.NOFILE

	// Main is what the process does: if it is not nil, every life of the process
	// begins with a task of that name that calls it.
	Main func(p *Process)

	// Daemon says that Main may be left waiting: it is a task of the background.
	Daemon bool

	// Spared says that faults neither kill nor restart nor pause the process: it is
	// the test's own, say.
	Spared bool
}

// A Process is one life of a process of a [World]. It is a transport.Transport
// by its embedded view, which nothing cancels. All methods may be called from any
// goroutine.
//
// What its tasks do on it after it was killed fails with ESRCH and changes
// nothing. They are goroutines, which nobody can stop from outside: it is for
// them to return when their calls fail.
type Process struct {
	*Transport
	w           *World
	cfg         ProcessConfig
	incarnation int
	id          afunix.ProcID

	known  string // its name in scripts after a ".", once it was asked for
	dead   bool
	paused bool
	dir    string        // the working directory, for making paths absolute
	fault  syscall.Errno // what the next call that makes a descriptor fails with
}

// Process starts a process of root's, in the root directory. It does not block
// and does not fail; after the end of a run, or for a goroutine that is none of
// its tasks, it returns a process that is dead.
func (w *World) Process(name string) *Process {
	cfg := ProcessConfig{Name: name}
	p, err := w.Start(cfg)
	if err != nil {
		p = &Process{w: w, cfg: cfg, dead: true}
		p.Transport = &Transport{p: p, canceled: true, off: true}
	}
	return p
}

// Start starts a process. It does not block. Errors: those of a path for
// cfg.Dir, ENOTDIR, EACCES; EINVAL for a negative limit or a Umask with other
// than permission bits.
func (w *World) Start(cfg ProcessConfig) (_ *Process, err error) {
	if err := w.enter(nil, OpStart, 0, cfg.Dir); err != nil {
		return nil, err
	}
	defer w.leave(nil, OpStart, &err)
	return w.start(cfg, 1)
}

func (w *World) start(cfg ProcessConfig, incarnation int) (*Process, error) {
	const op = OpStart
	switch {
	case cfg.NOFILE < 0:
		return nil, invalid(op, "", "negative limit")
	case cfg.Umask&^fs.ModePerm != 0:
		return nil, invalid(op, "", "umask with bits other than permissions")
	case strings.IndexByte(cfg.Dir, 0) >= 0:
		return nil, invalid(op, cfg.Dir, "NUL in path")
	}
	b := &struct {
		Process
		Transport
	}{} // one object, because runs are to be cheap
	p := &b.Process
	*p = Process{w: w, cfg: cfg, incarnation: incarnation, dir: "/", Transport: &b.Transport}
	p.Transport.p = p
	if cfg.Dir != "" {
		p.dir = path.Join("/", cfg.Dir)
	}
	w.lock()
	defer w.unlock()
	var errno syscall.Errno
	p.id, errno = w.k.Spawn(afunix.Process{
		UID: cfg.UID, GID: cfg.GID, Umask: uint32(cfg.Umask), Dir: cfg.Dir, NoFile: cfg.NOFILE,
	})
	if errno != 0 {
		return nil, fail(op, cfg.Dir, errno)
	}
	if w.sched != nil {
		w.sched.processes = append(w.sched.processes, p)
	}
	if tr := w.tracing(); tr != nil {
		tr.started(p)
	}
	switch {
	case cfg.Main == nil:
	case w.sched != nil:
		w.sched.spawn(p, w.sched.tasks[0], "main", cfg.Daemon, func() { cfg.Main(p) })
	default:
		go labelled("main", func() { cfg.Main(p) })
	}
	return p, nil
}

// Name returns the name that the process was started with.
func (p *Process) Name() string { return p.cfg.Name }

// PID returns the process's number, as Conn.PeerCred reports it. No two processes
// of a World have the same, nor two incarnations.
func (p *Process) PID() int { return int(p.id) }

// Incarnation returns which life of the process this is: 1 for one that was
// started, one more for each Restart.
func (p *Process) Incarnation() int { return p.incarnation }

// World returns the machine that the process is of.
func (p *Process) World() *World { return p.w }

// Chdir changes the working directory, where relative paths start. Errors: those
// of a path, ENOTDIR, EACCES; ESRCH.
func (p *Process) Chdir(dir string) (err error) {
	const op = OpChdir
	if err := p.enter(op, dir); err != nil {
		return err
	}
	defer p.leave(op, &err)
	if err := checkFile(op, dir); err != nil {
		return err
	}
	p.w.lock()
	defer p.w.unlock()
	if errno := p.w.k.Chdir(p.id, dir); errno != 0 {
		return fail(op, dir, errno)
	}
	p.dir = p.absolute(dir)
	// Calls that are blocked on a relative path go on with what is there now.
	p.w.events([]afunix.Waiter{{Events: afunix.Names}})
	return nil
}

// absolute is filepath.Abs. With the path of a link that is followed by ".." it
// errs like that one.
func (p *Process) absolute(name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return path.Join(p.dir, name)
}

// SetUmask changes the umask. Bits beyond fs.ModePerm are EINVAL; ESRCH.
func (p *Process) SetUmask(mask fs.FileMode) (err error) {
	const op = OpUmask
	if err := p.enter(op, ""); err != nil {
		return err
	}
	if tr := p.w.tracing(); tr != nil {
		tr.now().Args = fmt.Sprintf("%04o", mask)
	}
	defer p.leave(op, &err)
	if mask&^fs.ModePerm != 0 {
		return invalid(op, "", "umask with bits other than permissions")
	}
	p.w.lock()
	defer p.w.unlock()
	if _, errno := p.w.k.SetUmask(p.id, uint32(mask)); errno != 0 {
		return fail(op, "", errno)
	}
	return nil
}

// SetNOFILE changes how many descriptors the process may have; those that are
// open stay open. Errors: EINVAL for a negative number; ESRCH.
func (p *Process) SetNOFILE(n int) (err error) {
	const op = OpLimit
	if err := p.enter(op, ""); err != nil {
		return err
	}
	if tr := p.w.tracing(); tr != nil {
		tr.now().Args = strconv.Itoa(n) + " descriptors"
	}
	defer p.leave(op, &err)
	p.w.lock()
	defer p.w.unlock()
	if errno := p.w.k.SetNoFile(p.id, n); errno != 0 {
		return fail(op, "", errno)
	}
	return nil
}

// Fault orders that the next call of this process which makes a descriptor
// (Listen, Dial, Pair, Accept, Adopt, AdoptListener, Lock or Dup) fails with
// errno: ENFILE, ENOMEM, EMFILE. It fails after its arguments were found valid
// and before it has any effect; a connection that was to be accepted stays
// pending. Calls that are blocked already are spared. 0 takes the order back.
func (p *Process) Fault(errno syscall.Errno) {
	var err error
	if p.enter(OpFault, "") != nil {
		return
	}
	defer p.leave(OpFault, &err)
	p.w.lock()
	p.fault = errno
	p.w.unlock()
}

// faulted returns the fault that was ordered, once.
func (p *Process) faulted() syscall.Errno {
	if s := p.w.sched; s != nil {
		if errno := s.failing(); errno != 0 {
			return errno
		}
	}
	errno := p.fault
	p.fault = 0
	return errno
}

// close closes a number of a process that lives.
func (w *World) close(p *Process, d afunix.Desc) {
	if s := w.sched; s != nil && s.books != nil {
		s.books.gone(p, d)
	}
	if s := w.sched; s != nil && s.lineage != nil {
		s.lineage.closed()
	}
	_, woken := w.k.Close(p.id, d)
	w.events(woken)
}
