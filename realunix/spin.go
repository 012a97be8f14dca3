//go:build unix

package realunix

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// A spin decides, for one direction of one connection, whether a reader that
// found nothing retries for a while before it parks.
//
// Parking puts the processor to sleep; being woken takes tens of microseconds,
// during which the other side, if it is waiting for the answer, parks as well.
// Two sides that both spin answer each other within a few microseconds. So
// retrying pays only if both do it, and neither can find that out alone:
//
//   - idle: the reader parks. Waits that ended soon are counted.
//   - trial: after enough of them the reader retries for long enough to outlast
//     the other side's waking, a dozen times. The other side has counted the
//     same waits and tries at the same time. If answers then come quickly,
//   - hot: the reader retries for a little, until that has failed a few times.
//
// A trial that fails doubles the number of short waits before the next, so a
// connection whose peer takes its time costs next to nothing. A connection
// with long pauses never leaves idle.
//
// spin is a plain value: it is told what happened and says what to do.
type spin struct {
	mode   spinMode
	credit int // idle: short waits seen
	need   int // idle: short waits before the next trial; 0 stands for firstTrial
	left   int // trial: waits that remain
	wins   int // trial: quick answers seen
	misses int // hot: failures in a row
}

type spinMode uint8

const (
	idle spinMode = iota
	trial
	hot
)

const (
	firstTrial = 8
	lastTrial  = 1024
	trialWaits = 12
	trialWins  = 3
	hotMisses  = 3

	shortWait = 150 * time.Microsecond // a parked wait that spinning might have spared
	quick     = 12 * time.Microsecond  // an answer from a side that did not have to be woken
	trialSpin = 80 * time.Microsecond  // outlasts the other side's waking
	hotSpin   = 20 * time.Microsecond
)

// budget is how long to retry before parking.
func (s *spin) budget() time.Duration {
	switch s.mode {
	case trial:
		return trialSpin
	case hot:
		return hotSpin
	}
	return 0
}

// parked takes note of a wait that was spent parked.
func (s *spin) parked(took time.Duration) {
	if s.mode != idle {
		return // it followed a miss, which has been counted
	}
	if took > shortWait {
		s.credit /= 2
		return
	}
	s.credit++
	if s.credit >= max(s.need, firstTrial) {
		*s = spin{mode: trial, need: s.need, left: trialWaits}
	}
}

// spun takes note of retrying: whether something came, and when.
func (s *spin) spun(hit bool, took time.Duration) {
	win := hit && took <= quick
	switch s.mode {
	case trial:
		s.left--
		if win {
			s.wins++
		}
		if s.wins >= trialWins {
			*s = spin{mode: hot}
		} else if s.left <= 0 {
			*s = spin{need: min(2*max(s.need, firstTrial), lastTrial)}
		}
	case hot:
		if win {
			s.misses = 0
			return
		}
		s.misses++
		if s.misses >= hotMisses {
			*s = spin{}
		}
	}
}

// spinning counts the readers of this program that are retrying now. More than
// there are processors would only keep each other, and those they wait for,
// from running.
var spinning atomic.Int32

// retry retries d's operation for up to budget. It returns EAGAIN if nothing
// came.
func (s *socket) retry(d *direction, t *Transport, budget time.Duration) syscall.Errno {
	procs := runtime.GOMAXPROCS(0)
	defer spinning.Add(-1)
	if spinning.Add(1) > int32(max(procs, 2)) {
		return syscall.EAGAIN
	}
	start := time.Now()
	for {
		if procs == 1 {
			// The other side may be a goroutine of this program. (With more
			// processors yielding would wake an idle one, to no end.)
			runtime.Gosched()
		}
		errno := d.try(s.fd)
		took := time.Since(start)
		if errno != syscall.EAGAIN {
			d.spin.spun(true, took)
			return errno
		}
		if took >= budget || s.closed() || t.canceled.Load() {
			d.spin.spun(false, took)
			return errno
		}
	}
}
