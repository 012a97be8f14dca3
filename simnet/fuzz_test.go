package simnet

import (
	"context"
	"testing"
	"time"

	"example.com/brine/transport"
)

// FuzzCalls makes calls that never block, on two processes of one world, in an
// order and with arguments that the input says. None may panic or hang, and what
// the core says of itself has to hold after each.
func FuzzCalls(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 0, 1, 1, 0, 0, 3, 0, 7, 4, 1, 8})
	f.Add([]byte{9, 0, 1, 10, 0, 0, 6, 1, 2, 12, 0, 0, 3, 3, 3, 13, 1, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		w := NewWorld(Config{NOFILE: 12, MaxBacklog: 2})
		ps := [2]*Process{w.Process("p"), w.Process("q")}
		s := &fuzzed{w: w}
		in = in[:min(len(in), 3*200)]
		for len(in) >= 3 {
			s.step(ps[in[0]>>7], in[0]&0x7f, int(in[1]), int(in[2]))
			if in[0] == 0x7f {
				ps[0], _ = ps[0].Restart()
			}
			in = in[3:]
			if err := w.k.Check(); err != nil {
				t.Fatal(err)
			}
			if w.blocked != 0 || w.ready != nil || len(w.work) != 0 {
				t.Fatalf("%d calls are blocked, %d events unserved", w.blocked, len(w.work))
			}
		}
		ps[0].Kill()
		ps[1].Kill()
		if err := w.k.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

// fuzzed is what the calls so far have made; nil stands among it, too.
type fuzzed struct {
	w         *World
	conns     []transport.Conn
	listeners []transport.Listener
	fds       []transport.FD
}

// pick returns one of the list, or nothing.
func pick[V any](list []V, i int) (v V) {
	if i %= len(list) + 1; i < len(list) {
		v = list[i]
	}
	return v
}

func keep[V any](list *[]V, v V, err error) {
	if err == nil {
		*list = append(*list, v)
	}
}

func (s *fuzzed) step(p *Process, op byte, i, j int) {
	now := transport.Immediate
	names := []string{"/run/a", "/run/b", "@a", "a", "/run/../tmp/c", "", "/run", "\x00", "/run/a.lock"}
	name := names[j%len(names)]
	c, _ := pick(s.conns, i).(*conn) // a nil *conn is a connection of nobody
	l, _ := pick(s.listeners, i).(*listener)
	fd := pick(s.fds, j)
	switch op % 24 {
	case 0:
		a, b, err := p.Pair()
		keep(&s.conns, transport.Conn(a), err)
		keep(&s.conns, transport.Conn(b), err)
	case 1:
		c.Send([][]byte{make([]byte, 1<<(i%20)), nil, make([]byte, j)}, nil, now)
	case 2:
		c.Send([][]byte{make([]byte, j%3)}, []transport.FD{fd, pick(s.fds, i)}[:i%3], now)
	case 3, 4:
		fds := make([]transport.FD, j%4)
		_, nfd, _ := c.Recv([][]byte{make([]byte, 1<<(i%20)), nil}, fds, now)
		s.fds = append(s.fds, fds[:nfd]...)
	case 5:
		c.Close()
	case 6:
		c.CloseRead()
	case 7:
		c.CloseWrite()
	case 8:
		fd, err := c.Dup()
		keep(&s.fds, fd, err)
	case 9:
		l, err := p.Listen(name, i%4-1, transport.ListenConfig{Unlink: i&16 != 0, Takeover: i&32 != 0})
		keep(&s.listeners, l, err)
	case 10:
		c, err := p.Dial(name, now)
		keep(&s.conns, c, err)
	case 11:
		c, err := l.Accept(now)
		keep(&s.conns, c, err)
	case 12:
		l.Close()
	case 13:
		fd, err := l.Dup()
		keep(&s.fds, fd, err)
	case 14:
		c, err := p.Adopt(fd)
		keep(&s.conns, c, err)
	case 15:
		l, err := p.AdoptListener(fd, transport.ListenConfig{AllowUID: []int{i % 2}})
		keep(&s.listeners, l, err)
	case 16:
		if fd != nil {
			fd.Close()
		}
	case 17:
		p.Remove(name)
	case 18:
		p.Rename(names[i%len(names)], name)
	case 19:
		fd, err := p.Lock(name, now)
		keep(&s.fds, fd, err)
	case 20:
		c.SetSendBuffer(i*j - 1)
	case 21:
		c.SetReadDeadline(time.Unix(int64(i), 0))
		c.SetWriteDeadline(time.Time{})
	case 22:
		v, cancel := p.WithCancel(context.Background())
		c, err := v.Attach(pick(s.conns, i))
		keep(&s.conns, c, err)
		if j&1 != 0 {
			cancel()
		}
	case 23:
		c.PeerCred()
		c.LocalAddr()
		c.RemoteAddr()
	}
}
