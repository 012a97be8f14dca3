package protocol

import (
	"time"

	"pgregory.net/rapid"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// A verb is one call of a task on its side.
type verb struct {
	Do string
	N  int // bytes
	Ms int // until its deadline; 0 is at once
}

var (
	amounts = rapid.SampledFrom([]int{1, 2, 5, 100, 3000, 400000})
	waits   = rapid.SampledFrom([]int{0, 1, 2, 5, 100})
)

func verbsOf(names ...string) *rapid.Generator[[]verb] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) verb {
		return verb{
			Do: rapid.SampledFrom(names).Draw(t, "do"),
			N:  amounts.Draw(t, "n"),
			Ms: waits.Draw(t, "ms"),
		}
	}), 0, 4)
}

// A role is what the three tasks of a side do: one that sends, one that receives,
// and one that meddles.
type role struct{ Sends, Recvs, Meddles []verb }

func genRole(kills bool) *rapid.Generator[role] {
	meddles := []string{"send", "recv", "done", "close", "abort", "attach", "cancel", "sleep", "sleep"}
	if kills {
		meddles = append(meddles, "kill", "kill", "kill")
	}
	sends := verbsOf("send", "send", "list", "nothing", "no list", "pass", "pass nothing", "pass closed", "done", "sleep")
	recvs := verbsOf("recv", "recv", "recv", "list", "skip", "nothing", "no list", "bad list", "take", "sleep")
	return rapid.Custom(func(t *rapid.T) role {
		return role{sends.Draw(t, "sends"), recvs.Draw(t, "recvs"), verbsOf(meddles...).Draw(t, "meddles")}
	})
}

// rulesHold: whatever three tasks on each side do to a connection, every call
// answers what rules 1 to 8 leave it, and when it has to.
func rulesHold(s *proptest.Sim, e env) { play(s, e, false) }

// deaths is the same, with either side killed at any point.
func deaths(s *proptest.Sim, e env) { play(s, e, true) }

func play(s *proptest.Sim, e env, kills bool) {
	gen := genRole(kills)
	client, server := proptest.Draw(s, gen, "client"), proptest.Draw(s, gen, "server")
	var sc *scene
	sc = meet(s, e,
		func(x *side, tr transport.Transport, cancel func()) { client.play(x, tr, cancel, sc.clientProcess) },
		func(x *side, tr transport.Transport, cancel func()) { server.play(x, tr, cancel, sc.serverProcess) })
	s.Run()
}

func (r role) play(x *side, tr transport.Transport, cancel func(), p *proptest.Process) {
	pa := &player{side: x, tr: tr, cancel: cancel, process: p}
	pa.parcel()
	tasks(x.s, tr,
		func() { pa.each(r.Sends, pa.sends) },
		func() { pa.each(r.Recvs, pa.receives) },
		func() { pa.each(r.Meddles, pa.meddles) })
	x.close(x.within(5))
	x.close(x.within(5))
	x.send([]byte("late"), x.within(5))
	x.recv(make([]byte, 1), x.within(5))
	x.done()
	x.abort()
	if pa.near != nil {
		pa.near.Close()
		pa.far.Close()
		pa.fd.Close()
	}
}

// A player is a side with what its tasks need besides.
type player struct {
	*side
	tr      transport.Transport
	cancel  func()
	process *proptest.Process

	near, far  transport.Conn // of a connection to pass, if there is one
	fd, closed transport.FD
}

// parcel makes something to pass.
func (pa *player) parcel() {
	near, far, err := pa.tr.Pair()
	if err != nil {
		return
	}
	fd, err1 := near.Dup()
	closed, err2 := near.Dup()
	if err2 == nil {
		closed.Close()
	}
	if err1 != nil || err2 != nil {
		if err1 == nil {
			fd.Close()
		}
		near.Close()
		far.Close()
		return
	}
	pa.near, pa.far, pa.fd, pa.closed = near, far, fd, closed
}

func (pa *player) each(list []verb, do func(v verb)) {
	for _, v := range list {
		do(v)
	}
}

func (pa *player) rest(v verb) { pa.tr.Sleep(pa.tr.Now().Add(time.Duration(v.Ms) * time.Millisecond)) }

func (pa *player) sends(v verb) {
	d := pa.within(v.Ms)
	_, _, offset := pa.flow.Offsets()
	switch v.Do {
	case "send":
		pa.send(pattern(int(offset), v.N), d)
	case "list":
		p := pattern(int(offset), v.N)
		pa.sendList([][]byte{nil, p[:v.N/2], {}, p[v.N/2:]}, d)
	case "nothing":
		pa.send(nil, d)
	case "no list":
		pa.sendList(nil, d)
	case "pass":
		if pa.fd != nil {
			pa.sendFD(pa.fd, d)
		}
	case "pass nothing":
		pa.sendBadFD(nil, d)
	case "pass closed":
		if pa.closed != nil {
			pa.sendBadFD(pa.closed, d)
		}
	case "done":
		pa.done()
	case "sleep":
		pa.rest(v)
	}
}

func (pa *player) receives(v verb) {
	d := pa.within(v.Ms)
	switch v.Do {
	case "recv":
		pa.recv(make([]byte, v.N), d)
	case "list":
		pa.recvList([]ipc.Buf{{Bytes: make([]byte, v.N/2)}, {Skip: 1}, {}, {Bytes: make([]byte, v.N-v.N/2)}}, d)
	case "skip":
		pa.skip(v.N, d)
	case "nothing":
		pa.recv(nil, d)
	case "no list":
		pa.recvList(nil, d)
	case "bad list":
		pa.recvList([]ipc.Buf{{Bytes: make([]byte, v.N)}, {Skip: -v.N}}, d)
		pa.recvList([]ipc.Buf{{Bytes: make([]byte, v.N), Skip: v.N}}, d)
		pa.skip(-1, d)
	case "take":
		if fd, err := pa.recvFD(d); err == nil {
			fd.Close()
		}
	case "sleep":
		pa.rest(v)
	}
}

func (pa *player) meddles(v verb) {
	switch v.Do {
	case "send", "done":
		pa.sends(v)
	case "recv":
		pa.receives(v)
	case "close":
		pa.close(pa.within(v.Ms))
	case "abort":
		pa.abort()
	case "attach":
		pa.attach(pa.tr)
	case "cancel":
		pa.side.cancel(pa.cancel)
	case "kill":
		pa.kill(pa.process)
	case "sleep":
		pa.rest(v)
	}
}
