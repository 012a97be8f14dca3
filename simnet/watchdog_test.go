package simnet_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/brine/simnet"
)

// TestBlocked has tasks wait for what is not their transport's.
func TestBlocked(t *testing.T) {
	quick(t)
	release := make(chan struct{})
	var mu sync.Mutex
	var rw sync.RWMutex
	var wg sync.WaitGroup
	wg.Add(1)
	cond := sync.NewCond(&sync.Mutex{})
	here, there, err := socketpair()
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	mu.Lock()
	rw.Lock()
	for _, c := range []struct {
		name, state string
		block       func(p *simnet.Process)
	}{
		{"channel", "chan receive", func(*simnet.Process) { <-release }},
		{"nil channel", "select", func(*simnet.Process) {
			var c chan int
			select {
			case <-release:
			case c <- 1:
			}
		}},
		{"select", "select", func(*simnet.Process) {
			select {
			case <-release:
			case <-make(chan int):
			}
		}},
		{"cond", "sync.Cond.Wait", func(*simnet.Process) { cond.L.Lock(); cond.Wait(); cond.L.Unlock() }},
		{"group", "sync.WaitGroup.Wait", func(*simnet.Process) { wg.Wait() }},
		{"mutex", "sync.Mutex.Lock", func(*simnet.Process) { mu.Lock(); defer mu.Unlock() }},
		{"rwmutex", "sync.RWMutex.RLock", func(*simnet.Process) { rw.RLock(); defer rw.RUnlock() }},
		{"sleep", "sleep", func(*simnet.Process) { time.Sleep(2 * time.Second) }},
		{"socket", "IO wait", func(*simnet.Process) { there.Read(make([]byte, 1)) }},
		{"goes on calling", "chan receive", func(p *simnet.Process) {
			<-release
			for {
				p.Yield() // it is told ESRCH for ever
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
				p := w.Process("p")
				p.Go("other", func() { p.Yield() })
				p.Go("main", func() { p.Yield(); c.block(p); p.Yield() })
			})
			var b *simnet.Blocked
			if !errors.As(res.Err, &b) || b.Task != "p/main" {
				t.Fatal(res.Err)
			}
			words := []string{"p/main blocks outside its transport", c.state, "TestBlocked"}
			if b.Inside == nil {
				words = append(words, "transport.Notifier")
			}
			contains(t, res.Err, words...)
			if d := time.Since(began); d > 5*time.Second {
				t.Errorf("it took %v", d)
			}
		})
	}
	close(release)
	cond.Broadcast()
	wg.Done()
	mu.Unlock()
	rw.Unlock()
	there.Close()
	gone(t)
}

// gone waits until no goroutine of a task is left.
func gone(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		all := make([]byte, 1<<20)
		all = all[:runtime.Stack(all, true)]
		if !strings.Contains(string(all), "simnet.(*worker).body") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("goroutines of tasks are left:\n%s", all)
		}
	}
}

func socketpair() (a, b net.Conn, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	b, err = l.Accept()
	return a, b, err
}

// TestHeldMutex has a task hold a mutex across a call, and names it.
func TestHeldMutex(t *testing.T) {
	quick(t)
	var mu sync.Mutex
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		a, _, _ := p.Pair()
		p.Go("holder", func() {
			mu.Lock()
			defer mu.Unlock()
			a.Recv([][]byte{{1}}, nil, never)
		})
		p.Go("idle", func() {})
		p.Go("waiter", func() {
			mu.Lock()
			defer mu.Unlock()
		})
	})
	contains(t, res.Err, "p/waiter blocks", "sync.Mutex.Lock", "holds the mutex across a call", "transport.Mutex", "p/holder (recv", "TestHeldMutex")
	if strings.Contains(res.Err.Error(), "p/idle") {
		t.Error(res.Err)
	}
	gone(t)
}

// TestLostLater has a goroutine go on at the very time when it is given up, and
// many runs after that: it has no part in them.
func TestLostLater(t *testing.T) {
	quick(t)
	simnet.Loop(func(r *simnet.Runner) {
		for i := range 6 {
			release := make(chan struct{})
			timer := time.AfterFunc(time.Duration(40+5*i)*time.Millisecond, func() { close(release) })
			res := r.Run(simnet.Config{}, func(w *simnet.World) {
				p := w.Process("p")
				a, b, _ := p.Pair()
				for range 5 {
					p.Go("other", func() { b.Recv([][]byte{{1}}, nil, never) })
				}
				p.Go("main", func() {
					p.Yield()
					<-release
					defer a.Close()
					for range 5 {
						a.Send([][]byte{{1}}, nil, never)
					}
				})
			})
			var b *simnet.Blocked
			if res.Err != nil && !errors.As(res.Err, &b) {
				t.Error(res.Err)
			}
			for seed := range uint64(50) {
				if res := r.Run(simnet.Config{Chooser: simnet.Random(seed)}, pingpong); res.Err != nil {
					t.Error(res.Err)
				}
			}
			if timer.Stop() {
				close(release) // it was given up before: it is not to stay
			}
		}
	})
	gone(t)
}

// pingpong is a program with nothing the matter.
func pingpong(w *simnet.World) {
	p := w.Process("p")
	a, b, _ := p.Pair()
	p.Background("server", func() {
		for {
			if _, _, err := b.Recv([][]byte{{1}}, nil, never); err != nil {
				return
			}
			b.Send([][]byte{{1}}, nil, never)
		}
	})
	for range 2 {
		p.Go("client", func() {
			for range 3 {
				a.Send([][]byte{{1}}, nil, never)
				a.Recv([][]byte{{1}}, nil, never)
			}
		})
	}
}

// TestBusy has tasks make no call for long, and be left alone: they compute, they
// write to a file again and again, they wait for a run of their own.
func TestBusy(t *testing.T) {
	quick(t)
	leaks(t)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	const long = 400 * time.Millisecond
	for name, f := range map[string]func(){
		"compute": func() {
			for end := time.Now().Add(long); time.Now().Before(end); {
			}
		},
		"write": func() {
			for end := time.Now().Add(long); time.Now().Before(end); {
				null.Write([]byte("x"))
			}
		},
		"collect": func() {
			for end := time.Now().Add(long); time.Now().Before(end); {
				runtime.GC()
			}
		},
		"run": func() {
			simnet.Loop(func(r *simnet.Runner) {
				for end := time.Now().Add(long); time.Now().Before(end); {
					r.Run(simnet.Config{}, pingpong)
				}
			})
		},
	} {
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("p")
			p.Go("main", func() { p.Yield(); f(); p.Yield() })
		})
		if res.Err != nil {
			t.Errorf("%s: %v", name, res.Err)
		}
	}
	// Between runs a Loop may do what it likes.
	simnet.Loop(func(r *simnet.Runner) {
		r.Run(simnet.Config{}, pingpong)
		time.Sleep(long)
		if res := r.Run(simnet.Config{}, pingpong); res.Err != nil {
			t.Error(res.Err)
		}
	})
}

// TestSpin has a task never make a call. Nobody can stop it.
func TestSpin(t *testing.T) {
	if os.Getenv("SIMNET_SPIN") != "" {
		defer simnet.SetPatience(40*time.Millisecond, 400*time.Millisecond)()
		simnet.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("p")
			p.Go("main", func() {
				p.Yield()
				for n := uint(1); n != 0; n += 2 {
				}
			})
		})
		t.Fatal("it went on")
	}
	out, code := again(t, "SIMNET_SPIN=1")
	if code != 2 {
		t.Errorf("status %d", code)
	}
	contains(t, errors.New(out), "task p/main has made no call for 400ms", "Yield", "TestSpin")
}

// TestThread has a task lock its goroutine to its thread and make a call. It
// cannot be noticed before the runtime does: what it says is in Run's
// documentation.
func TestThread(t *testing.T) {
	if os.Getenv("SIMNET_THREAD") != "" {
		simnet.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("p")
			p.Go("main", func() { runtime.LockOSThread(); p.Sleep(p.Now().Add(1)) })
			p.Go("other", func() { p.Sleep(p.Now().Add(1)) })
		})
		t.Fatal("it went on")
	}
	out, code := again(t, "SIMNET_THREAD=1")
	if code == 0 || !strings.Contains(out, "coro: OS thread locking must match") {
		t.Errorf("status %d: %s", code, out)
	}
}

// again runs the test again, in a process of its own, with a variable set.
func again(t *testing.T, env string) (out string, code int) {
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), env)
	timer := time.AfterFunc(30*time.Second, func() { cmd.Process.Signal(syscall.SIGQUIT) })
	defer timer.Stop()
	b, _ := cmd.CombinedOutput()
	return string(b), cmd.ProcessState.ExitCode()
}

// TestCallers calls Run from everywhere.
func TestCallers(t *testing.T) {
	leaks(t)
	run := func() error { return simnet.Run(simnet.Config{Chooser: simnet.Random(1)}, pingpong).Err }
	var errs []error
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- run()
	}()
	errs = append(errs, <-done)
	for range 8 {
		go func() { done <- run() }()
	}
	for range 8 {
		errs = append(errs, <-done)
	}
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		errs = append(errs, run())
		p.Go("main", func() { errs = append(errs, run()) })
	})
	errs = append(errs, res.Err)
	synctest.Test(t, func(t *testing.T) { errs = append(errs, run()) })
	func() {
		defer func() { errs = append(errs, run()); recover() }()
		panic("while another panic is under way")
	}()
	for i, err := range errs {
		if err != nil {
			t.Error(i, err)
		}
	}
}

// TestBubble has a task block in a bubble, where time is not real.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("p")
			p.Go("main", func() { <-release })
		})
		contains(t, res.Err, "p/main blocks outside", "chan receive")
		close(release)
		synctest.Wait()
	})
}

// TestRunnerRules uses a Runner as it must not be.
func TestRunnerRules(t *testing.T) {
	leaks(t)
	var kept *simnet.Runner
	simnet.Loop(func(r *simnet.Runner) {
		kept = r
		var inner *simnet.Result
		res := r.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("p")
			p.Go("main", func() { inner = r.Run(simnet.Config{}, pingpong) })
		})
		if res.Err != nil {
			t.Error(res.Err)
		}
		contains(t, inner.Err, "under way", "use Run")
		contains(t, r.Run(simnet.Config{}, nil).Err, "no build function")
		contains(t, r.Run(simnet.Config{}, func(*simnet.World) {}).Err, "started no task", "Go")
	})
	contains(t, kept.Run(simnet.Config{}, pingpong).Err, "Loop", "has returned")
}

// TestUnwoundBlocks ends a thousand tasks that block in what they defer: the run
// does not take a thousand times as long, and says so.
func TestUnwoundBlocks(t *testing.T) {
	quick(t)
	release := make(chan struct{})
	var ended int
	var mu sync.Mutex
	began := time.Now()
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		n := p.NewNotifier()
		for i := range 1000 {
			p.Background(fmt.Sprint("b", i), func() {
				defer func() { mu.Lock(); ended++; mu.Unlock() }()
				if i%2 == 0 {
					defer func() { <-release }()
				}
				n.Wait(never)
			})
		}
		p.Go("main", func() { p.Sleep(p.Now().Add(1)) })
	})
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("it took %v", d)
	}
	mu.Lock()
	if ended != 500 {
		t.Errorf("%d have ended", ended)
	}
	mu.Unlock()
	contains(t, res.Err, "p/b0 blocks", "chan receive", "deferred call", "return when its calls fail", "TestUnwoundBlocks")
	close(release)
	gone(t)
}

// TestEndingName names a task that does not end, whose name is made of those of tasks
// that have returned long ago.
func TestEndingName(t *testing.T) {
	quick(t)
	for _, name := range []string{"loop", "child"} {
		hold := make(chan struct{})
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			p := w.Process("p")
			n := p.NewNotifier()
			p.Background("loop", func() {
				p.Background(name, func() {
					defer func() { <-hold }()
					n.Wait(never)
				})
			})
			p.Go("main", func() { p.Sleep(p.Now().Add(time.Second)) })
		})
		close(hold)
		var b *simnet.Blocked
		if !errors.As(res.Err, &b) || !b.Ending {
			t.Fatal(res.Err)
		}
		if want := map[string]string{"loop": "p/loop*2", "child": "p/loop>child"}[name]; b.Task != want {
			t.Errorf("%s does not end, and not %s", b.Task, want)
		}
	}
}
