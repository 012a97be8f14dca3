package ipctest

import (
	"math"
	"syscall"

	"example.com/brine/ipc"
	"example.com/brine/transport"
)

// What deadlines mean. That every blocking call meets its own is in block.go.
var timeScenarios = []Scenario{
	{
		// libdill's own: the deadline is met, then the direction is gone and the
		// other is not.
		Name: "time/deadline",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			deadline := soon(tr)
			t.Want(a.Recv(make([]byte, 1), deadline), Recv, syscall.ETIMEDOUT)
			t.OnTime(tr, deadline)
			say(t, tr, b, "x")
			t.Want(a.Recv(make([]byte, 1), later(tr)), Recv, syscall.ECONNRESET)
			works(t, tr, a, b)
			t.Want(a.Close(later(tr)), Close, syscall.ECONNRESET)
		},
	},
	{
		Name: "time/at-once",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			past := tr.Now()
			ok(t, a.Send([]byte("abc"), transport.Immediate))
			p := make([]byte, 2)
			ok(t, b.Recv(p, past)) // what is there is delivered
			start := tr.Now()
			t.Want(b.Recv(p, past), Recv, syscall.ETIMEDOUT) // one byte of two is not all
			t.OnTime(tr, start)

			l := listen(t, tr, "s", 1, transport.ListenConfig{})
			start = tr.Now()
			_, err := l.Accept(past)
			t.Want(err, Accept, syscall.ETIMEDOUT)
			t.OnTime(tr, start)
			c := must(ipc.Connect(tr, t.Path("s"), transport.Immediate))(t)
			d := must(l.Accept(transport.Immediate))(t)
			works(t, tr, c, d)
			ok(t, c.Done())
			ok(t, d.Done())
			ok(t, c.Close(transport.Immediate)) // d is done, there is nothing to wait for
			ok(t, d.Close(transport.Immediate))
			ok(t, l.Close())
		},
	},
	{
		Name: "time/never",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			join := aside(t, tr, "recv", func() { ok(t, a.Recv(make([]byte, 1), never)) })
			pause(tr)
			ok(t, b.Send([]byte("x"), never))
			join()
		},
	},
	{
		// A deadline that passes in the middle of a send leaves a part behind.
		Name: "time/partial-send",
		Main: func(t T, tr transport.Transport) {
			a, b := pair(t, tr)
			sent := pattern(flood)
			deadline := soon(tr)
			t.Want(a.Send(sent, deadline), Send, syscall.ETIMEDOUT)
			t.OnTime(tr, deadline)
			t.Want(a.Send([]byte("x"), later(tr)), Send, syscall.ECONNRESET)
			t.Want(a.Done(), Done, syscall.ECONNRESET)
			works(t, tr, b, a)
			p := make([]byte, 1000)
			ok(t, b.Recv(p, later(tr)))
			same(t, p, sent[:1000])
			t.Want(a.Close(later(tr)), Close, syscall.ECONNRESET)
			for range flood / len(p) {
				if err := b.Recv(p, later(tr)); err != nil {
					t.Want(err, Recv, syscall.EPIPE)
					return
				}
			}
			t.Error("all of the flood arrived")
		},
	},
	{
		Name: "time/milliseconds",
		Main: func(t T, tr transport.Transport) {
			if d := ipc.Millis(tr, -1); !d.IsZero() {
				t.Errorf("-1 is %v, want never", d)
			}
			if d := ipc.Millis(tr, 0); !transport.Expired(d, tr.Now()) {
				t.Errorf("0 is %v, want a time that has passed", d)
			}
			if d := ipc.Millis(tr, math.MaxInt64); transport.Expired(d, tr.Now()) {
				t.Errorf("the last millisecond is %v, which has passed", d)
			}
			before := ipc.Now(tr)
			if before <= 0 {
				t.Errorf("now is %d, which is no point in time to wait for", before)
			}
			a, b := pair(t, tr)
			deadline := ipc.Millis(tr, before+brief.Milliseconds())
			t.Want(a.Recv(make([]byte, 1), deadline), Recv, syscall.ETIMEDOUT)
			if after := ipc.Now(tr); after < before+brief.Milliseconds() {
				t.Errorf("a deadline at %d passed at %d", before+brief.Milliseconds(), after)
			}
			t.Want(b.Recv(make([]byte, 1), ipc.Millis(tr, 0)), Recv, syscall.ETIMEDOUT)
		},
	},
}
