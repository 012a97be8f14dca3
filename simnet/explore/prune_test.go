package explore_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
)

// outcomes are those that an enumeration has come to, each with the fewest
// deviations that lead there.
type outcomes map[string]int

// enumerate executes what Exhaust does, and returns what came of it.
func (l little) enumerate(bound, most int, isolated bool) (outcomes, *explore.Certificate) {
	found := make(outcomes)
	program := l.program(func(x *explore.Execution, what string) {
		if n := explore.Deviations(x); n >= 0 && (!has(found, what) || n < found[what]) {
			found[what] = n
		}
	})
	cfg := explore.ExhaustConfig{World: l.world, Isolated: isolated, MaxRuns: most}
	c := explore.Exhaust(context.Background(), cfg, bound, program)
	return found, c
}

func has(o outcomes, what string) bool { _, ok := o[what]; return ok }

// A comparison is of two enumerations, one of them pruned.
type comparison struct {
	whole, pruned *explore.Certificate
	bound         int    // up to which all runs were compared
	diff          string // "" if nothing was lost
}

// compare enumerates a program without pruning, up to most runs, and with it, up to
// the same bound. Nothing is lost at that bound, and none below it, if the outcomes are
// the same and each is reached with as few deviations.
func (l little) compare(bound, most int) (c comparison) {
	var want, got outcomes
	want, c.whole = l.enumerate(bound, most, false)
	c.bound = c.whole.Covered
	if c.whole.Err != nil || c.whole.Failure != nil || c.bound < 0 {
		c.diff = c.whole.String()
		return c
	}
	got, c.pruned = l.enumerate(c.bound, most, true)
	if !c.pruned.Complete {
		c.diff = fmt.Sprint("pruned, it is not complete: ", c.pruned)
		return c
	}
	for _, what := range slices.Sorted(maps.Keys(want)) {
		switch n, ok := got[what]; {
		case want[what] > c.bound:
		case !ok:
			c.diff = fmt.Sprintf("not reached when pruned, with %d deviations otherwise: %s", want[what], what)
		case n != want[what]:
			c.diff = fmt.Sprintf("reached with %d deviations when pruned, with %d otherwise: %s", n, want[what], what)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(got)) {
		if !has(want, what) {
			c.diff = "reached only when pruned: " + what
		}
	}
	return c
}

func task(ops ...instr) littleTask   { return littleTask{ops: ops} }
func daemon(ops ...instr) littleTask { return littleTask{daemon: true, ops: ops} }

func proc(tasks ...littleTask) littleProc { return littleProc{tasks: tasks} }

// littles are programs about one thing each.
var littles = []little{
	{name: "two pairs", wires: []wire{{0, 0, 1, 0}, {2, 0, 3, 0}}, procs: []littleProc{
		proc(task(instr{op: vSend, b: 1}, instr{op: vRecv, b: 8})),
		proc(task(instr{op: vRecv, b: 8}, instr{op: vSend, b: 2})),
		proc(task(instr{op: vSend, b: 1}, instr{op: vSend, b: 1}, instr{op: vRecv, b: 8})),
		proc(task(instr{op: vRecv, b: 8}, instr{op: vSend, b: 2})),
	}},
	{name: "one reader of two writers", wires: []wire{{0, 0, 2, 0}, {1, 0, 2, 1}}, procs: []littleProc{
		proc(task(instr{op: vSend, b: 1}, instr{op: vSend, b: 1})),
		proc(task(instr{op: vSend, b: 2})),
		proc(task(instr{op: vRecv, b: 8, wait: 1}, instr{op: vRecv, a: 1, b: 8, wait: -1}), task(instr{op: vRecv, b: 8, wait: -1})),
	}},
	// The second client and the second server first, or the first: both take one
	// deviation, the third client sees it, and then the calm run has the server that
	// was woken first bind the path.
	{name: "who is woken first", wires: []wire{{3, 0, 0, 0}, {4, 0, 1, 0}, {4, 1, 2, 0}}, procs: []littleProc{
		proc(task(instr{op: vRecv, b: 8}, instr{op: vListen})),
		proc(task(instr{op: vRecv, b: 8}, instr{op: vListen})),
		proc(task(instr{op: vRecv, b: 8, wait: -1}, instr{op: vYield}, instr{op: vYield})),
		proc(task(instr{op: vSend, b: 1})),
		proc(task(instr{op: vSend, b: 1}, instr{op: vSend, a: 1, b: 1})),
	}},
	// The same, with timers that are due at one time: the first process sees that both
	// others came before it, and the last is there to be asked for meanwhile.
	{name: "who sets a timer first", wires: []wire{{1, 0, 0, 0}, {2, 0, 0, 1}}, procs: []littleProc{
		proc(task(instr{op: vRecv, b: 8, wait: -1}, instr{op: vRecv, a: 1, b: 8, wait: -1})),
		proc(task(instr{op: vSend, b: 1}, instr{op: vSleep, wait: 1}, instr{op: vListen})),
		proc(task(instr{op: vSend, b: 1}, instr{op: vSleep, wait: 1}, instr{op: vListen})),
		proc(task(instr{op: vYield})),
	}},
	{name: "deadlines of two processes at one time", wires: []wire{{0, 0, 1, 0}, {2, 0, 3, 0}}, procs: []littleProc{
		proc(task(instr{op: vRecv, b: 1, wait: 1}, instr{op: vSend, b: 1})),
		proc(task(instr{op: vRecv, b: 1, wait: 1}, instr{op: vSend, b: 1}, instr{op: vRecv, b: 4, wait: -1})),
		proc(task(instr{op: vRecv, b: 1, wait: 1}, instr{op: vNow})),
		proc(task(instr{op: vSleep, wait: 1}, instr{op: vSend, b: 3})),
	}},
	{name: "timers", wires: []wire{{0, 0, 1, 0}}, procs: []littleProc{
		proc(task(instr{op: vAfter, wait: 1}, instr{op: vWait, wait: 1}, instr{op: vSend, b: 1})),
		proc(task(instr{op: vReadDeadline, wait: 1}, instr{op: vRecv, b: 1}, instr{op: vNow})),
		proc(task(instr{op: vSleep, wait: 1}, instr{op: vNow})),
	}},
	{name: "a kill", wires: []wire{{0, 0, 1, 0}, {1, 1, 2, 0}}, procs: []littleProc{
		proc(task(instr{op: vSend, b: 1}, instr{op: vSend, b: 1}, instr{op: vRecv, b: 1})),
		proc(task(instr{op: vRecv, b: 8}, instr{op: vSend, a: 1, b: 1})),
		proc(task(instr{op: vKill, a: 1}, instr{op: vRecv, b: 8})),
	}},
	{name: "a kill before or after a message", wires: []wire{{0, 0, 1, 0}}, procs: []littleProc{
		proc(task(instr{op: vSend, b: 1})),
		proc(daemon(instr{op: vYield}, instr{op: vRecv, b: 1})),
		proc(task(instr{op: vKill, a: 1})),
		proc(task(instr{op: vYield})),
		proc(task(instr{op: vYield})),
	}},
	{name: "descriptors that are short", files: 7, wires: []wire{{0, 0, 1, 0}}, procs: []littleProc{
		{uid: 1, tasks: []littleTask{task(instr{op: vPair, a: 1, b: 2}, instr{op: vClose, a: 1}, instr{op: vSend, b: 1})}},
		{uid: 2, tasks: []littleTask{task(instr{op: vPair, a: 1, b: 2}, instr{op: vRecv, b: 8, wait: -1})}},
		{uid: 3, tasks: []littleTask{task(instr{op: vPair, a: 0, b: 1}, instr{op: vYield})}},
	}},
	{name: "descriptors used again", wires: []wire{{0, 0, 1, 0}}, procs: []littleProc{
		proc(task(instr{op: vFiles, a: 2}, instr{op: vClose}, instr{op: vPair, a: 1, b: 2}), task(instr{op: vPair, a: 1, b: 2}, instr{op: vSend, a: 1, b: 1})),
		proc(task(instr{op: vSend, b: 3}, instr{op: vRecv, b: 4}, instr{op: vPair, a: 1, b: 2})),
	}},
	{name: "two processes bind one path", procs: []littleProc{
		proc(task(instr{op: vListen}, instr{op: vAccept, wait: 1})),
		proc(task(instr{op: vRemove}, instr{op: vListen}, instr{op: vAccept, wait: 1})),
		proc(task(instr{op: vDial, wait: 1}, instr{op: vSend, b: 1})),
	}},
	{name: "two processes take over one path", procs: []littleProc{
		proc(task(instr{op: vTakeover}, instr{op: vCloseListener})),
		proc(task(instr{op: vTakeover}, instr{op: vAccept, wait: 1})),
		proc(task(instr{op: vDial, wait: 1}), task(instr{op: vYield})),
	}},
	{name: "a cancellation", wires: []wire{{0, 0, 1, 0}, {2, 0, 3, 0}}, procs: []littleProc{
		proc(task(instr{op: vView}, instr{op: vRecv, b: 1}), task(instr{op: vCancel}, instr{op: vYield})),
		proc(task(instr{op: vSend, b: 1})),
		proc(task(instr{op: vSend, b: 1}, instr{op: vSend, b: 1})),
		proc(task(instr{op: vRecv, b: 8}, instr{op: vRecv, b: 8, wait: -1})),
	}},
	{name: "a context that expires", wires: []wire{{0, 0, 1, 0}}, procs: []littleProc{
		proc(task(instr{op: vTimeout, wait: 1}, instr{op: vRecv, b: 1}, instr{op: vSend, b: 1})),
		proc(task(instr{op: vSleep, wait: 1}, instr{op: vSend, b: 1}, instr{op: vRecv, b: 1, wait: 1})),
		proc(task(instr{op: vSleep, wait: 1}, instr{op: vNow})),
	}},
	{name: "a descriptor is passed", wires: []wire{{0, 0, 1, 0}, {0, 1, 2, 0}}, procs: []littleProc{
		proc(task(instr{op: vPass, b: 1}, instr{op: vClose, a: 1}, instr{op: vClose})),
		proc(task(instr{op: vTake, b: 1}, instr{op: vSend, a: 1, b: 1})),
		proc(task(instr{op: vRecv, b: 4, wait: 1}, instr{op: vSend, b: 1})),
	}},
	// The last end of a connection is in a message whose descriptor nobody takes. Its
	// other end looks before or after that; the second process sees that both have come.
	{name: "a descriptor is lost", wires: []wire{{0, 0, 2, 0}, {0, 1, 3, 0}, {2, 1, 1, 0}, {3, 1, 1, 1}}, procs: []littleProc{
		proc(task(instr{op: vPass, b: 1}, instr{op: vClose, a: 1})),
		proc(task(instr{op: vRecv, b: 8, wait: -1}, instr{op: vRecv, a: 1, b: 8, wait: -1})),
		proc(task(instr{op: vSend, a: 1, b: 1}, instr{op: vRecv, b: 8})),
		proc(task(instr{op: vSend, a: 1, b: 1}, instr{op: vRecv, b: 8, wait: -1})),
		proc(task(instr{op: vYield})),
	}},
	{name: "a full buffer", wires: []wire{{0, 0, 1, 0}, {2, 0, 1, 1}}, procs: []littleProc{
		proc(task(instr{op: vSmall}, instr{op: vSend, b: 9000, wait: 1}, instr{op: vClose})),
		proc(task(instr{op: vRecv, b: 5000}, instr{op: vRecv, b: 5000}, instr{op: vRecv, a: 1, b: 1, wait: -1})),
		proc(task(instr{op: vSend, b: 1})),
	}},
	{name: "a pause", wires: []wire{{0, 0, 1, 0}, {2, 0, 3, 0}}, procs: []littleProc{
		proc(task(instr{op: vSend, b: 1}, instr{op: vSend, b: 1})),
		proc(task(instr{op: vRecv, b: 1}, instr{op: vRecv, b: 1}), task(instr{op: vYield})),
		proc(task(instr{op: vPause, a: 1}, instr{op: vSend, b: 1}, instr{op: vResume, a: 1})),
		proc(task(instr{op: vRecv, b: 1})),
	}},
	{name: "faults", wires: []wire{{0, 0, 1, 0}, {2, 0, 3, 0}}, procs: []littleProc{
		proc(task(instr{op: vSend, b: 3})),
		proc(task(instr{op: vRecv, b: 2}, instr{op: vSend, b: 1})),
		proc(task(instr{op: vSend, b: 2})),
		proc(task(instr{op: vRecv, b: 2})),
	}, world: simnet.Config{Faults: simnet.Faults{
		simnet.FaultShort: {Rate: 1}, simnet.FaultReset: {Rate: 1, Max: 1}, simnet.FaultKill: {Rate: 1, Max: 1},
	}}},
	{name: "time that passes early or late", wires: []wire{{0, 0, 1, 0}}, procs: []littleProc{
		proc(task(instr{op: vSleep, wait: 1}, instr{op: vSend, b: 1})),
		proc(task(instr{op: vRecv, b: 1, wait: 1}, instr{op: vNow})),
	}, world: simnet.Config{Faults: simnet.Faults{simnet.FaultEarly: {Rate: 1}, simnet.FaultLate: {Rate: 1}}}},
}

// Nothing is lost by pruning.
func TestPruningIsSound(t *testing.T) {
	bound := 3
	if raced {
		bound = 2 // with as many runs as otherwise it would take minutes
	}
	for _, l := range littles {
		t.Run(l.name, func(t *testing.T) {
			c := l.compare(bound, 200_000)
			t.Logf("%v; %v", c.whole, c.pruned)
			if c.diff != "" {
				t.Errorf("%s\n%v", c.diff, l)
			}
			if c.bound < bound {
				t.Error(c.whole)
			}
		})
	}
}

var programs = flag.Int("programs", 10_000, "how many generated programs are enumerated with pruning and without")

// Nor in generated programs.
func TestPruningIsSoundAtRandom(t *testing.T) {
	n := *programs
	if testing.Short() {
		n = min(n, 300)
	}
	if raced {
		n = min(n, 50)
	}
	all := make([]comparison, n)
	var next, lost atomic.Int64
	var over sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		over.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && lost.Load() < 5; i = next.Add(1) - 1 {
				if all[i] = makeLittle(uint64(i)).compare(3, 200); all[i].diff != "" {
					lost.Add(1)
				}
			}
		})
	}
	over.Wait()
	var bounds [4]int
	runs, pruned, some := 0, 0, 0
	for i, c := range all {
		if c.diff != "" {
			t.Errorf("%s\n%v", c.diff, makeLittle(uint64(i)))
		}
		if c.diff == "" && c.pruned != nil {
			bounds[c.bound]++
			runs += c.whole.Runs
			pruned += c.pruned.Runs
			if c.pruned.Pruned > 0 {
				some++
			}
		}
	}
	t.Logf("%d programs, compared up to 0, 1, 2, 3 deviations: %v; %d runs, and %d pruned, in %d of the programs", n, bounds, runs, pruned, some)
	if bounds[3] < n/3 || some < n/2 {
		t.Errorf("too little was compared")
	}
}

// Pruning is worth it: with nothing between two conversations, fewer than half of the
// runs are executed, and with more deviations fewer.
func TestPruningPrunes(t *testing.T) {
	last, most := 1.0, 4
	if raced {
		most = 3
	}
	for bound := 2; bound <= most; bound++ {
		whole := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, bound, explore.World(pairs))
		pruned := explore.Exhaust(context.Background(), explore.ExhaustConfig{Isolated: true}, bound, explore.World(pairs))
		left := float64(pruned.Runs) / float64(whole.Runs)
		t.Logf("%v\n%v", whole, pruned)
		if !whole.Complete || !pruned.Complete || whole.Pruned != 0 || pruned.Pruned == 0 || left >= last || bound > 2 && left > 0.5 {
			t.Errorf("bound %d: %v of the runs are left", bound, left)
		}
		last = left
	}
}

// A program in which everything depends on everything loses nothing but what
// comes before the first operation and after the last.
func TestPruningOfOneProcess(t *testing.T) {
	var order strings.Builder
	whole := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, 4, explore.World(yields(&order, 2, 2, 2)))
	pruned := explore.Exhaust(context.Background(), explore.ExhaustConfig{Isolated: true}, 4, explore.World(yields(&order, 2, 2, 2)))
	if !whole.Complete || !pruned.Complete || pruned.Runs*10 < whole.Runs*9 {
		t.Errorf("%v\n%v", whole, pruned)
	}
}

// A set that is full takes no more, and says of none that it is there which is not.
func TestNumbers(t *testing.T) {
	const most = 1000
	s := explore.NewNumbers(most)
	r := rand.New(rand.NewPCG(1, 2))
	in := map[uint64]bool{}
	for i := range 3000 {
		x := r.Uint64N(5000) * 0x10001
		if i%1000 < 2 {
			x = 0
		}
		isNew := s.Add(x)
		if want := !in[x]; isNew != want {
			t.Fatalf("%d is new: %v", x, isNew)
		}
		if len(in) < most || x == 0 {
			in[x] = true
		}
		if s.Slots() > 4*most {
			t.Fatalf("%d slots for %d", s.Slots(), most)
		}
	}
}
