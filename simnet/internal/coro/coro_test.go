package coro

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// idle is a coroutine that passes control on as it is told.
func idle(s *Set, to func() *Coro) *Coro {
	return s.New(func(c *Coro) {
		for {
			Switch(c, to())
		}
	})
}

func BenchmarkSwitch(b *testing.B) {
	for _, n := range []int{2, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := NewSet()
			cs := make([]*Coro, n)
			i, left := 0, b.N
			for j := range cs {
				cs[j] = idle(s, func() *Coro {
					if left--; left == 0 {
						return s.Main
					}
					if i++; i == n {
						i = 0
					}
					return cs[i]
				})
			}
			b.ResetTimer()
			Switch(s.Main, cs[0])
			b.StopTimer()
			s.Home(cs)
			for _, c := range cs {
				if c.g != 0 {
					<-c.End()
				}
			}
		})
	}
}

func BenchmarkSelf(b *testing.B) {
	var x uintptr
	for range b.N {
		x ^= Self()
	}
	_ = x
}

// TestWalk switches at random, from any to any, and then ends them all, some in
// the midst of a Goexit of their own.
func TestWalk(t *testing.T) {
	before := runtime.NumGoroutine()
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := NewSet()
		n := 1 + rng.IntN(8)
		cs := make([]*Coro, n)
		left := rng.IntN(60)
		var running *Coro
		unwound := 0
		next := func(c *Coro) {
			for {
				if running != c {
					t.Error("another runs than was switched to")
				}
				to := s.Main
				if left--; left > 0 {
					to = cs[rng.IntN(n)]
				}
				if to != c {
					running = to
					Switch(c, to)
				}
				if to == s.Main && left > 0 {
					return
				}
			}
		}
		for i := range cs {
			cs[i] = s.New(func(c *Coro) {
				defer func() { unwound++ }()
				if rng.IntN(3) == 0 {
					defer func() {
						for {
							next(c) // a task that has called Goexit is parked here
						}
					}()
					runtime.Goexit()
				}
				if rng.IntN(3) == 0 {
					defer func() {
						recover()
						panic("a deferred call that panics while it is ended")
					}()
				}
				for {
					next(c)
				}
			})
		}
		running = cs[0]
		Switch(s.Main, cs[0])
		s.Home(cs)
		started := 0
		for i, c := range cs {
			if c.at != c.own || c.own.in != c {
				t.Fatalf("seed %d: %d is not at home", seed, i)
			}
			if c.g != 0 {
				started++
			}
			if !soon(c.End()) {
				t.Fatalf("seed %d: %d did not end", seed, i)
			}
			if !c.ended {
				t.Fatalf("seed %d: %d is not ended", seed, i)
			}
		}
		if unwound != started {
			t.Fatalf("seed %d: %d of %d ran their deferred calls", seed, unwound, started)
		}
	}
	settled(t, before)
}

// soon reports whether something ends, if it is given time.
func soon(over <-chan struct{}) bool {
	select {
	case <-over:
		return true
	case <-time.After(10 * time.Second):
		return false
	}
}

// settled waits until goroutines that have ended are no longer counted.
func settled(t *testing.T, want int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > want; {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), want)
		}
		runtime.Gosched()
	}
}

// TestHung ends one whose deferred call blocks: it stays behind, and nothing else
// is held up; and it takes nothing along when it ends after all.
func TestHung(t *testing.T) {
	before := runtime.NumGoroutine()
	s := NewSet()
	block := make(chan struct{})
	a := s.New(func(c *Coro) {
		defer func() { <-block }()
		Switch(c, s.Main)
	})
	b := idle(s, func() *Coro { return s.Main })
	Switch(s.Main, a)
	Switch(s.Main, b)
	s.Home([]*Coro{a, b})
	ended := a.End()
	if !soon(b.End()) {
		t.Fatal("the other was held up")
	}
	select {
	case <-ended:
		t.Fatal("ended while blocked")
	default:
	}
	close(block)
	if !soon(ended) {
		t.Fatal("did not end")
	}
	settled(t, before)
}

// TestRescue takes control back from one that blocks, wherever the others are
// parked when it does, and ends the others.
func TestRescue(t *testing.T) {
	before := runtime.NumGoroutine()
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 2))
		s := NewSet()
		block := make(chan struct{})
		n := 2 + rng.IntN(4)
		left := rng.IntN(30)
		cs := make([]*Coro, n)
		var hung *Coro
		for i := range cs {
			cs[i] = s.New(func(c *Coro) {
				for {
					if left--; left < 0 {
						hung = c
						c.Strand()
						go s.Rescue(c)
						if seed%2 == 0 {
							<-block // otherwise it ends at once: it has to wait for Home
						}
						runtime.Goexit()
					}
					if to := cs[rng.IntN(n)]; to != c {
						Switch(c, to)
					}
				}
			})
		}
		Switch(s.Main, cs[0])
		var others []*Coro
		for _, c := range cs {
			if c != hung {
				others = append(others, c)
			}
		}
		s.Home(others)
		for _, c := range others {
			if !soon(c.End()) {
				t.Fatal("another was held up")
			}
		}
		close(block)
	}
	settled(t, before)
}

func TestSelf(t *testing.T) {
	me := Self()
	other := make(chan uintptr)
	go func() { other <- Self(); <-other }()
	if o := <-other; o == me || o == 0 || me == 0 {
		t.Errorf("two goroutines have the numbers %d and %d", me, o)
	}
	if Self() != me {
		t.Error("the number changes")
	}
	other <- 0
	if goroutineID() == 0 {
		t.Error("no goroutine ID")
	}
}
