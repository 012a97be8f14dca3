package scoreboard

import (
	"example.com/brine/proptest"
	"example.com/brine/simnet"
)

// A Program is a small IPC program with one bug, and the same program without it.
type Program struct {
	Name string
	Bug  string // in a sentence, as it happens in life

	// Deviations is how many a run has at least in which the bug shows.
	Deviations int

	// Config has the faults without which the bug cannot happen; if it has none,
	// the order in which the tasks run is enough, and so the bug can show on
	// any transport.
	Config proptest.Config

	// Body is the program; wrong says that it is the one with the bug. The two
	// differ in a few lines.
	Body func(s *proptest.Sim, wrong bool)
}

// Free reports whether the bug needs no simulated fault.
func (p *Program) Free() bool { return p.Config.Faults == simnet.Faults{} }

// Wrong returns the body with the bug, and Right the one without.
func (p *Program) Wrong() func(*proptest.Sim) { return func(s *proptest.Sim) { p.Body(s, true) } }

// Right returns the body without the bug.
func (p *Program) Right() func(*proptest.Sim) { return func(s *proptest.Sim) { p.Body(s, false) } }

// Programs are all of them, in the order of the table.
var Programs = []*Program{
	&takeover,
	&lockfile,
	&retry,
	&buffers,
	&ring,
	&goodbye,
	&cancelled,
	&leak,
	&acceptors,
	&shipper,
	&shutdown,
	&deadline,
	&handover,
	&lease,
	&pool,
	&mux,
	&wakeup,
}
