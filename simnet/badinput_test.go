package simnet_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// stock is one of everything that has methods.
type stock struct {
	w      *simnet.World
	p      *simnet.Process
	view   transport.Transport
	cancel func()
	a, b   transport.Conn
	l      transport.Listener
	fd, f2 transport.FD
	n      transport.Notifier
	timer  transport.Timer
}

func newStock(w *simnet.World) *stock {
	s := &stock{w: w, p: w.Process("p")}
	ok := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	var err error
	s.view, s.cancel = s.p.WithCancel(context.Background())
	s.a, s.b, err = s.p.Pair()
	ok(err)
	s.l, err = s.p.Listen("/run/s", 1, transport.ListenConfig{})
	ok(err)
	s.fd, err = s.a.Dup()
	ok(err)
	s.f2, err = s.l.Dup()
	ok(err)
	s.n = s.p.NewNotifier()
	s.timer, err = s.p.AfterFunc("timer", time.Time{}, func() {})
	ok(err)
	return s
}

// errMute is of calls that have no error to return.
var errMute = errors.New("mute")

// calls are all there are that pass the gate. blocks says that it would, with
// this stock and no deadline.
var calls = []struct {
	op     string
	blocks bool
	call   func(s *stock) error
}{
	{"listen", false, func(s *stock) error {
		_, err := s.p.Listen("/run/other", 1, transport.ListenConfig{})
		return err
	}},
	{"dial", false, func(s *stock) error { _, err := s.p.Dial("/run/s", never); return err }},
	{"pair", false, func(s *stock) error { _, _, err := s.p.Pair(); return err }},
	{"adopt", false, func(s *stock) error { _, err := s.p.Adopt(s.fd); return err }},
	{"adoptlistener", false, func(s *stock) error {
		_, err := s.p.AdoptListener(s.f2, transport.ListenConfig{})
		return err
	}},
	{"attach", false, func(s *stock) error { _, err := s.p.Attach(s.a); return err }},
	{"attachlistener", false, func(s *stock) error { _, err := s.p.AttachListener(s.l); return err }},
	{"accept", true, func(s *stock) error { _, err := s.l.Accept(never); return err }},
	{"setdeadline", false, func(s *stock) error { return s.l.SetDeadline(never) }},
	{"dup", false, func(s *stock) error { _, err := s.l.Dup(); return err }},
	{"close", false, func(s *stock) error { return s.l.Close() }},
	{"recv", true, func(s *stock) error { _, _, err := s.a.Recv([][]byte{{1}}, nil, never); return err }},
	{"send", false, func(s *stock) error { _, err := s.a.Send([][]byte{{1}}, nil, never); return err }},
	{"send", true, func(s *stock) error { _, err := s.a.Send([][]byte{make([]byte, 1<<20)}, nil, never); return err }},
	{"setdeadline", false, func(s *stock) error { return s.a.SetReadDeadline(never) }},
	{"setdeadline", false, func(s *stock) error { return s.a.SetWriteDeadline(never) }},
	{"closeread", false, func(s *stock) error { return s.a.CloseRead() }},
	{"closewrite", false, func(s *stock) error { return s.a.CloseWrite() }},
	{"close", false, func(s *stock) error { return s.a.Close() }},
	{"dup", false, func(s *stock) error { _, err := s.a.Dup(); return err }},
	{"peercred", false, func(s *stock) error { _, err := s.a.PeerCred(); return err }},
	{"sendbuffer", false, func(s *stock) error { _, err := s.a.(transport.SendBuffer).SendBuffer(); return err }},
	{"setsendbuffer", false, func(s *stock) error { return s.a.(transport.SendBuffer).SetSendBuffer(1) }},
	{"close", false, func(s *stock) error { return s.fd.Close() }},
	{"remove", false, func(s *stock) error { return s.p.Remove("/run/s") }},
	{"rename", false, func(s *stock) error { return s.p.Rename("/run/s", "/run/t") }},
	{"chmod", false, func(s *stock) error { return s.p.Chmod("/run/s", 0o600) }},
	{"lock", false, func(s *stock) error { _, err := s.p.Lock("/run/lock", never); return err }},
	{"sleep", true, func(s *stock) error { return s.p.Sleep(time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)) }},
	{"afterfunc", false, func(s *stock) error { _, err := s.p.AfterFunc("f", never, func() {}); return err }},
	{"stop", false, func(s *stock) error { s.timer.Stop(); return errMute }},
	{"go", false, func(s *stock) error { return s.p.Go("f", func() {}) }},
	{"background", false, func(s *stock) error { return s.p.Background("f", func() {}) }},
	{"yield", false, func(s *stock) error { s.p.Yield(); return errMute }},
	{"notify", false, func(s *stock) error { s.n.Notify(); return errMute }},
	{"wait", true, func(s *stock) error { return s.n.Wait(never) }},
	{"withcancel", false, func(s *stock) error {
		tr, cancel := s.p.WithCancel(context.Background())
		defer cancel()
		_, _, err := tr.Pair()
		return err
	}},
	{"cancel", false, func(s *stock) error { s.cancel(); return errMute }},
	{"now", false, func(s *stock) error { s.view.Now(); return errMute }},
	{"chdir", false, func(s *stock) error { return s.p.Chdir("/run") }},
	{"umask", false, func(s *stock) error { return s.p.SetUmask(0o777) }},
	{"setrlimit", false, func(s *stock) error { return s.p.SetNOFILE(1) }},
	{"fault", false, func(s *stock) error { s.p.Fault(syscall.EMFILE); return errMute }},
	{"pause", false, func(s *stock) error { return s.p.Pause() }},
	{"resume", false, func(s *stock) error { return s.p.Resume() }},
	{"restart", false, func(s *stock) error { _, err := s.p.Restart(); return err }},
	{"kill", false, func(s *stock) error { s.p.Kill(); return errMute }},
	{"start", false, func(s *stock) error { _, err := s.w.Start(simnet.ProcessConfig{}); return err }},
	{"start", false, func(s *stock) error { _, _, err := s.w.Process("q").Pair(); return err }},
	{"mkdir", false, func(s *stock) error { return s.w.Mkdir("/d", 0o755) }},
	{"mkdir", false, func(s *stock) error { return s.w.MkdirAll("/d/e", 0o755) }},
	{"create", false, func(s *stock) error { return s.w.Create("/f", 0o755) }},
	{"symlink", false, func(s *stock) error { return s.w.Symlink("/run", "/l") }},
	{"link", false, func(s *stock) error { return s.w.Link("/run/s", "/run/t") }},
	{"chmod", false, func(s *stock) error { return s.w.Chmod("/run", 0) }},
	{"chown", false, func(s *stock) error { return s.w.Chown("/run", 1, 1) }},
	{"remount", false, func(s *stock) error { return s.w.SetReadOnly("/run", true) }},
	{"remove", false, func(s *stock) error { return s.w.Remove("/run/s") }},
	{"rename", false, func(s *stock) error { return s.w.Rename("/run/s", "/run/t") }},
	{"stat", false, func(s *stock) error { _, err := s.w.Stat("/run"); return err }},
	{"readdir", false, func(s *stock) error { _, err := s.w.Names("/run"); return err }},
	{"setrlimit", false, func(s *stock) error { return s.w.SetMaxFiles(1) }},
}

// quick has watchdogs be impatient for the time of a test.
func quick(t *testing.T) {
	t.Cleanup(simnet.SetPatience(60*time.Millisecond, 20*time.Second))
}

// contains checks the words of an error.
func contains(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%q is not in %v", w, err)
			return
		}
	}
}

// TestStray makes every call from a goroutine that is no task.
func TestStray(t *testing.T) {
	leaks(t)
	for i, c := range calls {
		var own error
		var number, names string
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			s := newStock(w)
			s.p.Go("main", func() {
				over := make(chan struct{})
				go func() {
					defer close(over)
					buf := make([]byte, 64)
					number, _, _ = strings.Cut(string(buf[:runtime.Stack(buf, false)]), " [")
					own = c.call(s)
				}()
				<-over
				n, _ := w.Names("/run")
				names = fmt.Sprint(n)
				t.Errorf("%d %s: the run goes on: %s", i, c.op, names)
			})
		})
		var m *simnet.Misuse
		if !errors.As(res.Err, &m) || m.Op.String() != c.op {
			t.Errorf("%d %s: the verdict is %v", i, c.op, res.Err)
			continue
		}
		contains(t, res.Err, c.op+": ", number+",", "no task of this world", "start tasks with Go", "TestStray")
		if own != errMute {
			if !errors.Is(own, syscall.EINVAL) {
				t.Errorf("%d %s: the call returns %v", i, c.op, own)
			}
			contains(t, own, "no task")
		}
	}
}

// TestStrayIdle has every call be made without an effect: the state of the world
// is what it was.
func TestStrayIdle(t *testing.T) {
	for i, c := range calls {
		var w *simnet.World
		before := ""
		simnet.Run(simnet.Config{}, func(world *simnet.World) {
			w = world
			s := newStock(w)
			before = simnet.Dump(w)
			s.p.Go("main", func() {
				over := make(chan struct{})
				go func() {
					defer close(over)
					c.call(s)
				}()
				<-over
				s.p.Yield()
			})
		})
		if after := simnet.Dump(w); after != before {
			t.Errorf("%d %s changed the world:\n%s\nbefore:\n%s", i, c.op, after, before)
		}
	}
}

// TestStrayFrom has the call come from elsewhere.
func TestStrayFrom(t *testing.T) {
	leaks(t)
	for name, start := range map[string]func(f func()){
		"goroutine": func(f func()) { go f() },
		"AfterFunc": func(f func()) { time.AfterFunc(0, f) },
		"finalizer": func(f func()) {
			x := &[2]int{}
			runtime.AddCleanup(x, func(int) { f() }, 0)
			x = nil
			runtime.GC()
		},
	} {
		for _, from := range []string{"build", "task"} {
			var own error
			res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
				p := w.Process("p")
				over := make(chan struct{})
				stray := func() {
					defer close(over)
					own = w.Mkdir("/d", 0o755)
				}
				if from == "build" {
					start(stray)
					<-over
				}
				p.Go("main", func() {
					if from == "task" {
						start(stray)
						<-over
					}
					p.Yield()
				})
			})
			if !errors.Is(own, syscall.EINVAL) {
				t.Errorf("%s, %s: %v", name, from, own)
			}
			contains(t, res.Err, "mkdir", "no task", "TestStrayFrom")
		}
	}
}

// TestStrayFirst has the goroutine be named although the task that waits for it,
// and holds up everybody, is found first.
func TestStrayFirst(t *testing.T) {
	quick(t)
	stop := make(chan struct{})
	defer close(stop)
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			go p.Yield()
			<-stop
		})
	})
	contains(t, res.Err, "yield", "no task")
}

// TestFromBuild makes every call before the run begins.
func TestFromBuild(t *testing.T) {
	for i, c := range calls {
		var own error
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			s := newStock(w)
			s.w.Process("q").Go("main", func() {})
			own = c.call(s)
		})
		if res.Err != nil && c.op != "pause" {
			t.Errorf("%d %s: %v", i, c.op, res.Err)
		}
		switch {
		case own == errMute:
		case c.blocks && !errors.Is(own, syscall.EDEADLK):
			t.Errorf("%d %s: would block, and returns %v", i, c.op, own)
		case !c.blocks && own != nil:
			t.Errorf("%d %s: %v", i, c.op, own)
		}
	}
}

// TestAfterRun makes every call when the run is over, when the next is under way,
// and from several goroutines.
func TestAfterRun(t *testing.T) {
	leaks(t)
	look := func(op string) bool { return op == "stat" || op == "readdir" || op == "now" }
	simnet.Loop(func(r *simnet.Runner) {
		var s *stock
		build := func(w *simnet.World) {
			s = newStock(w)
			s.p.Go("main", func() { s.p.Sleep(s.p.Now().Add(time.Second)) })
			s.p.Background("server", func() { s.l.Accept(never) })
		}
		check := func(s *stock, final bool) {
			for i, c := range calls {
				err := c.call(s)
				if err == errMute || final && look(c.op) && err == nil {
					continue
				}
				if !errors.Is(err, syscall.ESRCH) || !strings.Contains(err.Error(), "the run has ended") && c.op != "start" {
					t.Errorf("%d %s: %v", i, c.op, err)
				}
			}
		}
		r.Run(simnet.Config{}, build)
		if names, err := s.w.Names("/run"); err != nil || fmt.Sprint(names) != "[s]" {
			t.Errorf("the end shows %v, %v", names, err)
		}
		if st, err := s.w.Stat("/run/s"); err != nil || st.Mode.Type() != fs.ModeSocket {
			t.Errorf("the end shows %v, %v", st, err)
		}
		if now := s.p.Now(); now.Second() != 1 {
			t.Errorf("the end is at %v", now)
		}
		check(s, true)
		old := s
		r.Run(simnet.Config{}, build)
		check(old, false)
		check(s, true)
		// All of that while runs come and go.
		var wg sync.WaitGroup
		var all []*stock
		for range 4 {
			r.Run(simnet.Config{}, build)
			all = append(all, s)
		}
		for _, s := range all {
			for range 2 {
				wg.Go(func() {
					for range 20 {
						for _, c := range calls {
							if err := c.call(s); err != nil && err != errMute && !errors.Is(err, syscall.ESRCH) {
								t.Errorf("%s: %v", c.op, err)
							}
						}
					}
				})
			}
		}
		for range 200 {
			if res := r.Run(simnet.Config{}, build); res.Err != nil {
				t.Error(res.Err)
			}
		}
		wg.Wait()
	})
}

// TestOtherProcess has a task of one process call another's transport, which is
// what a test's own task does.
func TestOtherProcess(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		s := newStock(w)
		q := w.Process("q")
		q.Go("main", func() {
			if _, err := s.a.Send([][]byte{{1}}, nil, never); err != nil {
				t.Error(err)
			}
			if _, _, err := s.b.Recv([][]byte{{1}}, nil, never); err != nil {
				t.Error(err)
			}
			// But what is one's is not another's.
			if _, err := q.Attach(s.a); !errors.Is(err, syscall.EBADF) {
				t.Error(err)
			}
			if _, err := q.Adopt(s.fd); !errors.Is(err, syscall.EBADF) {
				t.Error(err)
			}
			if _, err := q.AttachListener(s.l); !errors.Is(err, syscall.EBADF) {
				t.Error(err)
			}
			if _, err := s.a.Send([][]byte{{1}}, []transport.FD{s.fd}, never); err != nil {
				t.Error(err)
			}
		})
	})
	if res.Err != nil {
		t.Error(res.Err)
	}
}

// TestOtherWorld has a task use what is another world's: in a run of its own, and
// in free mode.
func TestOtherWorld(t *testing.T) {
	leaks(t)
	outer := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		s := newStock(w)
		s.p.Go("main", func() {
			inner := simnet.Run(simnet.Config{}, func(w *simnet.World) {
				p := w.Process("inner")
				a, _, _ := p.Pair()
				p.Go("main", func() {
					if _, err := p.Attach(s.a); !errors.Is(err, syscall.EBADF) {
						t.Error(err)
					}
					if _, err := a.Send([][]byte{{1}}, []transport.FD{s.fd}, never); !errors.Is(err, syscall.EBADF) {
						t.Error(err)
					}
					if err := s.n.Wait(never); !errors.Is(err, syscall.EINVAL) {
						t.Error(err)
					}
				})
			})
			if inner.Err != nil {
				t.Error(inner.Err)
			}
			s.p.Yield()
		})
	})
	contains(t, outer.Err, "wait", "no task of this world")

	free := simnet.NewWorld(simnet.Config{}).Process("free")
	a, b, _ := free.Pair()
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			if _, err := p.Attach(a); !errors.Is(err, syscall.EBADF) {
				t.Error(err)
			}
			a.Send([][]byte{{1}}, nil, never) // allowed: it is not this world's
			b.Recv([][]byte{{1}}, nil, never)
		})
	})
	if res.Err != nil {
		t.Error(res.Err)
	}
}

// chatty is a context that makes a call whenever it is asked whether it is done.
type chatty struct {
	context.Context
	call func()
}

func (c chatty) Err() error { c.call(); return nil }

// TestChattyContext has a context that makes calls refused, wherever it is looked
// at: some task waits then, or has ended.
func TestChattyContext(t *testing.T) {
	for seed := range uint64(50) {
		res := simnet.Run(simnet.Config{Chooser: simnet.Random(seed)}, func(w *simnet.World) {
			p, q := w.Process("p"), w.Process("q")
			a, b, err := p.Pair()
			ok(t, err)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			begun := false
			p.WithCancel(chatty{ctx, func() {
				if begun {
					q.Yield()
				}
			}})
			p.Go("recv", func() { a.Recv(bytes("1"), nil, never) })
			q.Go("send", func() { begun = true; b.Send(bytes("1"), nil, never) })
			q.Go("more", q.Yield)
		})
		contains(t, res.Err, "a context that is looked at makes a call")
	}
}
