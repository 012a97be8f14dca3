// Package simnet is the transport of a machine that exists in memory: processes
// with users, working directories and descriptor tables, a tree of files, and
// AF_UNIX stream sockets by Linux's rules, errno for errno. Nothing of it can be
// seen outside the program, and nothing of the real machine in it.
//
// A [World] is a machine, a [Process] one of its processes, which is a
// [transport.Transport]:
//
//	w := simnet.NewWorld(simnet.Config{})
//	server, client := w.Process("server"), w.Process("client")
//	l, err := server.Listen("/run/app.sock", 8, transport.ListenConfig{Mode: 0o600})
//	c, err := client.Dial("/run/app.sock", time.Time{})
//
// Where a test has net.Pipe or a listener in memory, [Pipe] and [NewListener]
// take their place in one line.
//
// # Free mode
//
// Callers are ordinary goroutines, any number at once, and the clock is the real
// one unless [Config] has another, such as a clock.Mock that the test moves. A
// call that blocks parks its goroutine on a channel, holding nothing: inside a
// bubble of testing/synctest it is durably blocked, and time goes on. Make the
// World inside the bubble whose goroutines use it.
//
// What a call waits for, it is given by the one who brings it about, before that
// one's call returns: calls that are blocked in one direction of a socket are
// served in the order in which they came, those of different processes included.
// simnet starts no goroutine but those it is asked for: by Go, Background,
// AfterFunc, and by a context that ends.
//
// # Failing
//
// Limits can be lowered ([Process.SetNOFILE], [World.SetMaxFiles]), files made,
// changed and taken away ([World.Chmod], [World.SetReadOnly] and others), a
// process killed and started again ([Process.Kill], [Process.Restart]), and the
// next call that makes a descriptor made to fail ([Process.Fault]).
package simnet
