package simnet

import "testing"

// TestInternal tells what a task waits for that passes from what does not, by
// stacks as the runtime shows them.
func TestInternal(t *testing.T) {
	for _, c := range []struct {
		state, top string
		want       bool
	}{
		// An allocation that is to start a collection, on a machine with much to do.
		{"semacquire", "example.com/app.serve.func1()", true},
		{"semacquire", "runtime.GC()", true},
		{"wait for GC cycle", "runtime.GC()", true},
		{"semacquire", "internal/poll.runtime_Semacquire(0xc000012345)", false},
		{"semacquire", "sync.runtime_Semacquire(0xc000012345)", false},
		{"sync.Mutex.Lock", "internal/sync.runtime_SemacquireMutex(0xc000012345, 0x0?, 0x1)", false},
		{"chan receive", "example.com/app.serve.func1()", false},
	} {
		stack := "goroutine 7 [" + c.state + "]:\n" + c.top + "\n\t/app/app.go:7 +0x12\n"
		if got := internal(c.state, stack); got != c.want {
			t.Errorf("%s in %s: passes by itself: %t, want %t", c.state, c.top, got, c.want)
		}
	}
}
