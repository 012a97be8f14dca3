//go:build unix

package realunix

import (
	"os"
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
//     After a failure it retries for longer, lest one hiccup that made both
//     sides park has each wait for the other's waking from then on.
//
// A trial that fails, or heat that does not last, doubles the number of short
// waits before the next trial, so a connection whose peer takes its time costs
// next to nothing. A connection with long pauses never leaves idle.
//
// What counts as quick depends on what parking costs. Two ends in one process
// that share a processor wake each other in a few microseconds, so spinning
// must be better than that; it is where they run on two, and a trial has to last
// until the kernel has noticed that there are two runnable threads to spread.
//
// spin is a plain value: it is told what happened and says what to do.
type spin struct {
	mode   spinMode
	near   bool // the other end is in this process
	credit int  // idle: short waits seen
	need   int  // short waits before the next trial; 0 stands for firstTrial
	left   int  // trial: waits that remain
	wins   int  // trial: quick answers seen
	misses int  // waits in a row (hot), or of this trial, in which nothing came
	slow   int  // hot: late answers in a row
	waits  int  // hot: all waits
}

type spinMode uint8

const (
	idle spinMode = iota
	trial
	hot
)

const (
	firstTrial     = 8
	lastTrial      = 4096
	lastTrialNear  = 32768
	trialWaits     = 12
	trialWaitsNear = 512
	trialWins      = 3
	maxMisses      = 3
	maxSlow        = 16
	maxLate        = 8 // in a trial
	breather       = 1024

	shortWait = 300 * time.Microsecond // a parked wait that spinning might have spared
	quick     = 12 * time.Microsecond  // an answer from a side that did not have to be woken
	quickNear = 5 * time.Microsecond   // the same, within a process
	trialSpin = 250 * time.Microsecond // outlasts the other side's waking
	hotSpin   = 50 * time.Microsecond  // outlasts the other side's parking for once
	nearYield = 4 * time.Microsecond
)

// budget is how long to retry before parking.
func (s *spin) budget() time.Duration {
	switch {
	case s.mode == idle:
		return 0
	case s.mode == hot && s.misses == 0:
		return hotSpin
	}
	return trialSpin
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
		*s = spin{mode: trial, near: s.near, need: s.need, left: trialWaits}
		if s.near {
			s.left = trialWaitsNear
		}
	}
}

// spun takes note of retrying: whether something came, and when.
func (s *spin) spun(hit bool, took time.Duration) {
	win := hit && (took <= quickNear || took <= quick && !s.near)
	switch s.mode {
	case trial:
		s.left--
		if win {
			s.wins++
		}
		switch {
		case !hit:
			s.misses++
		case took > quick:
			s.slow++
		}
		if s.wins >= trialWins {
			*s = spin{mode: hot, near: s.near, need: s.need}
		} else if s.left <= 0 || s.misses >= maxMisses || s.slow >= maxLate {
			s.giveUp()
		}
	case hot:
		switch {
		case win:
			s.misses, s.slow = 0, 0
		case hit:
			s.slow++
		default:
			s.misses++
		}
		if s.misses >= maxMisses || s.slow >= maxSlow {
			s.giveUp()
		}
	}
}

func (s *spin) giveUp() {
	last := lastTrial
	if s.near {
		last = lastTrialNear
	}
	*s = spin{near: s.near, need: min(2*max(s.need, firstTrial), last)}
}

// breathe reports whether the reader should park for once although it is hot: a
// goroutine that never does keeps those that wait in the poller from being
// looked for, until the runtime notices after 10 ms.
func (s *spin) breathe() bool {
	if s.mode != hot {
		return false
	}
	s.waits++
	if s.waits%breather != 0 {
		return false
	}
	s.need = 0 // it has paid off for a while: should it end, try again soon
	return true
}

// spinning counts the readers of this program that are retrying now. More than
// there are processors would only keep each other, and those they wait for,
// from running.
var spinning atomic.Int32

// alone reports whether the other side cannot run while this one retries: it is
// in this process, which has one processor. How many there are changes rarely,
// and is looked up now and then.
func (d *direction) alone() bool {
	if !d.spin.near {
		return false
	}
	if d.calls%64 == 0 {
		d.single = runtime.GOMAXPROCS(0) == 1
	}
	d.calls++
	return d.single
}

// retry retries d's operation for as long as d.spin says. It returns EAGAIN if
// nothing came.
func (s *socket) retry(d *direction, t *Transport) syscall.Errno {
	budget := d.spin.budget()
	if budget == 0 {
		return syscall.EAGAIN
	}
	if !d.asked {
		cred, errno := peerCred(s.fd)
		d.spin.near, d.asked = errno == 0 && cred.PID == os.Getpid(), true
	}
	if d.alone() {
		d.spin = spin{near: true}
		return syscall.EAGAIN
	}
	if d.spin.breathe() {
		return syscall.EAGAIN
	}
	defer spinning.Add(-1)
	if spinning.Add(1) > int32(max(runtime.GOMAXPROCS(0), 2)) {
		return syscall.EAGAIN
	}
	start := time.Now()
	yielded, patience := !d.spin.near, nearYield
	if budget == trialSpin {
		patience = 0
	}
	for tries := 0; ; tries++ {
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
		if !yielded && took > patience {
			// The other side may be ready in the poller, where only a processor
			// that looks for work finds it. Yielding makes an idle one look.
			runtime.Gosched()
			yielded = true
		}
		if tries%4 == 2 {
			yieldThread()
		}
	}
}
