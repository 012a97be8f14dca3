package transport_test

//lint:file-ignore SA2001 passing through a mutex is what is tested

import (
	"context"
	"slices"
	"sync"
	"testing"

	"example.com/brine/transport"
)

func TestMutexExcludes(t *testing.T) {
	onEach(t, func(t testing.TB, tr transport.Transport) {
		m := transport.NewMutex(tr)
		g := transport.NewGroup(tr)
		defer g.Cancel()
		count, inside := 0, 0
		for i := range 4 {
			g.Go("adder", func(tr transport.Transport) {
				for range 5 {
					if i == 0 {
						for !m.TryLock() {
							tr.Yield()
						}
					} else {
						m.Lock()
					}
					if inside++; inside != 1 {
						t.Errorf("%d tasks hold the mutex", inside)
					}
					seen := count
					tr.Yield()
					count = seen + 1
					inside--
					m.Unlock()
				}
			})
		}
		expect(t, "Wait", g.Wait(never), 0, "")
		if count != 20 {
			t.Errorf("%d of 20 additions counted", count)
		}
		if !m.TryLock() || m.TryLock() {
			t.Errorf("TryLock of a free mutex fails, or of a locked one does not")
		}
	})
}

// A lock that is passed on is nobody else's, even before its new owner runs,
// and cancelling the view that the mutex was made in ends no Lock.
func TestMutexIsPassedOn(t *testing.T) {
	onEach(t, func(t testing.TB, tr transport.Transport) {
		view, cancel := tr.WithCancel(context.Background())
		m := transport.NewMutex(view)
		var l sync.Locker = m
		l.Lock()
		g := transport.NewGroup(tr)
		release := tr.NewNotifier()
		for range 3 {
			g.Go("locker", func(tr transport.Transport) {
				m.Lock()
				release.Wait(never)
				m.Unlock()
			})
		}
		until(t, tr, "three wait", func() bool { return m.Waiting() == 3 })
		cancel()
		l.Unlock()
		for range 3 {
			if m.TryLock() {
				t.Errorf("TryLock overtook a task that waits")
			}
			left := m.Waiting()
			release.Notify()
			until(t, tr, "the next one has it", func() bool { return left == 0 || m.Waiting() == left-1 })
		}
		expect(t, "Stop", g.Stop(never), 0, "")
	})
}

func TestMutexInOrder(t *testing.T) {
	for seed := range uint64(100) {
		s := newSteps(seed)
		var order []int
		err := s.run(func(tr transport.Transport) {
			m := transport.NewMutex(tr)
			m.Lock()
			for i := range 4 {
				tr.Go("locker", func() {
					m.Lock()
					order = append(order, i)
					tr.Yield()
					m.Unlock()
				})
				until(t, tr, "the next one is in line", func() bool { return s.blocked() == i+1 })
			}
			m.Unlock()
		})
		if err != nil || !slices.Equal(order, []int{0, 1, 2, 3}) {
			t.Fatalf("seed %d: order %v, %v", seed, order, err)
		}
	}
}

// A mutex that nobody contends makes no call of the transport, and one that is
// handed over makes one for the waiter and one for the owner.
func TestMutexCalls(t *testing.T) {
	alone(t, func(s *steps, tr transport.Transport) {
		m := transport.NewMutex(tr)
		m.Lock()
		m.Unlock()
		if s.calls != 0 {
			t.Errorf("%d calls without contention", s.calls)
		}
		m.Lock()
		tr.Go("locker", func() {
			m.Lock()
			m.Unlock()
		})
		until(t, tr, "the other waits", func() bool { return m.Waiting() == 1 })
		m.Unlock()
		if s.calls != 2 {
			t.Errorf("%d calls for a hand-over, want 2", s.calls)
		}
	})
}

func TestMutexUnlockOfUnlocked(t *testing.T) {
	defer func() {
		if p := recover(); p != "transport: unlock of unlocked Mutex" {
			t.Errorf("panic: %v", p)
		}
	}()
	transport.NewMutex(still{}).Unlock()
}

// In a process that was killed every Lock returns, and no Unlock panics.
func TestMutexOfTheDead(t *testing.T) {
	returned := 0
	alone(t, func(s *steps, tr transport.Transport) {
		m := transport.NewMutex(tr)
		m.Lock()
		for range 3 {
			tr.Go("locker", func() {
				m.Lock()
				m.Unlock()
				m.Lock()
				m.Unlock()
				returned++
			})
		}
		until(t, tr, "all wait", func() bool { return m.Waiting() == 3 })
		s.kill()
		m.Unlock()
		m.Unlock()
	})
	if returned != 3 {
		t.Errorf("%d of 3 tasks have returned", returned)
	}
}
