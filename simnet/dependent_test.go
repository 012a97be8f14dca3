package simnet_test

import (
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// TestDependent has a case for every rule of Pending.Dependent.
func TestDependent(t *testing.T) {
	var p, q *simnet.Process
	simnet.Run(simnet.Config{}, func(w *simnet.World) { p, q = w.Process("p"), w.Process("q"); p.Go("main", func() {}) })
	on := func(op simnet.Op, p *simnet.Process, socket, peer int) simnet.Pending {
		return simnet.Pending{Op: op, Process: p, Socket: socket, Peer: peer}
	}
	at := func(op simnet.Op, p *simnet.Process, path string) simnet.Pending {
		return simnet.Pending{Op: op, Process: p, Path: path}
	}
	const (
		send, recv, shut, dial, listen = simnet.OpSend, simnet.OpRecv, simnet.OpCloseWrite, simnet.OpDial, simnet.OpListen
	)
	for _, test := range []struct {
		what string
		a, b simnet.Pending
		want bool
	}{
		{"two sends on a socket", on(send, p, 1, 2), on(send, q, 1, 2), true},
		{"two receives on a socket", on(recv, p, 1, 2), on(recv, p, 1, 2), true},
		{"both directions of a socket", on(send, p, 1, 2), on(recv, p, 1, 2), false},
		{"both ends of a direction", on(send, p, 1, 2), on(recv, q, 2, 1), true},
		{"sends at both ends", on(send, p, 1, 2), on(send, q, 2, 1), false},
		{"receives at both ends", on(recv, p, 1, 2), on(recv, q, 2, 1), false},
		{"other connections", on(send, p, 1, 2), on(recv, p, 4, 3), false},
		{"a half-close, and a receive at the other end", on(shut, p, 1, 2), on(recv, q, 2, 1), true},
		{"half-closes of both ends", on(shut, p, 1, 2), on(shut, q, 2, 1), true},
		{"a half-close of another connection", on(shut, p, 1, 2), on(recv, p, 3, 4), false},
		{"sockets whose peers are gone", on(send, p, 1, 0), on(recv, p, 2, 0), false},
		{"closed sockets", on(send, p, 0, 0), on(recv, p, 0, 0), false},
		{"two accepts", on(simnet.OpAccept, p, 1, 0), on(simnet.OpAccept, q, 1, 0), true},

		{"closes in one process, for the numbers", on(simnet.OpClose, p, 1, 2), on(simnet.OpClose, p, 3, 4), true},
		{"closes in two", on(simnet.OpClose, p, 1, 2), on(simnet.OpClose, q, 3, 4), false},
		{"a pair and a close", on(simnet.OpPair, p, 0, 0), on(simnet.OpClose, p, 3, 4), true},
		{"a pair and a send", on(simnet.OpPair, p, 0, 0), on(send, p, 3, 4), false},
		{"a close of one knows not what", on(simnet.OpClose, p, 0, 0), on(send, q, 3, 4), true},

		{"two dials to a path", at(dial, p, "/run/a"), at(dial, q, "/run/a"), true},
		{"a dial and a listen", at(dial, p, "/run/a"), at(listen, q, "/run/a"), true},
		{"other paths", at(dial, p, "/run/a"), at(listen, q, "/run/b"), false},
		{"abstract names", at(dial, p, "@a"), at(listen, q, "@ab"), false},
		{"one abstract name", at(dial, p, "@a"), at(listen, q, "@a"), true},
		{"an abstract name and a file", at(dial, p, "@a"), at(listen, q, "/run/a"), false},
		{"a listener's lock", at(simnet.OpLock, p, "/run/a.lock"), at(listen, q, "/run/a"), true},
		{"a path that is not absolute", at(dial, p, "a"), at(listen, q, "/run/b"), true},
		{"a path that is not clean", at(dial, p, "/run/../run/b"), at(listen, q, "/run/b"), true},
		{"a folder made", at(simnet.OpMkdir, nil, "/x"), at(dial, q, "/run/b"), true},
		{"a file removed", at(simnet.OpRemove, p, "/run/a"), at(dial, q, "/run/b"), true},
		{"a file removed, and a send", at(simnet.OpRemove, p, "/run/a"), on(send, q, 1, 2), false},
		{"a dial and a send", at(dial, p, "/run/a"), on(send, p, 1, 2), false},
		{"an accept and a dial", simnet.Pending{Op: simnet.OpAccept, Process: p, Socket: 1, Path: "/run/a"}, at(dial, q, "/run/a"), true},
		{"an accept and a dial elsewhere", simnet.Pending{Op: simnet.OpAccept, Process: p, Socket: 1, Path: "/run/a"}, at(dial, q, "/run/b"), false},

		{"notifiers of a process", on(simnet.OpNotify, p, 0, 0), on(simnet.OpWait, p, 0, 0), true},
		{"notifiers of two", on(simnet.OpNotify, p, 0, 0), on(simnet.OpWait, q, 0, 0), false},
		{"a notifier and a send", on(simnet.OpNotify, p, 0, 0), on(send, p, 1, 2), false},
		{"timers of a process", on(simnet.OpStop, p, 0, 0), on(simnet.OpAfterFunc, p, 0, 0), true},
		{"a timer and a notifier", on(simnet.OpStop, p, 0, 0), on(simnet.OpNotify, p, 0, 0), false},
		{"a cancellation", on(simnet.OpCancel, p, 0, 0), on(recv, p, 1, 2), true},
		{"a cancellation elsewhere", on(simnet.OpCancel, p, 0, 0), on(recv, q, 1, 2), false},
		{"a kill", on(simnet.OpKill, p, 0, 0), on(simnet.OpYield, q, 0, 0), true},
		{"a task that begins", on(simnet.OpBegin, p, 0, 0), on(send, q, 1, 2), true},
		{"yields", on(simnet.OpYield, p, 0, 0), on(simnet.OpYield, p, 0, 0), false},
		{"a sleep and a send", on(simnet.OpSleep, p, 0, 0), on(send, p, 1, 2), false},
	} {
		if test.a.Dependent(test.b) != test.want || test.b.Dependent(test.a) != test.want {
			t.Errorf("%s: dependent are %t, %t; want %t", test.what, test.a.Dependent(test.b), test.b.Dependent(test.a), test.want)
		}
	}
}

// TestPointDependent has the quick way of asking for dependency agree with the slow
// one, wherever a run asks, and shows that both answers come up.
func TestPointDependent(t *testing.T) {
	var counts [2]int
	for _, program := range programs {
		for seed := range uint64(5) {
			random := simnet.Random(seed)
			cfg := program.cfg
			cfg.Chooser = asked(func(p *simnet.Point) int {
				for i := range p.Tasks {
					if p.Pending(i).Op != p.Op(i) {
						t.Fatal("another operation")
					}
					for j := range p.Tasks {
						quick, slow := p.Dependent(i, j), p.Pending(i).Dependent(p.Pending(j))
						if quick != slow || quick != p.Dependent(j, i) {
							t.Fatalf("%s: %+v, %+v: quickly %t, slowly %t", program.name, p.Pending(i), p.Pending(j), quick, slow)
						}
						if i != j && quick {
							counts[1]++
						} else if i != j {
							counts[0]++
						}
					}
				}
				return random.Choose(p)
			})
			simnet.Run(cfg, program.build)
		}
	}
	if counts[0] < 1000 || counts[1] < 1000 {
		t.Error("independent, dependent:", counts)
	}
}

// TestRenamed has paths be apart only while no file has had two names.
func TestRenamed(t *testing.T) {
	for _, test := range []struct {
		what string
		do   func(w *simnet.World) error
		want bool
	}{
		{"nothing", func(w *simnet.World) error { return nil }, false},
		{"a symbolic link", func(w *simnet.World) error { return w.Symlink("/run/a", "/run/c") }, true},
		{"a link", func(w *simnet.World) error { return w.Link("/run/a", "/run/c") }, true},
		{"a new name", func(w *simnet.World) error { return w.Rename("/run/a", "/run/c") }, true},
	} {
		var dependent []bool
		simnet.Run(simnet.Config{Chooser: asked(func(p *simnet.Point) int {
			if !p.After && p.Op(0) == simnet.OpDial && p.Op(1) == simnet.OpDial {
				dependent = append(dependent, p.Dependent(0, 1))
			}
			return 1 // each comes to its dial
		})}, func(w *simnet.World) {
			p := w.Process("p")
			for _, path := range []string{"/run/a", "/run/b"} {
				must(p.Listen(path, 1, transport.ListenConfig{}))(t)
				dialer := w.Process("dialer")
				dialer.Go("dial", func() { dialer.Dial(path, time.Time{}) })
			}
			ok(t, test.do(w))
		})
		if len(dependent) == 0 || dependent[0] != test.want {
			t.Error(test.what, dependent)
		}
	}
}
