// Package examples is a list of whole small programs, each in a wrong and a right
// version. Each is a package of its own, which says what to look at first; this
// one is for those who explore them all, such as the command.
package examples

import (
	"example.com/brine/examples/atmostonce"
	"example.com/brine/examples/broker"
	"example.com/brine/examples/handover"
	"example.com/brine/examples/takeover"
	"example.com/brine/simnet"
)

// A Program is one of them.
type Program struct {
	Name  string
	Story string // in one line
	Wrong string // what the wrong version does, in one line

	// Build returns the program to explore, with [simnet.Run] or explore.World: its
	// processes, and what must never happen, as assertions by World.TB.
	Build func(wrong bool) func(w *simnet.World)

	// World is the machine that it is to be explored on, with the faults that the
	// right version endures. The wrong one needs some of them to be found wrong, or
	// none; in the calm run it passes.
	World simnet.Config
}

// All returns the programs, in the order in which to look at them.
func All() []Program {
	return []Program{
		{
			Name:  "takeover",
			Story: "a daemon takes the place of one that died and left its socket file",
			Wrong: "it removes the stale file, which is another daemon's by now",
			Build: takeover.Build,
			World: takeover.World(),
		},
		{
			Name:  "atmostonce",
			Story: "a client asks again when no answer comes, and it must not happen twice",
			Wrong: "the server carries out whatever it is told",
			Build: atmostonce.Build,
			World: atmostonce.World(),
		},
		{
			Name:  "broker",
			Story: "messages are passed on to subscribers, one of whom does not read",
			Wrong: "the broker sends to one after the other, and waits for each",
			Build: broker.Build,
			World: broker.World(),
		},
		{
			Name:  "handover",
			Story: "a server's new version takes over while clients connect",
			Wrong: "the old version closes its listener, and the new one opens it again",
			Build: handover.Build,
			World: handover.World(),
		},
	}
}
