// Package protocol holds package ipc to libdill's rules in every order and under
// every fault that package simnet knows. It has tests only.
//
// Where package ipctest tells stories, each with its end, this has laws. A side
// is a connection with what the rules say of it: two directions, usable, ended or
// failed, and what each side has done so far. Every call that a property
// makes goes through it, and is held against the answers that the rules leave at
// that moment; what is sent and received is held against a [proptest.Stream].
// So a property is just a program, and what it asserts is what every program may
// rely on.
//
// The properties are run in random orders, with faults and without
// (TestProperties), by every strategy (TestStrategies). Of the smallest programs
// every run with at most three to five deviations from the calm one is executed
// (TestCertificates). And each rule is broken on purpose, in a line or two, to see
// that they notice (TestMutants); docs/protocol.md has the table. PROTOCOL_RUNS is
// how many runs there are in all.
//
//	go test ./proptest/protocol
//	PROTOCOL_RUNS=1000000 go test ./proptest/protocol -run Properties -timeout 2h
//	go test ./proptest/protocol -run Mutants -mutants -v
package protocol
