package simnet_test

import (
	"context"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// TestMock moves a clock by hand: every kind of blocked call is still blocked a
// nanosecond before its deadline, or its cap, and over at it.
func TestMock(t *testing.T) {
	mock := clock.NewMock()
	w := simnet.NewWorld(simnet.Config{Clock: mock})
	p := w.Process("p")
	a, b, err := p.Pair()
	ok(t, err)
	full, _, err := p.Pair()
	ok(t, err)
	_, err = full.Send([][]byte{make([]byte, 1<<20)}, nil, transport.Immediate)
	want(t, "fill", err, syscall.ETIMEDOUT)
	l := must(p.Listen("/run/s", 0, transport.ListenConfig{}))(t)
	crowded := must(p.Listen("/run/crowded", 0, transport.ListenConfig{}))(t)
	must(p.Dial("/run/crowded", never))(t)
	_ = crowded
	must(p.Lock("/run/lock", never))(t)

	for _, c := range []struct {
		what string
		call func(deadline time.Time) error
		cap  func(time.Time) error // or nil
	}{
		{"recv", func(d time.Time) error { _, _, err := a.Recv(bytes("x"), nil, d); return err }, a.SetReadDeadline},
		{"send", func(d time.Time) error { _, err := full.Send(bytes("x"), nil, d); return err }, full.SetWriteDeadline},
		{"accept", func(d time.Time) error { _, err := l.Accept(d); return err }, l.SetDeadline},
		{"dial", func(d time.Time) error { _, err := p.Dial("/run/crowded", d); return err }, nil},
		{"lock", func(d time.Time) error { _, err := p.Lock("/run/lock", d); return err }, nil},
		{"wait", func(d time.Time) error { return p.NewNotifier().Wait(d) }, nil},
		{"sleep", func(d time.Time) error {
			if err := p.Sleep(d); err != nil {
				return err
			}
			return syscall.ETIMEDOUT
		}, nil},
	} {
		met := func(how string, deadline time.Time, cap bool) {
			t.Helper()
			over := make(chan error, 1)
			blocked := simnet.BlockedCalls(w)
			own := deadline
			if cap {
				own = deadline.Add(time.Hour)
			}
			go func() { over <- c.call(own) }()
			for simnet.BlockedCalls(w) == blocked {
				time.Sleep(10 * time.Microsecond)
			}
			if cap {
				ok(t, c.cap(deadline.Add(time.Minute)))
				ok(t, c.cap(deadline))
			}
			mock.Set(deadline.Add(-1))
			if simnet.BlockedCalls(w) == blocked {
				t.Errorf("%s, %s: over before its time: %v", c.what, how, <-over)
				return
			}
			mock.Add(1)
			if got := transport.Errno(<-over); got != syscall.ETIMEDOUT {
				t.Errorf("%s, %s: %v", c.what, how, got)
			}
			if !p.Now().Equal(deadline) {
				t.Errorf("%s, %s: it is %v later", c.what, how, p.Now().Sub(deadline))
			}
		}
		met("deadline", p.Now().Add(20*time.Millisecond), false)
		if c.cap != nil {
			met("cap", p.Now().Add(30*time.Millisecond), true)
			ok(t, c.cap(never))
		}
	}

	fired := make(chan time.Time, 1)
	must(p.AfterFunc("f", p.Now().Add(time.Second), func() { fired <- p.Now() }))(t)
	stopped := must(p.AfterFunc("g", p.Now().Add(time.Second), func() { t.Error("fired") }))(t)
	if !stopped.Stop() || stopped.Stop() {
		t.Error("a timer is not stopped once")
	}
	at := p.Now().Add(time.Second)
	mock.Add(time.Second)
	if got := <-fired; !got.Equal(at) {
		t.Errorf("fired at %v, not %v", got, at)
	}
	must(p.AfterFunc("now", p.Now(), func() { fired <- p.Now() }))(t)
	<-fired // without the clock being moved

	// What is there is delivered, whatever the deadline.
	must(b.Send(bytes("x"), nil, transport.Immediate))(t)
	if n, _, err := a.Recv(bytes("y"), nil, transport.Immediate); n != 1 || err != nil {
		t.Error(n, err)
	}
}

// TestViews ends what is blocked in a view, and what is derived from it, and
// nothing else; a mock clock's context will do.
func TestViews(t *testing.T) {
	leaks(t)
	mock := clock.NewMock()
	w := simnet.NewWorld(simnet.Config{Clock: mock})
	p := w.Process("p")
	ctx, cancelCtx := mock.WithTimeout(context.Background(), time.Second)
	defer cancelCtx()
	outer, cancelOuter := p.WithCancel(ctx)
	defer cancelOuter()
	inner, cancelInner := outer.WithCancel(context.Background())
	defer cancelInner()
	beside, cancelBeside := p.WithCancel(context.Background())
	results := make(chan error, 3)
	for _, v := range []transport.Transport{outer, inner, beside} {
		go func() { results <- v.Sleep(never) }()
	}
	for simnet.BlockedCalls(w) < 3 {
		time.Sleep(10 * time.Microsecond)
	}
	mock.Add(time.Second)
	want(t, "outer", <-results, syscall.ECANCELED)
	want(t, "inner", <-results, syscall.ECANCELED)
	want(t, "go", inner.Go("f", func() { t.Error("ran") }), syscall.ECANCELED)
	late, cancelLate := inner.WithCancel(context.Background())
	want(t, "a view of a cancelled one", late.Sleep(never), syscall.ECANCELED)
	cancelLate()
	ok(t, inner.WithoutCancel().Sleep(transport.Immediate))
	if n := simnet.BlockedCalls(w); n != 1 {
		t.Errorf("%d calls are blocked, want one", n)
	}
	cancelBeside()
	cancelBeside()
	want(t, "beside", <-results, syscall.ECANCELED)
}

// In a run each timer fires at its time, whichever others were stopped.
func TestStoppedTimers(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		left, fired := 0, 0
		res := simnet.Run(simnet.Config{Once: true}, func(w *simnet.World) {
			p := w.Process("p")
			p.Go("main", func() {
				var timers []transport.Timer
				for range 100 {
					at := p.Now().Add(time.Duration(1 + r.IntN(1000)))
					timers = append(timers, must(p.AfterFunc("timer", at, func() {
						fired++
						if now := p.Now(); !now.Equal(at) {
							t.Errorf("seed %d: fired at %v, set to %v", seed, now, at)
						}
					}))(t))
				}
				left = len(timers)
				for _, timer := range timers {
					if r.IntN(2) == 0 && timer.Stop() {
						left--
					}
				}
			})
		})
		if ok(t, res.Err); fired != left {
			t.Errorf("seed %d: %d fired, and %d were not stopped", seed, fired, left)
		}
	}
}
