package conform

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/brine/simnet/internal/afunix"
)

// Sockets that travel to each other, and that nobody can receive any more, are
// closed: by the kernel a little later, by the core at once.
func TestCircles(t *testing.T) {
	pass := func(over, what int8, n int) told {
		return told{op{verb: vSend, v: over, n: n, m: 1, vars: [3]int8{what, what, what}}, ""}
	}
	shut := func(v int8) told { return ask(vClose, v, 0, "") }
	twoPairs := []told{pair(), {op{verb: vPair, w: 2, x: 3}, ""}}
	for _, s := range []struct {
		name  string
		story []told
	}{
		{"one in itself", []told{pair(), pass(0, 1, 1), shut(1)}},
		{"one in itself, with bytes around", []told{pair(), ask(vSend, 0, 3, ""), pass(0, 1, 1), ask(vSend, 0, 3, ""), ask(vSend, 1, 2, ""), shut(1)}},
		{"two in each other", append(twoPairs, pass(0, 2, 1), pass(3, 1, 1), shut(1), shut(2))},
		{"both ends of a pair", append(twoPairs, pass(0, 0, 1), pass(0, 2, 1), shut(1), shut(2), shut(0))},
		{"two in each other, and one of them elsewhere", append(twoPairs, told{op{verb: vPair, w: 4, x: 5}, ""}, pass(0, 2, 1), pass(3, 1, 1),
			pass(4, 1, 1), shut(1), shut(2))},
		{"the same, and then not elsewhere", append(twoPairs, told{op{verb: vPair, w: 4, x: 5}, ""}, pass(0, 2, 1), pass(3, 1, 1), pass(4, 1, 1),
			shut(1), shut(2), shut(5))},
		{"a listener in what it was sent", append(tellListen(0, "a", 3), make1(vSocket, 1), told{op{verb: vConnect, v: 1, name: "a"}, "ok"},
			pass(1, 0, 1), ask(vSend, 1, 4, ""), make1(vSocket, 2), told{op{verb: vConnect, v: 2, name: "a"}, "ok"}, shut(0))},
	} {
		t.Run(s.name, func(t *testing.T) {
			onKernel(t, func(r *runner) {
				r.circles = true
				if err := r.begin(); err != nil {
					t.Error(err)
					return
				}
				defer r.kernel.end()
				for i := range s.story {
					r.resolve(&s.story[i].op)
					r.core.do(&r.call, &r.got[1])
					r.kernel.do(&r.call, &r.got[0])
					if !r.got[0].same(&r.got[1]) {
						t.Errorf("%s: %s", s.story[i].op, r.got[0].differs(&r.got[1]))
						return
					}
					r.settle(&s.story[i].op, &r.got[0])
				}
				diff := ""
				for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
					// The death of any socket starts the collector (unix_release_sock).
					if d, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err == nil {
						unix.Close(d)
					}
					if diff = r.sweep(); diff == "" {
						break
					}
				}
				if diff != "" {
					t.Error(diff)
				}
				if err := r.core.k.Check(); err != nil {
					t.Error(err)
				}
				for v, d := range r.vars {
					if typ, _, errno := r.core.k.SockType(r.core.p, d); d >= 0 && errno == 0 && typ == afunix.Stream {
						for range 3 {
							if diff := r.step(&op{verb: vRecv, v: int8(v), n: 9}); diff != "" && diff[:15] != "the kernel wake" {
								t.Errorf("recv(v%d): %s", v, diff)
							}
						}
					}
				}
			})
		})
	}
}
