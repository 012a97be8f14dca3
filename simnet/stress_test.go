package simnet

import (
	"context"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/brine/transport"
)

// TestStress has many goroutines use the same few sockets at once, blocking,
// closing, cancelling and killing under each other's feet. All of them have to
// come back, and nothing may be left that waits.
func TestStress(t *testing.T) {
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	for seed := range rounds {
		stress(t, uint64(seed))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func stress(t *testing.T, seed uint64) {
	w := NewWorld(Config{SendBuffer: 4608})
	ps := [2]*Process{w.Process("p"), w.Process("q")}
	view, cancel := ps[0].WithCancel(context.Background())
	var conns []transport.Conn
	for _, tr := range []transport.Transport{ps[0], view, ps[1]} {
		a, b, err := tr.Pair()
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, a, b)
	}
	l, err := ps[1].Listen("/run/s", 0, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	n := view.NewNotifier()
	var tasks sync.WaitGroup
	for task := range 12 {
		rnd := rand.New(rand.NewPCG(seed, uint64(task)))
		tasks.Go(func() {
			buf := make([]byte, 6000)
			for range 40 {
				p := ps[rnd.IntN(2)]
				c := conns[rnd.IntN(len(conns))]
				deadline := time.Now().Add(time.Duration(rnd.IntN(300)) * time.Microsecond)
				if rnd.IntN(8) == 0 {
					deadline = transport.Immediate
				}
				switch rnd.IntN(16) {
				case 0, 1, 2:
					c.Recv([][]byte{buf[:1+rnd.IntN(len(buf))]}, make([]transport.FD, 1), deadline)
				case 3, 4, 5:
					var fds []transport.FD
					if fd, err := c.Dup(); err == nil && rnd.IntN(2) == 0 {
						fds = append(fds, fd)
						tasks.Go(func() { fd.Close() })
					}
					c.Send([][]byte{buf[:1+rnd.IntN(len(buf))]}, fds, deadline)
				case 6:
					if c, err := p.Dial("/run/s", deadline); err == nil {
						c.Close()
					}
				case 7:
					if c, err := l.Accept(deadline); err == nil {
						c.Close()
					}
				case 8:
					if fd, err := p.Lock("/run/lock", deadline); err == nil {
						fd.Close()
					}
				case 9:
					n.Wait(deadline)
				case 10:
					n.Notify()
				case 11:
					c.SetReadDeadline(deadline)
					c.SetWriteDeadline(time.Time{})
				case 12:
					p.Sleep(deadline)
				case 13:
					if c, err := view.Attach(c); err == nil && rnd.IntN(4) == 0 {
						c.CloseWrite()
					}
				case 14:
					v, cancel := view.WithCancel(context.Background())
					tasks.Go(cancel)
					v.Sleep(time.Time{})
				case 15:
					switch rnd.IntN(60) {
					case 0:
						c.Close()
					case 1:
						ps[0].Kill()
					case 2:
						cancel()
					}
				}
			}
		})
	}
	tasks.Wait()
	cancel()
	for _, p := range ps {
		p.Kill()
		if err := p.Sleep(time.Time{}); transport.Errno(err) != syscall.ESRCH {
			t.Error(err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.blocked != 0 || w.ready != nil || len(w.work) != 0 {
		t.Errorf("%d calls are blocked, %d events unserved", w.blocked, len(w.work))
	}
	for _, q := range w.waits {
		if q != nil && (q.rd.first != nil || q.wr.first != nil) {
			t.Error("a call waits for a socket that is gone")
		}
	}
	if err := w.k.Check(); err != nil {
		t.Error(err)
	}
}
