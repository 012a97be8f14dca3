package simnet_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// once answers as it is told the n-th time that it can, and is calm otherwise.
type once struct {
	kind   simnet.Kind
	answer string
	n      int
	seen   []string // what could have been answered
}

func (c *once) Choose(p *simnet.Point) int {
	if p.Kind != c.kind {
		return 0
	}
	for i := 1; i < p.N; i++ {
		c.seen = append(c.seen, p.Answer(i))
		if p.Answer(i) == c.answer {
			if c.n--; c.n == 0 {
				return i
			}
		}
	}
	return 0
}

// said is an error as a story tells it.
func said(n int, err error) string {
	switch {
	case err == io.EOF:
		return "EOF"
	case err != nil && n > 0:
		return fmt.Sprint(n, " ", transport.ErrnoName(transport.Errno(err)))
	case err != nil:
		return transport.ErrnoName(transport.Errno(err))
	case n > 0:
		return fmt.Sprint(n)
	}
	return "ok"
}

// TestFaults has each fault strike once, at the n-th opportunity, and sees what
// arrives.
func TestFaults(t *testing.T) {
	never := time.Time{}
	type story struct {
		w              *simnet.World
		server, client *simnet.Process
		l              transport.Listener
		say            func(n int, err error)
		sayf           func(format string, args ...any)
	}
	buf := func(n int) [][]byte { return [][]byte{make([]byte, n)} }
	// dialogue has the client send size bytes and the server answer with two, and
	// then both are asked once more.
	dialogue := func(size int) func(*story) {
		return func(s *story) {
			s.server.Go("main", func() {
				c, err := s.l.Accept(never)
				if err != nil {
					s.sayf("accept %s", said(0, err))
					return
				}
				got := 0
				for got < size {
					n, _, err := c.Recv(buf(size), nil, never)
					s.sayf("server recv %s", said(n, err))
					if err != nil {
						n, _, err = c.Recv(buf(1), nil, never)
						s.sayf("server recv %s", said(n, err))
						n, err = c.Send(buf(1), nil, never)
						s.sayf("server send %s", said(n, err))
						return
					}
					got += n
				}
				n, err := c.Send(buf(2), nil, never)
				s.sayf("server send %s", said(n, err))
			})
			s.client.Go("main", func() {
				c, err := s.client.Dial("/run/d/s", s.client.Now().Add(time.Second))
				if err != nil {
					s.sayf("dial %s", said(0, err))
					return
				}
				n, err := c.Send(buf(size), nil, never)
				s.sayf("client send %s", said(n, err))
				for range 3 {
					n, _, err = c.Recv(buf(2), nil, s.client.Now().Add(500*time.Millisecond))
					s.sayf("client recv %s", said(n, err))
				}
			})
		}
	}
	// makers makes one descriptor in each way there is.
	makers := func(s *story) {
		s.client.Go("main", func() {
			p := s.client
			l, err := p.Listen("/tmp/l", 1, transport.ListenConfig{})
			s.sayf("listen %s", said(0, err))
			if err != nil {
				l, _ = p.Listen("/tmp/l", 1, transport.ListenConfig{})
			}
			c, err := p.Dial("/tmp/l", never)
			s.sayf("dial %s", said(0, err))
			if err != nil {
				c, _ = p.Dial("/tmp/l", never)
			}
			a, err := l.Accept(never)
			s.sayf("accept %s", said(0, err))
			if err != nil {
				a, err = l.Accept(never) // it stayed pending
				s.sayf("accept %s", said(0, err))
			}
			_, _, err = p.Pair()
			s.sayf("pair %s", said(0, err))
			fd, err := a.Dup()
			s.sayf("dup %s", said(0, err))
			if err != nil {
				fd, _ = a.Dup()
			}
			_, err = p.Adopt(fd)
			s.sayf("adopt %s", said(0, err))
			if err != nil {
				_, err = p.Adopt(fd) // which is still the caller's
				s.sayf("adopt %s", said(0, err))
			}
			_, err = p.Lock("/tmp/k", never)
			s.sayf("lock %s", said(0, err))
			n, err := c.Send(buf(3), nil, never)
			s.sayf("send %s", said(n, err))
			n, _, err = a.Recv(buf(3), nil, transport.Immediate)
			s.sayf("recv %s", said(n, err))
		})
	}
	fine := "listen ok, dial ok, accept ok, pair ok, dup ok, adopt ok, lock ok, send 3, recv 3"
	failing := func(op, errno string) string {
		s := strings.Replace(fine, op+" ok", op+" "+errno, 1)
		if op == "accept" || op == "adopt" {
			s = strings.Replace(s, op+" "+errno, op+" "+errno+", "+op+" ok", 1)
		}
		return s
	}
	timers := func(s *story) {
		s.client.Go("main", func() {
			from := s.client.Now()
			s.client.Sleep(from.Add(time.Second))
			s.sayf("slept %v", s.client.Now().Sub(from))
		})
		s.server.Go("main", func() {
			s.server.Yield()
			s.server.Yield()
			s.sayf("yielded at %v", s.server.Now().Sub(epoch))
		})
	}
	main := func(p *simnet.Process, f func()) { p.Go("main", f) }
	tests := []struct {
		fault  simnet.Fault
		answer string
		n      int // the how-manieth opportunity
		story  func(*story)
		want   string
	}{
		{simnet.FaultShort, "none", 1, dialogue(5), "client send 5, server recv 5, server send 2, client recv 2, client recv ETIMEDOUT, client recv ETIMEDOUT"},
		{simnet.FaultShort, "1", 2, dialogue(5), "client send 5, server recv 1, server recv 4, server send 2, client recv 2, client recv ETIMEDOUT, client recv ETIMEDOUT"},
		{simnet.FaultShort, "half", 1, dialogue(5), "server recv 2, client send 5, server recv 3, server send 2, client recv 2, client recv ETIMEDOUT, client recv ETIMEDOUT"},
		{simnet.FaultShort, "most", 2, dialogue(5), "client send 5, server recv 4, server recv 1, server send 2, client recv 2, client recv ETIMEDOUT, client recv ETIMEDOUT"},

		{simnet.FaultReset, "ECONNRESET", 1, dialogue(5), "client send 5, client recv ECONNRESET, client recv EOF, client recv EOF, server recv 5, server send EPIPE"},
		{simnet.FaultReset, "EPIPE", 1, dialogue(5), "client send EPIPE, client recv ECONNRESET, client recv EOF, client recv EOF, server recv ECONNRESET, server recv EOF, server send EPIPE"},
		{simnet.FaultReset, "ECONNRESET", 3, dialogue(5), "client send 5, server recv 5, server send 2, client recv 2, client recv ECONNRESET, client recv EOF"},

		{simnet.FaultEMFILE, "EMFILE", 1, makers, failing("listen", "EMFILE")},
		{simnet.FaultEMFILE, "EMFILE", 2, makers, failing("dial", "EMFILE")},
		{simnet.FaultEMFILE, "EMFILE", 3, makers, failing("accept", "EMFILE")},
		{simnet.FaultEMFILE, "EMFILE", 4, makers, failing("pair", "EMFILE")},
		{simnet.FaultEMFILE, "EMFILE", 5, makers, failing("dup", "EMFILE")},
		{simnet.FaultEMFILE, "EMFILE", 6, makers, failing("adopt", "EMFILE")},
		{simnet.FaultEMFILE, "EMFILE", 7, makers, failing("lock", "EMFILE")},
		{simnet.FaultENFILE, "ENFILE", 2, makers, failing("dial", "ENFILE")},
		{simnet.FaultENFILE, "ENFILE", 5, makers, failing("lock", "ENFILE")},
		{simnet.FaultENOMEM, "ENOMEM", 3, makers, failing("accept", "ENOMEM")},
		{simnet.FaultENOMEM, "ENOMEM", 6, makers, strings.Replace(fine, "send 3, recv 3", "send ENOMEM, recv ETIMEDOUT", 1)},
		{simnet.FaultENOBUFS, "ENOBUFS", 1, makers, strings.Replace(fine, "send 3, recv 3", "send ENOBUFS, recv ETIMEDOUT", 1)},

		{simnet.FaultFull, "", 1, func(s *story) {
			main(s.client, func() {
				_, err := s.client.Dial("/run/d/s", s.client.Now().Add(time.Second))
				s.sayf("dial %s", said(0, err))
				for {
					c, err := s.l.Accept(transport.Immediate)
					if err != nil {
						s.sayf("accept %s", said(0, err))
						break
					}
					n, _, err := c.Recv(buf(1), nil, never)
					s.sayf("recv %s", said(n, err))
				}
				_, err = s.client.Dial("/run/d/s", never)
				s.sayf("dial %s", said(0, err))
			})
		}, "dial ETIMEDOUT, recv EOF, recv EOF, recv EOF, accept ETIMEDOUT, dial ok"},

		{simnet.FaultBuffer, "4608", 1, func(s *story) {
			main(s.client, func() {
				c, _, _ := s.client.Pair()
				n, err := c.Send(buf(300_000), nil, transport.Immediate)
				s.say(n, err)
			})
		}, "4480 ETIMEDOUT"},
		{simnet.FaultBuffer, "16384", 1, func(s *story) {
			main(s.client, func() {
				c, _, _ := s.client.Pair()
				n, err := c.Send(buf(300_000), nil, transport.Immediate)
				s.say(n, err)
			})
		}, "16256 ETIMEDOUT"},

		{simnet.FaultLate, "none", 1, timers, "yielded at 0s, slept 1s"},
		{simnet.FaultLate, "100ms", 1, timers, "yielded at 0s, slept 1.1s"},
		{simnet.FaultEarly, "", 1, timers, "yielded at 1s, slept 1s"},
		{simnet.FaultJump, "1m0s", 2, timers, "yielded at 1m0s, slept 1m0s"},

		{simnet.FaultRemoved, "removed", 1, dialogue(1), "dial ENOENT"},
		{simnet.FaultReplaced, "replaced", 1, dialogue(1), "dial ECONNREFUSED"},
		{simnet.FaultForbidden, "forbidden", 1, dialogue(1), "dial EACCES"},
		{simnet.FaultDirGone, "dirgone", 1, dialogue(1), "dial ENOENT"},

		{simnet.FaultKill, "server", 1, dialogue(1), "dial ECONNREFUSED"}, // before its accept
		{simnet.FaultKill, "server", 2, dialogue(1), "dial ECONNREFUSED"}, // before the dial
		{simnet.FaultKill, "server", 3, dialogue(1), "client send EPIPE, client recv ECONNRESET, client recv EOF, client recv EOF"},
		{simnet.FaultKill, "client", 3, dialogue(1), "server recv EOF, server recv EOF, server send EPIPE"},
		{simnet.FaultKill, "server", 5, dialogue(1), "client send 1, client recv ECONNRESET, client recv EOF, client recv EOF"},
		{simnet.FaultPause, "server", 3, dialogue(1), "client send 1, client recv ETIMEDOUT, server recv 1, server send 2, client recv 2, client recv ETIMEDOUT"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.fault, " ", test.answer, " ", test.n), func(t *testing.T) {
			var told []string
			chooser := &once{kind: test.fault.Kind(), answer: test.answer, n: test.n}
			cfg := simnet.Config{Chooser: chooser}
			cfg.Faults[test.fault].Rate = 1
			res := simnet.Run(cfg, func(w *simnet.World) {
				told = nil
				s := &story{w: w}
				s.sayf = func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }
				s.say = func(n int, err error) { s.sayf("%s", said(n, err)) }
				if err := w.Mkdir("/run/d", 0o755); err != nil {
					panic(err)
				}
				s.server = w.Process("server")
				s.client, _ = w.Start(simnet.ProcessConfig{Name: "client", UID: 1000, GID: 1000})
				s.l, _ = s.server.Listen("/run/d/s", 2, transport.ListenConfig{Mode: 0o777})
				test.story(s)
			})
			got := strings.Join(told, ", ")
			if got != test.want {
				t.Errorf("told\n%s\nwant\n%s", got, test.want)
			}
			want := 1
			if test.answer == "none" {
				want = 0
			}
			if n := res.Fired[test.fault]; n != want {
				t.Errorf("%d struck, want %d; could have: %q", n, want, chooser.seen)
			}
			var dead *simnet.Deadlock
			if res.Err != nil && !errors.As(res.Err, &dead) { // a server may be left waiting
				t.Error(res.Err)
			}
		})
	}
}

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// TestFaultRestart has a server die and come back, in its next life.
func TestFaultRestart(t *testing.T) {
	var lives []string
	cfg := simnet.Config{Chooser: &once{kind: simnet.KindRestart, answer: "server", n: 3}}
	cfg.Faults[simnet.FaultRestart].Rate = 1
	res := simnet.Run(cfg, func(w *simnet.World) {
		lives = nil
		w.Start(simnet.ProcessConfig{Name: "server", Main: func(p *simnet.Process) {
			_, err := p.Listen("/run/s", 1, transport.ListenConfig{})
			lives = append(lives, fmt.Sprintf("#%d listen %s", p.Incarnation(), said(0, err)))
			p.Sleep(p.Now().Add(time.Second))
		}})
		w.Start(simnet.ProcessConfig{Name: "client", Spared: true, Main: func(p *simnet.Process) {
			p.Yield()
			_, err := p.Dial("/run/s", time.Time{})
			lives = append(lives, "dial "+said(0, err))
		}})
	})
	if got, want := strings.Join(lives, ", "), "#1 listen ok, dial ECONNREFUSED, #2 listen EADDRINUSE"; got != want || res.Err != nil {
		t.Errorf("%s (%v), want %s", got, res.Err, want)
	}
}

// TestFaultMax has a fault strike no more often than it may.
func TestFaultMax(t *testing.T) {
	for _, max := range []int{1, 3} {
		cfg := simnet.Config{Chooser: simnet.Random(1)}
		cfg.Faults[simnet.FaultShort] = simnet.Setting{Rate: 65536, Max: max}
		res := simnet.Run(cfg, func(w *simnet.World) {
			p := w.Process("p")
			a, b, _ := p.Pair()
			p.Go("main", func() {
				a.Send([][]byte{make([]byte, 100)}, nil, time.Time{})
				for n := 0; n < 100; {
					m, _, _ := b.Recv([][]byte{make([]byte, 100)}, nil, time.Time{})
					n += m
				}
			})
		})
		if res.Fired[simnet.FaultShort] != max || res.Err != nil {
			t.Errorf("%v of %d, %v", res.Fired, max, res.Err)
		}
	}
}

// TestFaultRate has a fault strike as often as it is to, within reason.
func TestFaultRate(t *testing.T) {
	cfg := simnet.Config{Chooser: simnet.Random(7)}
	cfg.Faults[simnet.FaultENOBUFS].Rate = 6554 // one in ten
	cfg.Faults[simnet.FaultENOMEM].Rate = 655   // one in a hundred
	res := simnet.Run(cfg, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			a, b, err := p.Pair()
			for err != nil {
				a, b, err = p.Pair()
			}
			for range 10_000 {
				if n, _ := a.Send([][]byte{{1}}, nil, time.Time{}); n == 1 {
					b.Recv([][]byte{{1}}, nil, time.Time{})
				}
			}
		})
	})
	bufs, mem := res.Fired[simnet.FaultENOBUFS], res.Fired[simnet.FaultENOMEM]
	if bufs < 850 || bufs > 1150 || mem < 60 || mem > 140 {
		t.Errorf("of 10000: %v", res.Fired)
	}
}

// TestFaultSettings refuses what is no rate.
func TestFaultSettings(t *testing.T) {
	for _, s := range []simnet.Setting{{Rate: -1}, {Rate: 65537}, {Rate: 1, Max: -1}} {
		cfg := simnet.Config{}
		cfg.Faults[simnet.FaultKill] = s
		res := simnet.Run(cfg, func(w *simnet.World) { w.Process("p").Go("main", func() {}) })
		var misuse *simnet.Misuse
		if !errors.As(res.Err, &misuse) || !strings.Contains(res.Err.Error(), "kill") {
			t.Errorf("%+v: %v", s, res.Err)
		}
	}
}

// TestFaultRateLeast has even the lowest rate leave every answer possible.
func TestFaultRateLeast(t *testing.T) {
	asks := 0
	simnet.Run(simnet.Config{Faults: simnet.AllFaults(1), Chooser: asked(func(p *simnet.Point) int {
		if p.Kind <= simnet.KindTimer {
			return 0
		}
		if asks++; p.Rate < 1 || len(p.Rates) != p.N-1 || slices.Min(p.Rates) < 1 {
			t.Errorf("%v with %d answers: rate %d, %v", p.Kind, p.N, p.Rate, p.Rates)
		}
		return 0
	})}, echo)
	if asks == 0 {
		t.Error("nobody was asked")
	}
}

// TestFaultOfAnother has a fault be its operation's alone: neither that of one
// which did not come to it, while the task was paused in the midst of its own, nor
// that of a connection which was closed, whose number another has.
func TestFaultOfAnother(t *testing.T) {
	var early, closed, late error
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		a, _, err := q.Pair()
		ok(t, err)
		p.Go("main", func() { _, _, early = p.Pair() })
		q.Go("main", func() {
			q.Sleep(q.Now().Add(1))
			a.Send(nil, nil, never)
		})
		ok(t, w.Order("p/main 1 pause p\nq/main 2 fail ENOBUFS"))
	})
	ok(t, res.Err)
	ok(t, early)
	if res.Fired[simnet.FaultENOBUFS] != 0 {
		t.Error(res.Fired)
	}

	res = simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		a, b, err := p.Pair()
		ok(t, err)
		p.Go("main", func() {
			a.Close()
			b.Close()
			c, d, err := q.Pair()
			ok(t, err)
			_, closed = b.Send(bytes("x"), nil, never)
			a.Send(bytes("x"), nil, never)
			_, late = d.Send(bytes("x"), nil, never)
			c.Close()
		})
		w.Order("p/main 4 fail EPIPE")
		w.Order("p/main 5 fail EPIPE")
	})
	want(t, "send", closed, syscall.EBADF)
	ok(t, late)
	if res.Fired[simnet.FaultReset] != 0 || res.Err == nil {
		t.Error(res.Fired, res.Err) // the orders are reported as not carried out
	}
}

// TestJumpFar has the clock stand still where it cannot count any further.
func TestJumpFar(t *testing.T) {
	var before, after time.Time
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			p.Sleep(time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC))
			before = p.Now()
			p.Yield()
			after = p.Now()
		})
		ok(t, w.Order("p/main 2 jump 1h0m0s"))
	})
	ok(t, res.Err)
	if after.Before(before) {
		t.Error(before, after)
	}
}

// TestFaultMaxEach has no fault strike more often than it may.
func TestFaultMaxEach(t *testing.T) {
	var fired simnet.Fired
	for f := range simnet.NumFaults {
		cfg := simnet.Config{Chooser: simnet.Random(1), Once: true}
		cfg.Faults[f] = simnet.Setting{Rate: 65536, Max: 2}
		for _, build := range []func(*simnet.World){echo, timers} {
			res := simnet.Run(cfg, build)
			if fired[f] = max(fired[f], res.Fired[f]); res.Fired[f] > 2 {
				t.Errorf("%v", res.Fired)
			}
		}
	}
	if fired[simnet.FaultEarly] != 2 || fired[simnet.FaultLate] != 2 {
		t.Errorf("at most %v", fired)
	}
}

// TestFaultSpared has no fault meant for a process that is spared.
func TestFaultSpared(t *testing.T) {
	var meant []string
	simnet.Run(simnet.Config{Faults: simnet.AllFaults(1), Chooser: asked(func(p *simnet.Point) int {
		switch p.Kind {
		case simnet.KindKill, simnet.KindRestart, simnet.KindPause:
			for i := 1; i < p.N; i++ {
				meant = append(meant, p.Answer(i))
			}
		}
		return 0
	})}, func(w *simnet.World) {
		for _, spared := range []bool{false, true} {
			given(w.Start(simnet.ProcessConfig{Name: fmt.Sprint(spared), Spared: spared, Main: func(p *simnet.Process) { p.Yield() }}))
		}
	})
	if len(meant) == 0 || slices.Contains(meant, "true") {
		t.Errorf("could be meant: %q", meant)
	}
}

// TestFaultElsewhere has an errno come to nobody when the operation that was to
// fail with it has failed for a reason of its own.
func TestFaultElsewhere(t *testing.T) {
	res := simnet.Run(simnet.Config{Chooser: &once{kind: simnet.KindFail, answer: "ENOMEM", n: 1}, Faults: simnet.AllFaults(1)}, func(w *simnet.World) {
		p := w.Process("p")
		a, _, err := p.Pair()
		ok(t, err)
		ok(t, a.Close())
		p.Go("main", func() {
			_, err := a.Send(bytes("x"), nil, never)
			want(t, "send", err, syscall.EBADF)
			_, _, err = p.Pair()
			ok(t, err)
		})
	})
	if ok(t, res.Err); res.Fired != (simnet.Fired{}) {
		t.Error(res.Fired)
	}
}

// TestFaultFullLast has the only place of a backlog taken.
func TestFaultFullLast(t *testing.T) {
	cfg := simnet.Config{Chooser: simnet.Random(1)}
	cfg.Faults[simnet.FaultFull].Rate = 65536
	res := simnet.Run(cfg, func(w *simnet.World) {
		p := w.Process("p")
		must(p.Listen("/run/s", 0, transport.ListenConfig{}))(t)
		p.Go("main", func() {
			_, err := p.Dial("/run/s", transport.Immediate)
			want(t, "dial", err, syscall.ETIMEDOUT)
		})
	})
	if ok(t, res.Err); res.Fired[simnet.FaultFull] != 1 {
		t.Error(res.Fired)
	}
}

// TestFaultLateAfterJump has a timer that a jump of the clock has passed go off
// late by what it is noticed then.
func TestFaultLateAfterJump(t *testing.T) {
	res := simnet.Run(simnet.Config{Faults: simnet.AllFaults(1), Chooser: asked(func(p *simnet.Point) int {
		for i := 1; i < p.N; i++ {
			if p.Kind == simnet.KindJump && p.Nth == 2 && p.Answer(i) == "1m0s" || p.Kind == simnet.KindLate && p.Answer(i) == "10s" {
				return i
			}
		}
		return 0
	})}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			must(p.AfterFunc("timer", p.Now().Add(time.Second), func() {}))(t)
			p.Yield()
		})
	})
	if ok(t, res.Err); res.Elapsed != 70*time.Second {
		t.Errorf("it went off after %v", res.Elapsed)
	}
}

// TestFaultPauseOfTheDead has a process that was killed while a fault had it paused
// not go on.
func TestFaultPauseOfTheDead(t *testing.T) {
	res := simnet.Run(simnet.Config{Trace: true}, func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		q.Go("main", func() {
			q.Yield()
			p.Kill()
			q.Sleep(q.Now().Add(time.Minute))
		})
		ok(t, w.Order("q/main 1 pause p"))
	})
	ok(t, res.Err)
	if story := res.Trace.String(); !strings.Contains(story, "paused") || strings.Contains(story, "resumed") {
		t.Error(story)
	}
}
