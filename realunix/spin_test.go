//go:build unix

package realunix

import (
	"testing"
	"time"
)

const us = time.Microsecond

func TestSpinStaysIdleOnSparseTraffic(t *testing.T) {
	var s spin
	for range 10_000 {
		s.parked(time.Millisecond)
		if s.budget() != 0 {
			t.Fatal("spins on a connection with long pauses")
		}
	}
}

func TestSpinTriesAfterShortWaits(t *testing.T) {
	var s spin
	for i := range firstTrial {
		if s.budget() != 0 {
			t.Fatalf("spins after %d short waits", i)
		}
		s.parked(40 * us)
	}
	if s.mode != trial || s.budget() != trialSpin {
		t.Fatalf("%+v", s)
	}
	for range trialWins {
		s.spun(true, 3*us)
	}
	if s.mode != hot || s.budget() != hotSpin {
		t.Fatalf("%+v", s)
	}
	// One hiccup does not end it, and lengthens the next try.
	s.spun(false, hotSpin)
	if s.budget() != trialSpin {
		t.Fatalf("%+v", s)
	}
	s.spun(true, 3*us)
	if s.mode != hot || s.budget() != hotSpin {
		t.Fatalf("%+v", s)
	}
	for range maxMisses {
		s.spun(false, hotSpin)
	}
	if s.budget() != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestSpinLeavesSlowAnswers(t *testing.T) {
	for _, c := range []struct {
		near  bool
		took  time.Duration
		stays bool
	}{
		{false, 18 * us, false},
		{false, 8 * us, true},
		{true, 8 * us, false}, // parking would have been as good
		{true, 3 * us, true},
	} {
		s := spin{mode: hot, near: c.near}
		for range maxSlow {
			s.spun(true, c.took)
		}
		if stays := s.mode == hot; stays != c.stays {
			t.Errorf("%+v: %+v", c, s)
		}
	}
}

// Heat that does not last is tried ever less often, and forgiven once it has.
func TestSpinRemembers(t *testing.T) {
	s := spin{mode: hot}
	for range maxSlow {
		s.spun(true, 18*us)
	}
	if s.mode != idle || s.need != 2*firstTrial {
		t.Fatalf("%+v", s)
	}
	s = spin{mode: hot, need: lastTrial}
	for range breather {
		s.breathe()
	}
	for range maxMisses {
		s.spun(false, hotSpin)
	}
	if s.mode != idle || s.need != 2*firstTrial {
		t.Fatalf("%+v", s)
	}
}

// A peer that takes its time, over and over, costs ever less: of many waits the
// share spent spinning goes below one in two hundred.
func TestSpinGivesUpOnSlowPeers(t *testing.T) {
	for _, answer := range []func(s *spin){
		func(s *spin) { s.spun(true, 50*us) },      // late
		func(s *spin) { s.spun(false, trialSpin) }, // not at all
	} {
		var s spin
		var spun time.Duration
		const waits = 100_000
		for range waits {
			if b := s.budget(); b > 0 {
				spun += b
				answer(&s)
				continue
			}
			s.parked(50 * us)
		}
		if per := spun / waits; per > us {
			t.Errorf("%v spent spinning per wait", per)
		}
	}
}

func TestSpinBreathes(t *testing.T) {
	s := spin{mode: hot}
	n := 0
	for range 10 * breather {
		if s.breathe() {
			n++
		}
	}
	if n != 10 {
		t.Errorf("parked %d times", n)
	}
	idle := spin{}
	for range 10 * breather {
		if idle.breathe() {
			t.Fatal("nothing to breathe from")
		}
	}
}
