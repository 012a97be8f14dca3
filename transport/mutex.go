package transport

import (
	"sync"
	"time"
)

// A Mutex is a lock between tasks that, unlike a sync.Mutex, may be held across
// calls of the transport: a task that waits for it waits by means of the
// transport. It is a [sync.Locker]. Any task may call its methods, and a task
// may unlock what another locked.
//
// It is passed on first come, first served: while a task waits, nobody else can
// have it.
type Mutex struct {
	n Notifier

	// Between two calls: if waiting > 0 then locked. Unlock leaves locked set
	// when it passes the lock on, and only the owner unlocks, so there is at
	// most one token, and it is the lock.
	mu      sync.Mutex // never held across a call of the transport
	locked  bool
	waiting int  // calls of Lock that have been promised the lock in turn
	dead    bool // the process is gone; see Lock

	r Reporter // n, if it is one
}

var _ sync.Locker = (*Mutex)(nil)

// NewMutex returns a mutex that is not locked, for the tasks of tr's process.
func NewMutex(tr Transport) *Mutex {
	n := tr.WithoutCancel().NewNotifier()
	return &Mutex{n: n, r: role(n, "mutex", nil)}
}

// Lock takes the mutex, and blocks until it can. It is not cancelled.
//
// In a simulated process that has been killed, whose calls all fail, Lock
// returns, and the mutex excludes nobody any more: nothing that such a task does
// has an effect.
func (m *Mutex) Lock() {
	m.mu.Lock()
	if !m.locked || m.dead {
		m.locked = true
		m.own(true)
		m.mu.Unlock()
		return
	}
	m.waiting++
	m.mu.Unlock()

	if err := m.n.Wait(time.Time{}); err != nil {
		m.mu.Lock()
		m.dead = true
		m.mu.Unlock()
		return
	}
	m.own(true)
}

// own tells who wants to know that the caller has the mutex, or no longer.
func (m *Mutex) own(on bool) {
	if m.r != nil {
		m.r.Own(on)
	}
}

// TryLock takes the mutex if it is free, and reports whether it did. It does
// not block.
func (m *Mutex) TryLock() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked && !m.dead {
		return false
	}
	m.locked = true
	m.own(true)
	return true
}

// Unlock releases the mutex, or passes it to the task that has waited longest.
// It does not block. To unlock a mutex that is not locked is a bug of the
// caller: Unlock panics.
func (m *Mutex) Unlock() {
	m.mu.Lock()
	switch {
	case m.dead:
		m.mu.Unlock()
	case !m.locked:
		m.mu.Unlock()
		panic("transport: unlock of unlocked Mutex")
	case m.waiting > 0:
		m.waiting--
		m.own(false)
		m.mu.Unlock()
		m.n.Notify()
	default:
		m.locked = false
		m.own(false)
		m.mu.Unlock()
	}
}
