// Package takeover is a daemon of which there is to be one at a time, and which
// takes the place of one that died.
//
// # The story
//
// A daemon that is killed leaves its socket file behind. The next one cannot bind
// its name: EADDRINUSE. So daemons learn to look whether anyone answers there,
// and to remove the file if nobody does ([ListenUnlinking]). That works, until two
// instances are started at once, by two clients that have both found nobody, or by
// a supervisor and an impatient person. Both look and are refused. One removes the
// stale file and listens; then the other removes the file of the one that listens.
// Now there are two daemons, each certain that it is the only one, and one of them
// nobody reaches any more.
//
// Between the look and the removal everything can change, and there is no call
// that does both. What helps is a lock that is taken before and kept for as long
// as the daemon serves, and that the kernel releases when it dies: that is
// [transport.ListenConfig]'s Takeover ([Listen]). The lock file stays for ever: whoever
// removes it lets two daemons in again. And each instance has to take the lock: one of
// an older version that does not is as dangerous as ever.
//
// # What to look at first
//
//   - listen.go: both ways to listen, thirty lines.
//   - takeover_test.go: the test that finds two daemons in the one and none in the
//     other, while processes are killed, paused, and short of descriptors.
//   - sim.go: what both that test and the command explore: the roles that are
//     played, and what must never happen.
//
// See it for real, between processes, one of them killed; with -wrong, until two
// daemons serve:
//
//	go run ./examples/takeover/cmd
package takeover
