package protocol

import (
	"testing"
	"time"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// A proof is a program so small that every run of it with at most so many
// deviations from the calm one can be executed: three or more.
type proof struct {
	name   string
	says   string
	body   func(s *proptest.Sim, e env)
	faults simnet.Faults
	bound  int // how many deviations from the calm run there may be
}

var (
	calm    simnet.Faults
	resets  = simnet.Faults{simnet.FaultReset: {Rate: rate}}
	killing = simnet.Faults{simnet.FaultKill: {Rate: rate, Max: 1}}
	hasty   = simnet.Faults{simnet.FaultEarly: {Rate: rate}}
)

// proofs are of connecting and accepting, of sending and receiving, of done, and
// of both sides closing at once; each of them without faults, with resets, with
// deadlines that come in the middle, and with deadlines that come while tasks could
// run.
var proofs = []proof{
	{"connect", "two clients, and room for both to wait", connecting, calm, 4},
	{"connect reset", "a client, and a reset at any moment", connectingOnce, resets, 4},
	{"connect deadline", "three clients and a server with deadlines, and room for one to wait", connectingInTime, calm, 3},
	{"connect early", "two clients and a server, with deadlines that come early", connecting, hasty, 3},
	{"transfer", "two sends, received in other pieces, to the end", transfer, calm, 5},
	{"transfer reset", "the same, with a reset at any moment", transfer, resets, 5},
	{"transfer deadline", "sends and receives that come too late, or almost", transferInTime, calm, 5},
	{"transfer early", "the same, with deadlines that come early", transferInTime, hasty, 5},
	{"done", "each side is done, twice, and receives what the other has to say", done, calm, 5},
	{"done reset", "the same, with a reset at any moment", done, resets, 5},
	{"done deadline", "receives that wait for the end, until their deadlines", doneInTime, calm, 5},
	{"done early", "the same, with deadlines that come early", doneInTime, hasty, 5},
	{"close", "both sides close at once, with bytes on their way", closing, calm, 5},
	{"close reset", "the same, with a reset at any moment", closing, resets, 5},
	{"close deadline", "closing after a failure, and with a peer who does not close in time", closingInTime, calm, 4},
	{"close early", "the same, with deadlines that come early", closingInTime, hasty, 4},
	{"transfer kill", "a client and a server, and either is killed at any moment", transferKilled, killing, 4},
	{"takeover kill", "two instances of one server and a client, and any of them is killed at any moment", takingOver, killing, 3},
}

func (p proof) config() proptest.Config {
	return proptest.Config{Faults: p.faults, World: simnet.Config{Tidy: true, Steps: 20_000}}
}

func (p proof) run(s *proptest.Sim) { p.body(s, envOf(p.faults)) }

// TestCertificates executes every run of each of them. How many that were, the page
// says, by -update.
func TestCertificates(t *testing.T) {
	ran := map[string]int{}
	for _, p := range proofs {
		t.Run(p.name, func(t *testing.T) {
			bound := p.bound
			if testing.Short() {
				bound = 2
			}
			ran[p.name] = p.config().Exhaust(t, bound, p.run).Runs
		})
	}
	if *update && !testing.Short() && len(ran) == len(proofs) {
		store(t, counts, ran)
	}
}

// transferKilled is of two processes, one of which is killed.
func transferKilled(s *proptest.Sim, e env) {
	meet(s, e,
		func(x *side, tr transport.Transport, _ func()) {
			x.send([]byte("abc"), never)
			x.done()
			x.recv(make([]byte, 1), never)
			x.abort()
		},
		func(y *side, tr transport.Transport, _ func()) {
			y.recv(make([]byte, 1), never)
			y.recv(make([]byte, 2), never)
			y.send([]byte("x"), never)
			y.close(never)
		})
	s.Run()
}

// takingOver is of two instances, one of which is killed.
func takingOver(s *proptest.Sim, e env) {
	contest{Instances: [][]reign{{{0, 1}}, {{0, 1}, {1, 0}}}, Visits: 1}.hold(s, e)
}

func connecting(s *proptest.Sim, e env) {
	day{
		Backlog:   1,
		Acceptors: [][]visit{{{0, 5, 0}, {0, 5, 0}}},
		Clients:   [][]visit{{{0, 5, 0}}, {{0, 5, 0}}},
		Victim:    -1,
	}.pass(s, e)
}

func connectingOnce(s *proptest.Sim, e env) {
	day{
		Acceptors: [][]visit{{{0, 5, 0}}},
		Clients:   [][]visit{{{0, 5, 0}}},
		Victim:    -1,
	}.pass(s, e)
}

func connectingInTime(s *proptest.Sim, e env) {
	day{
		Acceptors: [][]visit{{{3, 1, 0}, {0, 1, 0}, {0, 0, 0}}},
		Clients:   [][]visit{{{0, 0, 0}}, {{1, 1, 0}}, {{1, 3, 0}}},
		Victim:    -1,
	}.pass(s, e)
}

// between runs two tasks of one process, one at each end of a pair.
func between(s *proptest.Sim, e env, a, b func(x *side)) {
	s.Process("p", func(tr transport.Transport) {
		x, y := paired(s, e, tr)
		tasks(s, tr, func() { a(x) }, func() { b(y) })
		for _, x := range []*side{x, y} {
			if !x.gone {
				x.abort()
			}
		}
	})
	s.Run()
}

func transfer(s *proptest.Sim, e env) {
	between(s, e,
		func(a *side) {
			a.send([]byte("abc"), never)
			a.send([]byte("de"), never)
			a.send(nil, never)
			a.recv(make([]byte, 1), never)
			a.done()
		},
		func(b *side) {
			b.send([]byte("x"), never)
			b.recv(make([]byte, 1), never)
			b.recv(make([]byte, 3), never)
			b.recv(make([]byte, 2), never)
			b.recv(make([]byte, 1), never)
		})
}

// flood is more than a buffer holds.
var flood = make([]byte, 400_000)

func transferInTime(s *proptest.Sim, e env) {
	between(s, e,
		func(a *side) {
			start := a.tr.Now()
			ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
			a.recv(make([]byte, 1), ms(1))
			a.recv(make([]byte, 1), ms(1))
			a.send([]byte("ab"), ms(1))
			a.send(flood, ms(2))
			a.send([]byte("c"), never)
		},
		func(b *side) {
			start := b.tr.Now()
			ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
			b.tr.Sleep(ms(1))
			b.recv(make([]byte, 1), ms(1))
			b.recv(make([]byte, 1), transport.Immediate)
			b.send([]byte("x"), transport.Immediate)
		})
}

func done(s *proptest.Sim, e env) {
	between(s, e,
		func(a *side) {
			a.send([]byte("ab"), never)
			a.done()
			a.done()
			a.send([]byte("c"), never)
			a.recv(make([]byte, 1), never)
			a.recv(make([]byte, 1), never)
			a.close(never)
		},
		func(b *side) {
			b.recv(make([]byte, 2), never)
			b.recv(make([]byte, 1), never)
			b.recv(make([]byte, 1), never)
			b.send([]byte("x"), never)
			b.done()
			b.close(never)
		})
}

func doneInTime(s *proptest.Sim, e env) {
	between(s, e,
		func(a *side) {
			a.tr.Sleep(a.within(1))
			a.done()
			a.recv(make([]byte, 1), a.within(1))
			a.done()
		},
		func(b *side) {
			b.recv(make([]byte, 1), b.within(1))
			b.send([]byte("x"), b.within(1))
			b.done()
			b.recv(make([]byte, 1), b.within(1))
		})
}

func closing(s *proptest.Sim, e env) {
	between(s, e,
		func(a *side) {
			a.send([]byte("a"), never)
			a.close(never)
			a.close(never)
		},
		func(b *side) {
			b.send([]byte("b"), never)
			b.recv(make([]byte, 1), never)
			b.close(never)
		})
}

func closingInTime(s *proptest.Sim, e env) {
	s.Process("p", func(tr transport.Transport) {
		a, b := paired(s, e, tr)
		c, d := paired(s, e, tr)
		start := tr.Now()
		ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
		tasks(s, tr,
			func() {
				a.recv(make([]byte, 1), ms(1))
				a.close(ms(2))
				a.send([]byte("a"), never)
			},
			func() {
				tr.Sleep(ms(1))
				b.send([]byte("b"), never)
				tr.Sleep(ms(4))
				b.close(ms(5))
			},
			func() {
				c.send(flood, ms(1))
				c.close(ms(3))
			})
		d.abort()
	})
	s.Run()
}
