package protocol

import (
	"syscall"

	"pgregory.net/rapid"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// A reign is what an instance does that wants to listen: wait, try, and if it has
// won, serve so many rounds.
type reign struct{ Before, Rounds int }

// A contest is of several instances for one file.
type contest struct {
	Instances [][]reign
	Visits    int // how often a client comes by
	Unlink    bool
	Stale     bool  // a file was left there
	Kills     []int // which instance is killed, one every millisecond; none if there is no such
}

var genContest = rapid.Custom(func(t *rapid.T) contest {
	return contest{
		Instances: rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reign {
			return reign{rapid.IntRange(0, 2).Draw(t, "before"), rapid.IntRange(0, 3).Draw(t, "rounds")}
		}), 1, 3), 2, 4).Draw(t, "instances"),
		Unlink: rapid.Bool().Draw(t, "unlink"),
		Stale:  rapid.Bool().Draw(t, "stale"),
		Kills:  rapid.SliceOfN(rapid.IntRange(0, 5), 0, 2).Draw(t, "kills"),
	}
})

// takeovers: of any number of instances that start at once, or when one has died
// or closed, one listens and the others are told EADDRINUSE; while it listens it can
// be reached.
func takeovers(s *proptest.Sim, e env) {
	plan := proptest.Draw(s, genContest, "contest")
	plan.Visits = 4
	plan.hold(s, e)
}

// A throne is the file, and who has it.
type throne struct {
	s    *proptest.Sim
	env  env
	path string
	cfg  transport.ListenConfig

	// holder is who listens: who was told so last. unsure counts those who might,
	// besides: they are closing, or being killed.
	holder *int
	unsure int

	instances []*proptest.Process
	dying     []bool // it is being killed, or was
	reigning  []*int // what holder was when it won last
}

// hold carries the contest out.
func (plan contest) hold(s *proptest.Sim, e env) {
	n := len(plan.Instances)
	h := &throne{
		s: s, env: e, path: s.Path("s"), cfg: transport.ListenConfig{Takeover: true, Unlink: plan.Unlink},
		dying: make([]bool, n), reigning: make([]*int, n),
	}
	if plan.Stale {
		h.unsure++
		s.Process("predecessor", func(tr transport.Transport) {
			if l, err := ipc.Listen(tr, h.path, 1, transport.ListenConfig{}); err == nil {
				l.Close()
			}
			h.unsure--
		})
	}
	for i, reigns := range plan.Instances {
		h.instances = append(h.instances, s.Process("instance", func(tr transport.Transport) {
			for _, r := range reigns {
				wait(tr, r.Before)
				h.try(tr, i, r.Rounds)
			}
		}))
	}
	s.Process("client", func(tr transport.Transport) {
		for range plan.Visits {
			h.visit(tr)
			wait(tr, 1)
		}
	})
	s.Start(proptest.ProcessConfig{Name: "reaper", Spared: true, Main: func(tr transport.Transport) {
		for _, k := range plan.Kills {
			wait(tr, 1)
			h.kill(k)
		}
	}})
	s.Finally("successor", h.succeed)
	s.Run()
}

// try has instance i try to listen, and serve so many rounds if it does.
func (h *throne) try(tr transport.Transport, i, rounds int) {
	l, err := ipc.Listen(tr, h.path, 2, h.cfg)
	e := h.env
	free := h.holder == nil && h.unsure == 0 && !e.kill && !e.names
	check(h.s, "listen", err, verdict{}.also(!free, syscall.EADDRINUSE).
		also(h.holder == nil || h.unsure > 0 || e.kill || e.names, 0).
		also(e.files, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM).
		also(e.names, syscall.ENOENT, syscall.EACCES))
	if err != nil {
		return
	}
	me := new(int)
	h.holder, h.reigning[i] = me, me
	for range rounds {
		x, err := l.Accept(until(tr, 1))
		h.alone(i, me)
		if err == nil {
			x.Abort() // a client, or somebody's probe
		}
	}
	h.alone(i, me)
	h.unsure++
	h.holder = nil
	check(h.s, "close", l.Close(), verdict{0})
	h.unsure--
}

// alone fails the run if somebody else was let in while an instance listens. One
// that was killed does not get here.
func (h *throne) alone(i int, me *int) {
	h.s.Helper()
	if h.holder != me && !h.dying[i] {
		h.s.Fatalf("instance %d listens, and another does too", i)
	}
}

// visit connects: while one and the same listens, it can be reached.
func (h *throne) visit(tr transport.Transport) {
	e, before, sure := h.env, h.holder, h.unsure == 0
	c, err := ipc.Connect(tr, h.path, transport.Immediate)
	if before != nil && before == h.holder && sure && h.unsure == 0 && !e.kill && !e.names {
		check(h.s, "connect", err, verdict{0, syscall.ETIMEDOUT}.
			also(e.files, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM))
		h.s.Sometimes("who listens is reached", err == nil)
	}
	if err == nil {
		c.Abort()
	}
}

// kill kills an instance, if there is one of that number.
func (h *throne) kill(i int) {
	if i >= len(h.instances) {
		return
	}
	h.unsure++
	h.dying[i] = true
	h.instances[i].Kill()
	if h.holder == h.reigning[i] {
		h.holder = nil
	}
	h.unsure--
}

// succeed listens in the end: whoever has died, and in whatever moment, one who
// starts now is served.
func (h *throne) succeed(tr transport.Transport) {
	if h.env.names {
		return
	}
	l, err := ipc.Listen(tr, h.path, 2, transport.ListenConfig{Takeover: true, Unlink: true})
	check(h.s, "listen in the end", err, verdict{0})
	check(h.s, "close in the end", l.Close(), verdict{0})
}
