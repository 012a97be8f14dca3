package explore

import (
	"math/rand/v2"
	"slices"

	"example.com/brine/simnet"
)

// calm replaces lines by calmer ones.
func (k *shrinker) calm() { k.vary(k.calmer) }

// move replaces lines by such that may make the run shorter.
func (k *shrinker) move() { k.vary(k.elsewhere) }

func (k *shrinker) vary(variants func(simnet.Line) []simnet.Line) {
	for i := 0; i < len(k.best.lines); i++ {
		for _, v := range variants(k.best.lines[i]) {
			if i < len(k.best.lines) {
				k.attempt(replaced(k.best.lines, i, v))
			}
		}
	}
}

// moveAndDrop replaces one line by a variant that makes another superfluous.
func (k *shrinker) moveAndDrop() {
	const most = 6
	if len(k.best.lines) > most {
		return
	}
	for i := 0; i < len(k.best.lines); i++ {
		for _, v := range k.elsewhere(k.best.lines[i]) {
			for j := len(k.best.lines) - 1; j >= 0 && i < len(k.best.lines) && len(k.best.lines) > 1; j-- {
				if j != i && k.attempt(without(replaced(k.best.lines, i, v), j, j+1)) {
					break
				}
			}
		}
	}
}

// single tries one line alone, of all that there could be: each answer of the first
// script, at each operation of which that knows that there is one. Operations that
// come early are first.
func (k *shrinker) single() {
	const most = 400 // executions
	if n := len(k.best.lines); n < 2 || n > 4 {
		return
	}
	var answers, places []simnet.Line
	last := map[simnet.TaskName]int{} // only looked up
	for _, l := range k.first {
		a := simnet.Line{Kind: l.Kind, Answer: l.Answer, After: l.After, Ask: 1}
		if !slices.Contains(answers, a) {
			answers = append(answers, a)
		}
		if last[l.Task] == 0 {
			places = append(places, l)
		}
		last[l.Task] = max(last[l.Task], l.Op)
	}
	end := k.executions + most
	for op, there := 1, true; there; op++ {
		there = false
		for _, p := range places {
			if op > last[p.Task] {
				continue
			}
			there = true
			for _, l := range answers {
				l.Task, l.Op = p.Task, op
				if k.executions >= end || k.attempt([]simnet.Line{l}) {
					return
				}
			}
		}
	}
}

// drift goes from script to script that fail but are not simpler, replacing a line
// each time, and looks in each whether it can do without one. It goes at random,
// always in the same way.
func (k *shrinker) drift() {
	const most = 400 // executions
	random := rand.New(rand.NewPCG(1, 2))
	lines := k.best.lines
	for end, try := k.executions+most, 0; try < 3*most && k.executions < end && len(lines) > 1; try++ {
		i := random.IntN(len(lines))
		all := append(k.calmer(lines[i]), k.elsewhere(lines[i])...)
		next := replaced(lines, i, all[random.IntN(len(all))])
		if k.attempt(next) {
			lines = k.best.lines
			continue
		}
		if next = k.failed[textOf(next)]; next == nil {
			continue
		}
		lines = next
		for j := len(lines) - 1; j >= 0; j-- {
			if k.attempt(without(lines, j, j+1)) {
				return
			}
		}
	}
}

// calmer returns variants of a line that are simpler whatever comes of them: the
// simplest first. None is a fault that there may not be: a program that fails by
// what it need not endure is not what was found.
func (k *shrinker) calmer(l simnet.Line) (list []simnet.Line) {
	as := func(kind simnet.Kind, answers ...string) {
		for _, a := range answers {
			v := l
			v.Kind, v.Answer = kind, a
			if k.may(v) {
				list = append(list, v)
			}
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

// may reports whether there may be a line: it is no fault, or one of those that may
// be.
func (k *shrinker) may(l simnet.Line) bool {
	none := true
	for f := range simnet.NumFaults {
		if isFault(l, f) {
			if k.faults[f] {
				return true
			}
			none = false
		}
	}
	return none
}

// isFault reports whether a line is of a fault.
func isFault(l simnet.Line, f simnet.Fault) bool {
	switch {
	case l.Kind != f.Kind():
		return false
	case f == simnet.FaultReset:
		return l.Answer == "ECONNRESET" || l.Answer == "EPIPE"
	case l.Kind == simnet.KindFail, l.Kind == simnet.KindFile:
		return l.Answer == f.String()
	}
	return true
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
		if op >= 1 {
			v := l
			v.Op, v.Ask = op, 1
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
		if name, err := simnet.ParseTaskName(l.Answer); err == nil && l.Task != (simnet.TaskName{}) {
			v := l
			v.Task, v.Answer = name, l.Task.String()
			list = append(list, v)
		}
	}
	return list
}
