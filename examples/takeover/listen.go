package takeover

import (
	"errors"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

const backlog = 8

// Listen takes the daemon's place at path. Of any number of instances one has it;
// when it dies, the next that asks does. It does not block.
//
// Errors: EADDRINUSE if another instance has it, which serves, or is about to begin
// or to end: whoever has to have a daemon asks it something, and starts another if
// there is no answer. Those of [ipc.Listen].
func Listen(tr transport.Transport, path string) (*ipc.Listener, error) {
	return ipc.Listen(tr, path, backlog, transport.ListenConfig{
		Mode:     0o600,
		Takeover: true, // by a lock on path+".lock", kept while it listens
		Unlink:   true,
	})
}

// ListenUnlinking is the usual way, and wrong: it removes a file that another
// instance may have made since it was looked at. It does not block, and has the
// errors of Listen.
func ListenUnlinking(tr transport.Transport, path string) (*ipc.Listener, error) {
	c, err := tr.Dial(path, transport.Immediate)
	if err == nil {
		c.Close()
		return nil, &transport.Error{Op: "listen", Path: path, Err: syscall.EADDRINUSE, Detail: "a daemon answers there"}
	}
	if errors.Is(err, syscall.ECONNREFUSED) { // a file, and nobody who listens: it is a dead daemon's
		tr.Remove(path)
	}
	return ipc.Listen(tr, path, backlog, transport.ListenConfig{Mode: 0o600, Unlink: true})
}
