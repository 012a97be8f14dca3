package protocol

import (
	"example.com/brine/proptest"
	"example.com/brine/simnet"
)

// A property is a law about what package ipc does, as a program.
type property struct {
	name string
	says string
	body func(s *proptest.Sim, e env)
	with []string // under which faults it is run, by name; nil: one task, no faults, and few runs
}

// properties are all there are. What is decided soonest comes first, for the sake
// of TestMutants.
var properties = []property{
	{"handles", "what is nil, zero or closed is EBADF", handles, nil},
	{"storage", "none, and what is in use, is EINVAL; what was closed can be used and remembers nothing", storage, nil},
	{"adoption", "fromfd takes a descriptor of the right kind, and on failure leaves it", adoption, nil},
	{"names", "which paths there are, and which are none", names, nil},
	{"files", "a listener's file stays, or is removed if it is its own still", files, nil},
	{"clocks", "libdill's milliseconds", clocks, nil},
	{"errors", "every error has its errno, and what os, net and context call the same", errorsTell, nil},
	{"read-ahead", "what was read ahead counts as received, and what was not is a reset", readsAhead, nil},
	{"refusals", "what was not even begun ends nothing", refusals, nil},
	{"identity", "who is at the other end, and who may be", identity, []string{"none"}},
	{"cancellations", "what is blocked comes back with ECANCELED in the moment its view is cancelled, and so does what could block later",
		cancellations, []string{"none", "pieces"}},
	{"rules", "rules 1 to 8: what each call may answer, given what both sides have done", rulesHold,
		[]string{"none", "time", "pieces", "reset", "memory", "files", "all"}},
	{"streams", "what was sent, in order, is what is received; nothing is lost if both sides close in order", streams,
		[]string{"none", "time", "pieces", "reset", "kill", "all"}},
	{"passing", "a descriptor arrives where it was sent; one that nobody asks for is closed", passing,
		[]string{"none", "time", "pieces", "reset", "files", "kill", "all"}},
	{"deaths", "rules, with either side killed at any point", deaths,
		[]string{"none", "time", "pieces", "reset", "kill", "all"}},
	{"queues", "who connects waits for room, who accepts is given the one that has waited longest, until their deadlines", queues,
		[]string{"none", "time", "cut", "files", "full", "names"}},
	{"takeovers", "of any number of instances one listens, and there is always a successor", takeovers,
		[]string{"none", "time", "files", "restart", "names"}},
	{"floods", "a close that waits for a peer who never stops sending gives up at its deadline", floods, []string{"none"}},
}

// few is how many runs suffice where one task decides nothing.
const few = 5

// runs returns how many of n runs the property takes.
func (p property) runs(n int) int {
	switch {
	case p.with == nil:
		return min(n, few)
	case p.name == "floods": // megabytes in each
		return max(1, n/20)
	}
	return n
}

// A variant is faults under which a property is run.
type variant struct {
	name   string
	faults simnet.Faults
}

// rate is how often each fault strikes: one in 33.
const rate = 65536 / 33

// mixtures are faults that go together.
var mixtures = []struct {
	name   string
	faults []simnet.Fault
}{
	{"none", nil},
	{"time", []simnet.Fault{simnet.FaultEarly, simnet.FaultLate, simnet.FaultJump, simnet.FaultPause}},
	{"pieces", []simnet.Fault{simnet.FaultShort, simnet.FaultBuffer}},
	{"reset", []simnet.Fault{simnet.FaultReset, simnet.FaultShort}},
	{"cut", []simnet.Fault{simnet.FaultReset}},
	{"kill", []simnet.Fault{simnet.FaultKill, simnet.FaultShort, simnet.FaultBuffer}},
	{"restart", []simnet.Fault{simnet.FaultKill, simnet.FaultRestart}},
	{"memory", []simnet.Fault{simnet.FaultENOBUFS, simnet.FaultENOMEM}},
	{"files", []simnet.Fault{simnet.FaultEMFILE, simnet.FaultENFILE, simnet.FaultENOMEM}},
	{"names", []simnet.Fault{simnet.FaultRemoved, simnet.FaultReplaced, simnet.FaultForbidden, simnet.FaultDirGone}},
	{"full", []simnet.Fault{simnet.FaultFull}},
	{"all", []simnet.Fault{
		simnet.FaultEarly, simnet.FaultLate, simnet.FaultJump, simnet.FaultPause, simnet.FaultShort, simnet.FaultBuffer,
		simnet.FaultReset, simnet.FaultKill, simnet.FaultENOBUFS, simnet.FaultENOMEM, simnet.FaultEMFILE, simnet.FaultENFILE,
	}},
}

func mixture(name string) (faults []simnet.Fault) {
	for _, m := range mixtures {
		if m.name == name {
			return m.faults
		}
	}
	panic("there is no mixture " + name)
}

func (p property) variants() (list []variant) {
	if p.with == nil {
		return []variant{{name: "none"}}
	}
	for _, name := range p.with {
		v := variant{name: name}
		for _, f := range mixture(name) {
			v.faults[f] = simnet.Setting{Rate: rate}
			if f == simnet.FaultKill || f == simnet.FaultRestart {
				v.faults[f].Max = 1
			}
		}
		list = append(list, v)
	}
	return list
}
