package simnet_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"example.com/brine/simnet"
)

// TestTaskEnds has tasks, and build, that do not return.
func TestTaskEnds(t *testing.T) {
	for _, who := range []string{"app/main", "build"} {
		run := func(f func()) error {
			return simnet.Run(simnet.Config{}, func(w *simnet.World) {
				if who == "build" {
					f()
				}
				w.Process("app").Go("main", f)
			}).Err
		}
		var p *simnet.Panic
		if err := run(func() { panic(io.ErrUnexpectedEOF) }); !errors.As(err, &p) {
			t.Errorf("%s: %v", who, err)
		} else if !strings.HasSuffix(p.Task, who) || p.Value != io.ErrUnexpectedEOF || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(p.Stack, "TestTaskEnds") {
			t.Errorf("%s: task %s, value %v\n%s", who, p.Task, p.Value, p.Stack)
		}
		var e *simnet.Exit
		if err := run(func() { runtime.Goexit() }); !errors.As(err, &e) || !strings.HasSuffix(e.Task, who) || !strings.Contains(e.Stack, "TestTaskEnds") {
			t.Errorf("%s: %v", who, err)
		}
	}
}
