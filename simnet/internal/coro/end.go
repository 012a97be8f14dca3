package coro

import "runtime"

// resumed is for one that was resumed for another reason than to go on.
func (c *Coro) resumed() {
	// Home is not for one that is to end, which is in its place, and Main may be at the
	// next Home before that one gets here.
	for !c.end && c.set.home && c.own != nil && c.own.in != c {
		c.own.swap(c)
	}
	if c.end {
		runtime.Goexit()
	}
}

// Home has every one of these park in its own place, and lets go of those that
// were stranded. Main calls it, with all that are neither ended nor stranded.
func (s *Set) Home(all []*Coro) {
	s.home = true
	for _, c := range all {
		if c.at != c.own {
			// It parks in its own place, where it resumes another, who does the same,
			// and so on, until one of them resumes Main.
			c.at.swap(s.Main)
		}
	}
	s.home = false
	for _, c := range s.stranded {
		close(c.stranded)
	}
	s.stranded = nil
}

// End ends a coroutine that is parked in its own place (see [Set.Home]), as if it
// called [runtime.Goexit] where it is parked: its deferred calls are run. It does
// not wait for them; the channel is closed when they have been. They may do
// anything, such as block for ever, and then the goroutine stays behind with the
// one that has resumed it, and both end if it ever does. Main calls it, but does
// not take part.
func (c *Coro) End() <-chan struct{} {
	c.end = true
	over := make(chan struct{})
	// Whoever is parked in the place of a goroutine that ends is resumed, and may
	// find itself ended, too (iter.Pull passes a Goexit on): it is a goroutine
	// that is good for nothing else.
	go func() {
		defer close(over)
		defer func() { recover() }() // a panic of a deferred call is passed on, too
		c.own.swap(&Coro{set: c.set})
	}()
	return over
}

// Strand is for c, which runs, and is blocked for good: [Set.Rescue] is to follow.
// If it goes on after all, it must not switch any more, but end. It will then wait
// for Home, because whoever is parked in the place of a goroutine that ends is
// resumed, and until then that may be anyone.
func (c *Coro) Strand() { c.stranded = make(chan struct{}) }

// Rescue gives control back to Main while c, which is stranded, is blocked.
// Any goroutine may call it; it does not return before c ends, if ever it does,
// and so is best called by one of its own.
func (s *Set) Rescue(c *Coro) {
	// The caller takes c's part: what c would leave empty is its home, and c, if
	// it ends, resumes it there.
	stand := &Coro{set: s, own: c.own}
	s.stranded = append(s.stranded, c)
	for at := s.Main.at; ; at = c.own {
		at.swap(stand)
		if c.ended {
			return // by whose end it was resumed: the set may be doing anything by now
		}
		// By Home, otherwise: the next is the place to stay in.
	}
}
