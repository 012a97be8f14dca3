package explore_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// sleepers is a program of processes that sleep until the same moment, and then do
// two things each.
func sleepers(order *strings.Builder, n int) func(*simnet.World) {
	return func(w *simnet.World) {
		order.Reset()
		for i := range n {
			p := w.Process(fmt.Sprint("p", i))
			at := p.Now().Add(time.Second)
			p.Go("main", func() {
				p.Sleep(at)
				fmt.Fprint(order, i)
				p.Yield()
				fmt.Fprint(order, i)
			})
		}
	}
}

// Who slept until the same moment goes on in every order.
func TestSleepersInterleave(t *testing.T) {
	for _, tt := range []struct {
		n, bound int
		want     string
	}{
		{2, 0, "0011"},
		{2, 1, "0011 0110 1100"},
		{2, 4, "0011 0101 0110 1001 1010 1100"},
		{3, 1, "001122 001221 002211 011220 022110 110022 112200 220011 221100"},
	} {
		var order strings.Builder
		seen := map[string]bool{}
		c := explore.Exhaust(context.Background(), explore.ExhaustConfig{}, tt.bound, func(x *explore.Execution) *simnet.Result {
			res := x.Run(sleepers(&order, tt.n))
			seen[order.String()] = true
			return res
		})
		if got := strings.Join(slices.Sorted(maps.Keys(seen)), " "); got != tt.want || !c.Complete || c.Failure != nil {
			t.Errorf("%d sleepers, bound %d: %s, not %s; %v", tt.n, tt.bound, got, tt.want, c)
		}
	}
}

// electing has replicas look at the same moment whether their leader is dead. One
// that finds nobody at its address takes its place, and that is two steps: whoever
// has looked before the second one takes the place away from who has taken it.
func electing(w *simnet.World) {
	const at = "/run/leader"
	old := w.Process("old")
	sure(old.Listen(at, 1, transport.ListenConfig{}))
	old.Kill()
	leaders := 0
	for _, name := range []string{"anna", "bert", "cleo"} {
		w.Start(simnet.ProcessConfig{Name: name, Main: func(p *simnet.Process) {
			p.Sleep(p.Now().Add(time.Second))
			if c, err := p.Dial(at, forever); err == nil {
				c.Close()
				return
			}
			p.Remove(at)
			l, err := p.Listen(at, 1, transport.ListenConfig{})
			if err != nil {
				return
			}
			if leaders++; leaders > 1 {
				w.TB().Fatalf("%s leads, too", name)
			}
			p.Sleep(p.Now().Add(time.Minute))
			l.Close()
		}})
	}
}

// A bug that shows only if what happens at the same moment gets mixed up is found in
// few runs, whatever looks for it, and told by one line.
func TestElection(t *testing.T) {
	if res := simnet.Run(simnet.Config{}, electing); res.Err != nil {
		t.Fatalf("the calm run: %v", res.Err)
	}
	for _, name := range explore.Names() {
		rep, err := explore.Run(context.Background(), explore.Config{Runs: 30, Strategy: name}, explore.World(electing))
		if err != nil {
			t.Fatal(err)
		}
		f := rep.Failure
		if f == nil {
			t.Errorf("%s: not found in %d runs", name, rep.Runs)
			continue
		}
		t.Logf("%s, in run %d: %s", name, f.Index, f.Script)
		if len(f.Script.Lines) != 1 || f.Script.Lines[0].Kind != simnet.KindRun {
			t.Errorf("%s:\n%s", name, f.Script)
		}
	}
}
