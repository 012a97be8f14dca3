//go:build unix

// Package realunix is the transport of the kernel that runs: AF_UNIX stream
// sockets by socket, bind, listen, accept4, connect, sendmsg and recvmsg, and
// the Go runtime's poller for waiting.
//
// A Transport stands for this process. Several in one program are views of the
// same process: they share its working directory, its umask, its credentials
// and its table of descriptors with its limit, and a descriptor of one can be
// used with another. (To have two processes, start two.)
//
// # Cost
//
// An operation is tried by its system call first; poller, timers and
// cancellation are touched only if it would block. Sending and receiving
// allocate nothing. A connection on which answers have lately come within
// microseconds retries for a few before it parks, because parking puts the
// processor to sleep: see [Config.NoSpin].
//
// # Systems
//
// Linux, macOS and the BSDs. Abstract names are Linux's. Where a system cannot
// do what is asked the answer is ENOTSUP, never something like it.
package realunix
