package simnet_test

import (
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// TestAllocs holds what programs do all day to allocating nothing, whether a call
// blocks or not.
func TestAllocs(t *testing.T) {
	p := simnet.NewWorld(simnet.Config{}).Process("p")
	a, b, err := p.Pair()
	ok(t, err)
	c, echo, err := p.Pair()
	ok(t, err)
	go func() {
		buf := [][]byte{make([]byte, 64)}
		for {
			if _, _, err := echo.Recv(buf, nil, never); err != nil {
				return
			}
			if _, err := echo.Send(buf, nil, never); err != nil {
				return
			}
		}
	}()
	defer c.Close()
	n, answer := p.NewNotifier(), p.NewNotifier()
	go func() {
		for n.Wait(never) == nil {
			answer.Notify()
		}
	}()
	defer p.Kill()
	out, in := [][]byte{make([]byte, 64)}, [][]byte{make([]byte, 64)}
	soon := p.Now().Add(1 << 40)
	for what, f := range map[string]func(){
		"send and recv": func() {
			a.Send(out, nil, transport.Immediate)
			b.Recv(in, nil, transport.Immediate)
		},
		"round trip": func() {
			c.Send(out, nil, never)
			c.Recv(in, nil, never)
		},
		"round trip with a deadline": func() {
			c.Send(out, nil, soon)
			c.Recv(in, nil, soon)
		},
		"notify and wait": func() {
			n.Notify()
			answer.Wait(never)
		},
		"deadline": func() { a.SetReadDeadline(soon) },
	} {
		// The race detector has pools forget things on purpose.
		if allocs := testing.AllocsPerRun(1000, f); allocs >= 1 {
			t.Errorf("%s: %v allocations", what, allocs)
		}
	}
}
