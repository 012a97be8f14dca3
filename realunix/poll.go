//go:build unix

package realunix

import (
	"os"
	"sync"
)

// startPoller has the runtime make its poller's descriptors. It makes them when
// they are first needed, and if a process has no descriptor left by then, which is
// when a call of ours first has to wait, it is no error but the end of the process
// ("netpollinit failed").
var startPoller = sync.OnceFunc(func() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
})
