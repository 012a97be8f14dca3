// Command brine joins standard input and output to a Unix-domain socket.
//
//	brine serve [flags] PATH   listen at PATH and talk to the first that connects
//	brine dial  [flags] PATH   connect to PATH and talk to whoever listens there
//	brine conform [flags]      compare brine's simulation with the running kernel
//	brine view  [flags] TRACE  turn the trace of a simulated run into a page
//
// Bytes are copied both ways at once. The end of standard input is passed on by
// half-closing the connection, and the peer's data is copied out until its
// stream ends. The command succeeds only if both directions ended in order; how
// it fails is told by its exit code, one for each errno. Run "brine help".
package main
