package proptest

import (
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// Config says how a property is tested. The zero value is what [Check] and the
// other functions use. What a flag or a variable of the environment says goes
// before it; see the package's documentation.
type Config struct {
	Runs     int           // how many at most; 0 is 1,000, or any number if there is a Time
	Time     time.Duration // real time that runs are begun in; 0 is any
	Seed     uint64        // 0 is a new one each time, which is printed
	Strategy string        // one of explore.Names; "" is portfolio
	Cores    int           // how many runs are executed at once; 0 is GOMAXPROCS

	// Verify has every n-th run executed twice and compared step by step, the first
	// of all among them; 0 is every 1024th, a negative number none.
	Verify int

	// Faults are what may fail, and how often: each kind that is on here has to strike
	// in some run, or the test fails, unless Unfired says why it cannot.
	Faults  simnet.Faults
	Unfired map[simnet.Fault]string

	// Unseen says of labels of [Sim.Sometimes] and [Sim.Always] why they are not
	// reached in this test. Such a label that is reached after all fails it.
	Unseen map[string]string

	// FaultSteps is after how many operations of a run the faults end, and Within
	// how long, in virtual time, a foreground call without a deadline may be blocked
	// from then on, or once [Sim.Finally] begins. 0 is 10,000 operations and an hour.
	FaultSteps int
	Within     time.Duration

	// World is the machine: its buffers and limits. Its Clock, Chooser, Faults,
	// Trace, Once, Name, FaultSteps and Within are not looked at.
	World simnet.Config

	// Isolated declares that processes share no memory: no variable that one writes
	// is read or written by another, oracles included. Only then can [Config.Exhaust]
	// leave out runs that are like others.
	Isolated bool

	// Real returns the transport of one process, for the backend "real": a
	// realunix.Transport, say. It is called once for each process of each run.
	Real func(t testing.TB) transport.Transport
}
