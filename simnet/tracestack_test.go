package simnet_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// TestTraceStacks has a stack for each operation that a program has called, from
// the innermost call of its own on, and none for what it has not.
func TestTraceStacks(t *testing.T) {
	var sent, heard, went, paired int
	res := simnet.Run(simnet.Config{Trace: true}, func(w *simnet.World) {
		p := w.Process("p")
		var a, b transport.Conn
		a, b, paired = pair(p)
		went = line() + 1
		p.Go("writer", func() { sent = shout(a) })
		p.Go("reader", func() {
			heard = line() + 1
			hear(b, 3)
			hear(b, 3)
		})
	})
	want := map[string][]string{
		"pair":        {fmt.Sprintf("tracestack_test.go:%d in simnet_test.pair", paired), "in simnet_test.TestTraceStacks.func1"},
		"go writer":   {fmt.Sprintf("tracestack_test.go:%d in simnet_test.TestTraceStacks.func1", went)},
		"send 1a":     {"in simnet_test.say", fmt.Sprintf("tracestack_test.go:%d in simnet_test.shout", sent), fmt.Sprintf("tracestack_test.go:%d in simnet_test.TestTraceStacks.func1.1", went)},
		"recv 1b":     {"in simnet_test.hear", fmt.Sprintf("tracestack_test.go:%d in simnet_test.TestTraceStacks.func1.2", heard)},
		"recv 1b 2nd": {"in simnet_test.hear", fmt.Sprintf("tracestack_test.go:%d in simnet_test.TestTraceStacks.func1.2", heard+1)},
		"begin":       nil, "end": nil, "start p": {"in simnet_test.TestTraceStacks.func1"},
	}
	seen := map[string]bool{}
	for _, e := range res.Trace.Events {
		name := strings.TrimSpace(e.Op + " " + e.Object)
		if e.Made == "p/writer" {
			name = "go writer"
		}
		if seen[name] && e.Op == "recv" {
			name += " 2nd"
		}
		lines, ok := want[name]
		if !ok {
			continue
		}
		seen[name] = true
		if len(e.Stack) != len(lines) {
			t.Errorf("%s: %d calls, want %d:\n%v", name, len(e.Stack), len(lines), e.Stack)
			continue
		}
		for i, f := range e.Stack {
			if !strings.HasSuffix(f.String(), lines[i]) {
				t.Errorf("%s, call %d: %s, want %s", name, i, f, lines[i])
			}
		}
	}
	if len(seen) != len(want) {
		t.Errorf("saw %v, want all of %v", seen, want)
	}
}

func pair(p *simnet.Process) (a, b transport.Conn, at int) {
	at = line() + 1
	a, b, _ = p.Pair()
	return a, b, at
}

// shout sends twice, and returns where.
func shout(c transport.Conn) (at int) {
	at = line() + 2
	for range 2 {
		say(c, "abc")
	}
	return at
}

// TestTraceFill compares the send buffer's fill in a trace with what the kernel
// of the machine says: of a Send its own, of a Recv its peer's.
func TestTraceFill(t *testing.T) {
	res := simnet.Run(simnet.Config{Trace: true, SendBuffer: 4608}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("main", func() {
			say(a, "hello")
			say(a, "you")
			hear(b, 5) // reads to the end of what is there
			b.Close()
			say(a, "nobody") // EPIPE
			a.Close()
		})
	})
	var got [][2]int
	for _, e := range res.Trace.Events {
		if e.Op == "send" || e.Op == "recv" {
			got = append(got, [2]int{e.Charged, e.Buffer})
		} else if e.Buffer != 0 {
			t.Errorf("%s has a buffer", e.Op)
		}
	}
	// A message of few bytes is charged 768 (a sk_buff and its least data).
	want := [][2]int{{768, 4608}, {1536, 4608}, {768, 4608}, {0, 4608}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v\n%s", got, want, res.Trace)
	}
}

// TestTraceFillClosed: a call that ends because its socket was closed tells nothing
// of the socket that is in its place by then.
func TestTraceFillClosed(t *testing.T) {
	res := simnet.Run(simnet.Config{Trace: true}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("reader", func() { hear(a, 1) })
		p.Go("closer", func() {
			a.Close()
			b.Close()
			p.Pair()
		})
	})
	for _, e := range res.Trace.Events {
		if e.Op == "recv" && (e.Err != "EBADF" || e.Buffer != 0) {
			t.Errorf("recv: %s, with a buffer of %d\n%s", e.Err, e.Buffer, res.Trace)
		}
	}
}

// TestTraceStacksTooMany leaves stacks out when there would be too many.
func TestTraceStacksTooMany(t *testing.T) {
	tr := &simnet.Trace{}
	long := strings.Repeat("f", 1<<10)
	for i := range 3000 {
		tr.Events = append(tr.Events, simnet.Event{N: i + 1, Op: "yield", Stack: simnet.Stack{{Func: long, File: "f.go", Line: i}}})
	}
	again, err := simnet.ReadTrace(strings.NewReader(lines(t, tr)))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, e := range again.Events {
		switch {
		case e.Stack == nil:
		case i != n || !reflect.DeepEqual(e.Stack, tr.Events[i].Stack):
			t.Fatalf("event %d has %v", i, e.Stack)
		default:
			n++
		}
	}
	if n < 1900 || n > 2048 {
		t.Errorf("%d of 3000 stacks are kept", n)
	}
}
