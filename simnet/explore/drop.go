package explore

import (
	"slices"

	"example.com/brine/simnet"
)

// What a shrinker does without. A pass goes over the script once, mostly from its
// end, because what a line changes comes after it; where it finds a simpler script
// it goes on in that one.

// truncate looks for the last line that matters: what is before it happens as
// before.
func (k *shrinker) truncate() {
	for low := 0; low < len(k.best.lines) && !k.spent(); {
		middle := (low + len(k.best.lines)) / 2
		if !k.attempt(k.best.lines[:middle]) {
			low = middle + 1
		}
	}
}

// sweep does without half of the lines, then without quarters, down to single ones.
func (k *shrinker) sweep() {
	for size := max(1, len(k.best.lines)/2); size > 0 && !k.spent(); size /= 2 {
		for end := len(k.best.lines); end > 0; {
			start := max(0, end-size)
			k.attempt(without(k.best.lines, start, end))
			end = min(start, len(k.best.lines))
		}
	}
}

// drop does without one line.
func (k *shrinker) drop() { k.dropRows(1) }

// dropNear does without two, three or four lines that follow each other: away from
// a task and back to it, say.
func (k *shrinker) dropNear() {
	for size := 2; size <= 4; size++ {
		k.dropRows(size)
	}
}

func (k *shrinker) dropRows(size int) {
	for i := len(k.best.lines) - size; i >= 0; i-- {
		if k.attempt(without(k.best.lines, i, i+size)) {
			i = min(i, len(k.best.lines)-size+1)
		}
	}
}

// dropPair does without any two lines.
func (k *shrinker) dropPair() {
	const most = 16 // lines, of which there are 120 pairs
	if len(k.best.lines) > most {
		return
	}
	for j := len(k.best.lines) - 1; j > 0; j-- {
		for i := j - 1; i >= 0 && j < len(k.best.lines); i-- {
			k.attempt(without(without(k.best.lines, j, j+1), i, i+1))
		}
	}
}

// dropTask does without all lines that are about one task, or that choose it, or
// both.
func (k *shrinker) dropTask() {
	if len(k.best.lines) < 3 {
		return
	}
	for _, t := range k.tasks {
		about := func(l simnet.Line) bool { return l.Task.String() == t }
		chosen := func(l simnet.Line) bool { return l.Kind == simnet.KindRun && l.Answer == t }
		either := func(l simnet.Line) bool { return about(l) || chosen(l) }
		for _, is := range []func(simnet.Line) bool{either, about, chosen} {
			k.attempt(slices.DeleteFunc(slices.Clone(k.best.lines), is))
		}
	}
}

// dropLife does without a death, so that a process lives on in the same life.
func (k *shrinker) dropLife() {
	for i := len(k.best.lines) - 1; i >= 0; i-- {
		if lines := withoutLife(k.best.lines, i); lines != nil && k.attempt(lines) {
			i = len(k.best.lines)
		}
	}
}

// alone tries each line of the first script by itself.
func (k *shrinker) alone() {
	const most = 64
	if len(k.best.lines) < 2 {
		return
	}
	for i := len(k.first) - 1; i >= max(0, len(k.first)-most); i-- {
		if k.attempt(k.first[i : i+1]) {
			return
		}
	}
}

// shortcut looks at two lines of which the first chooses a task, as in A to B, and
// the second is the next about that, as in B to C. It does without both, or goes
// from A to C.
func (k *shrinker) shortcut() {
	for i := len(k.best.lines) - 1; i >= 0; i-- {
		if i >= len(k.best.lines) {
			continue
		}
		a := k.best.lines[i]
		j := k.next(i)
		if j < 0 {
			continue
		}
		b := k.best.lines[j]
		if k.attempt(without(without(k.best.lines, j, j+1), i, i+1)) {
			continue
		}
		if b.Kind == simnet.KindRun {
			a.Answer = b.Answer
			k.attempt(replaced(without(k.best.lines, j, j+1), i, a))
		}
	}
}

// next returns the first line after the i-th that is about the task which that
// chooses, -1 if there is none.
func (k *shrinker) next(i int) int {
	l := k.best.lines[i]
	if l.Kind != simnet.KindRun {
		return -1
	}
	j := slices.IndexFunc(k.best.lines[i+1:], func(n simnet.Line) bool { return n.Task.String() == l.Answer })
	if j < 0 {
		return -1
	}
	return i + 1 + j
}

// merge does the same with any two lines by which a task is chosen.
func (k *shrinker) merge() {
	const most = 16
	if len(k.best.lines) > most {
		return
	}
	for j := len(k.best.lines) - 1; j > 0; j-- {
		for i := j - 1; i >= 0 && j < len(k.best.lines); i-- {
			a, b := k.best.lines[i], k.best.lines[j]
			if a.Kind != simnet.KindRun || b.Kind != simnet.KindRun || a.Answer == b.Answer {
				continue
			}
			a.Answer = b.Answer
			k.attempt(replaced(without(k.best.lines, j, j+1), i, a))
		}
	}
}

// without returns lines but for those from i to j.
func without(lines []simnet.Line, i, j int) []simnet.Line {
	return slices.Concat(lines[:i], lines[j:])
}

// replaced returns lines with another one in the i-th's place.
func replaced(lines []simnet.Line, i int, l simnet.Line) []simnet.Line {
	lines = slices.Clone(lines)
	l.Why = ""
	lines[i] = l
	return lines
}
