package simnet_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// A tale is a program of which the trace is kept.
type tale struct {
	name  string
	cfg   simnet.Config
	build func(w *simnet.World)
}

// told is for what cannot fail in a tale.
func told[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func say(c transport.Conn, text string) { c.Send(bytes(text), nil, never) }

// hear receives up to max bytes, and returns them with the error.
func hear(c transport.Conn, max int) (string, error) {
	p := make([]byte, max)
	n, _, err := c.Recv([][]byte{p}, nil, never)
	return string(p[:n]), err
}

func listen(p *simnet.Process) transport.Listener {
	return told(p.Listen("/run/app.sock", 2, transport.ListenConfig{Mode: 0o600}))
}

// echoes answers whoever comes with what he says.
func echoes(p *simnet.Process) {
	l := listen(p)
	p.Background("accept", func() {
		for {
			c, err := l.Accept(never)
			if err != nil {
				return
			}
			p.Go("conn", func() {
				defer c.Close()
				for {
					text, err := hear(c, 10)
					if err != nil {
						return
					}
					say(c, text)
				}
			})
		}
	})
}

// ask says something and waits for the whole answer.
func ask(p *simnet.Process, text string) {
	c := told(p.Dial("/run/app.sock", never))
	defer c.Close()
	say(c, text)
	for n := 0; n < len(text); {
		got, err := hear(c, 10)
		if err != nil {
			panic(err)
		}
		n += len(got)
	}
}

var tales = []tale{
	{name: "echo", build: func(w *simnet.World) {
		server := w.Process("server")
		client := w.Process("client")
		echoes(server)
		client.Go("main", func() { ask(client, "hello") })
		client.Go("main", func() { ask(client, "you there, \xff") })
	}},
	{name: "script", cfg: simnet.Config{Chooser: simnet.Replay(told(simnet.ParseScript(`brine script 1
client/main 2      run server/accept
client/main 2      short most
server/accept 3+   run server/conn
server/conn 1      short 1
client/main 3      fail ECONNRESET
`)))}, build: func(w *simnet.World) {
		echoes(w.Process("server"))
		client := w.Process("client")
		client.Go("main", func() {
			c := told(client.Dial("/run/app.sock", never))
			defer c.Close()
			say(c, "hello")
			hear(c, 10)
		})
	}},
	{name: "halfclose", build: func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("one", func() {
			say(a, "a question")
			a.CloseWrite()
			hear(a, 20)
			hear(a, 20)
			a.Close()
		})
		p.Go("two", func() {
			for {
				if _, err := hear(b, 6); err != nil {
					break
				}
			}
			say(b, "an answer")
			b.Close()
		})
	}},
	{name: "descriptor", build: func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l := listen(server)
		server.Go("main", func() {
			c := told(l.Accept(never))
			fds := make([]transport.FD, 2)
			_, n, _ := c.Recv([][]byte{make([]byte, 10)}, fds, never)
			if n != 1 {
				panic(n)
			}
			passed := told(server.Adopt(fds[0]))
			hear(passed, 10)
			say(passed, "mine now")
			passed.Close()
			c.Close()
			l.Close()
		})
		client.Go("main", func() {
			c := told(client.Dial("/run/app.sock", never))
			a, b, _ := client.Pair()
			say(b, "early")
			fd := told(a.Dup())
			c.Send([][]byte{[]byte("take it")}, []transport.FD{fd}, never)
			fd.Close()
			a.Close()
			hear(b, 10)
			b.Close()
			c.Close()
		})
	}},
	{name: "deadline", build: func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		n := p.NewNotifier()
		p.AfterFunc("late", p.Now().Add(3*time.Second), func() { say(b, "too late") })
		p.Go("reader", func() {
			buf := [][]byte{make([]byte, 10)}
			a.Recv(buf, nil, transport.Immediate)
			a.Recv(buf, nil, p.Now().Add(1500*time.Millisecond))
			a.SetReadDeadline(p.Now().Add(time.Second))
			a.Recv(buf, nil, never)
			a.SetReadDeadline(never)
			a.Recv(buf, nil, never)
			n.Notify()
		})
		p.Go("waiter", func() {
			n.Wait(p.Now().Add(time.Second))
			n.Wait(never)
			p.Sleep(p.Now().Add(90 * time.Minute))
		})
	}},
	{name: "kill", build: func(w *simnet.World) {
		server := told(w.Start(simnet.ProcessConfig{Name: "server", Main: func(p *simnet.Process) {
			if p.Incarnation() > 1 {
				p.Remove("/run/app.sock")
			}
			c := told(listen(p).Accept(never))
			say(c, "ready")
			p.Sleep(p.Now().Add(time.Hour))
		}}))
		client := w.Process("client")
		client.Go("main", func() {
			client.Yield()
			c := told(client.Dial("/run/app.sock", never))
			hear(c, 10)
			say(c, "never read")
			server.Kill()
			hear(c, 10)
			hear(c, 10)
			c.Close()
			_, err := client.Dial("/run/app.sock", never)
			if !errors.Is(err, syscall.ECONNREFUSED) {
				panic(err)
			}
			next := told(server.Restart())
			client.Sleep(client.Now().Add(time.Millisecond))
			c = told(client.Dial("/run/app.sock", never))
			hear(c, 10)
			next.Pause()
			next.Resume()
			next.Kill()
		})
	}},
	{name: "parts", cfg: simnet.Config{SendBuffer: 4608}, build: func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("writer", func() {
			say(a, "head")
			say(a, strings.Repeat("0123456789", 1000))
			say(a, "tail")
			a.Close()
		})
		p.Go("reader", func() {
			for {
				if _, err := hear(b, 3000); err != nil {
					return
				}
			}
		})
	}},
	{name: "deadlock", build: func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		l := listen(q)
		q.Go("main", func() { hear(told(l.Accept(never)), 10) })
		p.Go("main", func() { hear(told(p.Dial("/run/app.sock", never)), 10) })
	}},
	{name: "panic", build: func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("reader", func() { hear(a, 10) })
		p.Go("main", func() {
			say(b, "\x00binary\n")
			panic("what now")
		})
	}},
}

func (c tale) run(t *testing.T) *simnet.Trace {
	t.Helper()
	cfg := c.cfg
	cfg.Trace = true
	res := simnet.Run(cfg, c.build)
	if res.Trace == nil {
		t.Fatal("no trace")
	}
	return res.Trace
}

func lines(t *testing.T, tr *simnet.Trace) string {
	t.Helper()
	var b strings.Builder
	ok(t, tr.WriteJSON(&b))
	return b.String()
}

// TestTrace compares the traces of some programs with those in testdata/trace,
// with one processor and with two, and a second time.
func TestTrace(t *testing.T) {
	for _, c := range tales {
		t.Run(c.name, func(t *testing.T) {
			for _, procs := range []int{1, 2, 2} {
				old := runtime.GOMAXPROCS(procs)
				tr := c.run(t)
				runtime.GOMAXPROCS(old)
				golden(t, c.name+".txt", tr.String())
				golden(t, c.name+".jsonl", lines(t, unplaced(tr)))
			}
		})
	}
}

// unplaced returns a trace without stacks, which are another machine's elsewhere.
func unplaced(tr *simnet.Trace) *simnet.Trace {
	bare := *tr
	bare.Events = slices.Clone(tr.Events)
	for i := range bare.Events {
		bare.Events[i].Stack = nil
	}
	return &bare
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "trace", name)
	if flag.Lookup("update").Value.String() == "true" {
		ok(t, os.MkdirAll(filepath.Dir(path), 0o755))
		ok(t, os.WriteFile(path, []byte(got), 0o644))
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got {
		t.Errorf("not as in %s (error %v); if it is meant to change, run with -update:\n%s", path, err, got)
	}
}

// TestTraceFailing has a failing run executed again: what it then says is what a
// traced run says at once.
func TestTraceFailing(t *testing.T) {
	for _, c := range tales {
		t.Run(c.name, func(t *testing.T) {
			want := c.run(t)
			res := simnet.Run(c.cfg, c.build)
			switch {
			case res.Diverged != nil:
				t.Fatal(res.Diverged)
			case res.Err == nil && res.Trace != nil:
				t.Fatal("a run that passed has a trace")
			case res.Err != nil && !reflect.DeepEqual(res.Trace, want):
				t.Errorf("executed again:\n%s\nat once:\n%s", res.Trace, want)
			}
			c.cfg.Once = true
			if res := simnet.Run(c.cfg, c.build); res.Trace != nil {
				t.Error("a trace in spite of Once")
			}
		})
	}
}

// TestTraceVerdicts fails in all the ways in which a run can be had again, at
// random, and in those in which it cannot.
func TestTraceVerdicts(t *testing.T) {
	main := func(f func(p *simnet.Process)) func(*simnet.World) {
		return func(w *simnet.World) {
			p := w.Process("p")
			for range 3 {
				p.Go("main", func() { f(p) })
			}
		}
	}
	shared := 0
	for _, c := range []struct {
		name   string
		build  func(*simnet.World)
		traced bool
		other  string // what differs the second time
	}{
		{"exit", main(func(p *simnet.Process) { p.Yield(); runtime.Goexit() }), true, ""},
		{"panic", main(func(p *simnet.Process) { p.Yield(); panic(p) }), true, ""},
		{"stuck", main(func(p *simnet.Process) {
			for {
				p.Yield()
			}
		}), true, ""},
		{"deadlock", main(func(p *simnet.Process) { p.NewNotifier().Wait(never) }), true, ""},
		{"nothing", func(*simnet.World) {}, true, ""},
		{"passes", main(func(p *simnet.Process) {
			if shared++; shared == 2 {
				panic("the first time")
			}
		}), false, "the run passed"},
		{"longer", main(func(p *simnet.Process) {
			for range shared {
				p.Yield()
			}
			shared++
			p.NewNotifier().Wait(never)
		}), false, "operations"},
		{"goroutine", main(func(p *simnet.Process) {
			over := make(chan bool)
			go func() { p.Yield(); close(over) }()
			<-over
			p.Yield()
		}), false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			shared = 0
			res := simnet.Run(simnet.Config{Chooser: simnet.Random(7), Steps: 50}, c.build)
			if res.Err == nil {
				t.Fatal("passed")
			}
			if c.traced != (res.Trace != nil) {
				t.Errorf("trace: %v", res.Trace)
			}
			if c.traced && (res.Trace.Hash != res.Hash || !strings.HasPrefix(res.Err.Error(), res.Trace.Verdict)) {
				t.Errorf("%v, %x, and traced %x:\n%s", res.Err, res.Hash, res.Trace.Hash, res.Trace)
			}
			if (c.other != "") != (res.Diverged != nil) || res.Diverged != nil && !strings.Contains(res.Diverged.Error(), c.other) {
				t.Errorf("diverged: %v, want %q", res.Diverged, c.other)
			}
		})
	}
	t.Run("chooser", func(t *testing.T) {
		res := simnet.Run(simnet.Config{Chooser: wild{}}, main(func(p *simnet.Process) { p.Yield() }))
		if _, ok := res.Err.(*simnet.Misuse); !ok || res.Trace != nil || res.Diverged != nil {
			t.Error(res.Err, res.Trace, res.Diverged)
		}
	})
}

// TestTraceAfterVerdict has what comes after a verdict be no part of the run.
func TestTraceAfterVerdict(t *testing.T) {
	res := simnet.Run(simnet.Config{Trace: true}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		l := listen(p)
		p.Go("waits", func() {
			defer a.Close()
			hear(a, 10)
		})
		p.Go("accepts", func() {
			defer p.Remove("/run/app.sock")
			l.Accept(never)
		})
		p.Go("fails", func() {
			defer b.Close()
			p.Yield()
			panic("now")
		})
	})
	s := res.Trace.String()
	if n := strings.Count(s, "never returned"); n != 2 || strings.Contains(s, "close 1a") || strings.Contains(s, "remove") {
		t.Errorf("%d never returned:\n%s", n, s)
	}
}

// wild is a Chooser that answers out of range.
type wild struct{}

func (wild) Choose(p *simnet.Point) int { return p.N }

// mixed is a program in which much happens, and in which every Send sends bytes
// of its own: sent says which task and operation they are of, by their value.
// received has what came to each Recv.
func mixed(w *simnet.World, sent map[byte]string, received map[string][]byte) {
	var next byte
	nth := map[string]int{}
	send := func(who string, c transport.Conn, size int, deadline time.Time) error {
		next++
		nth[who]++
		sent[next] = fmt.Sprint(who, " ", nth[who])
		_, err := c.Send(bytes(strings.Repeat(string([]byte{next}), size)), nil, deadline)
		return err
	}
	recv := func(who string, c transport.Conn, size int) error {
		nth[who]++
		p := make([]byte, size)
		n, _, err := c.Recv([][]byte{p}, nil, never)
		received[fmt.Sprint(who, " ", nth[who])] = p[:n]
		return err
	}
	server, client := w.Process("server"), w.Process("client")
	l := listen(server)
	for i := range 3 {
		name := fmt.Sprint("s", i)
		who := "server/" + name
		server.Go(name, func() {
			nth[who]++
			c, err := l.Accept(never)
			if err != nil {
				return
			}
			for range 5 {
				if recv(who, c, 2000) != nil || send(who, c, 700, never) != nil {
					break
				}
			}
			nth[who]++
			c.Close()
		})
		name2 := fmt.Sprint("c", i)
		who2 := "client/" + name2
		client.Go(name2, func() {
			nth[who2]++
			c, err := client.Dial("/run/app.sock", never)
			if err != nil {
				return
			}
			for range 4 {
				if send(who2, c, 3000, client.Now().Add(time.Second)) != nil || recv(who2, c, 500) != nil {
					break
				}
			}
			nth[who2]++
			c.Close()
			// Its number is used again.
			nth[who2]++
			a, b, err := client.Pair()
			if err == nil {
				send(who2, a, 10, never)
				recv(who2, b, 4)
				nth[who2] += 2
				a.Close()
				b.Close()
			}
		})
	}
	client.Go("killer", func() {
		client.Sleep(client.Now().Add(time.Millisecond))
		server.Kill()
	})
}

// TestTraceOrigins compares where the trace says that bytes come from with the
// bytes, and what it says at both ends.
func TestTraceOrigins(t *testing.T) {
	cfg := simnet.Config{SendBuffer: 4608, Trace: true, Faults: simnet.Faults{
		simnet.FaultShort: {Rate: 20000}, simnet.FaultReset: {Rate: 200}, simnet.FaultEMFILE: {Rate: 500},
	}}
	parts, partial := 0, 0
	for seed := range uint64(200) {
		cfg.Chooser = simnet.Random(seed)
		sent, received := map[byte]string{}, map[string][]byte{}
		res := simnet.Run(cfg, func(w *simnet.World) { mixed(w, sent, received) })
		tr := res.Trace
		back := map[[2]int]int{}
		seen := 0
		for i := range tr.Events {
			e := &tr.Events[i]
			if e.N != i+1 || i > 0 && e.At < tr.Events[i-1].At || e.Began > e.At {
				t.Fatalf("seed %d: #%d out of order:\n%s", seed, e.N, tr)
			}
			for _, m := range e.From {
				back[[2]int{m.Event, e.N}] += m.Bytes
			}
			if e.Op != "recv" || e.Open != "" {
				continue
			}
			who := fmt.Sprint(e.Task, " ", e.Nth)
			got := received[who]
			if seen += len(got); len(got) != e.Moved {
				t.Fatalf("seed %d: #%d has %d bytes, and %s had %d:\n%s", seed, e.N, e.Moved, who, len(got), tr)
			}
			if parts += len(e.From); len(e.From) > 1 {
				partial++
			}
			for _, m := range e.From {
				from := &tr.Events[m.Event-1]
				if s := fmt.Sprint(from.Task, " ", from.Nth); m.Bytes > len(got) || sent[got[0]] != s || sent[got[m.Bytes-1]] != s {
					t.Fatalf("seed %d: #%d: bytes of %s are said to be of %s:\n%s", seed, e.N, sent[got[0]], s, tr)
				}
				got = got[m.Bytes:]
			}
			if len(got) > 0 {
				t.Fatalf("seed %d: #%d: of %d bytes nobody knows the origin:\n%s", seed, e.N, len(got), tr)
			}
		}
		for i := range tr.Events {
			for _, m := range tr.Events[i].To {
				if k := [2]int{i + 1, m.Event}; back[k] != m.Bytes {
					t.Fatalf("seed %d: #%d to #%d: %d bytes, and from: %d", seed, i+1, m.Event, m.Bytes, back[k])
				} else {
					delete(back, k)
				}
			}
		}
		if len(back) > 0 || seen == 0 {
			t.Fatalf("seed %d: %d bytes, %d moves have no counterpart", seed, seen, len(back))
		}
		if again, err := simnet.ReadTrace(strings.NewReader(lines(t, tr))); err != nil || !reflect.DeepEqual(again, tr) {
			t.Fatalf("seed %d: read again: %v\n%s", seed, err, again)
		}
	}
	if parts < 200 || partial < 200 {
		t.Errorf("only %d moves, %d Recvs from several Sends", parts, partial)
	}
}

// TestTraceHash has the hash say nothing of whether a run is traced.
func TestTraceHash(t *testing.T) {
	cfg := simnet.Config{SendBuffer: 4608, Once: true, Faults: simnet.AllFaults(300)}
	failed := 0
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range uint64(300) {
			var res [2]*simnet.Result
			for i := range res {
				cfg.Chooser, cfg.Trace = simnet.Random(seed), i == 1
				res[i] = r.Run(cfg, func(w *simnet.World) { mixed(w, map[byte]string{}, map[string][]byte{}) })
			}
			a, b := *res[0], *res[1]
			if a.Err != nil {
				failed++
			}
			if a.Hash != b.Hash || a.Steps != b.Steps || a.Choices != b.Choices || a.Fired != b.Fired || fmt.Sprintf("%T", a.Err) != fmt.Sprintf("%T", b.Err) {
				t.Fatalf("seed %d: %+v, and traced %+v", seed, a, b)
			}
		}
	})
	t.Logf("%d runs failed", failed)
}

// TestTraceOthers traces what others stand in front of, too: orders, a Recorder,
// Verify.
func TestTraceOthers(t *testing.T) {
	build := func(w *simnet.World) {
		echoes(w.Process("server"))
		client := w.Process("client")
		client.Go("main", func() { ask(client, "hello") })
		ok(t, w.Order("client/main 2 short 1"))
	}
	rec := simnet.Record(simnet.Random(3))
	plain := simnet.Run(simnet.Config{Chooser: rec}, build)
	script := rec.Script()
	traced := simnet.Run(simnet.Config{Chooser: simnet.Record(simnet.Random(3)), Trace: true}, build)
	if plain.Err != nil || plain.Hash != traced.Hash || len(script.Lines) == 0 ||
		!reflect.DeepEqual(plain.Script, script) || !reflect.DeepEqual(traced.Script, script) {
		t.Errorf("%v, traced %v\n%s\n%s", plain.Err, traced.Err, plain.Script, traced.Script)
	}
	if s := traced.Trace.String(); !strings.Contains(s, "short 1") || len(traced.Trace.Script.Lines) != len(script.Lines)+1 {
		t.Errorf("%s%s", s, traced.Trace.Script)
	}
	again := simnet.Run(simnet.Config{Chooser: simnet.Replay(traced.Trace.Script), Trace: true}, build)
	if again.Hash != traced.Hash || again.Trace.String() != traced.Trace.String() {
		t.Errorf("replayed:\n%s\nwas:\n%s", again.Trace, traced.Trace)
	}

	lives := 0
	restless := func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			p.Yield()
			if lives++; lives%2 == 0 {
				p.SetUmask(0o22)
			} else {
				p.SetUmask(0o27)
				p.Chdir("/run")
			}
		})
	}
	for _, trace := range []bool{false, true} {
		res := simnet.Verify(simnet.Config{Trace: trace}, restless)
		if d, ok := res.Err.(*simnet.Divergence); !ok || d.First.Op != simnet.OpChdir {
			t.Errorf("verified: %v", res.Err)
		}
	}
	res := simnet.Verify(simnet.Config{Trace: true}, func(w *simnet.World) { w.Process("p").Go("main", func() {}) })
	if res.Err != nil || res.Trace == nil {
		t.Errorf("verified: %v, %v", res.Err, res.Trace)
	}
}

// TestTraceLong keeps the last events of a long run.
func TestTraceLong(t *testing.T) {
	res := simnet.Run(simnet.Config{Steps: 200_000}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("main", func() {
			for {
				say(a, "x")
				hear(b, 1)
			}
		})
	})
	tr := res.Trace
	if tr == nil || tr.Skipped == 0 || len(tr.Events) > 1<<17 || tr.Events[0].N != tr.Skipped+1 {
		t.Fatal(res.Err, res.Diverged)
	}
	if last := tr.Events[len(tr.Events)-1]; last.Open == "" || last.Nth < 199_000 {
		t.Errorf("the last event is %+v", last)
	}
	if again, err := simnet.ReadTrace(strings.NewReader(lines(t, tr))); err != nil || !reflect.DeepEqual(again, tr) {
		t.Errorf("read again: %v", err)
	}
}

const traceHead = `{"format":"brine trace 1","hash":"00000000000000ff"}` + "\n"

func stacked(stack string) string {
	return `{"format":"brine trace 1","hash":"00000000000000ff","stacks":[` + stack + `]}` + "\n"
}

// TestReadTraceErrors reads what is no trace.
func TestReadTraceErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `trace line 1: there is no trace; one begins with a line with the format "brine trace 1"`},
		{"{}\n", `trace line 1: the first line of a trace has the format "brine trace 1"`},
		{"\x00\n", `trace line 1: the first line of a trace has the format "brine trace 1"`},
		{`{"format":"brine trace 2","hash":"00000000000000ff","new":1}` + "\n", `trace line 1: the trace is of the format "brine trace 2", and this version reads "brine trace 1"`},
		{`{"format":"something else"}` + "\n", `trace line 1: the first line of a trace has the format "brine trace 1"`},
		{`{"format":"brine trace 1","hash":"ff"}` + "\n", `trace line 1: hash: "ff" is not 16 hexadecimal digits`},
		{`{"format":"brine trace 1","hash":"00000000000000ff","script":"x"}` + "\n", `trace line 1: script line 1: "x": a script begins with the line "brine script 1"`},
		{`{"format":"brine trace 1","hash":"00000000000000ff","skipped":-1}` + "\n", "trace line 1: skipped: -1 is out of range"},
		{`{"format":"brine trace 1","hash":"00000000000000ff","x":1}` + "\n", `trace line 1: json: unknown field "x"`},
		{`{"format":"brine trace 1","hash":"00000000000000ff"}`, "trace line 1: the line does not end; the trace was cut"},
		{traceHead + "\n", "trace line 2: the line is empty"},
		{`{"format":"brine trace 1","hash":"00000000000000ff","events":2}` + "\n" + `{"n":1,"at":0,"op":"send"}` + "\n", "trace line 3: the first line says that there are 2 events, and there are 1; the trace was cut, or joined"},
		{`{"format":"brine trace 1","hash":"00000000000000ff","events":0}` + "\n" + `{"n":1,"at":0,"op":"send"}` + "\n", "trace line 3: the first line says that there are 0 events, and there are 1; the trace was cut, or joined"},
		{traceHead + `{"n":1,"at":"0","op":"send"}` + "\n", "trace line 2: at: it cannot be a string"},
		{traceHead + `[]` + "\n", "trace line 2: the line is no object: array"},
		{traceHead + `{"n":1,"at":0,"op":"send"} 1` + "\n", "trace line 2: there is more than one object in it"},
		{traceHead + `{"n":2,"at":0,"op":"send"}` + "\n", "trace line 2: the event after 0 is 1, and not 2"},
		{traceHead + `{"n":1,"at":0}` + "\n", "trace line 2: it has no op"},
		{traceHead + `{"n":1,"at":0,"op":"send","moved":-1}` + "\n", "trace line 2: a number is negative"},
		{traceHead + `{"n":1,"at":0,"began":1,"op":"send"}` + "\n", "trace line 2: began or until: there is no such time"},
		{traceHead + `{"n":1,"at":1,"op":"send"}` + "\n" + `{"n":2,"at":0,"op":"send"}` + "\n", "trace line 3: at: time goes back"},
		{traceHead + `{"n":1,"at":1,"op":"send","to":[[2,1]]}` + "\n", "trace line 2: it refers to event 2, and the last is 1"},
		{traceHead + `{"n":1,"at":1,"op":"send","from":[[1]]}` + "\n", "trace line 2: from or to: a move is a pair of an event and bytes, from 1"},
		{traceHead + `{"n":1,"at":1,"op":"send","task":"x"}` + "\n", `trace line 2: task: "x": a task is written process/task, as in client/main, and the world itself world`},
		{traceHead + `{"n":1,"at":1,"op":"send","open":"x"}` + "\n", `trace line 2: open: "x" is neither blocked, killed, runnable nor running`},
		{traceHead + `{"n":1,"at":1,"op":"send","choices":[""]}` + "\n", "trace line 2: choices: an empty line"},
		{traceHead + `{"n":1,"at":1,"op":"send","charged":-1}` + "\n", "trace line 2: a number is negative"},
		{traceHead + `{"n":1,"at":1,"op":"send","stack":1}` + "\n", "trace line 2: stack: 1 is none; the trace has 0"},
		{traceHead + `{"n":1,"at":1,"op":"send","stack":-1}` + "\n", "trace line 2: stack: -1 is none; the trace has 0"},
		{stacked(`[]`), "trace line 1: stacks: one has 0 calls; it is 1 to 48"},
		{stacked(`[` + strings.Repeat(`{},`, 48) + `{}]`), "trace line 1: stacks: one has 49 calls; it is 1 to 48"},
		{stacked(`[{"func":"f","line":-1}]`), "trace line 1: stacks: a line is negative"},
		{stacked(`[{"func":"` + strings.Repeat("f", 1<<21) + `"}]`), "trace line 1: stacks: more than 2097152 bytes"},
		{traceHead + strings.Repeat("x", 1<<20+1), "trace line 2: the line has more than 1048576 bytes"},
	} {
		_, err := simnet.ReadTrace(strings.NewReader(c.text))
		if err == nil || err.Error() != c.want {
			t.Errorf("%.200q: %v, want %s", c.text, err, c.want)
		}
		if _, ok := err.(*simnet.TraceError); !ok {
			t.Errorf("%.200q: %T", c.text, err)
		}
	}
	if _, err := simnet.ReadTrace(io.MultiReader(strings.NewReader(traceHead), broken{})); err != errBroken {
		t.Errorf("from a reader that fails: %v", err)
	}
}

// TestTraceTextLines: an event is a line, whatever its names are.
func TestTraceTextLines(t *testing.T) {
	tr, err := simnet.ReadTrace(strings.NewReader(traceHead + `{"n":1,"at":0,"op":"listen","on":"a\nb\u001b[2J\u009b","made":"\r"}` + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "#1   0s   world   listen a\\nb\\x1b[2J\\u009b   -> \\r\n"; tr.String() != want {
		t.Errorf("%q, want %q", tr.String(), want)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

// FuzzReadTrace reads anything: what can be read is a trace that can be written,
// and is the same when that is read.
func FuzzReadTrace(f *testing.F) {
	f.Add([]byte(traceHead + `{"n":1,"at":5,"began":1,"task":"p/t","nth":1,"op":"send","on":"1a","size":5,"until":9,"data":"\"x\"","moved":5,"to":[[1,5]],"choices":["p/t 1 short 1"]}` + "\n"))
	for _, name := range []string{"echo", "script", "deadlock"} {
		text, err := os.ReadFile(filepath.Join("testdata", "trace", name+".jsonl"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		tr, err := simnet.ReadTrace(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		tr.WriteText(io.Discard)
		var b strings.Builder
		if err := tr.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		again, err := simnet.ReadTrace(strings.NewReader(b.String()))
		if err != nil || !reflect.DeepEqual(again, tr) {
			t.Fatalf("%v: %+v, and was %+v", err, again, tr)
		}
	})
}

func ExampleConfig_trace() {
	res := simnet.Run(simnet.Config{Trace: true}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, _ := p.Pair()
		p.Go("writer", func() {
			a.Send([][]byte{[]byte("hello ")}, nil, time.Time{})
			a.Send([][]byte{[]byte("world")}, nil, time.Time{})
		})
		p.Go("reader", func() {
			b.Recv([][]byte{make([]byte, 100)}, nil, time.Time{})
			b.Recv([][]byte{make([]byte, 100)}, nil, p.Now().Add(time.Second))
		})
	})
	fmt.Print(res.Trace)
	// Output:
	// #1    0s   world 1      start p
	// #2    0s   world 2      pair                               -> 1a 1b
	// #3    0s   world 3      go writer                          -> p/writer
	// #4    0s   world 4      go reader                          -> p/reader
	// #5    0s   p/writer     begin
	// #6    0s   p/writer 1   send 1a 6 bytes "hello "           -> 6 to #10
	// #7    0s   p/writer 2   send 1a 5 bytes "world"            -> 5 to #10
	// #8    0s   p/writer 3   end
	// #9    0s   p/reader     begin
	// #10   0s   p/reader 1   recv 1b up to 100 bytes            -> 11 from #6 (6), #7 (5)
	// #11   1s   world        timer of p/reader 2                                            after 1s
	// #12   1s   p/reader 2   recv 1b up to 100 bytes until 1s   -> ETIMEDOUT                after 1s
	// #13   1s   p/reader 3   end
}
