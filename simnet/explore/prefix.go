package explore

import (
	"fmt"
	"math/bits"

	"example.com/brine/simnet"
)

// A prefix is the Chooser of one run of [Exhaust]: it answers as it is told up to
// the last deviation, and calmly beyond. There it collects the answers that could
// have been given instead.
//
// It goes by the numbers of questions and answers, which mean the same as long as
// the same comes before. That they do is checked: check comes to a number for the
// kinds, places and numbers of answers of all questions so far, which the run that
// offered a deviation has noted, and which has to be the same at that place in the
// run that makes it.
type prefix struct {
	deviations []node
	made       int    // how many of them
	next       int32  // the question of the next, or -1
	question   int32  // that is put next, from 0
	check      uint32 // of those before
	wrong      bool   // it was another where a deviation was to be made

	branching bool   // offers are wanted
	offers    []node // without parent

	// For pruning.
	following bool
	state     uint64
	told      bool // state is that of the next question
	seen      numbers
	closed    bool // what follows has been offered elsewhere
	pruned    int  // offers not made for that reason
}

// begin prepares for a run with these deviations.
func (p *prefix) begin(deviations []node) {
	p.deviations, p.made, p.question, p.check, p.wrong = deviations, 0, 0, 0, false
	p.offers, p.told, p.closed, p.pruned = p.offers[:0], false, false, 0
	p.aim()
}

// aim looks for the next deviation.
func (p *prefix) aim() {
	if p.next = -1; p.made < len(p.deviations) {
		p.next = p.deviations[p.made].question
	}
}

// same reports, after a run, whether its deviations were where they had been
// offered.
func (p *prefix) same() bool { return !p.wrong && p.made == len(p.deviations) }

// Choose implements simnet.Chooser.
func (p *prefix) Choose(q *simnet.Point) int {
	at := p.question
	p.question++
	switch {
	case p.next >= 0:
		p.told = false // that was for the run to look at which offered the deviation
		p.note(q)
		if at != p.next {
			return 0
		}
		d := &p.deviations[p.made]
		p.made++
		p.aim()
		if p.check != d.check || int(d.answer) >= q.N {
			p.wrong = true
			return 0
		}
		return int(d.answer)
	case p.branching:
		p.note(q)
		p.offer(q, at)
	}
	return 0
}

// note takes a question into check.
func (p *prefix) note(q *simnet.Point) {
	x := uint64(q.Kind)<<56 ^ uint64(q.N)<<40 ^ uint64(q.Task)<<20 ^ uint64(q.Nth)
	hi, lo := bits.Mul64(x^0x9e3779b97f4a7c15, uint64(p.check)^0xd6e8feb86659fd93)
	p.check = uint32(hi ^ lo>>32)
}

// offer notes the answers that a question has beside the calm one. A fault that is
// not switched on is none: it is asked for because the program has ordered it.
func (p *prefix) offer(q *simnet.Point, at int32) {
	if p.told {
		p.told = false
		p.closed = p.closed || !p.seen.add(p.state)
	}
	for i := 1; i < q.N; i++ {
		switch {
		case q.Kind > simnet.KindTimer && q.Rates[i-1] <= 0:
		case p.closed:
			p.pruned++
		default:
			p.offers = append(p.offers, node{question: at, answer: int32(i), check: p.check})
		}
	}
}

// A place is where a question was put, in words.
type place struct {
	kind  simnet.Kind
	n     int
	task  string
	nth   int
	after bool
}

func (p place) String() string {
	when := "before"
	if p.after {
		when = "after"
	}
	return fmt.Sprintf("%s, %s operation %d of %s, %d answers", p.kind, when, p.nth, p.task, p.n)
}

// A surveyor notes the places of all questions that it passes on.
type surveyor struct {
	prefix
	places []place
}

// Choose implements simnet.Chooser.
func (s *surveyor) Choose(q *simnet.Point) int {
	s.places = append(s.places, place{q.Kind, q.N, q.Name(q.Task).String(), q.Nth, q.After})
	return s.prefix.Choose(q)
}

// differs says where a run was not what the one that it follows from had been.
// Both are executed again for that.
func (e *exhaustion) differs(i int) error {
	var was, is surveyor
	d := e.deviations(i)
	last := d[len(d)-1]
	is.begin(append([]node(nil), d...))
	was.begin(is.deviations[:len(d)-1])
	const why = "the program is not deterministic: given the same answers, "
	for _, s := range [...]*surveyor{&was, &is} {
		if _, err := e.run(s); err != nil {
			return err
		}
	}
	for n := range int(last.question) + 1 {
		switch {
		case n >= len(was.places) || n >= len(is.places):
			short := min(len(was.places), len(is.places))
			return fmt.Errorf("%sit asked %d questions one time and more another; Verify finds the first step that differs", why, short)
		case was.places[n] != is.places[n]:
			return fmt.Errorf("%squestion %d was (%v) one time and (%v) another; Verify finds the first step that differs", why, n+1, was.places[n], is.places[n])
		}
	}
	return fmt.Errorf("%sone of its first %d questions, up to (%v), was not always the same; Verify finds the first step that differs", why, last.question+1, is.places[last.question])
}
