// Package broker passes messages from publishers to subscribers, some of whom are
// slow, and one of whom has been suspended by ^Z and never reads again.
//
// # The story
//
// A broker that sends each message to one subscriber after the other works for as
// long as everybody reads ([Broker].Direct). The kernel helps: what a subscriber
// has not read yet fits into its socket's buffer. When one stops reading, that
// buffer fills, some hundred kilobytes later the broker waits in Send, and with it
// wait all other subscribers and every publisher. A queue without limit for each
// subscriber helps until memory is full; a queue that drops what has no room loses
// messages, and nobody is told.
//
// What one can have is this:
//
//   - For each subscriber a queue with a limit, and a task that empties it.
//   - Back-pressure: while a queue is full, the publisher waits for its
//     acknowledgement. Fast publishers become as slow as subscribers are, for a
//     while ([Broker].Grace).
//   - After that, the subscriber is cut off. It sees the end of its stream, and may
//     subscribe again. Messages are numbered, so that it knows what it has missed.
//
// So a message whose turn it is is held up for Grace at most, what waits for a
// subscriber has a limit, and nothing is lost unnoticed, as long as the broker lives:
// one that is started again counts from 1. Whoever needs more has the broker say which
// life it is in, as package atmostonce does.
//
// # What to look at first
//
//   - broker.go: Broker.publish and Broker.subscriber, the two sides of a queue.
//   - broker_test.go: with small buffers, the broker that sends directly comes to
//     a standstill. No assertion is needed to find it: the run ends in a deadlock,
//     and the report draws who waits for whom.
//   - sim.go: the subscriber that does not read, and the one that counts.
//
// See it for real, between processes, one of them stopped by a signal; with -wrong,
// nobody is served any more:
//
//	go run ./examples/broker/cmd
package broker
