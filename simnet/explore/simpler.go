package explore

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"example.com/brine/simnet"
)

// A weighed script is one that was executed, with what it is compared by. Of two
// scripts the simpler one is, in this order,
//
//  1. the one with fewer lines;
//  2. the one whose lines are of simpler kinds, as simplicity lists them: the
//     worst line of one against the worst of the other, then the next;
//  3. the one whose answers are smaller, compared in the same way: shorter
//     durations, more bytes moved, roomier buffers, errors that programs expect
//     (ladders);
//  4. the one whose run has fewer operations.
//
// That is a total preorder in which nothing gets simpler for ever.
type weighed struct {
	lines   []simnet.Line
	weights []weight // from the heaviest on
	steps   int
}

type weight struct {
	kind int
	size int64
}

// simplicity has the kinds from the simplest on. First comes what any scheduler
// does, then what is slow, then what is short, then what fails, then who dies.
var simplicity = []simnet.Kind{
	simnet.KindRun, simnet.KindTimer, simnet.KindWake, simnet.KindShort,
	simnet.KindEarly, simnet.KindLate, simnet.KindJump, simnet.KindBuffer,
	simnet.KindFull, simnet.KindPause, simnet.KindFail, simnet.KindFile,
	simnet.KindKill, simnet.KindRestart,
}

// ladders are the answers of kinds that have some of different weight, from the
// simplest on. They are those that package simnet offers: others would not apply.
var ladders = map[simnet.Kind][]string{ // only looked up
	simnet.KindShort:  {"most", "half", "1"},
	simnet.KindLate:   {"1ms", "100ms", "10s"},
	simnet.KindJump:   {"1s", "1m0s", "1h0m0s"},
	simnet.KindBuffer: {"16384", "4608"},
	simnet.KindFail:   {"ECONNRESET", "EPIPE", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"},
	simnet.KindFile:   {"removed", "replaced", "forbidden", "dirgone"},
}

func weigh(lines []simnet.Line, steps int) weighed {
	w := weighed{lines: lines, steps: steps, weights: make([]weight, len(lines))}
	for i, l := range lines {
		w.weights[i] = weight{slices.Index(simplicity, l.Kind), size(l)}
	}
	slices.SortFunc(w.weights, func(a, b weight) int {
		return cmp.Or(cmp.Compare(b.kind, a.kind), cmp.Compare(b.size, a.size))
	})
	return w
}

// size is how big the answer of a line is among those of its kind.
func size(l simnet.Line) int64 {
	switch l.Kind {
	case simnet.KindLate, simnet.KindJump:
		if d, err := time.ParseDuration(l.Answer); err == nil {
			return int64(d)
		}
	case simnet.KindBuffer:
		if n, err := strconv.Atoi(l.Answer); err == nil {
			return -int64(n)
		}
	}
	return int64(slices.Index(ladders[l.Kind], l.Answer))
}

// simpler reports whether a is simpler than b.
func simpler(a, b weighed) bool {
	if len(a.lines) != len(b.lines) {
		return len(a.lines) < len(b.lines)
	}
	by := func(key func(weight) int64) int {
		return slices.CompareFunc(a.weights, b.weights, func(a, b weight) int { return cmp.Compare(key(a), key(b)) })
	}
	return cmp.Or(
		by(func(w weight) int64 { return int64(w.kind) }),
		by(func(w weight) int64 { return w.size }),
		cmp.Compare(a.steps, b.steps),
	) < 0
}
