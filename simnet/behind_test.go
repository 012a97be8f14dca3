package simnet_test

import (
	"context"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// A Send that was kept back by the one before it, and not by the buffer, goes on
// when that one is over, however it ended: there is room for it, though too
// little for the event that tells of room.
func TestSendBehindOneThatEnds(t *testing.T) {
	for _, how := range []string{"cancelled", "late", "closed"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := simnet.NewWorld(simnet.Config{}).Process("p")
				a, b, err := p.Pair()
				ok(t, err)
				for err == nil {
					_, err = a.Send([][]byte{make([]byte, 4096)}, nil, transport.Immediate)
				}
				view, cancel := p.WithCancel(context.Background())
				first := must(view.Attach(a))(t)
				deadline := never
				switch how {
				case "late":
					deadline = time.Now().Add(time.Second)
				case "closed": // through another descriptor of the same socket
					first = must(p.Adopt(must(a.Dup())(t)))(t)
				}
				second := make(chan error, 1)
				go first.Send([][]byte{{1}}, nil, deadline)
				synctest.Wait()
				go func() { _, err := a.Send([][]byte{{1}}, nil, never); second <- err }()
				synctest.Wait()
				_, _, err = b.Recv([][]byte{make([]byte, 5*4096)}, nil, transport.Immediate)
				ok(t, err)
				switch how {
				case "cancelled":
					cancel()
				case "late":
					time.Sleep(time.Second)
				case "closed":
					ok(t, first.Close())
				}
				synctest.Wait()
				select {
				case err := <-second:
					ok(t, err)
				default:
					t.Error("still blocked, though there is room")
				}
				cancel()
				a.Close()
			})
		})
	}
}

// moved is a clock that moves on once, right after it was read.
type moved struct {
	*clock.Mock
	by time.Duration
}

func (m *moved) Now() time.Time {
	now := m.Mock.Now()
	if by := m.by; by > 0 {
		m.by = 0
		m.Mock.Add(by)
	}
	return now
}

// A timer that became due while it was armed fires, without another move.
func TestAfterFuncWhileTheClockMoves(t *testing.T) {
	m := &moved{Mock: clock.NewMock()}
	p := simnet.NewWorld(simnet.Config{Clock: m}).Process("p")
	at := m.Now().Add(time.Second)
	for _, by := range []time.Duration{time.Second, time.Minute} {
		m.by = by
		fired := make(chan bool)
		must(p.AfterFunc("f", at, func() { close(fired) }))(t)
		select {
		case <-fired:
		case <-time.After(10 * time.Second):
			t.Fatalf("at %v, due at %v, and it has not fired", m.Mock.Now(), at)
		}
		at = m.Now().Add(by)
	}
}

// A relative path leads elsewhere after a change of directory, also for calls
// that are blocked.
func TestChdirWhileDialling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := simnet.NewWorld(simnet.Config{})
		s := w.Process("s")
		for _, dir := range []string{"/a", "/b"} {
			ok(t, w.Mkdir(dir, 0o777))
			must(s.Listen(dir+"/x", 0, transport.ListenConfig{}))(t)
		}
		c := must(w.Start(simnet.ProcessConfig{Dir: "/a"}))(t)
		must(c.Dial("x", transport.Immediate))(t)
		_, err := c.Dial("x", transport.Immediate)
		want(t, "dial", err, syscall.ETIMEDOUT)
		done := make(chan error, 1)
		go func() { _, err := c.Dial("x", never); done <- err }()
		synctest.Wait()
		ok(t, c.Chdir("/b"))
		synctest.Wait()
		select {
		case err := <-done:
			ok(t, err)
		default:
			t.Error("still blocked on the old directory")
		}
		c.Kill()
	})
}
