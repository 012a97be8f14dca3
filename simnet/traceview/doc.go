// Package traceview turns the trace of a run into something to look at: a page
// for a browser ([Write]), or the format of Perfetto and chrome://tracing
// ([WriteTraceEvent]).
//
// The page is one HTML file that needs nothing else, neither network nor server.
// At its top stands what the run failed by, in the words of the failure; the diagram
// opens where the run leaves the calm one.
//
// Tasks are lanes, grouped by process, and time runs downwards: a row for each
// event, in the order of their effects, and a band wherever virtual time passes,
// however much of it. Bytes are lines from the Send to the Recv that took them,
// which run along the lane of the receiver for as long as they wait in its buffer.
// Where a task waited its lane is wide. What was not calm is marked.
//
// The event that is selected is explained beside that: what it was given and what
// came of it, what its errno means, where in the program it was called, who waited
// for what at that moment, and in which state the sockets and processes were, as
// far as the trace tells: which bytes are unread and how full the send buffer is
// that they came through, which connections wait to be accepted, what is shut down,
// closed, or on its way in a message, how many descriptors each process has. With a
// trace of the calm run the page shows both, side by side, and where they begin to
// differ.
//
// All of it can be done by keyboard (? lists the keys), and there is a table for
// who would rather read, or have it read out.
//
// Traces may come from anywhere: what [simnet.ReadTrace] accepts is shown, names
// are text and never markup, and the page forbids itself every script but its own.
package traceview
