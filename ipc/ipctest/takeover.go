package ipctest

import (
	"errors"
	"io/fs"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// Who takes the place of a listener that is gone.
var takeoverScenarios = []Scenario{
	{
		// One that listens is left alone, whether it used Takeover or not, and
		// the refusal is immediate.
		Name: "takeover/refused",
		Main: func(t T, tr transport.Transport) {
			cfg := transport.ListenConfig{Takeover: true}
			for _, c := range []struct {
				name  string
				first transport.ListenConfig
			}{{"plain", transport.ListenConfig{}}, {"locked", cfg}} {
				l := listen(t, tr, c.name, 4, c.first)
				start := tr.Now()
				_, err := ipc.Listen(tr, t.Path(c.name), 4, cfg)
				t.Want(err, Listen, syscall.EADDRINUSE)
				t.OnTime(tr, start)
				x := must(ipc.Connect(tr, t.Path(c.name), later(tr)))(t)
				for { // the probe may be in front
					s := must(l.Accept(later(tr)))(t)
					if err := s.Recv(make([]byte, 1), soon(tr)); !errors.Is(err, syscall.EPIPE) {
						t.Want(err, Recv, syscall.ETIMEDOUT)
						works(t, tr, s, x)
						break
					}
					ok(t, s.Abort())
				}
				lock, err := tr.Lock(t.Path(c.name+".lock"), transport.Immediate)
				if c.first.Takeover {
					expect(t, err, "lock", syscall.ETIMEDOUT)
				} else {
					ok(t, err) // whoever was refused has let go of it
					ok(t, lock.Close())
				}
				ok(t, l.Close())
			}
		},
	},
	{
		// Only a socket that nobody listens on is stale.
		Name:  "takeover/other-files",
		Scene: []Node{{Name: "file", Mode: 0o644}, {Name: "dir", Mode: fs.ModeDir | 0o755}},
		Main: func(t T, tr transport.Transport) {
			for _, name := range []string{"file", "dir"} {
				_, err := ipc.Listen(tr, t.Path(name), 4, transport.ListenConfig{Takeover: true})
				t.Want(err, Listen, syscall.EADDRINUSE)
				ok(t, tr.Remove(t.Path(name))) // it was not removed
			}
		},
	},
	{
		Name: "takeover/after-close",
		Main: func(t T, tr transport.Transport) {
			ok(t, listen(t, tr, "s", 4, transport.ListenConfig{}).Close())
			for _, unlink := range []bool{false, true, false} {
				l := listen(t, tr, "s", 4, transport.ListenConfig{Takeover: true, Unlink: unlink})
				ok(t, must(ipc.Connect(tr, t.Path("s"), later(tr)))(t).Abort())
				ok(t, l.Close())
			}
			ok(t, tr.Remove(t.Path("s.lock"))) // it stayed
			_, err := ipc.Connect(tr, t.Path("s"), later(tr))
			t.Want(err, Connect, syscall.ECONNREFUSED)
		},
	},
	{
		Name:  "takeover/killed",
		Needs: []Ability{Kill},
		Main: func(t T, tr transport.Transport) {
			first := t.Start("instance", ProcessConfig{Arg: "first"})
			c := reach(t, tr, "s")
			hear(t, tr, c, "first")
			second := t.Start("instance", ProcessConfig{Arg: "loser"})
			ok(t, second.Wait(later(tr)))
			kill(t, tr, first)
			third := t.Start("instance", ProcessConfig{Arg: "third"})
			c = reach(t, tr, "s")
			hear(t, tr, c, "third")
			kill(t, tr, third)
		},
		Roles: []NamedRole{{"instance", func(t T, tr transport.Transport) {
			l, err := ipc.Listen(tr, t.Path("s"), 4, transport.ListenConfig{Takeover: true})
			if t.Arg() == "loser" {
				t.Want(err, Listen, syscall.EADDRINUSE)
				return
			}
			ok(t, err)
			serve(t, tr, l, t.Arg())
		}}},
	},
	{
		// Twenty at once on a stale file, and again whenever the one that serves
		// is killed: each time exactly one serves.
		Name:  "takeover/twenty",
		Needs: []Ability{Kill},
		Main:  twentyMain,
		Roles: []NamedRole{{"instance", twentyInstance}},
	},
}

// serve tells every client who it is, until it is killed.
func serve(t T, tr transport.Transport, l *ipc.Listener, who string) {
	for end := later(tr); ; {
		s, err := l.Accept(end)
		if err != nil {
			t.Errorf("was not killed: %v", err)
			return
		}
		if s.Send([]byte(who), end) == nil { // it may be a probe, which is gone
			s.Done()
		}
		s.Abort()
	}
}

const instances = 20

// word is what an instance tells the main role: 'w' that it listens, 'l' that
// another does.
type word struct {
	who  int
	what byte
}

// twentyInstance reports for duty at "control", waits for the word, and tries
// once. If it has lost, it says so and goes on trying until it wins.
func twentyInstance(t T, tr transport.Transport) {
	c := reach(t, tr, "control")
	say(t, tr, c, t.Arg())
	hear(t, tr, c, "go")
	cfg := transport.ListenConfig{Takeover: true, Unlink: true}
	for first, end := true, later(tr); !transport.Expired(end, tr.Now()); first = false {
		l, err := ipc.Listen(tr, t.Path("s"), 4, cfg)
		if err == nil {
			say(t, tr, c, "w")
			serve(t, tr, l, t.Arg())
			return
		}
		t.Want(err, Listen, syscall.EADDRINUSE)
		if first {
			say(t, tr, c, "l")
		}
		tr.Sleep(tr.Now().Add(2 * tick))
	}
}

func twentyMain(t T, tr transport.Transport) {
	ok(t, listen(t, tr, "s", 1, transport.ListenConfig{}).Close()) // a stale file
	control := listen(t, tr, "control", instances, transport.ListenConfig{})
	var procs [instances]Process
	for i := range procs {
		procs[i] = t.Start("instance", ProcessConfig{Arg: string(rune('a' + i))})
	}
	var conns [instances]*ipc.Conn
	for range conns {
		c := must(control.Accept(later(tr)))(t)
		p := make([]byte, 1)
		ok(t, c.Recv(p, later(tr)))
		conns[p[0]-'a'] = c
	}
	words := transport.NewQueue[word](tr)
	g := transport.NewGroup(tr)
	for i, c := range conns {
		ok(t, g.Go("listen to "+string(rune('a'+i)), func(transport.Transport) {
			for p := make([]byte, 1); c.Recv(p, later(tr)) == nil; {
				words.Push(word{i, p[0]})
			}
		}))
	}
	for _, c := range conns {
		say(t, tr, c, "go")
	}

	// Everybody speaks once, one of them as the winner.
	winner, losers := -1, 0
	for range instances {
		w := must(words.Pop(later(tr)))(t)
		switch {
		case w.what == 'l':
			losers++
		case winner >= 0:
			t.Fatalf("%d serves, and %d too", winner, w.who)
		default:
			winner = w.who
		}
	}
	if losers != instances-1 {
		t.Fatalf("%d of %d have lost", losers, instances)
	}
	// From then on those that are left try all the time.
	for round := range 6 {
		served(t, tr, winner)
		if w, err := words.Pop(tr.Now().Add(10 * time.Millisecond)); err == nil {
			t.Fatalf("round %d: %d serves, and %d too", round, winner, w.who)
		}
		ok(t, procs[winner].Kill()) // and not a moment is waited: they see it die
		w := must(words.Pop(later(tr)))(t)
		ok(t, procs[winner].Wait(later(tr)))
		if w.who == winner {
			t.Fatalf("round %d: %d won again", round, winner)
		}
		winner = w.who
	}
	served(t, tr, winner)
	// The winner last: one of the others might die while it takes over, between
	// removing the file and making its own.
	for i, p := range procs {
		if i != winner {
			kill(t, tr, p)
		}
	}
	kill(t, tr, procs[winner])
	ok(t, g.Wait(later(tr)))
	_, err := ipc.Connect(tr, t.Path("s"), later(tr))
	t.Want(err, Connect, syscall.ECONNREFUSED)
}

// served asserts who answers at the file.
func served(t T, tr transport.Transport, who int) {
	t.Helper()
	c := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
	hear(t, tr, c, string(rune('a'+who)))
	ok(t, c.Abort())
}
