// Package coro has coroutines that pass control straight to each other.
//
// A coroutine of package iter comes back to whoever resumed it: to go from one
// to another through a scheduler costs two switches. But what iter.Pull switches
// is a place, in which one goroutine is parked: whoever switches there takes the
// place, and the one who was parked goes on. So a goroutine here parks in
// whichever place the other has left, and one switch does.
package coro

import "iter"

// A Place is where one goroutine is parked: what iter.Pull has made for the one
// it started. Its two functions do the same, to swap the goroutine that calls
// with the one that is parked, and have to be used in turn.
type Place struct {
	Next  func() (struct{}, bool)
	Yield func(struct{}) bool
	due   bool // Yield is to be used next
	in    *Coro
}

// take is told that from is about to be parked in the place, and returns whether
// by Yield.
func (p *Place) take(from *Coro) (yield bool) {
	p.in, from.at = from, p
	yield = p.due
	p.due = !yield
	return yield
}

// swap parks the caller, which is from, in the place, and returns when another
// swap resumes it.
func (p *Place) swap(from *Coro) {
	if p.take(from) {
		p.Yield(struct{}{})
	} else {
		p.Next()
	}
}

// A Coro is a goroutine that runs only when it is switched to.
//
// Each that is started has a place of its own, where it is parked at first.
// Between two switches exactly one of a [Set] runs, and each place has exactly
// one of the others in it.
type Coro struct {
	set *Set
	own *Place // nil for one that New did not make
	at  *Place // where it is parked; stale while it runs
	g   uintptr
	id  uint64

	body  func(*Coro)
	end   bool // it is to end instead of going on
	ended bool

	stranded chan struct{} // nil, or closed when it may end; see Strand
}

// A Set is coroutines that switch to each other. One goroutine that is not of
// its making, [Set.Main], switches to the first and gets control back in the end.
type Set struct {
	Main *Coro
	home bool // who is resumed parks in its own place

	stranded []*Coro // since the last Home
}

// NewSet returns a set without coroutines. Its Main is the goroutine that uses
// it first; others may take turns at it, one at a time.
func NewSet() *Set {
	s := &Set{}
	s.Main = &Coro{set: s}
	return s
}

// New returns a coroutine that calls body when it is first switched to. body
// must not return, unless by [runtime.Goexit] in the course of End: what it would
// go back to is not defined.
func (s *Set) New(body func(*Coro)) *Coro {
	p := &Place{}
	c := &Coro{set: s, own: p, at: p, body: body}
	p.in = c
	p.Next, _ = iter.Pull(c.run)
	return c
}

// run is the coroutine's goroutine.
func (c *Coro) run(yield func(struct{}) bool) {
	defer func() {
		if c.stranded != nil {
			<-c.stranded
		}
		c.ended = true
	}()
	c.own.Yield = yield
	c.g, c.id = Self(), goroutineID()
	c.resumed()
	c.body(c)
}

// ID returns the number of the goroutine as a traceback shows it, 0 before it was
// first switched to. Anybody may ask.
//
//go:norace
func (c *Coro) ID() uint64 { return c.id }

// G returns what [Self] returns on the goroutine.
func (c *Coro) G() uintptr { return c.g }

// Switch parks the caller, which must be from, and resumes to, which must be
// parked. It returns when somebody switches to from.
func Switch(from, to *Coro) {
	to.at.swap(from)
	from.Back()
}

// Leave, and then Yield or Next of what it returns, and then Back, are Switch for
// those in a hurry: every function that is returned from after a switch costs a
// branch that no processor foresees, since another goroutine has called it.
func (c *Coro) Leave(to *Coro) (p *Place, yield bool) {
	p = to.at
	return p, p.take(c)
}

// Back is what a coroutine calls first after it was parked.
func (c *Coro) Back() {
	if c.end || c.set.home { // in this order, see resumed
		c.resumed()
	}
}
