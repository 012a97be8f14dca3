package protocol

import (
	"slices"
	"syscall"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/transport"
)

// A counter is where clients and a server meet: a listener and who has joined
// its queue. Each call that makes a connection has its effect in the step in
// which it returns, so that who waits is known exactly.
type counter struct {
	s       *proptest.Sim
	env     env
	path    string
	backlog int

	bound     bool     // the listener listens, or did
	ending    bool     // it is being closed, or its process killed
	over      bool     // it was
	queue     []*guest // in the order of their connecting
	accepting int      // tasks that are in Accept
}

// A guest is one attempt to connect.
type guest struct {
	id       byte
	accepted bool
	dying    *bool // its process is being killed, or was
}

// A visit is what a client does: wait, connect with a deadline, wait.
type visit struct{ Before, Deadline, After int }

// A day is what goes on at a counter.
type day struct {
	Backlog   int
	Acceptors [][]visit // what each task that accepts does: wait, accept with a deadline
	Clients   [][]visit
	End       string // how it ends, if not by itself: close, kill
	At        int    // and when
	Victim    int    // which client is killed, if there is one of that number
}

var genDay = rapid.Custom(func(t *rapid.T) day {
	ms := rapid.SampledFrom([]int{0, 0, 1, 2, 5})
	visits := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) visit {
		return visit{ms.Draw(t, "before"), ms.Draw(t, "deadline"), ms.Draw(t, "after")}
	}), 1, 3)
	return day{
		Backlog:   rapid.IntRange(0, 2).Draw(t, "backlog"),
		Acceptors: rapid.SliceOfN(visits, 1, 2).Draw(t, "acceptors"),
		Clients:   rapid.SliceOfN(visits, 1, 4).Draw(t, "clients"),
		End:       rapid.SampledFrom([]string{"", "close", "kill"}).Draw(t, "end"),
		At:        rapid.IntRange(0, 4).Draw(t, "at"),
		Victim:    rapid.IntRange(-4, 3).Draw(t, "victim"),
	}
})

// queues: who connects waits for room, and until the deadline; who accepts is
// given the connection that has waited longest; a failure of either ends nothing,
// and what was never accepted is reset.
func queues(s *proptest.Sim, e env) {
	d := proptest.Draw(s, genDay, "day")
	d.pass(s, e)
}

// pass has the day go by.
func (d day) pass(s *proptest.Sim, e env) {
	c := &counter{s: s, env: e, path: s.Path("counter"), backlog: d.Backlog}
	server := s.Process("server", func(tr transport.Transport) { c.open(tr, d) })
	var clients []*proptest.Process
	dying := make([]bool, len(d.Clients))
	for i, visits := range d.Clients {
		clients = append(clients, s.Process("client", func(tr transport.Transport) {
			for j, v := range visits {
				c.visit(tr, v, &guest{id: byte(i*10 + j), dying: &dying[i]})
			}
		}))
	}
	if d.End != "kill" && d.Victim < 0 {
		s.Run()
		return
	}
	s.Start(proptest.ProcessConfig{Name: "reaper", Spared: true, Main: func(tr transport.Transport) {
		wait(tr, d.At)
		if d.End == "kill" {
			c.ending = true
			server.Kill()
			c.over = true
		}
		if d.Victim >= 0 && d.Victim < len(clients) {
			dying[d.Victim] = true
			clients[d.Victim].Kill()
		}
	}})
	s.Run()
}

func wait(tr transport.Transport, ms int) {
	if ms > 0 {
		tr.Sleep(tr.Now().Add(time.Duration(ms) * time.Millisecond))
	}
}

func until(tr transport.Transport, ms int) time.Time {
	if ms == 0 {
		return transport.Immediate
	}
	return tr.Now().Add(time.Duration(ms) * time.Millisecond)
}

// open is the server's day.
func (c *counter) open(tr transport.Transport, d day) {
	l, err := ipc.Listen(tr, c.path, d.Backlog, transport.ListenConfig{})
	if err != nil {
		c.want("listen", err, verdict{}.also(c.env.files, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM))
		return
	}
	c.bound = true
	var fs []func()
	for _, visits := range d.Acceptors {
		fs = append(fs, func() {
			for _, v := range visits {
				wait(tr, v.Before)
				c.accept(tr, l, v)
				wait(tr, v.After)
			}
		})
	}
	if d.End == "close" {
		fs = append(fs, func() {
			wait(tr, d.At)
			c.shut(l, 0)
		})
	}
	tasks(c.s, tr, fs...)
	if d.End == "close" {
		c.shut(l, syscall.EBADF)
	} else {
		c.shut(l, 0)
	}
	tr.Remove(c.path)
}

func (c *counter) shut(l *ipc.Listener, errno syscall.Errno) {
	c.ending = true
	c.want("close", l.Close(), verdict{errno})
	c.over = true
}

// accept takes one connection and serves it.
func (c *counter) accept(tr transport.Transport, l *ipc.Listener, v visit) {
	start, over := tr.Now(), c.over
	deadline := until(tr, v.Deadline)
	c.accepting++
	x, err := l.Accept(deadline)
	c.accepting--
	alone := c.accepting == 0 // others may have been woken, and come first
	now, e := tr.Now(), c.env
	ok := verdict{}.also(over || c.ending, syscall.EBADF)
	if !over {
		n := len(c.queue)
		ok = ok.also(n > 0 || e.full, 0).
			also(e.files, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM).
			also(transport.Expired(deadline, now) && (n == 0 || !alone || v.Deadline > 0 || e.full), syscall.ETIMEDOUT)
	}
	c.want("accept", err, ok)
	c.onTime("accept", start, deadline, now)
	if err != nil {
		return
	}
	var g *guest
	if len(c.queue) > 0 && !e.full {
		g = c.queue[0]
		c.queue = c.queue[1:]
		g.accepted = true
	}
	c.serve(tr, x, g)
}

// serve receives who it is, says yes, and hangs up.
func (c *counter) serve(tr transport.Transport, x *ipc.Conn, g *guest) {
	defer x.Abort()
	var id [1]byte
	err := x.Recv(id[:], tr.Now().Add(time.Hour))
	gone := c.env.full || c.env.kill || *g.dying || c.env.memory
	c.want("recv", err, verdict{0}.also(gone, syscall.EPIPE, syscall.ECONNRESET).
		also(c.env.reset, syscall.ECONNRESET).also(c.env.late, syscall.ETIMEDOUT))
	if err != nil {
		return
	}
	if g == nil { // strangers were ahead of it, or it was one
		i := slices.IndexFunc(c.queue, func(g *guest) bool { return g.id == id[0] })
		if i < 0 {
			c.s.Fatalf("accepted %d, who has not connected", id[0])
		}
		g = c.queue[i]
		c.queue = slices.Delete(c.queue, i, i+1)
		g.accepted = true
	}
	if g.id != id[0] {
		c.s.Fatalf("accepted %d, but %d has waited longest", id[0], g.id)
	}
	x.Send([]byte("y"), never)
}

// visit connects once.
func (c *counter) visit(tr transport.Transport, v visit, g *guest) {
	wait(tr, v.Before)
	start, deadline := tr.Now(), until(tr, v.Deadline)
	over := c.over
	x, err := ipc.Connect(tr, c.path, deadline)
	now, e := tr.Now(), c.env
	room := len(c.queue) <= c.backlog
	ok := verdict{}.also(e.files, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM).
		also(e.kill, syscall.ECONNREFUSED).
		also(e.names, syscall.ECONNREFUSED, syscall.ENOENT, syscall.EACCES).
		also(!c.bound || over || c.ending, syscall.ENOENT).
		also(c.ending, syscall.ECONNREFUSED)
	if c.bound && !over {
		ok = ok.also(room || e.full, 0).
			also(transport.Expired(deadline, now) && (!room || v.Deadline > 0 || e.full), syscall.ETIMEDOUT)
	}
	c.want("connect", err, ok)
	c.onTime("connect", start, deadline, now)
	if err != nil {
		return
	}
	c.queue = append(c.queue, g)
	defer x.Abort()
	if err := x.Send([]byte{g.id}, never); err != nil {
		c.want("send", err, verdict{}.also(e.memory, syscall.ENOMEM, syscall.ENOBUFS).
			also(e.reset || c.ending || e.late, syscall.ECONNRESET))
		return
	}
	var yes [1]byte
	err = x.Recv(yes[:], tr.Now().Add(time.Hour))
	served := g.accepted || e.full
	c.want("recv", err, verdict{}.also(served, 0).
		also(e.reset || e.kill || c.ending, syscall.ECONNRESET).
		also(served && (c.ending || e.kill || e.memory), syscall.EPIPE).
		also(e.late, syscall.ETIMEDOUT, syscall.ECONNRESET, syscall.EPIPE)) // who was to serve has given up
	wait(tr, v.After)
}

// want fails the run unless an answer is among those that are left.
func (c *counter) want(what string, err error, v verdict) {
	c.s.Helper()
	if !v.allows(err) {
		c.s.Fatalf("%s: %s; by the rules: %s (%d wait, backlog %d)", what, answer(err), v, len(c.queue), c.backlog)
	}
}

// onTime is about when it returned.
func (c *counter) onTime(what string, start, deadline, now time.Time) {
	c.s.Helper()
	if deadline.Before(start) {
		deadline = start
	}
	if !c.env.late && now.After(deadline) {
		c.s.Fatalf("%s: returned %v after its deadline", what, now.Sub(deadline))
	}
}
