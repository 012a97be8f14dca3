//go:build unix

package realunix_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/brine/ipc/ipctest"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// TestRules holds package ipc to libdill's rules on the kernel's sockets.
func TestRules(t *testing.T) {
	// Not t.TempDir: its path is too long for a socket, and of no use to
	// another user.
	dir, err := os.MkdirTemp("/tmp", "brine")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// Scenarios leave sockets open, for the end of their process to close. The
	// garbage collector, which closes those that nothing refers to any more, must
	// not come first.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	ipctest.Run(t, &kernel{dir: dir})
}

// An init rather than a TestMain, of which a package has only one: a process
// that was started to play a part is no test.
func init() {
	part, ok := ipctest.PartFromEnv()
	if !ok {
		return
	}
	if n := part.Limits.NOFILE; n > 0 {
		var lim unix.Rlimit
		set(&lim.Cur, n)
		set(&lim.Max, n)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
			fmt.Fprintln(os.Stderr, "setrlimit:", err)
			os.Exit(2)
		}
	}
	debug.SetGCPercent(-1) // see TestRules
	part.Play(os.Stdout, realunix.New(realunix.Config{}), func(note func(ipctest.Event)) ipctest.Stage {
		return &stage{scenario: ipctest.Find(part.Scenario), dir: part.Dir, note: note}
	})
	os.Exit(0)
}

// set assigns a number to a field whose type depends on the system.
func set[N int64 | uint64](field *N, n int) { *field = N(n) }

// kernel is the backend: each process of a scenario is a realunix.Transport, in
// a process of its own where it has to be.
type kernel struct {
	dir string

	exe  sync.Once
	path string // a copy of the test binary that every user can execute
	err  error
}

func (k *kernel) Name() string { return "realunix" }

func (k *kernel) Lacks(a ipctest.Ability) string {
	linux := runtime.GOOS == "linux"
	switch a {
	case ipctest.OtherUser:
		if os.Geteuid() != 0 {
			return "not running as root"
		}
	case ipctest.Abstract, ipctest.LinuxBacklog, ipctest.LongPaths:
		if !linux {
			return "Linux only"
		}
	case ipctest.PeerCred:
		if !linux && runtime.GOOS != "darwin" && runtime.GOOS != "freebsd" {
			return "not on " + runtime.GOOS
		}
	case ipctest.Faults:
		return "simulated only"
	}
	return ""
}

// patience is how long a scenario may take. Calls that hang are reported with
// the stacks of all goroutines.
const patience = time.Minute

func (k *kernel) Run(s *ipctest.Scenario, note func(ipctest.Event)) {
	dir, err := os.MkdirTemp(k.dir, "s")
	if err == nil {
		defer os.RemoveAll(dir)
		err = setScene(dir, s.Scene)
	}
	if err != nil {
		note(ipctest.Event{Kind: ipctest.Failed, Text: "scene: " + err.Error()})
		return
	}
	failed := false
	var mu sync.Mutex
	st := &stage{kernel: k, scenario: s, dir: dir, note: func(e ipctest.Event) {
		mu.Lock()
		failed = failed || e.Kind == ipctest.Failed
		mu.Unlock()
		note(e)
	}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { // also after Fatal
			mu.Lock()
			kill := failed
			mu.Unlock()
			st.finish(kill)
		}()
		st.play(ipctest.MainRole, "")
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		note(ipctest.Event{Kind: ipctest.Failed, Text: fmt.Sprintf("still running after %v\n%s", patience, stacks)})
		st.finish(true)
	}
}

func setScene(dir string, scene []ipctest.Node) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	for _, n := range scene {
		path := filepath.Join(dir, n.Name)
		var err error
		switch n.Mode.Type() {
		case fs.ModeSymlink:
			err = os.Symlink(n.Target, path)
		case fs.ModeDir:
			err = os.Mkdir(path, 0o700)
		default:
			err = os.WriteFile(path, nil, 0o600)
		}
		if err == nil && n.Mode.Type() != fs.ModeSymlink {
			err = os.Chmod(path, n.Mode.Perm())
		}
		if err == nil && n.UID != 0 {
			err = os.Lchown(path, n.UID, n.UID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// executable returns the path of the test binary for a process of any user. The
// one that runs is in a directory which only its owner can search.
func (k *kernel) executable() (string, error) {
	k.exe.Do(func() {
		k.path = filepath.Join(k.dir, "self")
		k.err = copyFile(k.path, "/proc/self/exe")
		if errors.Is(k.err, fs.ErrNotExist) {
			var self string
			if self, k.err = os.Executable(); k.err == nil {
				k.err = copyFile(k.path, self)
			}
		}
	})
	return k.path, k.err
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Chmod(0o755)
	}
	return errors.Join(err, out.Close())
}

// stage is what the processes of one scenario have in common.
type stage struct {
	kernel   *kernel // nil in a process that plays a part
	scenario *ipctest.Scenario
	dir      string
	note     func(ipctest.Event)

	mu    sync.Mutex
	procs []*process
}

func (s *stage) Path(name string) string         { return s.dir + "/" + name }
func (s *stage) Tolerance() time.Duration        { return 5 * time.Second }
func (s *stage) Fault(errno syscall.Errno) error { return syscall.ENOTSUP }

func (s *stage) play(role, arg string) {
	s.scenario.Play(role, arg, s, realunix.New(realunix.Config{}), s.note)
}

// Start plays a role in this process if nothing is asked for that takes another.
func (s *stage) Start(role string, cfg ipctest.ProcessConfig) (ipctest.Process, error) {
	if s.kernel == nil {
		return nil, errors.New("only the main role starts processes")
	}
	p := &process{ended: make(chan struct{})}
	if cfg.UID == 0 && cfg.Limits == (ipctest.Limits{}) && !s.scenario.NeedsAbility(ipctest.Kill) {
		go func() {
			defer close(p.ended)
			s.play(role, cfg.Arg)
		}()
	} else if err := s.execute(p, role, cfg); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.procs = append(s.procs, p)
	s.mu.Unlock()
	return p, nil
}

// execute starts the test binary again to play a role.
func (s *stage) execute(p *process, role string, cfg ipctest.ProcessConfig) error {
	exe, err := s.kernel.executable()
	if err != nil {
		return err
	}
	part := ipctest.Part{Scenario: s.scenario.Name, Role: role, Arg: cfg.Arg, Dir: s.dir, Limits: cfg.Limits}
	var stderr bytes.Buffer
	// Under the race detector a process sleeps for a second before it exits.
	env := append(os.Environ(), part.Env(), "GORACE="+os.Getenv("GORACE")+" atexit_sleep_ms=0")
	cmd := &exec.Cmd{Path: exe, Args: []string{exe}, Dir: "/", Env: env, Stderr: &stderr}
	if cfg.UID != 0 {
		id := uint32(cfg.UID)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.real = cmd.Process
	go func() {
		defer close(p.ended)
		readErr := ipctest.ReadEvents(out, s.note)
		if err := errors.Join(readErr, cmd.Wait()); err != nil && !p.wasKilled() {
			s.note(ipctest.Event{Role: role, Kind: ipctest.Failed, Text: fmt.Sprintf("process: %v\n%s", err, &stderr)})
		}
	}()
	return nil
}

// finish waits for every process, or kills those that can be killed.
func (s *stage) finish(kill bool) {
	s.mu.Lock()
	procs := s.procs
	s.mu.Unlock()
	for _, p := range procs {
		if kill && p.real != nil {
			p.Kill()
		}
	}
	for _, p := range procs {
		if kill && p.real == nil {
			continue
		}
		<-p.ended
	}
}

// process is a role that was started: a goroutine, or a process of its own.
type process struct {
	real  *os.Process // nil for a goroutine
	ended chan struct{}

	mu     sync.Mutex
	killed bool
}

func (p *process) Kill() error {
	if p.real == nil {
		return syscall.ENOTSUP
	}
	p.mu.Lock()
	p.killed = true
	p.mu.Unlock()
	if err := p.real.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

func (p *process) wasKilled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.killed
}

func (p *process) Wait(deadline time.Time) error {
	var timeout <-chan time.Time
	if !deadline.IsZero() {
		timeout = time.After(time.Until(deadline))
	}
	select {
	case <-p.ended:
		return nil
	case <-timeout:
		return &transport.Error{Op: "wait", Err: syscall.ETIMEDOUT}
	}
}
