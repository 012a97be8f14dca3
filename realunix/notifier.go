//go:build unix

package realunix

import (
	"sync"
	"syscall"
	"time"

	"example.com/brine/transport"
)

// A notifier holds at most one token. If there is a token, nobody waits.
type notifier struct {
	t       *Transport
	mu      sync.Mutex
	token   bool
	waiting []*sleeper // in the order they came
}

// NewNotifier implements transport.Tasks.
func (t *Transport) NewNotifier() transport.Notifier { return &notifier{t: t} }

// Notify implements transport.Notifier.
func (n *notifier) Notify() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.waiting) == 0 {
		n.token = true
		return
	}
	s := n.waiting[0]
	n.remove(0)
	s.woken <- struct{}{} // has room: it is sent to once, by whoever takes it out of waiting
}

func (n *notifier) remove(i int) {
	last := len(n.waiting) - 1
	copy(n.waiting[i:], n.waiting[i+1:])
	n.waiting[last] = nil
	n.waiting = n.waiting[:last]
}

// errNoToken is made once: a queue looks for a token with every Pop.
var errNoToken = fail("wait", "", syscall.ETIMEDOUT)

// Wait implements transport.Notifier.
func (n *notifier) Wait(deadline time.Time) error {
	if err := n.t.check("wait", ""); err != nil {
		return err
	}
	n.mu.Lock()
	if n.token {
		n.token = false
		n.mu.Unlock()
		return nil
	}
	if transport.Expired(deadline, time.Now()) {
		n.mu.Unlock()
		return errNoToken
	}
	s := newSleeper()
	n.waiting = append(n.waiting, s)
	n.mu.Unlock()
	errno := n.settle(s, s.wait(n.t, s.woken, deadline))
	s.free()
	if errno != 0 {
		return fail("wait", "", errno)
	}
	return nil
}

// settle ends the wait of s, which came to errno. If s has been given a token
// all the same, it has not failed.
func (n *notifier) settle(s *sleeper, errno syscall.Errno) syscall.Errno {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, o := range n.waiting {
		if o == s {
			n.remove(i)
			return errno
		}
	}
	return 0
}
