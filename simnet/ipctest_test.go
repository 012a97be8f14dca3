package simnet_test

import (
	"fmt"
	"io/fs"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"example.com/brine/ipc/ipctest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// TestRules holds package ipc to libdill's rules in a simulated machine, with
// nothing left out. Time is the bubble's, so that deadlines are met to the
// nanosecond.
func TestRules(t *testing.T) {
	ipctest.Run(t, backend{name: "simnet", t: t, bubble: true})
}

// TestRulesMock is the same with a clock.Mock, which moves whenever everybody
// waits.
func TestRulesMock(t *testing.T) {
	ipctest.Run(t, backend{name: "simnet with a mock clock", t: t, bubble: true, mock: true})
}

// TestRulesReal is the same with the real clock, which is late at times.
func TestRulesReal(t *testing.T) {
	ipctest.Run(t, backend{name: "simnet with the real clock", t: t})
}

// backend plays each role on a goroutine, in a process of its own of one World.
type backend struct {
	name         string
	t            *testing.T
	bubble, mock bool
}

func (b backend) Name() string { return b.name }

func (b backend) Lacks(ipctest.Ability) string { return "" }

func (b backend) Run(s *ipctest.Scenario, note func(ipctest.Event)) {
	if !b.bubble {
		b.run(s, note)
		return
	}
	synctest.Test(b.t, func(*testing.T) { b.run(s, note) })
}

func (b backend) run(s *ipctest.Scenario, note func(ipctest.Event)) {
	var cfg simnet.Config
	if b.mock {
		mock := clock.NewMock()
		mock.Set(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) // libdill has no point in time 0
		cfg.Clock = mock
		over := make(chan struct{})
		defer func() { <-over }()
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			defer close(over)
			for {
				synctest.Wait()
				select {
				case <-stop:
					return
				default:
				}
				// All times in scenarios are multiples of it.
				mock.Add(250 * time.Microsecond)
			}
		}()
	}
	st := &stage{scenario: s, world: simnet.NewWorld(cfg), note: note}
	if !b.bubble {
		st.tolerance = 5 * time.Second
	}
	if err := scene(st.world, s); err != nil {
		note(ipctest.Event{Kind: ipctest.Failed, Text: "scene: " + err.Error()})
		return
	}
	main, err := st.start(ipctest.MainRole, simnet.ProcessConfig{}, "")
	if err != nil {
		note(ipctest.Event{Kind: ipctest.Failed, Text: err.Error()})
		return
	}
	<-main.ended
	st.finish()
}

// stage is what the processes of one scenario have in common.
type stage struct {
	scenario  *ipctest.Scenario
	world     *simnet.World
	tolerance time.Duration
	note      func(ipctest.Event)

	mu         sync.Mutex
	performers []*performer
	failed     bool
}

const dir = "/tmp/scene"

// scene sets the scene of a scenario.
func scene(w *simnet.World, s *ipctest.Scenario) error {
	if err := w.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, n := range s.Scene {
		path := dir + "/" + n.Name
		var err error
		switch n.Mode.Type() {
		case fs.ModeSymlink:
			err = w.Symlink(n.Target, path)
		case fs.ModeDir:
			err = w.Mkdir(path, n.Mode.Perm())
		default:
			err = w.Create(path, n.Mode.Perm())
		}
		if err == nil && n.UID != 0 {
			err = w.Chown(path, n.UID, n.UID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) start(role string, cfg simnet.ProcessConfig, arg string) (*performer, error) {
	cfg.Name, cfg.Umask = role, 0o022
	p, err := s.world.Start(cfg)
	if err != nil {
		return nil, err
	}
	a := &performer{stage: s, process: p, ended: make(chan struct{})}
	s.mu.Lock()
	s.performers = append(s.performers, a)
	s.mu.Unlock()
	go func() {
		defer close(a.ended)
		defer p.Kill() // as a process that ends closes what it has
		s.scenario.Play(role, arg, a, p, a.hear)
	}()
	return a, nil
}

// finish waits for every process, or kills them if the scenario has failed.
func (s *stage) finish() {
	s.mu.Lock()
	performers, failed := s.performers, s.failed
	s.mu.Unlock()
	for _, a := range performers {
		if failed {
			a.Kill()
		}
		<-a.ended
	}
}

// performer is a process of a scenario.
type performer struct {
	*stage
	process *simnet.Process
	ended   chan struct{}

	mu     sync.Mutex
	killed bool
}

// hear passes on what a role reports while its process lives. Afterwards it ends
// the task: a dead process does nothing, but its goroutines are still there.
func (a *performer) hear(e ipctest.Event) {
	a.mu.Lock()
	killed := a.killed
	a.mu.Unlock()
	if killed {
		if e.Kind != ipctest.Ended {
			runtime.Goexit()
		}
		return
	}
	if e.Kind == ipctest.Failed {
		a.stage.mu.Lock()
		a.failed = true
		a.stage.mu.Unlock()
	}
	a.note(e)
}

func (a *performer) Path(name string) string  { return dir + "/" + name }
func (a *performer) Tolerance() time.Duration { return a.tolerance }

func (a *performer) Fault(errno syscall.Errno) error {
	a.process.Fault(errno)
	return nil
}

func (a *performer) Start(role string, cfg ipctest.ProcessConfig) (ipctest.Process, error) {
	p, err := a.stage.start(role, simnet.ProcessConfig{UID: cfg.UID, GID: cfg.UID, NOFILE: cfg.Limits.NOFILE}, cfg.Arg)
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	return p, nil
}

func (a *performer) Kill() error {
	a.mu.Lock()
	a.killed = true
	a.mu.Unlock()
	a.process.Kill()
	return nil
}

// Wait waits by the world's clock, as a transport's call does.
func (a *performer) Wait(deadline time.Time) error {
	p := a.world.Process("wait")
	defer p.Kill()
	n := p.NewNotifier()
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-a.ended:
			n.Notify()
		case <-over:
		}
	}()
	return n.Wait(deadline)
}

var _ transport.Transport = (*simnet.Process)(nil)
