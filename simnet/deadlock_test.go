package simnet_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// report compares a report with the one that is kept, which has neither lines nor
// functions of tests, so that these can be edited.
func report(t *testing.T, dir, got string) {
	t.Helper()
	got = regexp.MustCompile(`_test\.go:\d+ in [^\s,]*`).ReplaceAllString(got, "_test.go") + "\n"
	file := filepath.Join("testdata", dir, strings.ReplaceAll(filepath.Base(t.Name()), "_", "-")+".txt")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if got != string(want) {
		t.Errorf("%s has\n%s\ngot\n%s", file, want, got)
	}
}

func given[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func recvSome(c transport.Conn) {
	if _, _, err := c.Recv([][]byte{make([]byte, 10)}, nil, never); err != nil {
		panic(err)
	}
}

func sendSome(c transport.Conn, n int) { c.Send([][]byte{make([]byte, n)}, nil, never) }

// A scene is a program that gets stuck in the calm run.
var deadlocks = []struct {
	name  string
	build func(*simnet.World)
	cycle string // the first
}{
	{"both receive", func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l := given(server.Listen("/run/s", 1, transport.ListenConfig{}))
		server.Background("accept", func() {
			for {
				c := given(l.Accept(never))
				server.Go("conn", func() { recvSome(c) })
			}
		})
		client.Go("main", func() { recvSome(given(client.Dial("/run/s", never))) })
	}, "client/main server/accept>conn"},

	{"both send first", func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l := given(server.Listen("/run/s", 1, transport.ListenConfig{}))
		server.Go("main", func() { sendSome(given(l.Accept(never)), 1<<20) })
		client.Go("main", func() { sendSome(given(client.Dial("/run/s", never)), 1<<20) })
	}, "server/main client/main"},

	{"not accepted", func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		given(server.Listen("/run/s", 1, transport.ListenConfig{}))
		server.Go("main", func() { server.NewNotifier().Wait(never) })
		client.Go("main", func() { recvSome(given(client.Dial("/run/s", never))) })
	}, ""},

	{"nobody dials", func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l := given(server.Listen("/run/s", 1, transport.ListenConfig{}))
		server.Go("main", func() { l.Accept(never) })
		client.Go("main", func() { client.NewNotifier().Wait(never) })
		client.Background("idle", func() { client.NewNotifier().Wait(never) })
	}, "client/main client/idle"},

	{"full backlog", func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		given(server.Listen("/run/s", 1, transport.ListenConfig{}))
		server.Go("main", func() { server.Sleep(never) })
		client.Go("main", func() {
			for {
				client.Dial("/run/s", never)
			}
		})
	}, ""},

	{"file lock", func(w *simnet.World) {
		one, other := w.Process("one"), w.Process("other")
		lock := func(p *simnet.Process, first, second string) func() {
			return func() {
				given(p.Lock(first, never))
				p.Yield()
				p.Sleep(p.Now().Add(time.Second))
				p.Lock(second, never)
			}
		}
		one.Go("main", lock(one, "/run/a.lock", "/run/b.lock"))
		other.Go("main", lock(other, "/run/b.lock", "/run/a.lock"))
	}, "one/main other/main"},

	{"two mutexes", func(w *simnet.World) {
		p := w.Process("p")
		a, b := transport.NewMutex(p), transport.NewMutex(p)
		lock := func(first, second *transport.Mutex) func() {
			return func() {
				first.Lock()
				p.Sleep(p.Now().Add(time.Second))
				second.Lock()
			}
		}
		p.Go("one", lock(a, b))
		p.Go("other", lock(b, a))
	}, "p/one p/other"},

	{"mutex of a task that returned", func(w *simnet.World) {
		p := w.Process("p")
		m := transport.NewMutex(p)
		p.Go("forgetful", func() { m.Lock() })
		p.Go("main", func() {
			p.Sleep(p.Now().Add(time.Second))
			m.Lock()
		})
	}, ""},

	{"mutex locked twice", func(w *simnet.World) {
		p := w.Process("p")
		m := transport.NewMutex(p)
		p.Go("main", func() {
			m.Lock()
			m.Lock()
		})
	}, "p/main"},

	{"mutex passed on", func(w *simnet.World) {
		p := w.Process("p")
		m := transport.NewMutex(p)
		hold := func() {
			m.Lock()
			p.Sleep(p.Now().Add(time.Second))
		}
		p.Go("first", func() { hold(); m.Unlock() })
		p.Go("second", func() { hold(); p.NewNotifier().Wait(never) })
		p.Go("third", hold)
	}, "p/second p/third"},

	{"queue", func(w *simnet.World) {
		p := w.Process("p")
		q := transport.NewQueue[int](p)
		p.Go("pop", func() { q.Pop(never) })
		p.Go("wait", func() { p.NewNotifier().Wait(never) })
	}, "p/pop p/wait"},

	{"nobody notifies", func(w *simnet.World) {
		p := w.Process("p")
		for range 3 {
			p.Go("wait", func() { p.NewNotifier().Wait(never) })
		}
	}, ""},

	{"group", func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			g := transport.NewGroup(p)
			m := transport.NewMutex(p)
			m.Lock()
			g.Go("member", func(transport.Transport) { m.Lock() })
			g.Wait(never)
		})
	}, "p/main p/main>member"},

	{"paused", func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l := given(server.Listen("/run/s", 1, transport.ListenConfig{}))
		server.Go("main", func() {
			c := given(l.Accept(never))
			recvSome(c)
			sendSome(c, 1)
		})
		client.Go("main", func() {
			c := given(client.Dial("/run/s", never))
			client.Sleep(client.Now().Add(time.Second))
			server.Pause()
			sendSome(c, 1)
			recvSome(c)
		})
	}, "server/main client/main"},

	{"pauses itself", func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() { p.Pause() })
	}, ""},

	{"three processes", func(w *simnet.World) {
		var ps [3]*simnet.Process
		for i := range ps {
			ps[i] = w.Process(fmt.Sprintf("p%d", i+1))
		}
		for i, p := range ps {
			path := func(i int) string { return fmt.Sprintf("/run/%d", i%3+1) }
			l := given(p.Listen(path(i), 1, transport.ListenConfig{}))
			p.Go("main", func() {
				next := given(p.Dial(path(i+1), never))
				last := given(l.Accept(never))
				recvSome(last)
				sendSome(next, 1)
			})
		}
	}, "p1/main p3/main p2/main"},

	{"nobody else has the other end", func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			a, _, _ := p.Pair()
			recvSome(a)
		})
	}, "p/main"},

	{"other end in flight", func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		l := given(q.Listen("/run/q", 1, transport.ListenConfig{}))
		q.Go("main", func() {
			c := given(l.Accept(never))
			q.NewNotifier().Wait(never)
			c.Close()
		})
		p.Go("main", func() {
			c := given(p.Dial("/run/q", never))
			a, b, _ := p.Pair()
			fd := given(b.Dup())
			c.Send([][]byte{{1}}, []transport.FD{fd}, never)
			fd.Close()
			b.Close()
			recvSome(a)
		})
	}, ""},

	{"passed on", func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		l := given(q.Listen("/run/q", 1, transport.ListenConfig{}))
		q.Go("main", func() {
			c := given(l.Accept(never))
			var fds [1]transport.FD
			c.Recv([][]byte{make([]byte, 1)}, fds[:], never)
			q.Sleep(never)
		})
		p.Go("main", func() {
			c := given(p.Dial("/run/q", never))
			a, b, _ := p.Pair()
			fd := given(b.Dup())
			c.Send([][]byte{{1}}, []transport.FD{fd}, never)
			fd.Close()
			b.Close()
			recvSome(a)
		})
	}, ""},
}

func TestDeadlock(t *testing.T) {
	for _, d := range deadlocks {
		t.Run(d.name, func(t *testing.T) {
			res := simnet.Run(simnet.Config{}, d.build)
			var e *simnet.Deadlock
			if !errors.As(res.Err, &e) {
				t.Fatalf("verdict %v", res.Err)
			}
			cycle := ""
			if len(e.Cycles) > 0 {
				cycle = strings.Join(e.Cycles[0], " ")
			}
			if cycle != d.cycle {
				t.Errorf("cycle %q, want %q", cycle, d.cycle)
			}
			report(t, "deadlock", e.Error())
			again := simnet.Run(simnet.Config{}, d.build)
			if !reflect.DeepEqual(res.Err, again.Err) {
				t.Errorf("the second time:\n%v", again.Err)
			}
		})
	}
}

// The verdict of the execution that is traced is that of the fast one, and says
// besides where.
func TestDeadlockIsTheSameTraced(t *testing.T) {
	for _, d := range deadlocks {
		fast := simnet.Run(simnet.Config{Once: true}, d.build)
		full := simnet.Run(simnet.Config{}, d.build)
		if full.Diverged != nil {
			t.Errorf("%s: %v", d.name, full.Diverged)
		}
		a, b := fast.Err.(*simnet.Deadlock), full.Err.(*simnet.Deadlock)
		for i := range b.Waits {
			w := &b.Waits[i]
			if len(w.Stack) == 0 || (w.Owner != "" && len(w.Locked) == 0) || (w.Peer != 0) != (w.PeerEnd != "") {
				t.Errorf("%s: does not say where: %+v", d.name, w)
			}
			w.Stack, w.Locked, w.End, w.PeerEnd = nil, nil, "", ""
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: fast\n%v\ntraced\n%v", d.name, a, b)
		}
	}
}

// A report names the lines of the program, and nothing between them and the
// scheduler.
func TestDeadlockLines(t *testing.T) {
	line := func(skip int) string {
		_, file, line, _ := runtime.Caller(1)
		return fmt.Sprintf("%s:%d", filepath.Base(file), line+skip)
	}
	var locked, waits, made string
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		m := transport.NewMutex(p)
		p.Go("holder", func() {
			locked = line(1)
			m.Lock()
			made = line(1)
			p.Lock("/run/lock", never)
		})
		p.Go("main", func() {
			soon(p)
			waits = line(1)
			m.Lock()
		})
	})
	e, ok := res.Err.(*simnet.Deadlock)
	if !ok {
		t.Fatal(res.Err)
	}
	at := func(s simnet.Stack) string {
		if len(s) != 1 {
			return fmt.Sprint(len(s), " frames")
		}
		place, _, _ := strings.Cut(s[0].String(), " in ")
		return place
	}
	w := e.Waits[0]
	if got := at(w.Stack); got != waits {
		t.Errorf("waits at %s, want %s", got, waits)
	}
	if got := at(w.Locked); got != locked {
		t.Errorf("locked at %s, want %s", got, locked)
	}
	if got := at(res.Census.Descriptors[0].Made.At); got != made {
		t.Errorf("descriptor made at %s, want %s", got, made)
	}
}

// Ten thousand tasks that wait for one are a report that can be read, and had.
func TestDeadlockOfMany(t *testing.T) {
	const many = 10_000
	res := simnet.Run(simnet.Config{Once: true}, func(w *simnet.World) {
		p := w.Process("p")
		m := transport.NewMutex(p)
		n := p.NewNotifier()
		p.Go("holder", func() {
			m.Lock()
			n.Wait(never)
		})
		for range many {
			p.Go("waiter", m.Lock)
		}
	})
	e, ok := res.Err.(*simnet.Deadlock)
	if !ok || len(e.Waits) != many+1 {
		t.Fatalf("%.1000v", res.Err)
	}
	if w := e.Waits[0]; w.Sure || len(w.Who) != 8 || w.Others != many-8 {
		t.Errorf("the holder waits for %v and %d more", w.Who, w.Others)
	}
	if text := e.Error(); len(text) > 20_000 || !strings.Contains(text, "9951 more") {
		t.Errorf("%d bytes of report: %.2000s", len(text), text)
	}
}

// A group is waited for by a cycle through any of its members.
func TestDeadlockOfGroup(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			g, m := transport.NewGroup(p), transport.NewMutex(p)
			m.Lock()
			g.Go("other", func(transport.Transport) { p.NewNotifier().Wait(never) })
			g.Go("member", func(transport.Transport) { m.Lock() })
			g.Wait(never)
		})
	})
	e, ok := res.Err.(*simnet.Deadlock)
	if !ok {
		t.Fatal(res.Err)
	}
	if got := fmt.Sprint(e.Cycles); got != "[[p/main p/main>member]]" {
		t.Error("the cycles are", got)
	}
}

// A task that could go on, but for its process, which is paused, waits for that.
func TestDeadlockOfPaused(t *testing.T) {
	for what, story := range map[string]func(server, client *simnet.Process) (block, free func()){
		"dial": func(server, client *simnet.Process) (block, free func()) {
			l := given(server.Listen("/run/s", 0, transport.ListenConfig{}))
			given(server.Dial("/run/s", never))
			return func() { client.Dial("/run/s", never) }, func() { given(l.Accept(never)) }
		},
		"lock": func(server, client *simnet.Process) (block, free func()) {
			held := given(server.Lock("/run/lock", never))
			return func() { client.Lock("/run/lock", never) }, func() { held.Close() }
		},
	} {
		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
			server, client := w.Process("server"), w.Process("client")
			block, free := story(server, client)
			client.Go("main", block)
			server.Go("main", func() {
				soon(server)
				client.Pause()
				free()
				server.NewNotifier().Wait(never)
			})
		})
		e, ok := res.Err.(*simnet.Deadlock)
		if !ok {
			t.Fatal(what, res.Err)
		}
		if got := e.Waits[0]; got.Task != "client/main" || got.For != simnet.ForResume {
			t.Errorf("%s: %s waits for %v", what, got.Task, got.For)
		}
	}
}

// Who had a mutex when its process was killed is gone.
func TestDeadlockOwnerKilled(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		m := transport.NewMutex(p)
		q.Go("main", func() {
			m.Lock()
			q.Kill()
		})
		p.Go("main", func() {
			soon(p)
			m.Lock()
		})
	})
	e, ok := res.Err.(*simnet.Deadlock)
	if !ok {
		t.Fatal(res.Err)
	}
	if w := e.Waits[0]; w.Owner != "q/main" || !w.OwnerGone || len(w.Who) != 0 {
		t.Errorf("%s has the mutex, gone %v; left: %v", w.Owner, w.OwnerGone, w.Who)
	}
}
