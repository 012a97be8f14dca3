package simnet_test

import (
	"runtime"
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

// TestIdle holds a connection that nobody uses to a KiB, both ends together.
func TestIdle(t *testing.T) {
	const count = 20_000
	w := simnet.NewWorld(simnet.Config{NOFILE: 2 * count})
	server, client := w.Process("server"), w.Process("client")
	l := must(server.Listen("/run/s", 1, transport.ListenConfig{}))(t)
	conns := make([]transport.Conn, 0, 2*count)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range count {
		c := must(client.Dial("/run/s", never))(t)
		conns = append(conns, c, must(l.Accept(never))(t))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / count; each > 1024 {
		t.Errorf("an idle connection takes %d bytes", each)
	}
	runtime.KeepAlive(conns)
	runtime.KeepAlive(w)
}
