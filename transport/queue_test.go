package transport_test

import (
	"context"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
	"weak"

	"example.com/brine/transport"
)

func TestQueueFirstInFirstOut(t *testing.T) {
	alone(t, func(s *steps, tr transport.Transport) {
		q := transport.NewQueue[int](tr)
		in, out := 0, 0
		for range 1000 {
			for range s.rng.IntN(20) {
				q.Push(in)
				in++
			}
			for range s.rng.IntN(20) {
				v, err := q.Pop(transport.Immediate)
				if out == in {
					expect(t, "Pop of an empty queue", err, syscall.ETIMEDOUT, "")
					break
				}
				if err != nil || v != out {
					t.Errorf("Pop: %d, %v, want %d", v, err, out)
				}
				out++
			}
			if n := q.Len(); n != in-out {
				t.Errorf("Len: %d, want %d", n, in-out)
			}
		}
		if in < 1000 || out < 1000 {
			t.Errorf("only %d items pushed and %d taken", in, out)
		}
	})
}

// Three tasks push and three pop; every item comes out once, and those of one
// sender in its order.
func TestQueueManyTasks(t *testing.T) {
	type item struct{ sender, number int }
	const each = 12
	onEach(t, func(t testing.TB, tr transport.Transport) {
		q := transport.NewQueue[item](tr)
		senders, receivers := transport.NewGroup(tr), transport.NewGroup(tr)
		got := make([][]item, 3)
		for i := range got {
			receivers.Go("receiver", func(tr transport.Transport) {
				for {
					// Some calls are put off by a deadline, which must lose nothing.
					v, err := q.Pop(tr.Now().Add(time.Duration(i) * 50 * time.Microsecond))
					if err != nil {
						expect(t, "Pop", err, syscall.ETIMEDOUT, "")
						tr.Yield()
						continue
					}
					if v.number < 0 {
						return
					}
					got[i] = append(got[i], v)
				}
			})
		}
		for i := range 3 {
			senders.Go("sender", func(tr transport.Transport) {
				for n := range each {
					q.Push(item{i, n})
				}
			})
		}
		expect(t, "Wait for the senders", senders.Stop(never), 0, "")
		for range got {
			q.Push(item{0, -1})
		}
		expect(t, "Wait for the receivers", receivers.Wait(never), 0, "")
		receivers.Cancel()
		var seen [3][]int
		for _, items := range got {
			last := []int{-1, -1, -1}
			for _, v := range items {
				if v.number <= last[v.sender] {
					t.Errorf("item %d of sender %d after its item %d", v.number, v.sender, last[v.sender])
				}
				last[v.sender] = v.number
				seen[v.sender] = append(seen[v.sender], v.number)
			}
		}
		for i := range seen {
			slices.Sort(seen[i])
			if len(seen[i]) != each || len(slices.Compact(seen[i])) != each {
				t.Errorf("of sender %d came %v", i, seen[i])
			}
		}
		if what := q.Check(); what != "" || q.Len() != 0 {
			t.Errorf("Len: %d; %s", q.Len(), what)
		}
	})
}

// Of tasks that wait, the first is served first.
func TestQueueServesInOrder(t *testing.T) {
	onEach(t, func(t testing.TB, tr transport.Transport) {
		q := transport.NewQueue[int](tr)
		g := transport.NewGroup(tr)
		got := make([]chan int, 4)
		for i := range got {
			got[i] = make(chan int, 1)
			g.Go("pop", func(transport.Transport) {
				v, err := q.Pop(never)
				expect(t, "Pop", err, 0, "")
				got[i] <- v
			})
			until(t, tr, "the next one waits", func() bool { return q.Waiting() == i+1 })
		}
		for i := range got {
			q.Push(i)
			// An item that is promised is nobody else's.
			_, err := q.Pop(transport.Immediate)
			expect(t, "Pop past the others", err, syscall.ETIMEDOUT, "")
			until(t, tr, "the first in line has it", func() bool { return len(got[i]) == 1 })
			if v := <-got[i]; v != i {
				t.Errorf("task %d has item %d", i, v)
			}
		}
		expect(t, "Stop", g.Stop(never), 0, "")
	})
}

func TestQueueDeadline(t *testing.T) {
	onEach(t, func(t testing.TB, tr transport.Transport) {
		q := transport.NewQueue[int](tr)
		deadline := tr.Now().Add(time.Millisecond)
		_, err := q.Pop(deadline)
		expect(t, "Pop of an empty queue", err, syscall.ETIMEDOUT, "")
		if tr.Now().Before(deadline) {
			t.Errorf("Pop gave up before its deadline")
		}
		q.Push(1)
		if v, err := q.Pop(deadline); v != 1 || err != nil {
			t.Errorf("Pop after its deadline: %d, %v, want the item that is there", v, err)
		}
		if what := q.Check(); what != "" || q.Waiting() != 0 {
			t.Errorf("%d wait; %s", q.Waiting(), what)
		}
	})
}

func TestQueueCancelled(t *testing.T) {
	onEach(t, func(t testing.TB, tr transport.Transport) {
		view, cancel := tr.WithCancel(context.Background())
		q := transport.NewQueue[int](view)
		g := transport.NewGroup(tr)
		taken := make([]int, 3)
		for i := range taken {
			g.Go("pop", func(tr transport.Transport) {
				for {
					_, err := q.Pop(never)
					if err != nil {
						expect(t, "Pop", err, syscall.ECANCELED, "")
						if what := q.Check(); what != "" {
							t.Error(what)
						}
						return
					}
					taken[i]++
				}
			})
		}
		g.Go("push", func(tr transport.Transport) {
			for i := range 10 {
				q.Push(i)
			}
		})
		tr.Yield()
		cancel()
		expect(t, "Wait", g.Wait(never), 0, "")
		g.Cancel()
		if n := q.Len() + taken[0] + taken[1] + taken[2]; n != 10 {
			t.Errorf("%d items are left and %v were taken, of 10", q.Len(), taken)
		}
		q.Push(10)
		left := q.Len()
		_, err := q.Pop(never)
		expect(t, "Pop of a queue that is not empty", err, syscall.ECANCELED, "")
		_, err = q.Pop(transport.Immediate)
		expect(t, "Pop of a queue that is not empty", err, syscall.ECANCELED, "")
		if what := q.Check(); what != "" || q.Len() != left || q.Waiting() != 0 {
			t.Errorf("Len: %d, want %d; %d wait; %s", q.Len(), left, q.Waiting(), what)
		}
	})
}

// An item that comes as the deadline passes is delivered.
func TestQueueInTime(t *testing.T) {
	l := new(late)
	q := transport.NewQueue[int](l)
	l.event = func() { q.Push(1) }
	if v, err := q.Pop(never); v != 1 || err != nil {
		t.Errorf("Pop: %d, %v", v, err)
	}
	if what := q.Check(); what != "" || q.Len() != 0 {
		t.Errorf("Len: %d; %s", q.Len(), what)
	}
}

// What was taken out is not kept alive, and nothing is allocated once the ring
// is large enough.
func TestQueueMemory(t *testing.T) {
	q := transport.NewQueue[*[1 << 16]byte](still{})
	var gone []weak.Pointer[[1 << 16]byte]
	for range 5 {
		p := new([1 << 16]byte)
		gone = append(gone, weak.Make(p))
		q.Push(p)
	}
	for range gone {
		q.Pop(never)
	}
	runtime.GC()
	for i, p := range gone {
		if p.Value() != nil {
			t.Errorf("item %d is kept alive", i)
		}
	}
	if n := testing.AllocsPerRun(100, func() {
		for range 7 {
			q.Push(nil)
		}
		for range 7 {
			q.Pop(never)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	runtime.KeepAlive(q)
}

// A still is a transport on which nothing ever happens.
type still struct{ transport.Transport }

func (still) NewNotifier() transport.Notifier    { return still{} }
func (still) WithoutCancel() transport.Transport { return still{} }
func (still) Notify()                            {}
func (still) Wait(time.Time) error               { return errStill }

var errStill error = &transport.Error{Op: "wait", Err: syscall.ETIMEDOUT}

// A late is a transport on which something happens, once, just as the deadline
// of a Wait passes.
type late struct {
	still
	event func()
}

func (l *late) NewNotifier() transport.Notifier    { return l }
func (l *late) WithoutCancel() transport.Transport { return l }

func (l *late) WithCancel(context.Context) (transport.Transport, func()) { return l, func() {} }

func (l *late) Go(_ string, f func()) error {
	l.event = f
	return nil
}

func (l *late) Wait(deadline time.Time) error {
	if event := l.event; event != nil && deadline != transport.Immediate {
		l.event = nil
		event()
	}
	return errStill
}
