package ipctest

import (
	"errors"
	"fmt"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// EMFILE, and what is short of the machine's.

var limitScenarios = []Scenario{{
	Name:  "limit/descriptors",
	Needs: []Ability{DescLimit},
	Main: func(t T, tr transport.Transport) {
		poor := t.Start("poor", ProcessConfig{Limits: Limits{NOFILE: 64}})
		ok(t, poor.Wait(later(tr)))
	},
	Roles: []NamedRole{{"poor", func(t T, tr transport.Transport) {
		l := listen(t, tr, "s", 4, transport.ListenConfig{})
		pending := must(ipc.Connect(tr, t.Path("s"), later(tr)))(t)
		defer pending.Abort()
		cfd, far := parcel(t, tr)
		defer far.Abort()
		lfd := must(l.Dup())(t)
		a, b := pair(t, tr)
		defer b.Abort()
		ok(t, b.SendFD(cfd, later(tr)))
		say(t, tr, b, "abc")

		spare := exhaust(t, l)
		free := func() {
			ok(t, spare[0].Close())
			spare = spare[1:]
		}
		_, err := ipc.Listen(tr, t.Path("s2"), 1, transport.ListenConfig{})
		t.Want(err, Listen, syscall.EMFILE)
		_, err = ipc.Connect(tr, t.Path("s"), later(tr))
		t.Want(err, Connect, syscall.EMFILE)
		_, _, err = ipc.Pair(tr)
		t.Want(err, Pair, syscall.EMFILE)
		_, err = l.Accept(later(tr))
		t.Want(err, Accept, syscall.EMFILE)
		_, err = ipc.FromFD(tr, cfd)
		t.Want(err, FromFD, syscall.EMFILE)
		_, err = ipc.ListenerFromFD(tr, lfd, transport.ListenConfig{})
		t.Want(err, ListenerFromFD, syscall.EMFILE)
		_, err = l.Dup()
		expect(t, err, "dup", syscall.EMFILE)
		_, err = tr.Lock(t.Path("lock"), later(tr))
		expect(t, err, "lock", syscall.EMFILE)

		// The descriptor is lost, and with it the place in the stream.
		_, err = a.RecvFD(later(tr))
		t.Want(err, RecvFD, syscall.EMFILE)
		t.Want(a.Recv(make([]byte, 3), later(tr)), Recv, syscall.ECONNRESET)
		works(t, tr, a, b)

		free()
		_, _, err = ipc.Pair(tr) // one is not enough for two
		t.Want(err, Pair, syscall.EMFILE)
		c := must(l.Accept(later(tr)))(t) // the connection was kept
		works(t, tr, c, pending)
		ok(t, c.Abort())

		free()
		c, d := pair(t, tr)
		ok(t, c.Abort())
		ok(t, d.Abort())
		c = must(ipc.FromFD(tr, cfd))(t) // what could not be adopted is still there
		works(t, tr, c, far)
		ok(t, c.Abort())
		l2 := must(ipc.ListenerFromFD(tr, lfd, transport.ListenConfig{}))(t)
		ok(t, l2.Close())
		ok(t, listen(t, tr, "s2", 1, transport.ListenConfig{}).Close())
		ok(t, l.Close())
		for len(spare) > 0 {
			free()
		}
	}}},
}}

// exhaust takes every descriptor that the process can still have.
func exhaust(t T, l *ipc.Listener) []transport.FD {
	t.Helper()
	var all []transport.FD
	for len(all) < 1<<16 {
		fd, err := l.Dup()
		if errors.Is(err, syscall.EMFILE) && len(all) > 2 {
			return all
		}
		ok(t, err)
		all = append(all, fd)
	}
	t.Fatalf("%d descriptors and no end", len(all))
	return nil
}

// What only a backend that orders faults can show.
var faultScenarios = []Scenario{{
	Name:  "limit/machine",
	Needs: []Ability{Faults},
	Main: func(t T, tr transport.Transport) {
		cfg := transport.ListenConfig{}
		l := listen(t, tr, "s", 8, cfg)
		for i, c := range []struct {
			call Call
			do   func(name string) error
		}{
			{Listen, func(name string) error {
				l, err := ipc.Listen(tr, t.Path(name), 1, cfg)
				if err == nil {
					err = l.Close()
				}
				return err
			}},
			{Connect, func(string) error {
				c, err := ipc.Connect(tr, t.Path("s"), later(tr))
				if err == nil {
					err = c.Abort()
				}
				return err
			}},
			{Accept, func(string) error { // what the connect before left pending
				c, err := l.Accept(later(tr))
				if err == nil {
					err = c.Abort()
				}
				return err
			}},
			{Pair, func(string) error {
				a, b, err := ipc.Pair(tr)
				if err == nil {
					err = errors.Join(a.Abort(), b.Abort())
				}
				return err
			}},
		} {
			for _, errno := range []syscall.Errno{syscall.ENFILE, syscall.ENOMEM} {
				t.Fault(errno)
				t.Want(c.do(fmt.Sprintf("s%d", i)), c.call, errno)
			}
			ok(t, c.do(fmt.Sprintf("s%d", i)))
		}
		cfd, far := parcel(t, tr)
		lfd := must(l.Dup())(t)
		t.Fault(syscall.ENOMEM)
		_, err := ipc.FromFD(tr, cfd)
		t.Want(err, FromFD, syscall.ENOMEM)
		t.Fault(syscall.ENOMEM)
		_, err = ipc.ListenerFromFD(tr, lfd, cfg)
		t.Want(err, ListenerFromFD, syscall.ENOMEM)
		ok(t, cfd.Close())
		ok(t, lfd.Close())
		hearEnd(t, tr, far)
		ok(t, l.Close())
	},
}}
