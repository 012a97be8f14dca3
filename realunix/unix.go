//go:build unix

package realunix

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"example.com/brine/transport"
)

// Config is how a Transport behaves. The zero value is what most programs want.
type Config struct {
	// NoSpin makes readers park at once. By default a reader of a connection
	// on which that has recently paid off retries for up to 50 µs before it
	// parks, and for up to 250 µs a few times now and then to find out whether
	// it would; idle and sparse connections do not spin.
	NoSpin bool
}

// A Transport is a view of this process. It implements transport.Transport;
// all methods may be called from any goroutine. Make one with [New].
type Transport struct {
	cfg     Config
	root    *Transport // the view that nothing cancels
	refused string     // if not empty, why every call of this view is EINVAL

	canceled atomic.Bool

	// mu guards the lists. It is never taken by one who holds the mutex of a
	// direction or a notifier: cancel takes those while it holds mu.
	mu       sync.Mutex
	blocked  list // calls to be kicked when the view is cancelled
	children list // views derived from this one, by their member
	member   node // in the parent's children
}

// New returns the Transport of this process.
func New(cfg Config) *Transport {
	startPoller()
	t := &Transport{cfg: cfg}
	t.root = t
	return t
}

var _ transport.Transport = (*Transport)(nil)

// WithCancel implements transport.Transport. Any context can be watched; a nil
// one cannot.
func (t *Transport) WithCancel(ctx context.Context) (transport.Transport, func()) {
	v := &Transport{cfg: t.cfg, root: t.root, refused: t.refused}
	if ctx == nil {
		v.refused = "the view was made with a nil context"
		return v, func() {}
	}
	v.member.kick = v.cancel
	t.mu.Lock()
	if t.canceled.Load() {
		v.canceled.Store(true)
	} else {
		t.children.add(&v.member)
	}
	t.mu.Unlock()
	stop := context.AfterFunc(ctx, v.cancel)
	if ctx.Err() != nil {
		v.cancel() // AfterFunc's goroutine may be late; a done context cancels now
	}
	return v, func() {
		stop()
		v.cancel()
		t.mu.Lock()
		t.children.remove(&v.member)
		t.mu.Unlock()
	}
}

// WithoutCancel implements transport.Transport.
func (t *Transport) WithoutCancel() transport.Transport { return t.root }

func (t *Transport) cancel() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.canceled.Swap(true) {
		return
	}
	t.blocked.each((*node).call)
	t.children.each((*node).call)
}

// check is what every call that can be cancelled begins with.
func (t *Transport) check(op, path string) error {
	if t.refused != "" {
		return &transport.Error{Op: op, Path: path, Err: syscall.EINVAL, Detail: t.refused}
	}
	if t.canceled.Load() {
		return fail(op, path, syscall.ECANCELED)
	}
	return nil
}

// watch has n kicked when the view is cancelled. If it is already, the caller
// sees that when it looks at canceled, which it must do after watch.
func (t *Transport) watch(n *node) {
	if t == t.root {
		return // nothing cancels it
	}
	t.mu.Lock()
	t.blocked.add(n)
	t.mu.Unlock()
}

func (t *Transport) unwatch(n *node) {
	t.mu.Lock()
	t.blocked.remove(n)
	t.mu.Unlock()
}

func fail(op, path string, errno syscall.Errno) error {
	return &transport.Error{Op: op, Path: path, Err: errno}
}

func invalid(op, path, detail string) error {
	return &transport.Error{Op: op, Path: path, Err: syscall.EINVAL, Detail: detail}
}

// checkFile refuses what cannot be the path of a file before the kernel sees
// it: a NUL would cut the path short.
func checkFile(op, path string) error {
	if strings.IndexByte(path, 0) >= 0 {
		return invalid(op, path, "NUL in path")
	}
	return nil
}
