package simnet_test

import (
	"errors"
	"flag"
	"fmt"
	"syscall"
	"testing"
	"time"

	"example.com/brine/ipc/ipctest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// TestRulesRun holds package ipc to libdill's rules as simulated tasks, in the
// calm run, with nothing left out and deadlines met to the nanosecond.
func TestRulesRun(t *testing.T) {
	simnet.Loop(func(r *simnet.Runner) {
		ipctest.Run(t, tasks{r: r})
	})
}

var rulesSeeds = flag.Int("rules-seeds", 100, "in how many random orders TestRulesRandom tells each scenario")

// TestRulesRandom is the same in other orders, and with calls that move less than
// they could: more than 10,000 runs, or as many as are asked for.
func TestRulesRandom(t *testing.T) {
	seeds := *rulesSeeds
	if testing.Short() || fewSeeds {
		seeds = min(seeds, 10) // the orders are the same as without the race detector
	}
	simnet.Loop(func(r *simnet.Runner) {
		for _, s := range ipctest.Scenarios() {
			for seed := range uint64(seeds) {
				b := tasks{r: r, chooser: simnet.Random(seed)}
				b.faults[simnet.FaultShort].Rate = 65536 / 20
				for _, e := range ipctest.Events(b, &s) {
					if e.Kind == ipctest.Failed {
						t.Errorf("%s, seed %d: %s %s: %s", s.Name, seed, e.Role, e.At, e.Text)
					}
				}
				if t.Failed() {
					break
				}
			}
		}
	})
}

// tasks plays each role as a task, in a process of its own of one world.
type tasks struct {
	r       *simnet.Runner
	chooser simnet.Chooser
	faults  simnet.Faults
}

func (b tasks) Name() string { return "simulated tasks" }

func (b tasks) Lacks(ipctest.Ability) string { return "" }

func (b tasks) Run(s *ipctest.Scenario, note func(ipctest.Event)) {
	var events []ipctest.Event
	cfg := simnet.Config{Chooser: b.chooser, Faults: b.faults}
	res := b.r.Run(cfg, func(w *simnet.World) {
		events = events[:0] // a run that fails is executed again
		st := &theatre{scenario: s, world: w, note: func(e ipctest.Event) { events = append(events, e) }}
		st.init = w.Process("init")
		if err := scene(w, s); err != nil {
			panic(err)
		}
		if _, err := st.start(ipctest.MainRole, simnet.ProcessConfig{}, ""); err != nil {
			panic(err)
		}
	})
	for _, e := range events {
		note(e)
	}
	if res.Err != nil {
		note(ipctest.Event{Kind: ipctest.Failed, Text: res.Err.Error()})
	}
}

// theatre is what the processes of one scenario have in common. init sees to it
// that a process is gone before anybody is told.
type theatre struct {
	scenario *ipctest.Scenario
	world    *simnet.World
	init     *simnet.Process
	note     func(ipctest.Event)
}

func (s *theatre) start(role string, cfg simnet.ProcessConfig, arg string) (*actor, error) {
	a := &actor{theatre: s, exit: s.init.NewNotifier()}
	cfg.Name, cfg.Umask = role, 0o022
	cfg.Main = func(p *simnet.Process) {
		s.scenario.Play(role, arg, a, p, s.note)
		a.exit.Notify()
	}
	var err error
	if a.process, err = s.world.Start(cfg); err != nil {
		return nil, err
	}
	err = s.init.Background("wait", func() {
		if a.exit.Wait(time.Time{}) == nil {
			a.end()
		}
	})
	return a, err
}

// actor is a process of a scenario.
type actor struct {
	*theatre
	process *simnet.Process
	exit    transport.Notifier
	ended   bool
	waiting []transport.Notifier
}

func (a *actor) end() {
	a.process.Kill()
	a.ended = true
	for _, n := range a.waiting {
		n.Notify()
	}
}

func (a *actor) Path(name string) string  { return dir + "/" + name }
func (a *actor) Tolerance() time.Duration { return 0 }

func (a *actor) Fault(errno syscall.Errno) error {
	a.process.Fault(errno)
	return nil
}

func (a *actor) Start(role string, cfg ipctest.ProcessConfig) (ipctest.Process, error) {
	p, err := a.start(role, simnet.ProcessConfig{UID: cfg.UID, GID: cfg.UID, NOFILE: cfg.Limits.NOFILE}, cfg.Arg)
	if err != nil {
		return nil, fmt.Errorf("process: %w", err)
	}
	return p, nil
}

func (a *actor) Kill() error {
	a.end()
	return nil
}

// Wait waits for init to say so.
func (a *actor) Wait(deadline time.Time) error {
	if a.ended {
		return nil
	}
	n := a.init.NewNotifier()
	a.waiting = append(a.waiting, n)
	if err := n.Wait(deadline); err != nil && !errors.Is(err, syscall.ETIMEDOUT) {
		return err
	} else if !a.ended {
		return syscall.ETIMEDOUT
	}
	return nil
}
