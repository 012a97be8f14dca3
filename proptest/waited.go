package proptest

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// tasks are goroutines that a run waits for.
type tasks struct {
	mu   sync.Mutex
	n    int
	zero chan struct{} // closed when there are none; nil if nobody waits
	late bool          // the run is over: no others begin
}

// begin counts one more, if the run is not over.
func (t *tasks) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.late {
		t.n++
	}
	return !t.late
}

func (t *tasks) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n--; t.n == 0 && t.zero != nil {
		close(t.zero)
		t.zero = nil
	}
}

// close has no more tasks begin.
func (t *tasks) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.late = true
}

// within waits until there are none, but not for ever.
func (t *tasks) within(d time.Duration) bool {
	t.mu.Lock()
	if t.n == 0 {
		t.mu.Unlock()
		return true
	}
	if t.zero == nil {
		t.zero = make(chan struct{})
	}
	zero := t.zero
	t.mu.Unlock()
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-zero:
		return true
	case <-over.C:
		return false
	}
}

// run calls f as a task that was counted.
func (g *goroutines) run(s *Sim, all *tasks, name string, f func()) {
	defer all.end()
	defer func() {
		if v := recover(); v != nil {
			s.mu.Lock()
			if s.err == nil {
				s.err = &simnet.Panic{Task: name, Value: v, Stack: string(debug.Stack())}
			}
			s.mu.Unlock()
			g.cancel()
		}
	}()
	f()
}

// waited is the transport of a process whose tasks are waited for, as they are in a
// simulation.
type waited struct {
	transport.Transport
	s    *Sim
	name string // of the process
}

func (t *waited) view(tr transport.Transport) transport.Transport {
	return &waited{Transport: tr, s: t.s, name: t.name}
}

// WithCancel implements transport.Transport.
func (t *waited) WithCancel(ctx context.Context) (transport.Transport, func()) {
	tr, cancel := t.Transport.WithCancel(ctx)
	return t.view(tr), cancel
}

// WithoutCancel implements transport.Transport.
func (t *waited) WithoutCancel() transport.Transport { return t.view(t.Transport.WithoutCancel()) }

// Go implements transport.Tasks.
func (t *waited) Go(name string, f func()) error {
	return t.start(&t.s.g.foreground, t.Transport.Go, name, f)
}

// Background implements transport.Tasks.
func (t *waited) Background(name string, f func()) error {
	return t.start(&t.s.g.background, t.Transport.Background, name, f)
}

func (t *waited) start(all *tasks, start func(string, func()) error, name string, f func()) error {
	if f == nil || !all.begin() {
		return start(name, nil) // which says what is wrong
	}
	err := start(name, func() { t.s.g.run(t.s, all, t.name+"/"+name, f) })
	if err != nil {
		all.end()
	}
	return err
}

// AfterFunc implements transport.Clock.
func (t *waited) AfterFunc(name string, at time.Time, f func()) (transport.Timer, error) {
	if f == nil {
		return t.Transport.AfterFunc(name, at, nil)
	}
	return t.Transport.AfterFunc(name, at, func() {
		if all := &t.s.g.foreground; all.begin() {
			t.s.g.run(t.s, all, t.name+"/"+name, f)
		}
	})
}
