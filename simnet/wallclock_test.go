package simnet_test

import (
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// timed are the calls that take a deadline. Each stands on a line of its own,
// which here returns.
type timed struct {
	name string
	op   simnet.Op
	call func(s *props, at time.Time) (line int, err error)
}

// props are what they are made on.
type props struct {
	p    *simnet.Process
	a, b transport.Conn
	l    transport.Listener
	n    transport.Notifier
}

func line() int {
	_, _, n, _ := runtime.Caller(1)
	return n
}

var timedCalls = []timed{
	{"Recv", simnet.OpRecv, func(s *props, at time.Time) (int, error) {
		_, _, err := s.a.Recv([][]byte{make([]byte, 1)}, nil, at)
		return line() - 1, err
	}},
	{"Recv of nothing", simnet.OpRecv, func(s *props, at time.Time) (int, error) {
		_, _, err := s.a.Recv(nil, nil, at)
		return line() - 1, err
	}},
	{"Send", simnet.OpSend, func(s *props, at time.Time) (int, error) {
		_, err := s.a.Send([][]byte{make([]byte, 1)}, nil, at)
		return line() - 1, err
	}},
	{"SetReadDeadline", simnet.OpSetDeadline, func(s *props, at time.Time) (int, error) {
		return line(), s.a.SetReadDeadline(at)
	}},
	{"SetWriteDeadline", simnet.OpSetDeadline, func(s *props, at time.Time) (int, error) {
		return line(), s.a.SetWriteDeadline(at)
	}},
	{"SetDeadline", simnet.OpSetDeadline, func(s *props, at time.Time) (int, error) {
		return line(), s.l.SetDeadline(at)
	}},
	{"SetDeadline of a net.Conn", simnet.OpSetDeadline, func(s *props, at time.Time) (int, error) {
		return line(), transport.NetConn(s.p, s.a).SetDeadline(at)
	}},
	{"Accept", simnet.OpAccept, func(s *props, at time.Time) (int, error) {
		_, err := s.l.Accept(at)
		return line() - 1, err
	}},
	{"Dial", simnet.OpDial, func(s *props, at time.Time) (int, error) {
		_, err := s.p.Dial("/run/s", at)
		return line() - 1, err
	}},
	{"Lock", simnet.OpLock, func(s *props, at time.Time) (int, error) {
		_, err := s.p.Lock("/run/lock", at)
		return line() - 1, err
	}},
	{"Sleep", simnet.OpSleep, func(s *props, at time.Time) (int, error) {
		return line(), s.p.Sleep(at)
	}},
	{"AfterFunc", simnet.OpAfterFunc, func(s *props, at time.Time) (int, error) {
		_, err := s.p.AfterFunc("later", at, func() {})
		return line() - 1, err
	}},
	{"Wait", simnet.OpWait, func(s *props, at time.Time) (int, error) {
		return line(), s.n.Wait(at)
	}},
}

// play calls f as a task, with everything ready for each call to be carried out
// at once.
func play(f func(s *props)) *simnet.Result {
	return simnet.Run(simnet.Config{}, func(w *simnet.World) {
		s := &props{p: w.Process("app")}
		s.p.Go("main", func() {
			s.a, s.b, _ = s.p.Pair()
			s.b.Send([][]byte{[]byte("x")}, nil, time.Time{})
			s.l, _ = s.p.Listen("/run/s", 2, transport.ListenConfig{})
			s.p.Dial("/run/s", time.Time{})
			s.n = s.p.NewNotifier()
			s.n.Notify()
			f(s)
		})
	})
}

func TestWallClock(t *testing.T) {
	const what = "a deadline on the wall clock (time.Now); use Now of the transport"
	_, file, _, _ := runtime.Caller(0)
	for _, c := range timedCalls {
		t.Run(c.name, func(t *testing.T) {
			var err error
			var at int
			res := play(func(s *props) { at, err = c.call(s, time.Now().Add(time.Hour)) })
			var e *transport.Error
			if c.name != "SetDeadline of a net.Conn" { // which has an error of its own
				if !errors.As(err, &e) || e.Err != syscall.EINVAL || e.Detail != what || e.Op != c.op.String() {
					t.Errorf("the call says %v", err)
				}
			} else if !errors.Is(err, syscall.EINVAL) {
				t.Errorf("the call says %v", err)
			}
			var m *simnet.Misuse
			if !errors.As(res.Err, &m) {
				t.Fatalf("the verdict is %v", res.Err)
			}
			if want := what + ", at " + filepath.Base(file) + ":" + strconv.Itoa(at); m.Task != "app/main" || m.Op != c.op || m.What != want {
				t.Errorf("the verdict is %v\nwant task app/main, %v: %s", m, c.op, want)
			}
		})
	}
}

// TestWallClockNot has deadlines that are none on the wall clock.
func TestWallClockNot(t *testing.T) {
	for _, c := range timedCalls {
		for name, at := range map[string]func(tr transport.Transport) time.Time{
			"zero":      func(transport.Transport) time.Time { return time.Time{} },
			"immediate": func(transport.Transport) time.Time { return transport.Immediate },
			"long ago":  func(transport.Transport) time.Time { return time.Unix(1, 0) },
			"now":       func(tr transport.Transport) time.Time { return tr.Now() },
			"later":     func(tr transport.Transport) time.Time { return tr.Now().Add(time.Hour) },
			"local":     func(tr transport.Transport) time.Time { return tr.Now().Add(time.Hour).Local() },
			"stripped":  func(transport.Transport) time.Time { return time.Now().Round(0) },
		} {
			if c.name == "Sleep" && name == "zero" {
				continue // for ever
			}
			t.Run(c.name+" "+name, func(t *testing.T) {
				var err error
				res := play(func(s *props) { _, err = c.call(s, at(s.p)) })
				if err != nil || res.Err != nil {
					t.Errorf("%v, verdict %v", err, res.Err)
				}
			})
		}
	}
}

// TestWallClockInvalid holds that what is wrong with the call otherwise comes
// first.
func TestWallClockInvalid(t *testing.T) {
	res := play(func(s *props) {
		s.a.Close()
		for name, err := range map[string]error{
			"recv": func() error { _, _, err := s.a.Recv([][]byte{{0}}, nil, time.Now()); return err }(),
			"send": func() error { _, err := s.a.Send([][]byte{{0}}, nil, time.Now()); return err }(),
			"set":  s.a.SetReadDeadline(time.Now()),
		} {
			if !errors.Is(err, syscall.EBADF) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	if res.Err != nil {
		t.Error(res.Err)
	}
}

// TestWallClockEffect holds that a call that is refused has done nothing.
func TestWallClockEffect(t *testing.T) {
	var a, b transport.Conn
	simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("app")
		a, b, _ = p.Pair()
		if n, err := a.Send([][]byte{[]byte("x")}, nil, time.Now()); n != 0 || !errors.Is(err, syscall.EINVAL) {
			t.Error(n, err)
		}
		if n, _, err := b.Recv([][]byte{{0}}, nil, transport.Immediate); n != 0 || !errors.Is(err, syscall.ETIMEDOUT) {
			t.Error(n, err)
		}
	})
}

// TestWallClockFree has deadlines from time.Now where they are right.
func TestWallClockFree(t *testing.T) {
	p := simnet.NewWorld(simnet.Config{}).Process("app")
	a, b, err := p.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	at := time.Now().Add(time.Hour)
	if err := a.SetReadDeadline(at); err != nil {
		t.Error(err)
	}
	if _, err := b.Send([][]byte{[]byte("x")}, nil, at); err != nil {
		t.Error(err)
	}
	b.Close()
	if got, err := io.ReadAll(transport.NetConn(p, a)); string(got) != "x" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestWallClockThrough finds the program's own line behind other packages of the
// module.
func TestWallClockThrough(t *testing.T) {
	var at int
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("app")
		q := transport.NewQueue[int](p)
		p.Go("main", func() {
			q.Pop(time.Now())
			at = line() - 1
		})
	})
	if want := "wallclock_test.go:" + strconv.Itoa(at); res.Err == nil || !strings.HasSuffix(res.Err.Error(), want) {
		t.Errorf("%v, want %s", res.Err, want)
	}
}

// TestWallClockUTC is for programs whose local time is UTC.
func TestWallClockUTC(t *testing.T) {
	defer func(l *time.Location) { time.Local = l }(time.Local)
	time.Local = time.UTC
	res := play(func(s *props) { s.p.Sleep(time.Now()) })
	if _, ok := res.Err.(*simnet.Misuse); !ok {
		t.Error(res.Err)
	}
	if res := play(func(s *props) { s.p.Sleep(s.p.Now()) }); res.Err != nil {
		t.Error(res.Err)
	}
}

// The first verdict counts: that a deadline was refused is not hidden by a test
// that fails because of it.
func TestWallClockFirst(t *testing.T) {
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p := w.Process("p")
		p.Go("main", func() {
			if err := p.Sleep(time.Now()); err != nil {
				w.TB().Fatal(err)
			}
		})
	})
	if e := (*simnet.Misuse)(nil); !errors.As(res.Err, &e) {
		t.Errorf("the verdict is %v", res.Err)
	}
}
