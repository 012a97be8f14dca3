package proptest

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// goroutines is what carries a run that is no simulation: ordinary goroutines, on
// a world in free mode or on a transport that the test hands over.
type goroutines struct {
	c      *check
	w      *simnet.World // nil if the transport is real
	dir    string        // of files, if it is
	ctx    context.Context
	cancel context.CancelFunc // ends every call of every process

	begin      []func() // what Run does first
	foreground tasks    // without which the run is not over
	background tasks
}

// runTime is how long, in real time, a run of goroutines may take.
const runTime = time.Minute

func (s *Sim) goroutines() *goroutines {
	g := &goroutines{c: s.c}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	if s.c.backend == "free" {
		cfg := s.c.cfg.World
		cfg.Clock = nil
		g.w = simnet.NewWorld(cfg)
		return g
	}
	dir, err := os.MkdirTemp("", "brine") // not the test's own, whose path is too long for a socket
	if err != nil {
		s.c.t.Fatal("proptest: ", err)
	}
	g.dir = dir
	s.Cleanup(func() { os.RemoveAll(dir) })
	return g
}

// start makes the transport of a process. Its main begins with Run.
func (g *goroutines) start(s *Sim, p *Process) {
	var tr transport.Transport
	if c := &p.cfg; g.w != nil {
		life, err := g.w.Start(simnet.ProcessConfig{
			Name: c.Name, UID: c.UID, GID: c.GID, Umask: c.Umask, Dir: c.Dir, NOFILE: c.NOFILE,
		})
		s.check(err)
		tr = life
	} else {
		tr = g.c.cfg.Real(s)
		if tr == nil {
			s.Fatal("Config.Real returned no transport")
		}
	}
	tr, _ = tr.WithCancel(g.ctx)
	p.tr = &waited{Transport: tr, s: s, name: p.cfg.Name}
	if p.cfg.Main != nil {
		g.task(s, p, "main", p.cfg.Main, p.cfg.Daemon)
	}
}

// task starts a goroutine, or has Run start it.
func (g *goroutines) task(s *Sim, p *Process, name string, f func(transport.Transport), background bool) {
	all := &g.foreground
	if background {
		all = &g.background
	}
	if !all.begin() {
		return // with a run that is over
	}
	begin := func() {
		go g.run(s, all, p.cfg.Name+"/"+name, func() { f(p.tr) })
	}
	if s.state == setting {
		g.begin = append(g.begin, begin)
	} else {
		begin()
	}
}

// execute executes the run.
func (g *goroutines) execute(s *Sim) *simnet.Result {
	s.w = g.w
	for _, f := range g.begin {
		f()
	}
	hung := !g.foreground.within(runTime)
	if !hung && g.ctx.Err() == nil {
		for _, f := range s.finals {
			g.finally(s, f)
		}
		hung = !g.foreground.within(runTime)
	}
	stacks := ""
	if hung {
		buf := make([]byte, 1<<20)
		stacks = string(buf[:runtime.Stack(buf, true)])
	}
	g.cancel()
	if !hung {
		hung = !g.background.within(runTime) || !g.foreground.within(runTime)
	}
	g.foreground.close()
	g.background.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	res := &simnet.Result{}
	switch {
	case s.err != nil:
		res.Err = s.err
	case hung:
		res.Err = fmt.Errorf("the run has no end: a task has not returned after %v\n\n%s", runTime, stacks)
	case s.failed:
		res.Err = &simnet.Failure{Task: "a task", Stack: s.stack}
	case s.skipped:
		res.Err = &simnet.Skipped{Task: "a task", Log: string(s.log)}
	}
	return res
}

// finally starts what Finally was given. Its transport is made by its task, because
// that may fail, and what fails during the run ends its goroutine.
func (g *goroutines) finally(s *Sim, f final) {
	p := &Process{s: s, cfg: ProcessConfig{Name: f.name}}
	g.task(s, p, "main", func(transport.Transport) {
		g.start(s, p)
		f.f(p.tr)
	}, false)
}
