package simnet

import "math"

// An alarm is something that happens at a point in virtual time. It is part of
// what it concerns.
type alarm struct {
	at   int64  // nanoseconds since the world began
	seq  uint64 // in which order alarms were set
	pos  int32  // in alarms, from 1; 0 if it is not set
	nth  int32  // which operation of the task set it
	task TaskID // who set it
	late bool   // it was asked whether it is

	call  *call  // that ends at this time, or
	ring  func() // what is done
	timer *timer // it is this one's, if it is one's
}

// alarms is a heap of alarms, by time and then by the order in which they were
// set. The first is at 1.
type alarms struct {
	heap []*alarm
	seq  uint64
}

func (h *alarms) reset() {
	for i := 1; i < len(h.heap); i++ {
		h.heap[i].pos = 0
	}
	clear(h.heap)
	h.heap, h.seq = append(h.heap[:0], nil), 0
}

// first returns the alarm that is due first, nil if none is set.
func (h *alarms) first() *alarm {
	if len(h.heap) > 1 {
		return h.heap[1]
	}
	return nil
}

func (h *alarms) set(a *alarm) {
	h.seq++
	a.seq = h.seq
	h.insert(a)
}

// setLast sets an alarm that goes off after all others of its time.
func (h *alarms) setLast(a *alarm) {
	a.seq = math.MaxUint64
	h.insert(a)
}

func (h *alarms) insert(a *alarm) {
	h.heap = append(h.heap, a)
	a.pos = int32(len(h.heap) - 1)
	h.up(a)
}

func (h *alarms) unset(a *alarm) {
	i, last := int(a.pos), len(h.heap)-1
	a.pos = 0
	b := h.heap[last]
	h.heap[last] = nil
	h.heap = h.heap[:last]
	if i == last {
		return
	}
	h.heap[i], b.pos = b, int32(i)
	h.down(b)
	h.up(b)
}

func (a *alarm) before(b *alarm) bool { return a.at < b.at || a.at == b.at && a.seq < b.seq }

func (h *alarms) up(a *alarm) {
	i := int(a.pos)
	for i > 1 && a.before(h.heap[i/2]) {
		h.heap[i] = h.heap[i/2]
		h.heap[i].pos = int32(i)
		i /= 2
	}
	h.heap[i], a.pos = a, int32(i)
}

func (h *alarms) down(a *alarm) {
	i := int(a.pos)
	for {
		c := 2 * i
		if c+1 < len(h.heap) && h.heap[c+1].before(h.heap[c]) {
			c++
		}
		if c >= len(h.heap) || !h.heap[c].before(a) {
			break
		}
		h.heap[i] = h.heap[c]
		h.heap[i].pos = int32(i)
		i = c
	}
	h.heap[i], a.pos = a, int32(i)
}
