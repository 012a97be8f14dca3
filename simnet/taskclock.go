package simnet

import "time"

type clockKey struct{}

type clockContext struct {
	s  *sched
	at time.Time
}
