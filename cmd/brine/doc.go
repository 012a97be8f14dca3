// Command brine tests programs that talk over Unix-domain sockets, on a simulated
// machine, and joins standard input and output to a real socket.
//
//	brine demo                         see in a few seconds what brine does
//	brine run [flags] [NAME]           explore an example program until a run fails
//	brine replay [flags] NAME SCRIPT   execute a script on an example program
//	brine view [flags] TRACE           turn the trace of a run into a page to look at
//	brine serve [flags] PATH           listen at PATH and talk to the first that connects
//	brine dial [flags] PATH            connect to PATH and talk to whoever listens there
//	brine conform [flags]              compare the simulated sockets with the kernel
//	brine completion SHELL             write what has a shell complete brine's flags
//
// Of serve and dial, bytes are copied both ways at once. The end of standard input
// is passed on by half-closing the connection, and the peer's data is copied out
// until its stream ends. They succeed only if both directions ended in order; how
// they fail is told by the exit code, one for each errno. Run "brine help".
package main
