package simnet_test

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"example.com/brine/simnet"
)

// TestKeepsNoRun counts the worlds that are yet there of a few hundred runs, which end
// in various ways: that of the last run, and the one that the caller keeps, which
// keeps no other.
func TestKeepsNoRun(t *testing.T) {
	sleepers := func(n int) func(*simnet.World) {
		return func(w *simnet.World) {
			p := w.Process("p")
			for range n {
				p.Go("main", func() { p.Sleep(p.Now().Add(time.Second)) })
			}
		}
	}
	many, passes := sleepers(10), sleepers(2)
	stands := func(w *simnet.World) {
		p := w.Process("p")
		a, b := pairOf(p)
		p.Go("one", func() { a.Recv(bytes("1"), nil, never) })
		p.Go("other", func() { b.Recv(bytes("1"), nil, never) })
	}
	dies := func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		n := p.NewNotifier()
		p.Go("main", func() {
			p.Go("child", func() { n.Wait(never) })
			p.Sleep(p.Now().Add(time.Hour))
		})
		q.Go("main", func() {
			at := q.Now().Add(time.Second)
			q.AfterFunc("one", at, func() {})
			q.AfterFunc("other", at, func() {})
			q.AfterFunc("kill", at, p.Kill)
		})
	}
	panics := func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			p.Go("never", func() {})
			panic("it is to")
		})
	}
	for _, test := range []struct {
		name string
		all  []func(*simnet.World)
	}{
		{"passes", []func(*simnet.World){passes}},
		{"stands", []func(*simnet.World){stands}},
		{"dies", []func(*simnet.World){dies}},
		{"panics", []func(*simnet.World){panics}},
		{"all", []func(*simnet.World){passes, dies, stands, passes, passes, panics}},
	} {
		for _, keep := range []bool{false, true} {
			name := test.name
			if keep {
				name += " kept"
			}
			t.Run(name, func(t *testing.T) {
				var worlds []weak.Pointer[simnet.World]
				var kept *simnet.World
				alive := func() (n int) {
					for _, w := range worlds {
						if w.Value() != nil {
							n++
						}
					}
					return n
				}
				want := 1
				if keep {
					want = 2
				}
				simnet.Loop(func(r *simnet.Runner) {
					run := func(i int, f func(*simnet.World)) {
						r.Run(simnet.Config{Chooser: simnet.Random(uint64(i))}, func(w *simnet.World) {
							worlds = append(worlds, weak.Make(w))
							if keep && kept == nil {
								kept = w
							}
							f(w)
						})
					}
					run(0, many) // most of its goroutines are idle from then on, if no others end
					for i := 1; i <= 200; i++ {
						run(i, test.all[i%len(test.all)])
						if i%10 != 0 {
							continue
						}
						// What only passes by, such as a look of the watchdog, is gone soon.
						n := 0
						for range 10 {
							runtime.GC()
							if n = alive(); n <= want {
								break
							}
						}
						if n != want {
							t.Fatalf("after %d runs, of %d worlds %d are left, not %d", i, len(worlds), n, want)
						}
					}
				})
				runtime.KeepAlive(kept)
			})
		}
	}
}
