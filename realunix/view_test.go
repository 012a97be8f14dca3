//go:build unix

package realunix_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// Every kind of blocking call is ended by cancelling the view it was made on,
// and fails at once on a view that has been cancelled.
func TestCancel(t *testing.T) {
	leaks(t)
	root := realunix.New(realunix.Config{})
	calls := map[string]struct {
		fn    string // what blocks
		start func(t *testing.T, tr transport.Transport) func() error
	}{
		"recv": {"realunix.(*conn).Recv", func(t *testing.T, tr transport.Transport) func() error {
			c, _ := pair(t, root)
			a, err := tr.Attach(c)
			if err != nil {
				t.Fatal(err)
			}
			return func() error { return tryRecv(a, never) }
		}},
		"send": {"realunix.(*conn).Send", func(t *testing.T, tr transport.Transport) func() error {
			a, _ := pair(t, tr)
			fill(t, a)
			return func() error { _, err := a.Send([][]byte{{1}}, nil, never); return err }
		}},
		"accept": {"realunix.(*listener).Accept", func(t *testing.T, tr transport.Transport) func() error {
			l := listen(t, tr, path(t), transport.ListenConfig{})
			return func() error { _, err := l.Accept(never); return err }
		}},
		"sleep": {"realunix.(*Transport).Sleep", func(t *testing.T, tr transport.Transport) func() error {
			return func() error { return tr.Sleep(never) }
		}},
		"wait": {"realunix.(*notifier).Wait", func(t *testing.T, tr transport.Transport) func() error {
			n := tr.NewNotifier()
			return func() error { return n.Wait(never) }
		}},
		"syscallconn": {"realunix.rawConn.Read", func(t *testing.T, tr transport.Transport) func() error {
			a, _ := pair(t, tr)
			raw, err := a.(syscall.Conn).SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			return func() error { return raw.Read(func(uintptr) bool { return false }) }
		}},
	}
	for name, c := range calls {
		t.Run(name, func(t *testing.T) {
			outer, cancelOuter := root.WithCancel(context.Background())
			inner, cancelInner := outer.WithCancel(context.Background())
			defer cancelInner()
			call := c.start(t, inner)
			errs := make(chan error)
			go func() { errs <- call() }()
			blocked(t, c.fn, 1)
			cancelOuter() // ends the views derived from it
			err := <-errs
			want(t, err, syscall.ECANCELED)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v is not context.Canceled", err)
			}
			want(t, call(), syscall.ECANCELED)
		})
	}
	t.Run("queued", func(t *testing.T) {
		view, cancel := root.WithCancel(t.Context())
		a, b := pair(t, root)
		c, err := view.Attach(a)
		if err != nil {
			t.Fatal(err)
		}
		errs, first := make(chan error), make(chan error)
		go func() { first <- tryRecv(a, never) }()
		blocked(t, "realunix.(*conn).Recv", 1)
		go func() { errs <- tryRecv(c, never) }()
		blocked(t, "realunix.(*conn).Recv", 2)
		cancel()
		want(t, <-errs, syscall.ECANCELED)
		send(t, b, "x")
		if err := <-first; err != nil {
			t.Error("a call of another view: ", err)
		}
	})
}

func TestCancelledView(t *testing.T) {
	leaks(t)
	root := realunix.New(realunix.Config{})
	view, cancel := root.WithCancel(context.Background())
	name := path(t)
	l := listen(t, view, name, transport.ListenConfig{})
	a, b := pair(t, view)
	n := view.NewNotifier()
	fd, err := a.Dup()
	if err != nil {
		t.Fatal(err)
	}
	defer fd.Close()
	cancel()
	cancel()
	nop := func() {}
	_, err1 := view.Listen(name+"2", 0, transport.ListenConfig{})
	_, err2 := view.Dial(name, never)
	_, _, err3 := view.Pair()
	_, err4 := view.Adopt(fd)
	_, err5 := view.AfterFunc("f", time.Now(), nop)
	_, err6 := view.Lock(name+".lock", never)
	for _, err := range []error{err1, err2, err3, err4, err5, err6, view.Go("f", nop), view.Background("f", nop), view.Sleep(time.Now()), view.Chmod(name, 0o600), view.Rename(name, name)} {
		want(t, err, syscall.ECANCELED)
	}
	// What is needed to clean up still works.
	n.Notify()
	view.Now()
	view.Yield()
	for _, err := range []error{a.CloseWrite(), b.CloseRead(), a.SetReadDeadline(never), a.Close(), b.Close(), l.Close(), view.Remove(name)} {
		if err != nil {
			t.Error(err)
		}
	}
	if err := view.WithoutCancel().Sleep(time.Now().Add(time.Millisecond)); err != nil {
		t.Error(err)
	}
	// A view of a cancelled view is cancelled from the start.
	sub, done := view.WithCancel(context.Background())
	defer done()
	want(t, sub.Sleep(never), syscall.ECANCELED)
}

func TestContexts(t *testing.T) {
	leaks(t)
	root := realunix.New(realunix.Config{})
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer stop()
	view, cancel := root.WithCancel(ctx)
	defer cancel()
	want(t, view.Sleep(never), syscall.ECANCELED)

	done, stop := context.WithCancel(t.Context())
	stop()
	view, cancel = root.WithCancel(done)
	defer cancel()
	want(t, view.Sleep(never), syscall.ECANCELED)

	var none context.Context
	view, cancel = root.WithCancel(none)
	defer cancel()
	err := view.Sleep(never)
	want(t, err, syscall.EINVAL)
	if !strings.Contains(err.Error(), "nil context") {
		t.Errorf("%v does not say why", err)
	}
	name := path(t)
	listen(t, root, name, transport.ListenConfig{}).Close()
	if err := view.Remove(name); err != nil { // cannot be cancelled, and so cannot be refused
		t.Error(err)
	}
}

func TestNotifier(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	n := tr.NewNotifier()
	want(t, n.Wait(transport.Immediate), syscall.ETIMEDOUT)
	n.Notify()
	n.Notify() // one token is all it holds
	if err := n.Wait(transport.Immediate); err != nil {
		t.Error(err)
	}
	want(t, n.Wait(time.Now().Add(time.Millisecond)), syscall.ETIMEDOUT)

	// First come, first served; one Notify wakes one.
	var mu sync.Mutex
	var order []int
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			if err := n.Wait(never); err != nil {
				t.Error(err)
			}
			mu.Lock()
			order = append(order, i)
			mu.Unlock()
		})
		blocked(t, "realunix.(*notifier).Wait", i+1)
	}
	for i := range 5 {
		n.Notify()
		for end := time.Now().Add(10 * time.Second); ; {
			mu.Lock()
			k := len(order)
			mu.Unlock()
			if k == i+1 || time.Now().After(end) {
				break
			}
			tr.Yield()
		}
	}
	wg.Wait()
	for i, k := range order {
		if i != k {
			t.Fatalf("served in the order %v", order)
		}
	}
}

// A token is neither lost nor doubled when waits time out at the moment it
// comes.
func TestNotifierKeepsItsToken(t *testing.T) {
	tr := realunix.New(realunix.Config{})
	n := tr.NewNotifier()
	for i := range 3000 {
		got := make(chan error, 2)
		for range 2 {
			go func() { got <- n.Wait(time.Now().Add(time.Duration(i%50) * time.Microsecond)) }()
		}
		n.Notify()
		taken := 0
		for range 2 {
			if <-got == nil {
				taken++
			}
		}
		if n.Wait(transport.Immediate) == nil {
			taken++
		}
		if taken != 1 {
			t.Fatalf("round %d: one token was taken %d times", i, taken)
		}
	}
}

func TestClock(t *testing.T) {
	leaks(t)
	tr := realunix.New(realunix.Config{})
	start := tr.Now()
	if err := tr.Sleep(start.Add(10 * time.Millisecond)); err != nil || tr.Now().Before(start.Add(10*time.Millisecond)) {
		t.Error("woke early: ", err)
	}
	if err := tr.Sleep(transport.Immediate); err != nil {
		t.Error(err)
	}
	fired := make(chan time.Time, 1)
	timer, err := tr.AfterFunc("f", start.Add(30*time.Millisecond), func() { fired <- tr.Now() })
	if err != nil {
		t.Fatal(err)
	}
	if at := <-fired; at.Before(start.Add(30 * time.Millisecond)) {
		t.Error("fired early")
	}
	if timer.Stop() {
		t.Error("stopped what had been started")
	}
	timer, err = tr.AfterFunc("never", never, func() { t.Error("fired") })
	if err != nil {
		t.Fatal(err)
	}
	if !timer.Stop() || timer.Stop() {
		t.Error("Stop of a waiting timer")
	}
	_, err = tr.AfterFunc("nil", start, nil)
	want(t, err, syscall.EINVAL)
	want(t, tr.Go("nil", nil), syscall.EINVAL)
	want(t, tr.Background("nil", nil), syscall.EINVAL)
	ran := make(chan bool, 2)
	for _, start := range []func(string, func()) error{tr.Go, tr.Background} {
		if err := start("task", func() { ran <- true }); err != nil {
			t.Fatal(err)
		}
	}
	<-ran
	<-ran
}
