package explore

import (
	"math/bits"

	"example.com/brine/simnet"
)

// Dice are the random numbers of one run. They are Wang Yi's wyrand, as
// [simnet.Random] is, from another beginning: strategies that draw for the same
// seed must not draw the same.
type dice struct{ state uint64 }

// A draw is what numbers are drawn for.
type draw uint64

const (
	drawPCT draw = iota + 1
	drawPOS
	drawUniform
	drawSwarm
	drawPortfolio
	drawSparse
)

// cast returns the dice for a purpose. Seeds that differ little make dice that
// differ much.
func cast(seed uint64, what draw) dice {
	d := dice{seed ^ uint64(what)*0x9e3779b97f4a7c15}
	d.state = d.next()
	return d
}

func (d *dice) next() uint64 {
	d.state += 0xa0761d6478bd642f
	hi, lo := bits.Mul64(d.state, d.state^0xe7037ed1a0b428db)
	return hi ^ lo
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int) int {
	hi, _ := bits.Mul64(d.next(), uint64(n))
	return int(hi)
}

// answer answers a question as a random walk does: by its Rate, or evenly if it
// has none.
func (d *dice) answer(p *simnet.Point) int {
	switch p.Kind {
	case simnet.KindRun, simnet.KindWake:
		return d.below(p.N)
	}
	at := int(d.next() & 0xffff)
	switch {
	case at >= p.Rate:
		return 0
	case p.Kind == simnet.KindTimer:
		return 1 + d.below(p.N-1)
	}
	for i, rate := range p.Rates {
		if at -= rate; at < 0 {
			return i + 1
		}
	}
	return p.N - 1
}

// byTask is a number of each task, by TaskID. 0 is none yet.
type byTask struct{ list []uint64 }

// reset forgets all numbers.
func (b *byTask) reset() { b.list = b.list[:0] }

// at returns where a task's number is.
func (b *byTask) at(id simnet.TaskID) *uint64 {
	for int(id) >= len(b.list) {
		b.list = append(b.list, 0)
	}
	return &b.list[id]
}
