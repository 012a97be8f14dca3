package afunix

import (
	"math/rand/v2"
	"testing"
)

// After a Reset a kernel is like a new one, whatever it was used for, and has
// what it needs for the same again.
func TestReset(t *testing.T) {
	k := New(Config{})
	bufs := [][]byte{make([]byte, 64)}
	tape := make([]byte, 1<<14)
	for i, src := 0, rand.NewChaCha8([32]byte{}); i < len(tape); i++ {
		tape[i] = byte(src.Uint64())
	}
	want := play(New(Config{}), tape, func(string) {})
	for _, run := range []struct {
		name string
		play func()
	}{
		{"nothing", func() {}},
		{"a few names", func() { small(k, bufs) }},
		{"everything", func() { play(k, tape, func(string) {}) }},
		{"very much", func() { huge(k) }},
		{"a few names after that", func() { small(k, bufs) }},
		{"everything after that", func() { play(k, tape, func(string) {}) }},
		{"severed connections", func() {
			p, _ := k.Spawn(Process{})
			for range 3 {
				x, y, _ := k.Pair(p)
				k.Send(p, x, bufs, []Desc{x, y})
				k.Sever(p, x)
				k.Close(p, x)
			}
		}},
	} {
		run.play()
		k.Reset()
		if err := k.Check(); err != nil {
			t.Errorf("%s: %v", run.name, err)
		}
		if names := len(k.byAbs) + len(k.tree.entries); names > 0 {
			t.Errorf("%s: %d names are left", run.name, names)
		}
		if got := play(k, tape, func(string) {}); got != want {
			t.Errorf("%s: other answers than of a new kernel", run.name)
		}
		k.Reset()
	}
	if n := testing.AllocsPerRun(100, func() { small(k, bufs); k.Reset() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
