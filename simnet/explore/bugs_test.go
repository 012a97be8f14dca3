package explore_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var forever time.Time

// sure is for what cannot fail in a program.
func sure[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func tell(c transport.Conn, text string) error {
	_, err := c.Send([][]byte{[]byte(text)}, nil, forever)
	return err
}

// heard receives up to n bytes at once.
func heard(c transport.Conn, n int) (string, error) {
	p := make([]byte, n)
	n, _, err := c.Recv([][]byte{p}, nil, forever)
	return string(p[:n]), err
}

// heardAll receives n bytes, or what there is before the end.
func heardAll(c transport.Conn, n int) (text string, err error) {
	for len(text) < n && err == nil {
		var part string
		part, err = heard(c, n-len(text))
		text += part
	}
	return text, err
}

// A bug is a program that fails in some of its runs.
type bug struct {
	name   string
	faults simnet.Faults
	build  func(w *simnet.World)

	lines      int // that its minimal scripts have at most
	executions int // that finding one takes at most
}

var bugs = []bug{
	{name: "lost update", lines: 1, executions: 50, build: lostUpdate},
	{name: "lost message", lines: 1, executions: 120, build: lostMessage},
	{name: "two mutexes", lines: 1, executions: 40, build: twoMutexes},
	{name: "two servers", lines: 1, executions: 40, build: twoServers},
	{name: "overtaken", lines: 3, executions: 700, build: overtaken},
	{name: "hidden", lines: 1, executions: 200, build: hidden},
	{name: "long", lines: 1, executions: 300, build: long},
	{name: "short read", lines: 1, executions: 50, build: shortRead,
		faults: simnet.Faults{simnet.FaultShort: {Rate: 8000}}},
	{name: "reset in an answer", lines: 1, executions: 60, build: resetInAnswer,
		faults: simnet.AllFaults(400)},
	{name: "not durable", lines: 1, executions: 150, build: notDurable,
		faults: simnet.Faults{simnet.FaultKill: {Rate: 2000}, simnet.FaultRestart: {Rate: 2000}, simnet.FaultShort: {Rate: 2000}}},
	{name: "impatient", lines: 1, executions: 60, build: impatient,
		faults: simnet.Faults{simnet.FaultLate: {Rate: 10000}, simnet.FaultEarly: {Rate: 2000}, simnet.FaultJump: {Rate: 500}}},
}

// lostUpdate is tellers who read a balance, ask elsewhere, and write it back.
func lostUpdate(w *simnet.World) {
	bank := w.Process("bank")
	balance, left := 0, 4
	for range 4 {
		bank.Go("teller", func() {
			for range 3 {
				read := balance
				bank.Yield()
				balance = read + 1
				bank.Yield()
			}
			if left--; left == 0 && balance != 12 {
				w.TB().Fatalf("the balance is %d", balance)
			}
		})
	}
}

// lostMessage is a queue of one's own that looks whether there is something, and
// then waits.
func lostMessage(w *simnet.World) {
	server, client := w.Process("server"), w.Process("client")
	l := sure(server.Listen("/run/app.sock", 4, transport.ListenConfig{}))
	server.Go("main", func() {
		var inbox []string
		arrived := server.NewNotifier()
		idle := false // whether somebody has to be told
		c := sure(l.Accept(forever))
		server.Go("reader", func() {
			for {
				text, err := heard(c, 1)
				if err != nil {
					return
				}
				inbox = append(inbox, text)
				if idle {
					idle = false
					arrived.Notify()
				}
			}
		})
		for range 5 {
			for len(inbox) == 0 {
				server.Yield() // the moment in which the message is missed
				idle = true
				arrived.Wait(forever)
			}
			inbox = inbox[1:]
			tell(c, "+")
		}
		c.Close()
	})
	client.Go("main", func() {
		c := sure(client.Dial("/run/app.sock", forever))
		for range 5 {
			tell(c, "x")
			heard(c, 1)
		}
		c.Close()
	})
}

// twoMutexes takes two locks in either order.
func twoMutexes(w *simnet.World) {
	p := w.Process("p")
	a, b := transport.NewMutex(p), transport.NewMutex(p)
	lock := func(first, second *transport.Mutex) func() {
		return func() {
			for range 4 {
				first.Lock()
				p.Yield()
				second.Lock()
				p.Yield()
				second.Unlock()
				first.Unlock()
			}
		}
	}
	p.Go("one", lock(a, b))
	p.Go("other", lock(b, a))
	p.Go("third", lock(a, b))
}

// twoServers probe a socket file, find it dead, remove it, and listen: one removes
// the other's.
func twoServers(w *simnet.World) {
	old := w.Process("old")
	sure(old.Listen("/run/app.sock", 4, transport.ListenConfig{}))
	old.Kill()
	serving := 0
	for _, name := range []string{"blue", "green"} {
		p := w.Process(name)
		p.Go("main", func() {
			for {
				if c, err := p.Dial("/run/app.sock", forever); err == nil {
					c.Close()
					return // somebody serves
				}
				p.Remove("/run/app.sock")
				if _, err := p.Listen("/run/app.sock", 4, transport.ListenConfig{}); err == nil {
					break
				}
			}
			if serving++; serving > 1 {
				w.TB().Errorf("%s serves, too", p.Name())
			}
		})
	}
}

// overtaken is three workers that hand on a job by three flags, where three things
// have to happen in an order of their own.
func overtaken(w *simnet.World) {
	p := w.Process("p")
	stage := 0
	work := func(from, to int) func() {
		return func() {
			for range 3 {
				p.Yield()
				if stage == from {
					stage = to
				}
				p.Yield()
				if stage == to && from == 2 {
					panic("the third stage was reached")
				}
				if from != 2 && stage == to {
					p.Yield()
					stage = 0
				}
			}
		}
	}
	p.Go("third", work(2, 3))
	p.Go("second", work(1, 2))
	p.Go("first", work(0, 1))
}

// hidden is a server with several clients, where an answer goes to the wrong one if
// two ask at the same time.
func hidden(w *simnet.World) {
	server := w.Process("server")
	l := sure(server.Listen("/run/app.sock", 8, transport.ListenConfig{}))
	var current string // should be the connection's own
	server.Background("accept", func() {
		for {
			c, err := l.Accept(forever)
			if err != nil {
				return
			}
			server.Go("conn", func() {
				defer c.Close()
				for {
					question, err := heardAll(c, 4)
					if err != nil {
						return
					}
					current = question
					server.Yield() // asks a database, say
					if tell(c, current) != nil {
						return
					}
				}
			})
		}
	})
	for _, name := range []string{"anna", "bert", "cleo"} {
		p := w.Process(name)
		p.Go("main", func() {
			c := sure(p.Dial("/run/app.sock", forever))
			defer c.Close()
			for i := range 4 {
				if i > 0 {
					p.Sleep(p.Now().Add(time.Millisecond))
				}
				question := name[:3] + string(rune('0'+i))
				tell(c, question)
				if answer, err := heardAll(c, 4); err != nil || answer != question {
					w.TB().Fatalf("asked %q, was told %q, %v", question, answer, err)
				}
			}
		})
	}
}

// long is a server that mixes up two clients, too, but only when they ask their
// ninth question: most of what happens before does not matter.
func long(w *simnet.World) {
	server := w.Process("server")
	l := sure(server.Listen("/run/app.sock", 8, transport.ListenConfig{}))
	var current string
	server.Background("accept", func() {
		for {
			c, err := l.Accept(forever)
			if err != nil {
				return
			}
			server.Go("conn", func() {
				defer c.Close()
				for n := 1; ; n++ {
					question, err := heardAll(c, 4)
					if err != nil {
						return
					}
					server.Yield()
					if n == 9 {
						current = question
						server.Yield()
						question = current
					}
					if tell(c, question) != nil {
						return
					}
				}
			})
		}
	})
	for i := range 5 {
		p := w.Process(fmt.Sprint("client", i))
		p.Go("main", func() {
			c := sure(p.Dial("/run/app.sock", forever))
			defer c.Close()
			for j := range 12 {
				question := fmt.Sprintf("%d-%02d", i, j)
				tell(c, question)
				if answer, err := heardAll(c, 4); err != nil || answer != question {
					w.TB().Fatalf("asked %q, was told %q, %v", question, answer, err)
				}
			}
		})
	}
}

// shortRead takes a message for whole when some of it is there.
func shortRead(w *simnet.World) {
	p := w.Process("p")
	a, b, _ := p.Pair()
	p.Go("writer", func() {
		for range 5 {
			tell(a, "12345678")
			heard(a, 1)
		}
		a.Close()
	})
	p.Go("reader", func() {
		for {
			text, err := heard(b, 8)
			if errors.Is(err, io.EOF) {
				return
			}
			if len(text) != 8 {
				panic("a torn message: " + text)
			}
			tell(b, ".")
		}
	})
}

// resetInAnswer does not know that a server can go away between the question and
// the answer.
func resetInAnswer(w *simnet.World) {
	server, client := w.Process("server"), w.Process("client")
	l := sure(server.Listen("/run/app.sock", 8, transport.ListenConfig{}))
	server.Background("accept", func() {
		for {
			c, err := l.Accept(forever)
			if errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.EBADF) {
				return
			}
			if err != nil {
				server.Sleep(server.Now().Add(time.Second))
				continue
			}
			server.Background("conn", func() {
				defer c.Close()
				for {
					text, err := heard(c, 16)
					if err != nil || tell(c, strings.ToUpper(text)) != nil {
						return
					}
				}
			})
		}
	})
	client.Go("main", func() {
		c, err := client.Dial("/run/app.sock", forever)
		if err != nil {
			return
		}
		defer c.Close()
		for range 6 {
			if err := tell(c, "question"); err != nil {
				return
			}
			if _, err := heardAll(c, 8); errors.Is(err, syscall.ECONNRESET) {
				panic(err)
			} else if err != nil {
				return
			}
		}
	})
}

// notDurable is a server that acknowledges before it has written.
func notDurable(w *simnet.World) {
	var disk []string
	sure(w.Start(simnet.ProcessConfig{Name: "server", Main: func(p *simnet.Process) {
		p.Remove("/run/app.sock")
		l := sure(p.Listen("/run/app.sock", 8, transport.ListenConfig{}))
		p.Background("accept", func() {
			for {
				c, err := l.Accept(forever)
				if err != nil {
					return
				}
				p.Background("conn", func() {
					for {
						text, err := heardAll(c, 2)
						if err != nil {
							return
						}
						tell(c, "+")
						p.Yield()
						disk = append(disk, text)
					}
				})
			}
		})
	}}))
	client := sure(w.Start(simnet.ProcessConfig{Name: "client", Spared: true}))
	client.Go("main", func() {
		var acknowledged []string
		for i := 0; i < 20 && len(acknowledged) < 4; i++ {
			client.Sleep(client.Now().Add(time.Millisecond))
			c, err := client.Dial("/run/app.sock", client.Now().Add(time.Second))
			if err != nil {
				continue
			}
			for len(acknowledged) < 4 {
				text := "k" + string(rune('0'+len(acknowledged)))
				tell(c, text)
				if _, err := heardAll(c, 1); err != nil {
					break
				}
				acknowledged = append(acknowledged, text)
			}
			c.Close()
		}
		client.Sleep(client.Now().Add(time.Minute))
		for _, text := range acknowledged {
			if !slices.Contains(disk, text) {
				w.TB().Errorf("%s was acknowledged, and is lost", text)
			}
		}
	})
}

// impatient gives up a moment after its answer could have come, and takes the next
// answer for that of its next question.
func impatient(w *simnet.World) {
	p := w.Process("p")
	a, b, _ := p.Pair()
	p.Background("server", func() {
		for {
			text, err := heard(b, 1)
			if err != nil {
				return
			}
			p.Sleep(p.Now().Add(time.Millisecond))
			tell(b, text)
		}
	})
	p.Go("client", func() {
		for _, question := range []string{"a", "b", "c", "d", "e"} {
			tell(a, question)
			answer := make([]byte, 1)
			_, _, err := a.Recv([][]byte{answer}, nil, p.Now().Add(50*time.Millisecond))
			if err == nil && string(answer) != question {
				panic("asked " + question + ", was told " + string(answer))
			}
		}
	})
}
