package explore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// traceOf executes a program with a script, traced.
func traceOf(t testing.TB, b bug, lines string) *simnet.Trace {
	t.Helper()
	script := sure(simnet.ParseScript("brine script 1\n" + lines))
	c := simnet.Replay(script)
	res := simnet.Run(simnet.Config{Chooser: c, Trace: true, Faults: b.faults}, b.build)
	if unused := c.Unused(); len(unused) > 0 {
		t.Fatalf("does not apply: %v", unused)
	}
	return res.Trace
}

func columns(t testing.TB, trace *simnet.Trace, opt explore.ColumnsConfig) string {
	t.Helper()
	var b strings.Builder
	if err := explore.Columns(&b, trace, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// crowd is so many clients of an echo, and so many questions of each.
func crowd(clients, questions int) bug {
	return bug{build: func(w *simnet.World) {
		server := w.Process("server")
		l := sure(server.Listen("/run/app.sock", clients, transport.ListenConfig{}))
		server.Background("accept", func() {
			for {
				c := sure(l.Accept(forever))
				server.Go("conn", func() {
					for {
						text, err := heard(c, 8)
						if err != nil {
							c.Close()
							return
						}
						tell(c, text)
					}
				})
			}
		})
		for i := range clients {
			p := w.Process(fmt.Sprint("client", i))
			p.Go("main", func() {
				c := sure(p.Dial("/run/app.sock", forever))
				for j := range questions {
					tell(c, fmt.Sprint(j))
					heard(c, 8)
				}
				c.Close()
			})
		}
	}}
}

func TestColumns(t *testing.T) {
	tests := []struct {
		name  string
		b     bug
		lines string
		opt   explore.ColumnsConfig
	}{
		{name: "echo", b: crowd(1, 2)},
		{name: "deviations", b: crowd(1, 2), lines: `
client0/main 2     run server/accept
server/conn 3      pause client0
client0/main 6     kill server
`[1:]},
		{name: "seven tasks", b: crowd(3, 1)},
		{name: "five tasks in little room", b: crowd(2, 1), opt: explore.ColumnsConfig{Width: 90}},
		{name: "too many tasks", b: crowd(8, 1), opt: explore.ColumnsConfig{Width: 100, Events: 90}},
		{name: "long", b: crowd(1, 100), lines: "client0/main 101 run server/conn\nserver/conn 120 fail EPIPE\n"},
		{name: "passed over before it waits", b: crowd(1, 1), lines: "client0/main 3 run server/accept\n"},
		{name: "passed over", lines: "p/short 2 run p/long\n", b: bug{build: func(w *simnet.World) {
			p := w.Process("p")
			yields := func(n int) func() {
				return func() {
					for range n {
						p.Yield()
					}
				}
			}
			p.Go("first", yields(20))
			p.Go("short", yields(4))
			p.Go("long", yields(250))
		}}},
		{name: "nothing", b: bug{build: func(w *simnet.World) {}}},
		{name: "a quiet scene", b: bug{build: func(w *simnet.World) { w.Process("p") }}},
		{name: "time", b: bug{build: func(w *simnet.World) {
			p := w.Process("p")
			sure(p.AfterFunc("alarm", p.Now().Add(time.Hour), func() { p.Yield() }))
			p.Go("main", func() {
				p.Sleep(p.Now().Add(time.Minute))
				p.Chmod("/nowhere", 0o600)
				p.Background("idle", func() { p.NewNotifier().Wait(forever) })
				a, b, _ := p.Pair()
				a.Send([][]byte{[]byte("a line of more than twenty letters")}, nil, forever)
				b.Recv([][]byte{make([]byte, 10)}, nil, p.Now())
				a.SetReadDeadline(p.Now().Add(time.Second))
				heard(a, 1)
			})
		}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			trace := traceOf(t, test.b, test.lines)
			got := columns(t, trace, test.opt)
			if test.opt.Width == 0 {
				test.opt.Width = 130
			}
			for line := range strings.Lines(got) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > test.opt.Width {
					t.Errorf("a line of %d characters: %s", n, line)
				}
			}
			kept(t, "columns", got)
		})
	}
}

// TestColumnsComplete looks whether every event has its line, or is counted among
// those that are left out, for traces of random runs.
func TestColumnsComplete(t *testing.T) {
	for seed := range uint64(60) {
		b := crowd(1+int(seed%5), 3+int(seed%7))
		cfg := simnet.Config{Chooser: simnet.Random(seed), Trace: true, Faults: simnet.AllFaults(int(seed) * 3)}
		trace := simnet.Run(cfg, b.build).Trace
		opt := explore.ColumnsConfig{Width: 60 + int(seed%4)*40, Events: 50}
		text := columns(t, trace, opt)
		n := 0
		for line := range strings.Lines(text) {
			var left int
			switch _, err := fmt.Sscanf(line, "… %d event", &left); {
			case err == nil:
				n += left
			case strings.HasPrefix(line, "#"):
				n++
				if want := fmt.Sprintf("#%d ", n); !strings.HasPrefix(line, want) && !strings.Contains(text, "the scene") {
					t.Fatalf("seed %d: %s stands where %s belongs", seed, line, want)
				}
			case strings.HasPrefix(line, "the scene"):
				for _, e := range trace.Events {
					if e.Task != (simnet.TaskName{}) || e.Nth == 0 {
						break
					}
					n++
				}
			}
		}
		if n != len(trace.Events) {
			t.Errorf("seed %d: of %d events there are %d:\n%s", seed, len(trace.Events), n, text)
		}
		for _, e := range trace.Events {
			if len(e.Choices) > 0 && !strings.Contains(text, fmt.Sprintf("#%d ", e.N)) {
				t.Errorf("seed %d: event %d was not calm, and is left out", seed, e.N)
			}
		}
	}
}
