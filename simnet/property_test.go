package simnet_test

import (
	"context"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// An action is one call of a random program, on whichever of the process's
// sockets and notifiers its numbers lead to.
type action struct{ verb, a, b int }

// genProgram draws what each process does: its main task, and what is started by
// it as tasks.
var genProgram = rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) action {
	return action{rapid.IntRange(0, numVerbs-1).Draw(t, "verb"), rapid.IntRange(0, 4).Draw(t, "a"), rapid.IntRange(0, 9).Draw(t, "b")}
}), 5, 30), 1, 4)

// A player carries a random program out. It has all that one execution has in
// common.
type player struct {
	w         *simnet.World
	program   [][]action
	processes []*simnet.Process
	restarts  int
}

// A part is what one life of a process has.
type part struct {
	*player
	p         *simnet.Process
	view      transport.Transport
	conns     []transport.Conn
	listeners []transport.Listener
	fds       []transport.FD
	notifier  transport.Notifier
	tasks     int
}

func (pl *player) build(w *simnet.World) {
	pl.w, pl.processes, pl.restarts = w, nil, 0
	for i := range pl.program {
		p, err := w.Start(simnet.ProcessConfig{
			Name: fmt.Sprint("p", i), NOFILE: 16,
			Main: func(p *simnet.Process) {
				pl.processes[i] = p
				pt := &part{player: pl, p: p, view: p, notifier: p.NewNotifier()}
				pt.play(pl.program[i])
			},
		})
		if err != nil {
			panic(err)
		}
		pl.processes = append(pl.processes, p)
	}
}

func (pt *part) play(list []action) {
	for i, a := range list {
		verbs[a.verb](pt, a.a, a.b, list[i+1:])
	}
}

// until is a deadline of so many milliseconds. Nothing here waits for ever.
func (pt *part) until(ms int) time.Time { return pt.p.Now().Add(time.Duration(ms) * time.Millisecond) }

// on calls f with a connection, if there is one.
func (pt *part) on(i int, f func(c transport.Conn)) {
	if n := len(pt.conns); n > 0 {
		f(pt.conns[i%n])
	}
}

func (pt *part) keep(c transport.Conn, err error) {
	if err == nil {
		pt.conns = append(pt.conns, c)
	}
}

func (pt *part) at(i int, f func(l transport.Listener)) {
	if n := len(pt.listeners); n > 0 {
		f(pt.listeners[i%n])
	}
}

func (pt *part) path(i int) string { return fmt.Sprint("/run/", i%3) }

const numVerbs = 26

var verbs [numVerbs]func(pt *part, a, b int, rest []action)

func init() { verbs = allVerbs } // what they call plays others

var allVerbs = [numVerbs]func(pt *part, a, b int, rest []action){
	func(pt *part, a, b int, _ []action) {
		c, d, err := pt.view.Pair()
		pt.keep(c, err)
		pt.keep(d, err)
	},
	func(pt *part, a, b int, _ []action) {
		if l, err := pt.view.Listen(pt.path(a), b%3, transport.ListenConfig{Unlink: b%2 == 0, Takeover: b > 4}); err == nil {
			pt.listeners = append(pt.listeners, l)
		}
	},
	func(pt *part, a, b int, _ []action) { pt.keep(pt.view.Dial(pt.path(a), pt.until(b))) },
	func(pt *part, a, b int, _ []action) { pt.keep(pt.view.Dial(pt.path(a), pt.until(b))) },
	func(pt *part, a, b int, _ []action) {
		pt.at(a, func(l transport.Listener) { pt.keep(l.Accept(pt.until(b))) })
	},
	func(pt *part, a, b int, _ []action) {
		pt.at(a, func(l transport.Listener) { pt.keep(l.Accept(pt.until(b))) })
	},
	func(pt *part, a, b int, _ []action) {
		pt.on(a, func(c transport.Conn) { c.Send([][]byte{make([]byte, b*b*b*10)}, nil, pt.until(b)) })
	},
	func(pt *part, a, b int, _ []action) {
		pt.on(a, func(c transport.Conn) { c.Send([][]byte{{byte(a)}, {byte(b)}}, pt.fds, pt.until(b)) })
	},
	func(pt *part, a, b int, _ []action) {
		pt.on(a, func(c transport.Conn) {
			var fds [2]transport.FD
			_, n, _ := c.Recv([][]byte{make([]byte, b*b*100)}, fds[:b%3], pt.until(b))
			pt.fds = append(pt.fds, fds[:n]...)
		})
	},
	func(pt *part, a, b int, _ []action) {
		pt.on(a, func(c transport.Conn) { c.Recv([][]byte{make([]byte, 1+b)}, nil, pt.until(b)) })
	},
	func(pt *part, a, b int, _ []action) { pt.on(a, func(c transport.Conn) { c.Close() }) },
	func(pt *part, a, b int, _ []action) { pt.on(a, func(c transport.Conn) { c.CloseWrite() }) },
	func(pt *part, a, b int, _ []action) { pt.on(a, func(c transport.Conn) { c.CloseRead() }) },
	func(pt *part, a, b int, _ []action) { pt.at(a, func(l transport.Listener) { l.Close() }) },
	func(pt *part, a, b int, _ []action) {
		pt.on(a, func(c transport.Conn) {
			if fd, err := c.Dup(); err == nil {
				pt.fds = append(pt.fds, fd)
			}
		})
	},
	func(pt *part, a, b int, _ []action) {
		if n := len(pt.fds); n > 0 {
			fd := pt.fds[n-1]
			pt.fds = pt.fds[:n-1]
			pt.keep(pt.view.Adopt(fd))
		}
	},
	func(pt *part, a, b int, _ []action) {
		pt.p.Remove(pt.path(a))
		pt.p.Rename(pt.path(a+1), pt.path(b))
		pt.p.Chmod(pt.path(b), fs.FileMode(b*0o111%0o1000))
	},
	func(pt *part, a, b int, _ []action) {
		if fd, err := pt.view.Lock("/run/lock", pt.until(b)); err == nil {
			pt.p.Sleep(pt.until(a))
			fd.Close()
		}
	},
	func(pt *part, a, b int, _ []action) { pt.view.Sleep(pt.until(b)) },
	func(pt *part, a, b int, _ []action) {
		if t, err := pt.view.AfterFunc("timer", pt.until(a), pt.notifier.Notify); err == nil && b%2 == 0 {
			pt.p.Sleep(pt.until(b % 5))
			t.Stop()
		}
	},
	func(pt *part, a, b int, _ []action) { pt.notifier.Notify() },
	func(pt *part, a, b int, _ []action) { pt.notifier.Wait(pt.until(b)) },
	func(pt *part, a, b int, rest []action) {
		if pt.tasks++; pt.tasks > 4 {
			return
		}
		start := pt.view.Go
		if b%2 == 0 {
			start = pt.view.Background
		}
		start("task", func() { pt.play(rest) })
	},
	func(pt *part, a, b int, _ []action) {
		q := pt.processes[a%len(pt.processes)]
		if q.Pause() == nil {
			pt.p.Sleep(pt.until(b))
			q.Resume()
		}
	},
	func(pt *part, a, b int, _ []action) {
		q := pt.processes[a%len(pt.processes)]
		if pt.restarts++; pt.restarts > 3 {
			return
		}
		if b%2 == 0 {
			q.Kill()
		} else {
			q.Restart()
		}
	},
	func(pt *part, a, b int, _ []action) {
		ctx, stop := pt.p.Clock().WithTimeout(context.Background(), time.Duration(b)*time.Millisecond)
		view, cancel := pt.p.WithCancel(ctx)
		pt.view = view
		pt.p.AfterFunc("cancel", pt.until(a), func() {
			cancel()
			stop()
			pt.view = pt.p
		})
	},
}

// TestPropertyVerify holds random programs, with random answers and with faults
// or without, to do the same when they are executed again; and the kernel's own
// account of itself to be right in the end.
func TestPropertyVerify(t *testing.T) {
	leaks(t)
	verdicts := map[string]int{}
	simnet.Loop(func(r *simnet.Runner) {
		rapid.Check(t, func(t *rapid.T) {
			pl, cfg := genRun(t)
			res := r.Verify(cfg, pl.build)
			switch res.Err.(type) {
			case nil, *simnet.Deadlock:
			default:
				t.Fatal(res.Err)
			}
			if err := simnet.CheckKernel(pl.w); err != nil {
				t.Fatal(err)
			}
			verdicts[fmt.Sprintf("%T", res.Err)]++
		})
	})
	t.Log(verdicts)
	if verdicts["<nil>"] == 0 {
		t.Error("no program has passed")
	}
}

// TestPropertyCheck holds the kernel to its account after every step.
func TestPropertyCheck(t *testing.T) {
	leaks(t)
	steps := 0
	simnet.Loop(func(r *simnet.Runner) {
		rapid.Check(t, func(t *rapid.T) {
			pl, cfg := genRun(t)
			cfg.Once = true
			var checked func() (int, error)
			r.Run(cfg, func(w *simnet.World) {
				checked = simnet.CheckSteps(w)
				pl.build(w)
			})
			n, err := checked()
			if steps += n; err != nil {
				t.Fatal(err)
			}
		})
	})
	if t.Log(steps, "steps"); steps == 0 {
		t.Error("no step was checked")
	}
}

func genRun(t *rapid.T) (*player, simnet.Config) {
	pl := &player{program: genProgram.Draw(t, "program")}
	cfg := simnet.Config{Chooser: simnet.Random(rapid.Uint64().Draw(t, "seed"))}
	if rapid.Bool().Draw(t, "faults") {
		cfg.Faults = simnet.AllFaults(rapid.IntRange(0, 5000).Draw(t, "rate"))
	}
	if rapid.Bool().Draw(t, "small") {
		cfg.SendBuffer, cfg.MaxFiles = 4608, 12
	}
	return pl, cfg
}
