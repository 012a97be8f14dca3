//go:build unix

package realunix

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// A desc is a descriptor number and the references to it. Every call holds one
// while it uses the number, so that the number cannot be closed, and reused by
// somebody else, under a call. After close no new reference can be had.
//
// The number belongs to desc until poller is called, and to file from then on.
type desc struct {
	fd      int
	state   atomic.Int64  // 2 for every reference, and 1 once closed
	drained chan struct{} // made by shut; signalled when the last reference goes

	mu   sync.Mutex // guards the making of drained and file
	file *os.File   // the number, known to the runtime's poller; nil until a call blocks
	raw  syscall.RawConn
}

// acquire takes a reference. It reports false if the descriptor is closed.
func (d *desc) acquire() bool {
	if d.state.Add(2)&1 == 0 {
		return true
	}
	d.release()
	return false
}

func (d *desc) release() {
	if d.state.Add(-2) == 1 {
		select {
		case d.drained <- struct{}{}:
		default:
		}
	}
}

// lost closes a descriptor that was dropped without Close, as packages net and
// os do. It is what the garbage collector calls; nothing that d refers to may
// lead back to what was dropped.
func (d *desc) lost() {
	if d.shut() {
		d.close()
	}
}

func (d *desc) closed() bool { return d.state.Load()&1 != 0 }

// shut lets no further reference be taken. It reports false if that has been
// done before. The caller goes on to wake blocked calls, and then to close.
func (d *desc) shut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed() {
		return false
	}
	d.drained = make(chan struct{}, 1)
	d.state.Or(1)
	return true
}

// drain waits until all references are gone. It follows a shut that reported
// true, and whatever had to be done to end blocked calls.
func (d *desc) drain() {
	for d.state.Load() != 1 {
		<-d.drained
	}
}

// close closes the number once all references are gone; see drain.
func (d *desc) close() {
	d.drain()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != nil {
		d.file.Close()
		return
	}
	unix.Close(d.fd)
}

// poller registers the number with the runtime's poller, which costs a system
// call now and some time on every message later, and therefore waits until a
// call must block for the first time. The caller holds a reference.
func (d *desc) poller() (*os.File, syscall.RawConn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file == nil {
		// What the descriptor refers to may be shared with somebody who has made
		// it blocking since (a shell does, with its standard input); the poller
		// takes only what is not.
		if err := unix.SetNonblock(d.fd, true); err != nil {
			return nil, nil, err
		}
		f := os.NewFile(uintptr(d.fd), "unix")
		raw, err := f.SyscallConn()
		if err != nil {
			return nil, nil, err
		}
		d.file, d.raw = f, raw
	}
	return d.file, d.raw, nil
}
