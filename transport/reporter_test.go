package transport_test

//lint:file-ignore SA2001 passing through a mutex is what is tested

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"example.com/brine/transport"
)

// told is a Transport whose notifiers are Reporters that write down what they are
// told; to wait on one always succeeds.
type told struct {
	transport.Transport
	log  *[]string
	fail error // what Wait returns
}

func (t told) NewNotifier() transport.Notifier { return reporter{t} }

func (t told) WithoutCancel() transport.Transport { return t }

func (t told) WithCancel(context.Context) (transport.Transport, func()) {
	return t, func() {}
}

func (t told) Go(string, func()) error { return nil }

func (t told) say(format string, args ...any) { *t.log = append(*t.log, fmt.Sprintf(format, args...)) }

type reporter struct{ told }

func (r reporter) Role(of string, view transport.Transport) {
	r.say("role %s, view %v", of, view != nil)
}
func (r reporter) Own(on bool)          { r.say("own %v", on) }
func (r reporter) Notify()              { r.say("notify") }
func (r reporter) Wait(time.Time) error { r.say("wait"); return r.fail }

// A backend that wants to know hears whose a mutex is before anybody can wait
// for it, and that it is nobody's before another can have it.
func TestMutexReports(t *testing.T) {
	var log []string
	m := transport.NewMutex(told{log: &log})
	m.Lock()
	m.Unlock()
	if m.TryLock() && !m.TryLock() {
		m.Lock() // is told at once that it is its turn
	}
	m.Unlock()
	m.Unlock()
	want := []string{
		"role mutex, view false",
		"own true", "own false",
		"own true",         // TryLock; the one that failed says nothing
		"wait", "own true", // the Lock behind it
		"own false", "notify", // to the one that waits
		"own false",
	}
	if !slices.Equal(log, want) {
		t.Errorf("told %q, want %q", log, want)
	}
}

// Whoever is not given the mutex does not have it.
func TestMutexOfTheDeadReportsNothing(t *testing.T) {
	var log []string
	m := transport.NewMutex(told{log: &log, fail: fmt.Errorf("killed")})
	m.TryLock()
	log = nil
	m.Lock()
	if !slices.Equal(log, []string{"wait"}) {
		t.Errorf("told %q", log)
	}
}

// Queue and Group say what their notifiers are for before they wait on them.
func TestRoles(t *testing.T) {
	var log []string
	tr := told{log: &log, fail: fmt.Errorf("killed")}
	g := transport.NewGroup(tr)
	g.Go("member", func(transport.Transport) {})
	g.Stop(time.Time{})
	if want := []string{"role group, view true", "wait"}; !slices.Equal(log, want) {
		t.Errorf("Group told %q, want %q", log, want)
	}
	log = nil
	tr.fail = &transport.Error{Op: "wait", Err: syscall.ETIMEDOUT}
	q := transport.NewQueue[int](tr)
	q.Pop(transport.Immediate)
	if want := []string{"wait", "role queue, view false", "wait"}; !slices.Equal(log, want) {
		t.Errorf("Queue told %q, want %q", log, want)
	}
}
