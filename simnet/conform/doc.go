// Package conform compares the rules by which simnet's sockets work with the
// kernel that runs.
//
// A script is a random sequence of system calls that do not block. It is carried
// out on the kernel and on the simulation's core, call by call, and after each
// the two are compared: result, errno, bytes, the numbers of descriptors and what
// they refer to, and which sockets became ready (edge-triggered epoll on the one
// side, the core's wake-ups on the other). Every few calls the poll mask, the
// queued bytes, the charge and the names of all sockets are compared as well.
//
// A script on which they differ is made as short as possible and reported as a
// program of calls. It is Linux's rules that are compared, so [Run] works on
// Linux only.
package conform
