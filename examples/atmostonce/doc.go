// Package atmostonce is request and response with deadlines and retries, where
// what is requested must not happen twice: a client has a cash box give out notes.
//
// # The story
//
// A client sends a request and waits for the response. None comes: the connection
// was reset, or time is up. Was the request lost, or the response? The client
// cannot know, so it asks again, and a server that does whatever it is told
// (Server.Forgetful) gives the notes out a second time.
//
// A server that remembers answers again instead. Each client has a number that
// nobody else has, and numbers its requests; a retry has the number of the first
// try. The server keeps, for each client, the number of its last request and what
// it answered. Three things are easily missed, and tested:
//
//   - The first try may still be under way when the retry comes, on another
//     connection. The retry has to wait for it: a [transport.Mutex] is held while
//     notes are given out.
//   - A try that the client has long given up may arrive after a later request.
//     It is not carried out any more.
//   - A server that was started again remembers nothing. It must not be asked to
//     repeat what its predecessor may have done: each life of the server has a
//     number, which it says when a client connects, and a client that meets
//     another than at its first try reports [ErrUnknown]. That is what is meant by
//     at most once: sometimes nobody can say, and then it is said.
//
// # What to look at first
//
//   - server.go: Server.carryOut is where it is decided.
//   - client.go: Client.Call is a retry that knows when to stop.
//   - atmostonce_test.go and sim.go: connections are reset, the server is started
//     again, clocks are late; and nothing is ever given out twice.
//
// What is not so: that every request is carried out. A server that may not forget
// when it dies has to write down what it has done, together with doing it.
//
// See it for real, between processes, one of them killed again and again; with -wrong,
// notes are given out twice:
//
//	go run ./examples/atmostonce/cmd
package atmostonce
