package simnet_test

import (
	"context"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// A Send that was kept back by the one before it, and not by the buffer, goes on
// when that one is over, however it ended: there is room for it, though too
// little for the event that tells of room.
func TestSendBehindOneThatEnds(t *testing.T) {
	for _, how := range []string{"cancelled", "late", "closed"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := simnet.NewWorld(simnet.Config{}).Process("p")
				a, b, err := p.Pair()
				ok(t, err)
				for err == nil {
					_, err = a.Send([][]byte{make([]byte, 4096)}, nil, transport.Immediate)
				}
				view, cancel := p.WithCancel(context.Background())
				first := must(view.Attach(a))(t)
				deadline := never
				switch how {
				case "late":
					deadline = time.Now().Add(time.Second)
				case "closed": // through another descriptor of the same socket
					first = must(p.Adopt(must(a.Dup())(t)))(t)
				}
				second := make(chan error, 1)
				go first.Send([][]byte{{1}}, nil, deadline)
				synctest.Wait()
				go func() { _, err := a.Send([][]byte{{1}}, nil, never); second <- err }()
				synctest.Wait()
				_, _, err = b.Recv([][]byte{make([]byte, 5*4096)}, nil, transport.Immediate)
				ok(t, err)
				switch how {
				case "cancelled":
					cancel()
				case "late":
					time.Sleep(time.Second)
				case "closed":
					ok(t, first.Close())
				}
				synctest.Wait()
				select {
				case err := <-second:
					ok(t, err)
				default:
					t.Error("still blocked, though there is room")
				}
				cancel()
				a.Close()
			})
		})
	}
}

// moved is a clock that moves on once, right after it was read.
type moved struct {
	*clock.Mock
	by time.Duration
}

func (m *moved) Now() time.Time {
	now := m.Mock.Now()
	if by := m.by; by > 0 {
		m.by = 0
		m.Mock.Add(by)
	}
	return now
}

// A timer that became due while it was armed fires, without another move.
func TestAfterFuncWhileTheClockMoves(t *testing.T) {
	m := &moved{Mock: clock.NewMock()}
	p := simnet.NewWorld(simnet.Config{Clock: m}).Process("p")
	at := m.Now().Add(time.Second)
	for _, by := range []time.Duration{time.Second, time.Minute} {
		m.by = by
		fired := make(chan bool)
		must(p.AfterFunc("f", at, func() { close(fired) }))(t)
		select {
		case <-fired:
		case <-time.After(10 * time.Second):
			t.Fatalf("at %v, due at %v, and it has not fired", m.Mock.Now(), at)
		}
		at = m.Now().Add(by)
	}
}

// A relative path leads elsewhere after a change of directory, also for calls
// that are blocked.
func TestChdirWhileDialling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := simnet.NewWorld(simnet.Config{})
		s := w.Process("s")
		for _, dir := range []string{"/a", "/b"} {
			ok(t, w.Mkdir(dir, 0o777))
			must(s.Listen(dir+"/x", 0, transport.ListenConfig{}))(t)
		}
		c := must(w.Start(simnet.ProcessConfig{Dir: "/a"}))(t)
		must(c.Dial("x", transport.Immediate))(t)
		_, err := c.Dial("x", transport.Immediate)
		want(t, "dial", err, syscall.ETIMEDOUT)
		done := make(chan error, 1)
		go func() { _, err := c.Dial("x", never); done <- err }()
		synctest.Wait()
		ok(t, c.Chdir("/b"))
		synctest.Wait()
		select {
		case err := <-done:
			ok(t, err)
		default:
			t.Error("still blocked on the old directory")
		}
		c.Kill()
	})
}

// Two processes of a run wait for the same. What happens, once, is for either;
// if the one that is woken is stopped before it comes to it, it is for the other.
func TestWokenInVain(t *testing.T) {
	type waiter struct {
		do    func()
		close func() error
	}
	for what, scene := range map[string]func(p, q, s *simnet.Process) (both [2]waiter, happen func()){
		"recv": func(p, q, s *simnet.Process) (both [2]waiter, happen func()) {
			mine, far, err := p.Pair()
			ok(t, err)
			its := share(t, p, q, mine)
			for i, c := range []transport.Conn{mine, its} {
				both[i] = waiter{func() { c.Recv(bytes("x"), nil, never) }, c.Close}
			}
			return both, func() { far.Send(bytes("x"), nil, never) }
		},
		"send": func(p, q, s *simnet.Process) (both [2]waiter, happen func()) {
			mine, far, err := p.Pair()
			ok(t, err)
			its := share(t, p, q, mine)
			for err == nil {
				_, err = mine.Send([][]byte{make([]byte, 4096)}, nil, transport.Immediate)
			}
			for i, c := range []transport.Conn{mine, its} {
				both[i] = waiter{func() { c.Send(bytes("x"), nil, never) }, c.Close}
			}
			return both, func() { far.Recv([][]byte{make([]byte, 1<<20)}, nil, never) }
		},
		"accept": func(p, q, s *simnet.Process) (both [2]waiter, happen func()) {
			mine := must(p.Listen("/run/l", 1, transport.ListenConfig{}))(t)
			its := must(q.AdoptListener(passed(t, p, q, must(mine.Dup())(t)), transport.ListenConfig{}))(t)
			for i, l := range []transport.Listener{mine, its} {
				both[i] = waiter{func() { l.Accept(never) }, l.Close}
			}
			return both, func() { s.Dial("/run/l", never) }
		},
	} {
		for _, how := range []string{"killed", "paused", "closed", "paused before"} {
			for victim := range 2 {
				// Of two that can be woken, it is the victim; otherwise all is calm.
				chooser := asked(func(p *simnet.Point) int {
					if p.Kind == simnet.KindWake {
						return victim
					}
					return 0
				})
				res := simnet.Run(simnet.Config{Chooser: chooser}, func(w *simnet.World) {
					procs := [2]*simnet.Process{w.Process("p"), w.Process("q")}
					s := w.Process("s")
					both, happen := scene(procs[0], procs[1], s)
					for i, p := range procs {
						if i == victim {
							p.Background("main", both[i].do)
						} else {
							p.Go("main", both[i].do)
						}
					}
					s.Go("main", func() {
						s.Sleep(s.Now().Add(time.Second))
						if how == "paused before" {
							procs[victim].Pause()
						}
						happen()
						switch how {
						case "killed":
							procs[victim].Kill()
						case "paused":
							procs[victim].Pause()
						case "closed":
							both[victim].close()
						}
					})
				})
				if res.Err != nil {
					t.Errorf("%s, the %d. is %s: %v", what, victim+1, how, res.Err)
				}
			}
		}
	}
}

// Who was woken for bytes that another process has taken meanwhile is woken again
// for the next.
func TestWokenAgain(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		mine, far, err := p.Pair()
		ok(t, err)
		its := share(t, p, q, mine)
		p.Go("main", func() { mine.Recv(bytes("x"), nil, never) })
		p.Go("far", func() {
			far.Send(bytes("x"), nil, never) // main is woken, and q is before it
			p.Sleep(p.Now().Add(time.Second))
			far.Send(bytes("x"), nil, never)
		})
		q.Go("main", func() {
			if _, _, err := its.Recv(bytes("x"), nil, transport.Immediate); err != nil {
				t.Error("it came too late:", err)
			}
		})
	})
	ok(t, res.Err)
}

// A call that comes when another was woken, but has not run yet, waits behind it if
// that is one of its process, and comes first otherwise.
func TestComesBetween(t *testing.T) {
	for _, test := range []struct {
		own        bool
		recv, send string
	}{{true, "ab", "12"}, {false, "ba", "21"}} {
		var first, second [1]byte
		sent := make([]byte, 0, 2)
		res := simnet.Run(simnet.Config{Once: true}, func(w *simnet.World) {
			p, other := w.Process("p"), w.Process("q")
			mine, far, err := p.Pair()
			ok(t, err)
			for err == nil {
				_, err = mine.Send([][]byte{make([]byte, 4096)}, nil, transport.Immediate)
			}
			its := mine
			if test.own {
				other = p
			} else {
				its = share(t, p, other, mine)
			}
			p.Go("recv", func() { mine.Recv([][]byte{first[:]}, nil, never) })
			p.Go("send", func() { mine.Send(bytes("1"), nil, never) })
			p.Go("far", func() {
				far.Send(bytes("a"), nil, never)
				rest := make([]byte, 1<<20)
				for len(sent) < 2 {
					n, _, err := far.Recv([][]byte{rest}, nil, never)
					ok(t, err)
					for _, b := range rest[:n] {
						if b != 0 {
							sent = append(sent, b)
						}
					}
					p.Sleep(p.Now().Add(time.Second))
				}
				far.Send(bytes("b"), nil, never)
			})
			other.Go("recv", func() { its.Recv([][]byte{second[:]}, nil, never) })
			other.Go("send", func() { its.Send(bytes("2"), nil, never) })
		})
		ok(t, res.Err)
		if got := string(first[:]) + string(second[:]); got != test.recv || string(sent) != test.send {
			t.Errorf("of one process: %v; received %q, sent %q", test.own, got, sent)
		}
	}
}

// In a run, too, a blocked Send goes on when the buffer is made a little larger.
func TestSendBufferInRun(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		a, _, err := p.Pair()
		ok(t, err)
		for err == nil {
			_, err = a.Send([][]byte{make([]byte, 4096)}, nil, transport.Immediate)
		}
		p.Go("main", func() { must(a.Send(bytes("x"), nil, never))(t) })
		p.Go("other", func() {
			buffer := a.(transport.SendBuffer)
			ok(t, buffer.SetSendBuffer(must(buffer.SendBuffer())(t)/2+4096))
		})
	})
	ok(t, res.Err)
}

// A blocked Recv without a deadline is given one by SetReadDeadline.
func TestCappedWhileBlocked(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		a, _, err := p.Pair()
		ok(t, err)
		p.Go("main", func() {
			_, _, err := a.Recv(bytes("x"), nil, never)
			want(t, "recv", err, syscall.ETIMEDOUT)
		})
		p.Go("other", func() { ok(t, a.SetReadDeadline(p.Now().Add(time.Second))) })
	})
	ok(t, res.Err)
	if res.Elapsed != time.Second {
		t.Error("after", res.Elapsed)
	}
}

// In a run a blocked Dial or Lock follows its path: it is for what is there.
func TestFollowsInRun(t *testing.T) {
	for what, block := range map[string]func(q *simnet.Process) error{
		"dial": func(q *simnet.Process) error { _, err := q.Dial("/run/s", never); return err },
		"lock": func(q *simnet.Process) error { _, err := q.Lock("/run/lock", never); return err },
	} {
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			p, q := w.Process("p"), w.Process("q")
			must(p.Listen("/run/s", 0, transport.ListenConfig{}))(t)
			must(p.Dial("/run/s", never))(t) // the backlog is full
			must(p.Listen("/run/new", 0, transport.ListenConfig{}))(t)
			must(p.Lock("/run/lock", never))(t)
			q.Go("main", func() { ok(t, block(q)) })
			p.Go("main", func() {
				p.Sleep(p.Now().Add(time.Second))
				ok(t, p.Rename("/run/lock", "/run/old"))
				ok(t, p.Rename("/run/new", "/run/s"))
			})
		})
		if res.Err != nil {
			t.Errorf("%s: %v", what, res.Err)
		}
	}
}
