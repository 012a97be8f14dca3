// Package conform compares the rules by which simnet's sockets work with the
// kernel that runs.
//
// A script is a random sequence of system calls that do not block. It is carried
// out on the kernel and on the simulation's core, call by call, and after each
// the two are compared: result, errno, bytes, the numbers of descriptors and what
// they refer to, and which sockets became ready for what (edge-triggered epoll on
// the one side, the core's wake-ups on the other). Every 24 calls the poll mask,
// the queued bytes, the charge and the names of all sockets are compared as well.
// Short stories that chance would tell too rarely are woven in, and [Cases] says
// what has to occur for a comparison to be complete. With root's rights a second
// user takes part: the calls are made by one thread, which changes its own ids.
//
// A script on which the two differ is made as short as possible and reported as a
// program of calls. It is Linux's rules that are compared, so [Run] works on
// Linux only. Where the running kernel counts buffers differently (another size of
// pages, another version), scripts keep away from full buffers, and the [Report]
// says so.
//
// # What is not compared
//
//   - Circles of sockets in flight: a call that would make one sends no descriptors.
//     When the kernel collects them is its own affair (unix_gc); what it leaves is
//     compared in a story (TestCircles).
//   - Names of the kernel's choice (autobind): the core's are translated.
//   - Which inode numbers files have, and how many links directories have.
//   - Several processes. What there is of them (Exit, tables of their own) is
//     told in stories, and the order in which a dying process releases its
//     descriptors is compared with a real one that is killed (TestDeath).
//   - Sever, which is no call. It is compared with what it stands for: a process
//     between two connections that is killed (TestSever).
//   - ENFILE, ENOMEM, ENOBUFS, and all that the core says it does not model.
package conform
