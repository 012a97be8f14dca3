//go:build race

package simnet

import (
	"runtime"
	"unsafe"
)

// publish is for the race detector: a task that blocks outside hands the
// scheduler over without knowing it, to whoever calls acquire.
func (s *sched) publish() { runtime.RaceReleaseMerge(unsafe.Pointer(&s.g)) }

func (s *sched) acquire() { runtime.RaceAcquire(unsafe.Pointer(&s.g)) }
