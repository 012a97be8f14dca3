// Package proptest tests properties of programs on Unix-domain sockets: a body
// sets up processes, and is executed with many data, in many schedules and with
// many faults.
package proptest
