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
	path := s.Path("s")
	// holder is who listens: who was told so last. unsure counts those who might,
	// besides: they are closing, or being killed.
	var holder *int
	unsure := 0
	if plan.Stale {
		unsure++
		s.Process("predecessor", func(tr transport.Transport) {
			if l, err := ipc.Listen(tr, path, 1, transport.ListenConfig{}); err == nil {
				l.Close()
			}
			unsure--
		})
	}
	cfg := transport.ListenConfig{Takeover: true, Unlink: plan.Unlink}
	var processes []*proptest.Process
	dying := make([]bool, len(plan.Instances))
	holders := make([]*int, len(plan.Instances))
	for i, reigns := range plan.Instances {
		processes = append(processes, s.Process("instance", func(tr transport.Transport) {
			for _, r := range reigns {
				wait(tr, r.Before)
				l, err := ipc.Listen(tr, path, 2, cfg)
				sure := holder == nil && unsure == 0 && !e.kill && !e.names
				v := verdict{}.also(!sure, syscall.EADDRINUSE).
					also(e.files, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM).
					also(e.names, syscall.ENOENT, syscall.EACCES, syscall.EADDRINUSE)
				if holder == nil || e.kill || unsure > 0 {
					v = append(v, 0)
				}
				check(s, "listen", err, v)
				if err != nil {
					continue
				}
				me := new(int)
				holder, holders[i] = me, me
				for range r.Rounds {
					x, err := l.Accept(until(tr, 1))
					if holder != me && !dying[i] {
						s.Fatalf("instance %d listens, and another does too", i)
					}
					if err == nil {
						x.Abort() // a client, or somebody's probe
					}
				}
				if holder != me && !dying[i] {
					s.Fatalf("instance %d listens, and another does too", i)
				}
				unsure++
				holder = nil
				check(s, "close", l.Close(), verdict{0})
				unsure--
			}
		}))
	}
	s.Process("client", func(tr transport.Transport) {
		for range 4 {
			before, calm := holder, unsure == 0
			c, err := ipc.Connect(tr, path, transport.Immediate)
			if before != nil && before == holder && calm && unsure == 0 && !e.kill && !e.names {
				// All the time somebody listened.
				check(s, "connect", err, verdict{0, syscall.ETIMEDOUT}.also(e.files, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM))
				s.Sometimes("who listens is reached", err == nil)
			}
			if err == nil {
				c.Abort()
			}
			wait(tr, 1)
		}
	})
	s.Start(proptest.ProcessConfig{Name: "reaper", Spared: true, Main: func(tr transport.Transport) {
		for _, k := range plan.Kills {
			wait(tr, 1)
			if k < len(processes) {
				unsure++
				dying[k] = true
				processes[k].Kill()
				if holder == holders[k] {
					holder = nil
				}
				unsure--
			}
		}
	}})
	s.Finally("successor", func(tr transport.Transport) {
		// Whoever has died, and in whatever moment: one who starts now is served.
		if e.names {
			return
		}
		l, err := ipc.Listen(tr, path, 2, transport.ListenConfig{Takeover: true, Unlink: true})
		check(s, "listen in the end", err, verdict{0})
		check(s, "close in the end", l.Close(), verdict{0})
	})
	s.Run()
}

// check fails the run unless an answer is among those that are left.
func check(s *proptest.Sim, what string, err error, v verdict) {
	s.Helper()
	if c := (counter{s: s}); true {
		c.want(what, err, v)
	}
}
