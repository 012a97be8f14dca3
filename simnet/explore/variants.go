package explore

import (
	"slices"

	"example.com/brine/simnet"
)

// simplify replaces one line by a variant.
func (k *shrinker) simplify() bool {
	for i, l := range k.best.lines {
		for _, v := range append(k.calmer(l), k.elsewhere(l)...) {
			if k.attempt(replaced(k.best.lines, i, v)) {
				return true
			}
		}
	}
	return false
}

// merge makes one of two lines by which a task is chosen, as in A to B and B to C:
// the second's choice where the first's was.
func (k *shrinker) merge() bool {
	n := len(k.best.lines)
	const most = 16
	if n > most {
		return false
	}
	for j := n - 1; j > 0; j-- {
		for i := j - 1; i >= 0; i-- {
			a, b := k.best.lines[i], k.best.lines[j]
			if a.Kind != simnet.KindRun || b.Kind != simnet.KindRun || a.Answer == b.Answer {
				continue
			}
			a.Answer = b.Answer
			if k.attempt(replaced(without(k.best.lines, j, j+1), i, a)) {
				return true
			}
		}
	}
	return false
}

// moveAndDrop replaces one line by a variant that makes another superfluous.
func (k *shrinker) moveAndDrop() bool {
	const most = 8
	n := len(k.best.lines)
	if n < 2 || n > most {
		return false
	}
	for i, l := range k.best.lines {
		for _, v := range k.elsewhere(l) {
			for j := n - 1; j >= 0; j-- {
				if j != i && k.attempt(without(replaced(k.best.lines, i, v), j, j+1)) {
					return true
				}
			}
		}
	}
	return false
}

func replaced(lines []simnet.Line, i int, l simnet.Line) []simnet.Line {
	lines = slices.Clone(lines)
	l.Why = ""
	lines[i] = l
	return lines
}

// calmer returns variants of a line that are simpler whatever comes of them: the
// simplest first.
func (k *shrinker) calmer(l simnet.Line) (list []simnet.Line) {
	as := func(kind simnet.Kind, answers ...string) {
		for _, a := range answers {
			v := l
			v.Kind, v.Answer = kind, a
			list = append(list, v)
		}
	}
	resets := []string{"ECONNRESET", "EPIPE"}
	switch l.Kind {
	case simnet.KindKill:
		as(simnet.KindFail, resets...)
		as(simnet.KindPause, l.Answer)
	case simnet.KindRestart:
		as(simnet.KindFail, resets...)
		as(simnet.KindPause, l.Answer)
		as(simnet.KindKill, l.Answer)
	}
	if ladder := ladders[l.Kind]; ladder != nil {
		as(l.Kind, ladder[:max(0, slices.Index(ladder, l.Answer))]...)
	}
	return list
}

// elsewhere returns variants of a line that may make the run shorter: another task
// that is chosen, another place.
func (k *shrinker) elsewhere(l simnet.Line) (list []simnet.Line) {
	if l.Kind == simnet.KindRun {
		for _, t := range k.tasks {
			if t != l.Answer {
				v := l
				v.Answer = t
				list = append(list, v)
			}
		}
	}
	for _, op := range []int{1, l.Op / 2, l.Op - 1, l.Op + 1} {
		v := l
		if v.Op, v.Ask = op, 1; op >= 1 && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	if l.Ask > 1 {
		v := l
		v.Ask = 1
		list = append(list, v)
	}
	if l.Kind == simnet.KindRun {
		v := l
		v.After = !v.After
		list = append(list, v)
	}
	return list
}
