// Package transport is the slice of an operating system that programs talking
// over Unix-domain sockets need, as interfaces: connections and listeners,
// the files around them, a clock, tasks, and cancellation.
//
// A program written against [Transport] runs on the kernel (package realunix)
// and in a simulation (package simnet) without a change.
//
// # Deadlines
//
// Every call that can block takes a deadline, a point on the transport's own
// clock: the zero [time.Time] is never, a time not after Now (such as
// [Immediate]) means to try once without blocking. Every operation is tried
// before its deadline is looked at, so data that is there is delivered. A
// direction of a [Conn], and a [Listener], has a cap as well; the earlier of
// the two holds, and moving the cap acts on calls that are blocked.
//
// # Cancellation
//
// Cancellation is structured: [Transport.WithCancel] derives a view, and
// cancelling it ends everything that blocks in it, and in the views derived
// from it, with ECANCELED. [Group] starts tasks in such a view and waits for
// them; [Queue] and [Mutex] let tasks wait for each other. All three are built
// on [Notifier] and so run on every backend.
//
// # Errors
//
// Every error is an [*Error] with the system's errno, under errors.Is also
// reachable as os.ErrDeadlineExceeded, context.Canceled, net.ErrClosed and
// their kin. The end of a stream is the bare io.EOF.
//
// # The standard library
//
// [NetConn], [NetListener] and [Dialer] present a transport's sockets as
// net.Conn and net.Listener, with the error values that package net itself
// returns.
package transport
