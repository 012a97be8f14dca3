package proptest_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// TestUndrawn: a body that draws is called once without data, to see that it does.
// It is cleaned up after then, too, and may recover whatever it likes.
func TestUndrawn(t *testing.T) {
	var begun, ended atomic.Int64
	k := judge(t, func(t testing.TB) {
		proptest.Config{Runs: 20}.Check(t, func(s *proptest.Sim) {
			begun.Add(1)
			s.Cleanup(func() { ended.Add(1) })
			defer func() {
				if v := recover(); v != nil {
					if !strings.Contains(fmt.Sprint(v), "the Sim has ended the run") {
						t.Error(v)
					}
					s.Errorf("panicked: %v", v)
					s.Run()
				}
			}()
			proptest.Draw(s, rapid.Int(), "n")
			s.Process("p", func(tr transport.Transport) { tr.Yield() })
			s.Run()
		})
	})
	k.passes(t, "20 runs")
	if begun.Load() != ended.Load() || begun.Load() < 21 {
		t.Errorf("%d bodies have begun, and %d were cleaned up after", begun.Load(), ended.Load())
	}
}

// TestAfterSkip: that a task skips the run does not hide that it failed.
func TestAfterSkip(t *testing.T) {
	for name, test := range map[string]struct{ before, cleanup func(s *proptest.Sim) }{
		"before":  {before: func(s *proptest.Sim) { s.Error("it is 7") }},
		"cleanup": {cleanup: func(s *proptest.Sim) { s.Error("it is 7") }},
		"panic":   {cleanup: func(s *proptest.Sim) { panic("it is 7") }},
	} {
		t.Run(name, func(t *testing.T) {
			judge(t, func(t testing.TB) {
				proptest.Config{Runs: 2}.Check(t, func(s *proptest.Sim) {
					if test.before != nil {
						test.before(s)
					}
					if test.cleanup != nil {
						s.Cleanup(func() { test.cleanup(s) })
					}
					s.Process("p", func(transport.Transport) { s.Skip("not today") })
					s.Run()
				})
			}).fails(t, "it is 7")
		})
	}
}

// TestFailed: whoever cleans up knows what came of the run.
func TestFailed(t *testing.T) {
	for name, test := range map[string]struct {
		task, body      func(s *proptest.Sim)
		failed, skipped bool
	}{
		"passed":        {},
		"fatal":         {task: func(s *proptest.Sim) { s.Fatal("no") }, failed: true},
		"panic":         {task: func(s *proptest.Sim) { panic("no") }, failed: true},
		"skip":          {task: func(s *proptest.Sim) { s.Skip("no") }, skipped: true},
		"fatal after":   {body: func(s *proptest.Sim) { s.Fatal("no") }, failed: true},
		"panic after":   {body: func(s *proptest.Sim) { panic("no") }, failed: true},
		"skip after":    {body: func(s *proptest.Sim) { s.Skip("no") }, skipped: true},
		"errors, skips": {task: func(s *proptest.Sim) { s.Error("no"); s.Skip("no") }, failed: true},
	} {
		t.Run(name, func(t *testing.T) {
			var failed, skipped bool
			proptest.Config{Runs: 1, Cores: 1, Verify: -1}.Explore("x", func(s *proptest.Sim) {
				s.Cleanup(func() { failed, skipped = s.Failed(), s.Skipped() })
				s.Process("p", func(transport.Transport) {
					if test.task != nil {
						test.task(s)
					}
				})
				s.Run()
				if test.body != nil {
					test.body(s)
				}
			})
			if failed != test.failed || skipped != test.skipped {
				t.Errorf("failed %v, skipped %v", failed, skipped)
			}
		})
	}
}

// TestOtherAssertion: what is shrunk goes on to fail by the assertion that it was
// found by, and not by another one of the body.
func TestOtherAssertion(t *testing.T) {
	helped := func(s *proptest.Sim, ok bool) {
		s.Helper()
		if !ok {
			s.Error("this is not so")
		}
	}
	for name, not := range map[string]func(s *proptest.Sim, ok bool){
		"Error": func(s *proptest.Sim, ok bool) {
			if !ok {
				s.Log("close to it")
			}
		},
		"helper": helped,
	} {
		rep, err := proptest.Config{Seed: 1}.Explore("x", func(s *proptest.Sim) {
			n := proptest.Draw(s, rapid.IntRange(0, 1000), "n")
			s.Process("p", func(transport.Transport) {})
			s.Run()
			not(s, n <= 500)
			if name == "Error" && n > 500 {
				s.Error("it is big")
			}
			not(s, n >= 3)
			if name == "Error" && n < 3 {
				s.Error("it is small")
			}
		})
		if err != nil || rep.Failure == nil {
			t.Fatal(err, "nothing is found")
		}
		if got := rep.Failure.Script.Data; len(got) != 1 || got[0].JSON != "501" {
			t.Errorf("%s: smallest data %v, want 501", name, got)
		}
	}
}

// TestLabelOfBoth: that Always comes by a label is not the occasion that Sometimes
// of the same label waits for.
func TestLabelOfBoth(t *testing.T) {
	judge(t, func(t testing.TB) {
		proptest.Config{Runs: 5}.Check(t, func(s *proptest.Sim) {
			s.Always("full", true)
			s.Process("p", func(transport.Transport) {})
			s.Run()
			s.Sometimes("full", false)
		})
	}).fails(t, `in vain: "full" was true in none of the 5 runs`, `labels: "full" in 0 of 5, always "full" in 5 runs`)
}
