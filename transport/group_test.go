package transport_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"example.com/brine/transport"
)

var never time.Time

// until lets other tasks run until cond holds.
func until(t testing.TB, tr transport.Transport, what string, cond func() bool) {
	for start := time.Now(); !cond(); tr.Yield() {
		if time.Since(start) > 10*time.Second {
			t.Errorf("not in ten seconds: %s", what)
			return
		}
	}
}

// expect checks the errno of err, 0 for none, and the detail of an *Error.
func expect(t testing.TB, what string, err error, errno syscall.Errno, detail string) {
	t.Helper()
	var e *transport.Error
	switch {
	case errno == 0 && err == nil:
	case errno == 0 || !errors.As(err, &e) || e.Err != errno || e.Detail != detail:
		t.Errorf("%s: %v, want %s %q", what, err, transport.ErrnoName(errno), detail)
	}
}

func TestGroupWaitsForAll(t *testing.T) {
	onEach(t, func(t testing.TB, tr transport.Transport) {
		g := transport.NewGroup(tr)
		defer g.Cancel()
		m := transport.NewMutex(tr)
		done := 0
		leaf := func(tr transport.Transport) {
			tr.Yield()
			m.Lock()
			done++
			m.Unlock()
		}
		for i := range 3 {
			err := g.Go(fmt.Sprint("task", i), func(tr transport.Transport) {
				if tr != g.Transport() {
					t.Errorf("a task was given another view than the group's")
				}
				expect(t, "Go in a task", g.Go("leaf", leaf), 0, "")
				leaf(tr)
			})
			expect(t, "Go", err, 0, "")
		}
		expect(t, "Background", g.Background("background", leaf), 0, "")
		expect(t, "Wait", g.Wait(never), 0, "")
		if done != 7 {
			t.Errorf("%d of 7 tasks had returned after Wait", done)
		}
		expect(t, "Wait without tasks", g.Wait(transport.Immediate), 0, "")
		expect(t, "Stop without tasks", g.Stop(transport.Immediate), 0, "")
	})
}

func TestGroupNamesWhatRuns(t *testing.T) {
	onEach(t, func(t testing.TB, tr transport.Transport) {
		g := transport.NewGroup(tr)
		gone := transport.NewQueue[string](tr)
		release := tr.NewNotifier()
		for _, name := range []string{"a", "b", "c", "d"} {
			g.Go(name, func(transport.Transport) {
				if name == "b" || name == "d" {
					gone.Push(name)
					return
				}
				release.Wait(never) // not of the group's view: it cannot be cancelled
			})
		}
		for range 2 {
			gone.Pop(never)
		}
		until(t, tr, "b and d have returned", func() bool {
			var e *transport.Error
			return errors.As(g.Wait(transport.Immediate), &e) && e.Detail == "still running: a, c"
		})
		expect(t, "Wait", g.Wait(tr.Now().Add(time.Millisecond)), syscall.ETIMEDOUT, "still running: a, c")
		expect(t, "Stop", g.Stop(tr.Now().Add(time.Millisecond)), syscall.ETIMEDOUT, "still running: a, c")
		if n := g.Waiting(); n != 0 {
			t.Errorf("%d calls of Wait left behind", n)
		}
		release.Notify()
		until(t, tr, "one of two has returned", func() bool {
			err := g.Wait(transport.Immediate)
			return err.(*transport.Error).Detail != "still running: a, c"
		})
		release.Notify()
		expect(t, "Stop", g.Stop(never), 0, "")
	})
}

func TestGroupCancel(t *testing.T) {
	onEach(t, func(t testing.TB, tr transport.Transport) {
		g := transport.NewGroup(tr)
		for _, name := range []string{"a", "b"} {
			g.Go(name, func(tr transport.Transport) {
				expect(t, "Wait in a task", tr.NewNotifier().Wait(never), syscall.ECANCELED, "")
			})
		}
		g.Cancel()
		g.Cancel()
		expect(t, "Wait", g.Wait(never), 0, "")
		expect(t, "Go", g.Go("late", func(transport.Transport) { t.Errorf("a task runs after Cancel") }), syscall.ECANCELED, "")
		expect(t, "Background", g.Background("late", func(transport.Transport) {}), syscall.ECANCELED, "")
		expect(t, "Wait after a Go that failed", g.Wait(transport.Immediate), 0, "")
		expect(t, "Go(nil)", g.Go("nil", nil), syscall.EINVAL, "nil function")
	})
}

func TestGroupEndsWithTheViewAround(t *testing.T) {
	onEach(t, func(t testing.TB, tr transport.Transport) {
		outer, cancel := tr.WithCancel(context.Background())
		g := transport.NewGroup(outer)
		release := tr.NewNotifier()
		g.Go("stubborn", func(tr transport.Transport) {
			expect(t, "Sleep in a task", tr.Sleep(never), syscall.ECANCELED, "")
			release.Wait(never)
		})
		tr.Go("cancel", func() {
			until(t, tr, "Wait is blocked", func() bool { return g.Waiting() == 1 })
			cancel()
		})
		expect(t, "blocked Wait", g.Wait(never), syscall.ECANCELED, "")
		expect(t, "later Wait", g.Wait(never), syscall.ECANCELED, "")
		expect(t, "Stop", g.Stop(tr.Now().Add(time.Millisecond)), syscall.ETIMEDOUT, "still running: stubborn")
		release.Notify()
		expect(t, "Stop", g.Stop(never), 0, "")
		expect(t, "Wait without tasks", g.Wait(never), syscall.ECANCELED, "")
	})
}

func TestGroupManyWait(t *testing.T) {
	onEach(t, func(t testing.TB, tr transport.Transport) {
		g, waiters := transport.NewGroup(tr), transport.NewGroup(tr)
		defer waiters.Cancel()
		release := tr.NewNotifier()
		g.Go("task", func(transport.Transport) { release.Wait(never) })
		for range 3 {
			waiters.Go("wait", func(transport.Transport) { expect(t, "Wait", g.Wait(never), 0, "") })
		}
		waiters.Go("stop", func(transport.Transport) { expect(t, "Stop", g.Stop(never), 0, "") })
		until(t, tr, "four are blocked", func() bool { return g.Waiting() == 4 })
		release.Notify()
		expect(t, "Wait for those who wait", waiters.Wait(never), 0, "")
	})
}

func TestGroupTaskPanics(t *testing.T) {
	s := newSteps(1)
	err := s.run(func(tr transport.Transport) {
		g := transport.NewGroup(tr)
		g.Go("panics", func(transport.Transport) { panic("overboard") })
		expect(t, "Wait", g.Wait(never), 0, "")
	})
	if err == nil || err.Error() != "panic: overboard" {
		t.Errorf("the panic did not go its way: %v", err)
	}
}

func TestGroupTaskGoexit(t *testing.T) {
	if newReal == nil {
		t.Skip("no kernel backend on this system")
	}
	g := transport.NewGroup(newReal(t))
	g.Go("exits", func(transport.Transport) { runtime.Goexit() })
	expect(t, "Stop", g.Stop(never), 0, "")
}

// Of a task that returns as the deadline passes it is not said that it runs.
func TestGroupInTime(t *testing.T) {
	for _, wait := range []func(*transport.Group, time.Time) error{(*transport.Group).Wait, (*transport.Group).Stop} {
		g := transport.NewGroup(new(late))
		g.Go("task", func(transport.Transport) {})
		expect(t, "Wait", wait(g, never), 0, "")
	}
}
