// Package afunix is Linux's AF_UNIX SOCK_STREAM as a pure state machine:
// sockets, the names they are found by, descriptor tables, and the death of
// processes.
//
// A [Kernel] is a plain value. No operation blocks, starts anything, or reads
// a clock. Each returns its result, an errno (0 for success, EAGAIN for what
// would block) and, where it can make somebody ready, the list of [Waiter]
// values that became so. Whoever drives it (goroutines, a scheduler, the
// comparison with the real kernel) does what waiting there is:
//
//	n, errno, woken := k.Send(proc, d, bufs, nil)
//	for _, w := range woken { … wake who waits for w … }
//	if errno == syscall.EAGAIN { … wait for {k.ID(proc, d), Out}, then try again … }
//
// A Kernel is not safe for concurrent use. The returned list, like every slice
// that an operation returns, is valid until the next operation.
//
// # What waits for what
//
//	Recv, Read   EAGAIN: Waiter{ID of the socket, In}
//	Send         EAGAIN: Waiter{ID of the socket, Out}
//	Accept       EAGAIN: Waiter{ID of the listener, In}
//	Connect      EAGAIN: Waiter{the ID that Connect returned, Slot}, and Names,
//	             since by the next try the name may lead elsewhere
//	Lock         EAGAIN: Waiter{the ID that Lock returned, Unlocked}, and Names
//
// Waiters are events, not states: one is reported whenever edge-triggered epoll
// would, whether anyone waits or not, and a woken caller has to try again. The
// rules are the kernel's to the point, and compared with it.
//
// # Fidelity
//
// Every rule is compared with the running kernel by package
// simnet/conform. A quirk is named where it is modelled, with the kernel
// function that it comes from (net/unix/af_unix.c unless said otherwise).
//
// # What is not modelled
//
//   - Circles of sockets in flight are collected at once, not a little later.
//   - Datagram and sequenced-packet sockets can be bound and passed, so that a
//     stream socket finds them; nothing else about them is right.
//   - Files have no content. flock(2) of a socket is EINVAL here, and works there.
//   - MSG_OOB, SO_PASSCRED, SO_PEEK_OFF, SO_RCVLOWAT, splice, and everything that
//     blocks in the kernel are not there.
//   - Names that the kernel chooses are counted up here; there, from a random start.
//   - ENFILE is here, but not compared; ENOMEM and ENOBUFS do not happen by themselves.
package afunix
