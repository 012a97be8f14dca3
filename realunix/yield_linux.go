package realunix

import "golang.org/x/sys/unix"

// yieldThread lets another thread have this processor (sched_yield(2)). The
// kernel likes to wake a thread on the processor of the one that woke it: the
// side that is waited for may be queued right behind the one that waits.
func yieldThread() { unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
