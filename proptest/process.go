package proptest

import (
	"fmt"
	"io/fs"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// ProcessConfig says who a process is, and what it does. But for Name, Main and
// Daemon it is for the backends that have a world: the real one looks at nothing
// else.
type ProcessConfig struct {
	Name   string
	Main   func(tr transport.Transport) // its task "main"; nil is none
	Daemon bool                         // Main may be left waiting when the run is over
	UID    int                          // effective user ID; 0 is root, who may do everything
	GID    int                          // effective group ID
	Umask  fs.FileMode                  // permission bits that its files do not get
	Dir    string                       // working directory; "" is the root directory
	NOFILE int                          // how many descriptors it may have; 0 is Config.World's
	Spared bool                         // faults neither kill nor restart nor pause it
}

// A Process is a process of a [Sim], on whatever backend, with all its lives. Its
// methods may be called by the body before Run, which starts with them what they
// say, and by tasks.
type Process struct {
	s   *Sim
	cfg ProcessConfig
	p   *simnet.Process     // its life now; nil before Run, and where the transport is real
	tr  transport.Transport // where goroutines run
}

// Process starts a process of root's, whose main has to return before the run is
// over. It is for the body, before Run.
func (s *Sim) Process(name string, main func(tr transport.Transport)) *Process {
	return s.Start(ProcessConfig{Name: name, Main: main})
}

// Daemon starts a process whose main may be left waiting when the run is over, as
// that of a server does.
func (s *Sim) Daemon(name string, main func(tr transport.Transport)) *Process {
	return s.Start(ProcessConfig{Name: name, Main: main, Daemon: true})
}

// Start starts a process.
func (s *Sim) Start(cfg ProcessConfig) *Process {
	p := &Process{s: s, cfg: cfg}
	if s.state != setting {
		s.Fatal("processes are started by the body, before Run")
	}
	s.procs = append(s.procs, p)
	if s.g != nil {
		s.g.start(s, p)
	} else {
		s.scene = append(s.scene, p.start)
	}
	return p
}

func (p *Process) start(w *simnet.World) (err error) {
	c := &p.cfg
	cfg := simnet.ProcessConfig{
		Name: c.Name, UID: c.UID, GID: c.GID, Umask: c.Umask, Dir: c.Dir, NOFILE: c.NOFILE,
		Spared: c.Spared, Daemon: c.Daemon,
	}
	if c.Main != nil {
		cfg.Main = func(life *simnet.Process) {
			p.p = life
			c.Main(life)
		}
	}
	p.p, err = w.Start(cfg)
	return err
}

// Name returns the name that the process was started with.
func (p *Process) Name() string { return p.cfg.Name }

// Transport returns the transport of the process as it lives now. It is for tasks.
func (p *Process) Transport() transport.Transport {
	switch {
	case p.tr != nil:
		return p.tr
	case p.p == nil:
		panic(fmt.Sprintf("proptest: process %s has no transport before Run; its main is given one", p.cfg.Name))
	}
	return p.p
}

// Setup has f make calls of the process before any task runs: its listener is there
// when the first client comes, say. In a simulation they are carried out at once,
// without choices, and fail with EDEADLK where they would block. It is for the body,
// before Run, and what it sets up is of the first life of the process.
func (p *Process) Setup(f func(tr transport.Transport)) {
	switch s := p.s; {
	case s.state != setting:
		s.Fatal("Setup is for the body, before Run")
	case s.g != nil:
		f(p.tr)
	default:
		s.scene = append(s.scene, func(*simnet.World) error {
			f(p.p)
			return nil
		})
	}
}

// Go starts a task of the process, which has to return before the run is over. To
// start one on a process that was killed fails the run.
func (p *Process) Go(name string, f func(tr transport.Transport)) { p.task(name, f, false) }

// Background starts a task of the process that may be left waiting when the run is
// over.
func (p *Process) Background(name string, f func(tr transport.Transport)) { p.task(name, f, true) }

func (p *Process) task(name string, f func(tr transport.Transport), background bool) {
	s := p.s
	begin := func() error {
		life := p.p
		if background {
			return life.Background(name, func() { f(life) })
		}
		return life.Go(name, func() { f(life) })
	}
	switch {
	case s.state > running:
		s.Fatalf("task %s of %s is started after the run", name, p.cfg.Name)
	case s.g != nil:
		s.g.task(s, p, name, f, background)
	case s.state == setting:
		s.scene = append(s.scene, func(*simnet.World) error { return begin() })
	default:
		if err := begin(); err != nil {
			s.Fatalf("task %s of %s cannot be started: %v", name, p.cfg.Name, err)
		}
	}
}

// Kill ends the process at once, as SIGKILL does: see [simnet.Process.Kill]. It is
// simulated only: elsewhere the test is skipped. So are Restart, Pause and Resume.
// A task that kills its own process does not return from it.
func (p *Process) Kill() {
	if p.simulated("Kill") {
		p.p.Kill()
	}
}

// Restart kills the process, if it lives, and starts it again: its next life
// begins with main.
func (p *Process) Restart() {
	if !p.simulated("Restart") {
		return
	}
	next, err := p.p.Restart()
	if err != nil {
		p.s.Fatalf("process %s cannot be started again: %v", p.cfg.Name, err)
	}
	p.p = next
}

// Pause stops the process until Resume, as SIGSTOP does.
func (p *Process) Pause() {
	if p.simulated("Pause") {
		p.check("paused", p.p.Pause())
	}
}

// Resume lets a process go on that was paused.
func (p *Process) Resume() {
	if p.simulated("Resume") {
		p.check("resumed", p.p.Resume())
	}
}

func (p *Process) check(what string, err error) {
	if err != nil {
		p.s.Fatalf("process %s cannot be %s: %v", p.cfg.Name, what, err)
	}
}

// simulated reports whether the process can be told what there is only in a
// simulation; otherwise the run is skipped, or fails.
func (p *Process) simulated(what string) bool {
	switch {
	case p.s.g != nil:
		p.s.simulatedOnly(what + " of a process")
	case p.s.state != running:
		p.s.Fatalf("%s of process %s is for tasks, during Run", what, p.cfg.Name)
	}
	return true
}
