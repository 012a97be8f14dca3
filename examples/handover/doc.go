// Package handover is a server that is replaced by its new version while clients
// come and go, and none of them notices.
//
// # The story
//
// To install a new version one stops the old and starts the new ([Server].Reopen).
// The old one closes its listener, and whoever has connected and was not accepted
// yet is thrown out: ECONNRESET. Until the new one listens, whoever connects is
// refused. On a quiet machine, nobody happens to.
//
// A connection that waits to be accepted belongs to the listening socket, not to a
// process. So the old version passes a descriptor of that socket to the new one, as
// HAProxy and systemd do, and nothing is closed at any time:
//
//	new  connects to the old version's control socket
//	old  passes its two listening descriptors, and goes on serving
//	new  is prepared: "ready"
//	old  "go": from now on it is the new version's
//	old  stops accepting, answers whom it has accepted, and ends
//
// Up to "go" the new version may fail in any way, and the old one just goes on. From
// then on the new version's death is that of any server: its clients are lost, and
// it has to be started again.
//
// The lock that the first version holds (Takeover) is not passed on. None is needed
// as long as the listener lives: whoever starts finds it by its control socket.
//
// One more way to lose a connection is easily missed: it was accepted, but is not
// yet in the hands of a task when the old version looks whether any is left. So the
// loop that accepts is one of the tasks that are waited for. (The simulation does
// not find that one: between two calls of its transport a task is not interrupted.
// What it cannot find is in the documentation of package simnet.)
//
// # What to look at first
//
//   - handover.go: Server.handOver and receive are the two sides of that talk.
//   - server.go: Server.Serve ends in the right order.
//   - handover_test.go: clients connect while one version replaces the other, in
//     every order that can be found, and while the new one or the old one dies in
//     the middle of it.
//
// See it for real, between processes, with ten versions in two seconds; with -wrong,
// clients are lost:
//
//	go run ./examples/handover/cmd
package handover
