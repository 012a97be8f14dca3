package simnet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// TestWakeStress has random programs, mostly of calls without a deadline, come to
// their end: several tasks of several processes that share sockets, a listener and
// a lock, and are paused, cancelled and killed meanwhile. Whoever is blocked then
// must be so for a reason: a call that could go on has been forgotten.
func TestWakeStress(t *testing.T) {
	rounds := uint64(2000)
	if testing.Short() {
		rounds = 200
	}
	blocked, deadlocks := 0, 0
	Loop(func(r *Runner) {
		for seed := range rounds {
			x := &sleepers{seed: seed}
			cfg := Config{SendBuffer: 4608, Chooser: Random(seed), Once: true}
			if seed%3 == 0 {
				cfg.Faults = AllFaults(600)
			}
			res := r.Run(cfg, x.build)
			var dead *Deadlock
			switch {
			case errors.As(res.Err, &dead):
				deadlocks++
			case res.Err != nil:
				t.Fatalf("seed %d: %v", seed, res.Err)
			}
			if blocked += x.blocked; x.forgotten != "" {
				t.Fatalf("seed %d: %s is forgotten\n%v", seed, x.forgotten, res.Err)
			}
		}
	})
	if t.Log(rounds, "runs,", deadlocks, "deadlocks,", blocked, "blocked calls"); deadlocks == 0 || blocked == 0 {
		t.Error("nothing was tested")
	}
}

// sleepers is one such program, and what is found at its end.
type sleepers struct {
	seed      uint64
	procs     []*sleeper
	blocked   int
	forgotten string
}

// A sleeper is a process, and what it has.
type sleeper struct {
	*Process
	conns     []transport.Conn
	listeners []transport.Listener
	view      transport.Transport
	cancel    func()
	n         transport.Notifier
}

func expect[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (x *sleepers) build(w *World) {
	w.sched.ends = append(w.sched.ends, x)
	for i := range 3 {
		p := &sleeper{Process: w.Process(fmt.Sprint("p", i))}
		p.view, p.cancel = p.WithCancel(context.Background())
		p.n = p.NewNotifier()
		x.procs = append(x.procs, p)
	}
	// All have both ends of a connection, and a listener.
	first, never := x.procs[0], time.Time{}
	l := expect(first.Listen("/run/s", int(x.seed%3), transport.ListenConfig{}))
	other := expect(first.Listen("/run/other", 0, transport.ListenConfig{}))
	a, b, err := first.Pair()
	expect(0, err)
	first.conns, first.listeners = []transport.Conn{a, b}, []transport.Listener{l, other}
	for _, p := range x.procs[1:] {
		to := expect(p.Dial("/run/s", never))
		from := expect(l.Accept(never))
		fds := []transport.FD{expect(a.Dup()), expect(b.Dup()), expect(l.Dup()), expect(other.Dup())}
		expect(from.Send([][]byte{{0}}, fds, never))
		_, _, err := to.Recv([][]byte{{0}}, fds, never)
		expect(0, err)
		p.conns = []transport.Conn{expect(p.Adopt(fds[0])), expect(p.Adopt(fds[1]))}
		for _, fd := range fds[2:] {
			p.listeners = append(p.listeners, expect(p.AdoptListener(fd, transport.ListenConfig{})))
		}
		from.Close()
		to.Close()
	}
	for i, p := range x.procs {
		for j := range 4 {
			rnd := rand.New(rand.NewPCG(x.seed, uint64(10*i+j)))
			p.Go("task", func() {
				for range 12 {
					x.act(p, rnd)
				}
			})
		}
	}
	// Whoever is paused goes on in the end.
	w.Process("init").Go("main", func() {
		for _, p := range x.procs {
			init := w.Process("again")
			init.Sleep(init.Now().Add(time.Hour))
			p.Resume()
		}
	})
}

// act does something at random.
func (x *sleepers) act(p *sleeper, rnd *rand.Rand) {
	c, l := p.conns[rnd.IntN(len(p.conns))], p.listeners[rnd.IntN(2)]
	q := x.procs[rnd.IntN(len(x.procs))]
	tr := transport.Transport(p.Process)
	if rnd.IntN(3) == 0 {
		if view, err := p.view.Attach(c); err == nil {
			tr, c = p.view, view
		}
		if view, err := p.view.AttachListener(l); err == nil {
			l = view
		}
	}
	path := [...]string{"/run/s", "/run/other"}[rnd.IntN(2)]
	soon := p.Now().Add(time.Duration(rnd.IntN(20)) * time.Millisecond)
	var until time.Time
	if rnd.IntN(4) == 0 {
		until = soon
	}
	size := 1 + rnd.IntN(3)*rnd.IntN(3)*700
	switch rnd.IntN(24) {
	case 0, 1, 2, 3, 4:
		fds := make([]transport.FD, 1)
		if _, n, _ := c.Recv([][]byte{make([]byte, size)}, fds[:rnd.IntN(2)], until); n == 1 {
			if c, err := tr.Adopt(fds[0]); err == nil {
				p.conns = append(p.conns, c)
			}
		}
	case 5, 6, 7, 8:
		c.Send([][]byte{make([]byte, size)}, nil, until)
	case 9:
		if fd, err := c.Dup(); err == nil {
			p.conns[rnd.IntN(len(p.conns))].Send([][]byte{{1}}, []transport.FD{fd}, until)
			fd.Close()
		}
	case 10, 11:
		if c, err := tr.Dial(path, until); err == nil {
			p.conns = append(p.conns, c)
		}
	case 12, 13, 14:
		if c, err := l.Accept(until); err == nil {
			p.conns = append(p.conns, c)
		}
	case 15, 16:
		if fd, err := tr.Lock("/run/lock", until); err == nil {
			p.Sleep(soon)
			if rnd.IntN(8) > 0 {
				fd.Close()
			}
		}
	case 17:
		p.n.Wait(until)
	case 18:
		p.n.Notify()
	case 19:
		q.Pause()
		p.Sleep(soon)
		q.Resume()
	case 20:
		c.SetReadDeadline(until)
		l.SetDeadline(until)
		p.Yield()
		c.SetReadDeadline(time.Time{})
		l.SetDeadline(time.Time{})
	case 21:
		p.Sleep(soon)
		p.cancel()
		p.view, p.cancel = p.WithCancel(context.Background())
	case 22:
		switch rnd.IntN(4) {
		case 0:
			c.CloseWrite()
		case 1:
			c.Close()
		case 2:
			l.Close()
		case 3:
			p.SetNOFILE(rnd.IntN(20))
		}
	case 23:
		if rnd.IntN(10) == 0 {
			p.Sleep(soon)
			q.Kill()
		}
	}
}

// end implements ender.
func (x *sleepers) end(s *sched) {
	for _, t := range s.tasks[1:] {
		if c := &t.call; t.state == blocked && !t.p.paused {
			if x.blocked++; x.forgotten == "" && able(s, c) {
				x.forgotten = t.String() + ", " + t.op.String()
			}
		}
	}
}

// able reports whether a blocked call could go on, all that the kernel does not
// tell anybody left out: a little room in a full buffer, or the end of one direction.
func able(s *sched, c *call) bool {
	k := s.w.k
	switch c.kind {
	case toRecv, toAccept:
		return !c.behind() && k.PollID(c.s.id)&afunix.PollIn != 0
	case toSend:
		i, ok := k.Describe(c.s.id)
		return !c.behind() && (!ok || i.RecvShut && i.SendShut || (i.Charged+2)*4 <= i.SndBuf)
	case toDial:
		i, ok := k.Listening(c.view.p.id, c.path)
		return !ok || i.Pending <= i.Backlog
	case toLock:
		return len(s.lockers(c.id)) == 0
	}
	return c.kind == toWait && c.on.token
}
