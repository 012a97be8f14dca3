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
// Up to "go" the new version may fail in any way, and the old one just goes on.
// There is one more way to lose a connection, easily missed: it was accepted, but
// the task that answers has yet to be started when the old version looks whether
// any task is left. The loop that accepts is a task like those, and is waited for.
//
// # What to look at first
//
//   - handover.go: Server.handOver and receive are the two sides of that talk.
//   - server.go: Server.Serve ends in the right order.
//   - handover_test.go: clients connect while one version replaces the other, in
//     every order that can be found, and when the new version dies before it is
//     ready.
//
// See it for real, between processes, with ten versions in two seconds:
//
//	go run ./examples/handover/cmd
package handover
