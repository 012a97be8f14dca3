package explore

import (
	"slices"
	"strings"

	"example.com/brine/simnet"
)

// A ShrinkConfig says how much is done to make a script smaller. The zero value
// will do.
type ShrinkConfig struct {
	// Budget is how many executions there are at most; 0 is 2,000.
	Budget int

	// Steps is how many operations these may have in all (simnet.Result.Steps),
	// before the last of them begins: it bounds the time, in the same way on every
	// machine. A run that ends with *simnet.Blocked takes a second, and counts as
	// 2,000,000. 0 is 50,000,000.
	Steps int

	// Err is the failure that is to be explained: only scripts count that fail so,
	// as Same has it. If it is nil, it is what the script fails with that is to be
	// shrunk.
	Err error

	// Faults may take the place of heavier ones, as a pause that of a kill: those that
	// are on, which the program is meant to endure. Those of the script may in any case.
	Faults simnet.Faults

	runs *runs // for other runs to be executed than those of scripts; nil is none

	over func() bool // nil, or whether there is no more time
}

// A Shrunk is what became of a script.
type Shrunk struct {
	Script simnet.Script  // the smallest that fails as the first one did
	Result *simnet.Result // what try made of it

	Before, After int // deviations of the script that was to be shrunk, and of Script
	Executions    int // it took

	// Complete says that no line of Script can do without: the script without it was
	// executed, and does not fail so.
	Complete bool

	// Unsteady says that two executions of one script were not the same run, so that
	// what is said here is not to be relied on: if it is the first script, Script is
	// that one as it was. simnet.Verify finds out why.
	Unsteady bool
}

// Shrink looks for the smallest script that fails as s does, by delta debugging: it
// has scripts executed that are simpler than the best one so far (fewer lines;
// calmer kinds; smaller answers; fewer operations), and takes one that fails in
// the same way (Same) in two executions that are the same run (simnet.Result.Hash).
// What it returns is a function of s, opt and what try returns.
//
// try executes the program with a script, and returns the Result, with its Script:
//
//	func(s simnet.Script) *simnet.Result {
//		return r.Run(simnet.Config{Chooser: simnet.Record(simnet.Replay(s)), Faults: faults, Once: true}, build)
//	}
//
// Lines may be missing in that Script which did not apply. nil stands for a script
// that cannot be executed. try is called on the caller's goroutine, for as long as
// Shrink takes. Data of the script is passed on as it is.
func Shrink(s simnet.Script, opt ShrinkConfig, try func(simnet.Script) *simnet.Result) *Shrunk {
	k := &shrinker{try: try, data: s.Data, budget: opt.Budget, steps: opt.Steps, runs: opt.runs, over: opt.over,
		seen: map[string]bool{}, failed: map[string][]simnet.Line{}}
	if k.budget <= 0 {
		k.budget = 2000
	}
	if k.steps <= 0 {
		k.steps = 50_000_000
	}
	for f := range simnet.NumFaults {
		k.faults[f] = opt.Faults[f].Rate > 0 || slices.ContainsFunc(s.Lines, func(l simnet.Line) bool { return isFault(l, f) })
	}
	k.result = k.execute(s.Lines)
	if k.class = Class(opt.Err); k.class == "" && k.result != nil {
		k.class = Class(k.result.Err)
	}
	k.best = weigh(s.Lines, 0)
	if !k.fails(k.result) || !k.begin(s.Lines) {
		return &Shrunk{Script: s, Result: k.result, Before: len(s.Lines), After: len(s.Lines), Executions: k.executions, Unsteady: true}
	}
	k.shrink()
	return &Shrunk{
		Script: simnet.Script{Data: s.Data, Lines: k.best.lines}, Result: k.result,
		Before: len(s.Lines), After: len(k.best.lines), Executions: k.executions,
		Complete: !k.unsteady && k.minimal(), Unsteady: k.unsteady,
	}
}

// A shrinker is a Shrink under way.
type shrinker struct {
	try           func(simnet.Script) *simnet.Result
	data          []simnet.Datum
	class         string                 // of the failure
	faults        [simnet.NumFaults]bool // that there may be
	runs          *runs                  // nil if there are scripts alone
	budget, steps int                    // left
	over          func() bool
	executions    int
	unsteady      bool
	cut           bool // the budget was spent before something could be confirmed

	first  []simnet.Line // as they applied
	tasks  []string      // that they are about, but the world
	best   weighed
	result *simnet.Result
	taken  int // how often there was a simpler one

	// By text: scripts that need not be executed any more; and of those the ones that
	// fail, and are not simpler than the best was, as they applied. Both are only
	// looked up.
	seen   map[string]bool
	failed map[string][]simnet.Line
}

// execute executes the program with some lines. It may return nil.
func (k *shrinker) execute(lines []simnet.Line) *simnet.Result {
	return k.spend(k.try(simnet.Script{Data: slices.Clone(k.data), Lines: slices.Clone(lines)}))
}

// spend takes an execution out of the budget, and returns what came of it.
func (k *shrinker) spend(res *simnet.Result) *simnet.Result {
	k.executions++
	k.budget--
	if res != nil {
		k.steps -= max(1, res.Steps)
		if _, ok := res.Err.(*simnet.Blocked); ok {
			k.steps -= 2_000_000
		}
	}
	return res
}

func (k *shrinker) spent() bool {
	return k.budget <= 0 || k.steps <= 0 || k.over != nil && k.over()
}

// fails reports whether a Result is of the failure that is to be explained.
func (k *shrinker) fails(res *simnet.Result) bool {
	return res != nil && k.class != "" && Class(res.Err) == k.class
}

// begin takes the first script, of which Result is known, as it applied. It reports
// whether a second execution is the same run.
func (k *shrinker) begin(lines []simnet.Line) bool {
	if k.spent() || !k.confirm(lines, k.result) {
		return false
	}
	k.first = k.best.lines
	know := func(task string) {
		if task != "world" && !slices.Contains(k.tasks, task) {
			k.tasks = append(k.tasks, task)
		}
	}
	for _, l := range k.first {
		know(l.Task.String())
		if l.Kind == simnet.KindRun {
			know(l.Answer)
		}
	}
	return true
}

// attempt executes lines if that was not done yet, and takes them as they applied
// if they fail and are simpler than the best. It reports whether it did.
func (k *shrinker) attempt(lines []simnet.Line) bool {
	key := textOf(lines)
	if k.seen[key] || k.spent() {
		return false
	}
	k.seen[key] = true
	res := k.execute(lines)
	if res == nil {
		return false
	}
	applied := applied(lines, res)
	if !k.fails(res) {
		k.seen[textOf(applied)] = true
		return false
	}
	if !simpler(weigh(applied, res.Steps), k.best) {
		k.failed[key] = applied
		return false
	}
	return k.confirm(lines, res)
}

// confirm executes lines, with which there was a run, once more, and takes them if
// that is the same one: as they applied, or, should that not be the same script
// after all, as they were.
func (k *shrinker) confirm(lines []simnet.Line, res *simnet.Result) bool {
	forms := [][]simnet.Line{applied(lines, res), lines}
	if textOf(forms[0]) == textOf(lines) {
		forms = forms[:1] // with the comments
	}
	for _, form := range forms {
		if k.spent() {
			k.cut = true
			return false
		}
		if again := k.execute(form); k.fails(again) && again.Hash == res.Hash {
			k.best, k.result = weigh(form, again.Steps), again
			k.seen[textOf(form)] = true
			k.taken++
			return true
		}
	}
	k.unsteady = true
	return false
}

// applied returns which lines of a script a run knows of.
func applied(lines []simnet.Line, res *simnet.Result) []simnet.Line {
	if len(res.Script.Lines) > len(lines) {
		return lines // others than it was given
	}
	return res.Script.Lines
}

// minimal reports whether the script was executed without each of its lines.
func (k *shrinker) minimal() bool {
	for i := range k.best.lines {
		if !k.seen[textOf(without(k.best.lines, i, i+1))] {
			return false
		}
	}
	return !k.cut
}

// shrink looks for simpler scripts until there are none, or the budget is spent.
// What is cheap and mostly pays comes first, and is done again after each success
// of what is not.
func (k *shrinker) shrink() {
	if k.attempt(nil) || len(k.best.lines) == 0 {
		return
	}
	k.truncate()
	k.sweep()
	for sown := len(k.first) + 1; ; {
		k.reduce()
		if k.runs != nil && len(k.best.lines) < sown {
			k.sparse()
			sown = len(k.best.lines)
		}
		if !k.refine() {
			return
		}
	}
}

// reduce does without lines for as long as there are some that are not needed.
func (k *shrinker) reduce() {
	for k.gains(k.drop) || k.gains(k.dropLife) || k.gains(k.dropTask) || k.gains(k.dropNear) || k.gains(k.shortcut) {
	}
}

// refine makes the script simpler by what mostly does not pay. It reports whether
// one pass did. Those that look for a way out of where dropping lines got stuck are
// for when there are scripts alone: sparse does more for less.
func (k *shrinker) refine() bool {
	if k.runs != nil {
		return k.gains(k.alone) || k.gains(k.calm) || k.gains(k.merge) || k.gains(k.move)
	}
	return k.gains(k.alone) || k.gains(k.calm) || k.gains(k.dropPair) || k.gains(k.merge) ||
		k.gains(k.moveAndDrop) || k.gains(k.single) || k.gains(k.move) || k.gains(k.drift)
}

// gains reports whether a pass over the script made it simpler.
func (k *shrinker) gains(pass func()) bool {
	before := k.taken
	pass()
	return k.taken > before
}

// textOf is what lines are known by: they themselves, without comments.
func textOf(lines []simnet.Line) string {
	var b strings.Builder
	for _, l := range lines {
		l.Why = ""
		b.WriteString(l.String())
		b.WriteByte('\n')
	}
	return b.String()
}
