package simnet_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// serve has a process accept in the background and handle each connection in a
// task of its own, started by start.
func serve(p *simnet.Process, path string, cfg transport.ListenConfig, start func(string, func()) error, handle func(transport.Conn)) {
	p.Go("main", func() {
		l := given(p.Listen(path, 8, cfg))
		p.Background("accept", func() {
			for {
				c := given(l.Accept(never))
				start("conn", func() { handle(c) })
			}
		})
	})
}

// echoBack answers until the other end is closed, and closes.
func echoBack(c transport.Conn) {
	b := make([]byte, 10)
	for {
		n, _, err := c.Recv([][]byte{b}, nil, never)
		if err != nil {
			c.Close()
			return
		}
		c.Send([][]byte{b[:n]}, nil, never)
	}
}

// soon lets everybody else go as far as they can.
func soon(p *simnet.Process) { p.Sleep(p.Now().Add(time.Second)) }

// leaking leaves something of everything.
func leaking(w *simnet.World) {
	server, client, daemon := w.Process("server"), w.Process("client"), w.Process("daemon")
	serve(server, "/run/s", transport.ListenConfig{Takeover: true}, server.Background, echoBack)
	server.Go("tick", func() {
		server.Background("arm", func() {
			server.AfterFunc("tick", server.Now().Add(time.Minute), func() {})
		})
	})
	daemon.Go("main", func() {
		given(daemon.Listen("/run/daemon", 0, transport.ListenConfig{}))
		soon(daemon)
		daemon.Kill()
	})
	client.Go("main", func() {
		client.Yield()
		soon(client)
		c := given(client.Dial("/run/s", never))
		sendSome(c, 3)
		soon(client)
		given(c.Dup())
		given(client.Lock("/run/client.lock", never))
		l := given(client.Listen("/run/old", 0, transport.ListenConfig{}))
		l.Close()
		a, b, _ := client.Pair()
		fd := given(b.Dup())
		a.Send([][]byte{{1}}, []transport.FD{fd}, never)
		fd.Close()
		a.Close()
		var fds [1]transport.FD
		b.Recv([][]byte{make([]byte, 1)}, fds[:], never)
	})
}

func TestCensus(t *testing.T) {
	for _, tt := range []struct {
		name  string
		build func(*simnet.World)
	}{
		{"of a program that leaks", leaking},
		{"of a deadlock", deadlocks[0].build},
		{"of nothing", func(w *simnet.World) {
			p := w.Process("p")
			p.Go("main", func() { p.Sleep(p.Now().Add(time.Second)) })
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := simnet.Run(simnet.Config{Census: true}, tt.build)
			report(t, "census", res.Census.String())
			again := simnet.Run(simnet.Config{Census: true}, tt.build)
			if !reflect.DeepEqual(again.Census, res.Census) {
				t.Errorf("the second time:\n%v", again.Census)
			}
		})
	}
}

// What nobody asked for is not counted, unless the run failed.
func TestCensusIfAsked(t *testing.T) {
	if res := simnet.Run(simnet.Config{}, leaking); res.Err != nil || res.Census != nil {
		t.Errorf("verdict %v, census %v", res.Err, res.Census)
	}
	if res := simnet.Run(simnet.Config{}, deadlocks[0].build); res.Err == nil || res.Census.Empty() {
		t.Errorf("verdict %v, census %v", res.Err, res.Census)
	}
	a := simnet.Run(simnet.Config{}, leaking)
	b := simnet.Run(simnet.Config{Census: true}, leaking)
	if a.Hash != b.Hash || a.Steps != b.Steps {
		t.Errorf("a census changes the run")
	}
}

var tidiness = []struct {
	name  string
	build func(w *simnet.World, server, client *simnet.Process)
	leaks string // as Process number kind, and paths of files
}{
	{"a server in the background", func(w *simnet.World, server, client *simnet.Process) {
		serve(server, "/run/s", transport.ListenConfig{Takeover: true, Unlink: true}, server.Background, echoBack)
		client.Go("main", func() {
			soon(client)
			c := given(client.Dial("/run/s", never))
			sendSome(c, 1)
			recvSome(c)
			c.Close()
		})
	}, ""},

	{"a client that does not close", func(w *simnet.World, server, client *simnet.Process) {
		serve(server, "/run/s", transport.ListenConfig{}, server.Background, echoBack)
		client.Go("main", func() {
			soon(client)
			given(client.Dial("/run/s", never))
		})
	}, "client 0 connection"},

	{"a client that reads in the background", func(w *simnet.World, server, client *simnet.Process) {
		serve(server, "/run/s", transport.ListenConfig{}, server.Background, echoBack)
		client.Go("main", func() {
			soon(client)
			c := given(client.Dial("/run/s", never))
			client.Background("read", func() { recvSome(c) })
		})
	}, "client 0 connection"},

	{"a client in the background", func(w *simnet.World, server, client *simnet.Process) {
		serve(server, "/run/s", transport.ListenConfig{}, server.Background, echoBack)
		client.Background("main", func() {
			soon(client)
			c := given(client.Dial("/run/s", never))
			sendSome(c, 1)
			recvSome(c)
			client.NewNotifier().Wait(never) // it keeps the connection
		})
		client.Go("wait", func() { soon(client); soon(client) })
	}, ""},

	{"a handler that does not close", func(w *simnet.World, server, client *simnet.Process) {
		serve(server, "/run/s", transport.ListenConfig{}, server.Go, recvSome)
		client.Go("main", func() {
			soon(client)
			c := given(client.Dial("/run/s", never))
			sendSome(c, 1)
			c.Close()
		})
	}, "server 1 connection"},

	{"a handler in the background that does not close", func(w *simnet.World, server, client *simnet.Process) {
		serve(server, "/run/s", transport.ListenConfig{}, server.Background, recvSome)
		client.Go("main", func() {
			soon(client)
			c := given(client.Dial("/run/s", never))
			sendSome(c, 1)
			c.Close()
		})
	}, "server 1 connection"},

	{"a listener that nobody accepts from", func(w *simnet.World, server, client *simnet.Process) {
		server.Go("main", func() { given(server.Listen("/run/s", 0, transport.ListenConfig{Takeover: true})) })
	}, "server 0 lock, server 1 listener"},

	{"a listener of the set-up", func(w *simnet.World, server, client *simnet.Process) {
		l := given(server.Listen("/run/s", 0, transport.ListenConfig{}))
		server.Background("accept", func() { l.Accept(never) })
	}, ""},

	{"a listener that another has looked at", func(w *simnet.World, server, client *simnet.Process) {
		l := given(server.Listen("/run/s", 0, transport.ListenConfig{}))
		server.Background("accept", func() { l.Accept(never) })
		server.Go("main", func() {
			soon(server)
			l.SetDeadline(never)
		})
	}, ""},

	{"a stale file", func(w *simnet.World, server, client *simnet.Process) {
		server.Go("main", func() { given(server.Listen("/run/s", 0, transport.ListenConfig{})).Close() })
	}, "/run/s"},

	{"a file that was removed", func(w *simnet.World, server, client *simnet.Process) {
		server.Go("main", func() {
			given(server.Listen("/run/s", 0, transport.ListenConfig{Unlink: true})).Close()
			given(server.Listen("/run/s", 0, transport.ListenConfig{})).Close()
			server.Remove("/run/s")
		})
	}, ""},

	{"a stale file of a process that was killed", func(w *simnet.World, server, client *simnet.Process) {
		server.Go("main", func() {
			given(server.Listen("/run/s", 0, transport.ListenConfig{}))
			given(server.Lock("/run/lock", never))
			server.Kill()
		})
	}, ""},

	{"locks", func(w *simnet.World, server, client *simnet.Process) {
		server.Background("main", func() {
			given(server.Lock("/run/server.lock", never))
			server.Sleep(never)
		})
		client.Go("main", func() { given(client.Lock("/run/client.lock", never)) })
		client.Background("main", func() { given(client.Lock("/run/other.lock", never)) })
	}, "client 0 lock, client 1 lock"},

	{"timers", func(w *simnet.World, server, client *simnet.Process) {
		at := server.Now().Add(time.Hour)
		server.Background("main", func() { server.AfterFunc("tick", at, func() {}) })
		server.Go("main", func() { server.AfterFunc("last", at.Add(-1), func() {}) })
	}, ""},

	{"a number that is used again", func(w *simnet.World, server, client *simnet.Process) {
		server.Go("main", func() {
			a, b, _ := server.Pair()
			a.Close()
			b.Close()
			soon(server)
			// The call that waits has the number now, and closes it.
			server.Background("dial", func() { server.Dial("/run/full", never) })
			soon(server)
		})
		l := given(client.Listen("/run/full", 0, transport.ListenConfig{}))
		client.Background("accept", func() {
			soon(client)
			client.Sleep(never)
			l.Accept(never)
		})
		client.Background("dial", func() {
			given(client.Dial("/run/full", never))
			client.Sleep(never)
		})
	}, "client 0 listener"},

	{"passed to another process", func(w *simnet.World, server, client *simnet.Process) {
		l := given(server.Listen("/run/s", 0, transport.ListenConfig{}))
		server.Background("accept", func() {
			for {
				c := given(l.Accept(never))
				var fds [1]transport.FD
				if _, n, _ := c.Recv([][]byte{make([]byte, 1)}, fds[:], never); n > 0 {
					recvSome(given(server.Adopt(fds[0])))
				}
				c.Close()
			}
		})
		client.Go("main", func() {
			c := given(client.Dial("/run/s", never))
			a, b, _ := client.Pair()
			fd := given(b.Dup())
			b.Close()
			c.Send([][]byte{{1}}, []transport.FD{fd}, never)
			fd.Close()
			c.Close()
			_ = a
		})
	}, "client 1 connection"},
}

func TestTidy(t *testing.T) {
	for _, tt := range tidiness {
		t.Run(tt.name, func(t *testing.T) {
			build := func(w *simnet.World) { tt.build(w, w.Process("server"), w.Process("client")) }
			if res := simnet.Run(simnet.Config{}, build); res.Err != nil {
				t.Fatal(res.Err)
			}
			for seed := range uint64(20) {
				cfg := simnet.Config{Tidy: true, Chooser: simnet.Random(seed)}
				if seed == 0 {
					cfg.Chooser = nil
				}
				res := simnet.Run(cfg, build)
				got := ""
				if res.Err != nil {
					var l *simnet.Leftover
					if !errors.As(res.Err, &l) {
						t.Fatal(res.Err)
					}
					got = leaked(l.Census)
					if all := leaked(res.Census); len(res.Census.Descriptors) < len(l.Census.Descriptors) || all == "" {
						t.Errorf("seed %d: the census is not that of the run: %s", seed, res.Census)
					}
				}
				if got != tt.leaks {
					t.Fatalf("seed %d: leaks %q, want %q\n%v", seed, got, tt.leaks, res.Err)
				}
			}
		})
	}
}

func leaked(c *simnet.Census) string {
	var all []string
	for _, d := range c.Descriptors {
		if d.Leak {
			all = append(all, fmt.Sprintf("%s %d %s", d.Process, d.Number, d.Kind))
		}
	}
	for _, f := range c.Files {
		if f.Leak {
			all = append(all, f.Path)
		}
	}
	return strings.Join(all, ", ")
}

// A verdict of another kind is not replaced, and one of a tidy run says all.
func TestLeftover(t *testing.T) {
	res := simnet.Run(simnet.Config{Tidy: true}, leaking)
	if res.Err == nil {
		t.Fatal("it is tidy")
	}
	report(t, "census", res.Err.Error())
	res = simnet.Run(simnet.Config{Tidy: true}, deadlocks[0].build)
	if _, ok := res.Err.(*simnet.Deadlock); !ok {
		t.Errorf("verdict %v", res.Err)
	}
}

// The run that is traced is as tidy as the fast one.
func TestTidyIsTheSameTraced(t *testing.T) {
	for _, tt := range tidiness {
		build := func(w *simnet.World) { tt.build(w, w.Process("server"), w.Process("client")) }
		for _, cfg := range []simnet.Config{{Tidy: true, Once: true}, {Tidy: true}, {Tidy: true, Trace: true}} {
			res := simnet.Run(cfg, build)
			if res.Diverged != nil {
				t.Errorf("%s: %v", tt.name, res.Diverged)
			}
			if res.Err == nil {
				if tt.leaks != "" {
					t.Errorf("%s, %+v: it is tidy", tt.name, cfg)
				}
				continue
			}
			l := res.Err.(*simnet.Leftover).Census
			if leaked(l) != tt.leaks {
				t.Errorf("%s, %+v: leaks %q, want %q", tt.name, cfg, leaked(l), tt.leaks)
			}
			for _, d := range l.Descriptors {
				if d.Made.Task == "" || d.Made.Task != "world" && (len(d.Made.At) > 0) == cfg.Once {
					t.Errorf("%s, %+v: %+v", tt.name, cfg, d)
				}
			}
		}
	}
}

// Timers are listed in the order in which they would fire.
func TestCensusTimers(t *testing.T) {
	res := simnet.Run(simnet.Config{Census: true}, func(w *simnet.World) {
		p := w.Process("p")
		p.Background("set", func() {
			given(p.AfterFunc("a", p.Now().Add(2*time.Hour), func() {}))
			given(p.AfterFunc("b", p.Now().Add(time.Hour), func() {}))
		})
		p.Go("main", func() { soon(p) })
	})
	if got := res.Census.Timers; res.Err != nil || len(got) != 2 || got[0].Name != "b" || got[1].Name != "a" {
		t.Errorf("%v; left: %v", res.Err, got)
	}
}

// A number that a background task waits at excuses that one, and no other of the
// same socket.
func TestTidyDup(t *testing.T) {
	res := simnet.Run(simnet.Config{Tidy: true}, func(w *simnet.World) {
		p := w.Process("p")
		a, b, err := p.Pair()
		ok(t, err)
		dup := given(p.Adopt(given(a.Dup())))
		p.Background("a", func() { recvSome(a) })
		p.Background("b", func() { recvSome(b) })
		p.Go("main", func() {
			soon(p)
			given(dup.(transport.SendBuffer).SendBuffer())
		})
	})
	e := (*simnet.Leftover)(nil)
	if !errors.As(res.Err, &e) || len(e.Census.Descriptors) != 1 {
		t.Error(res.Err)
	}
}
