package simnet_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var never time.Time

// want asserts the errno of err.
func want(t *testing.T, what string, err error, errno syscall.Errno) {
	t.Helper()
	if transport.Errno(err) != errno {
		t.Errorf("%s: %v, want %s", what, err, transport.ErrnoName(errno))
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[V any](v V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		ok(t, err)
		return v
	}
}

func bytes(s string) [][]byte { return [][]byte{[]byte(s)} }

// connected returns both ends of a connection between two processes.
func connected(t *testing.T, client, server *simnet.Process) (c, s transport.Conn) {
	t.Helper()
	l := must(server.Listen("/run/s", 1, transport.ListenConfig{Unlink: true}))(t)
	c = must(client.Dial("/run/s", never))(t)
	s = must(l.Accept(never))(t)
	ok(t, l.Close())
	return c, s
}

// TestDeadProcess makes every call there is in a process that was killed: each
// fails with ESRCH, and nothing changes.
func TestDeadProcess(t *testing.T) {
	w := simnet.NewWorld(simnet.Config{})
	p, other := w.Process("victim"), w.Process("other")
	c, far := connected(t, p, other)
	l := must(p.Listen("/run/l", 1, transport.ListenConfig{Unlink: true}))(t)
	fd := must(c.Dup())(t)
	view, cancel := p.WithCancel(context.Background())
	defer cancel()
	n := p.NewNotifier()
	timer := must(p.AfterFunc("timer", p.Now().Add(time.Hour), func() { t.Error("fired") }))(t)
	p.Kill()
	p.Kill() // which changes nothing

	deadline := transport.Immediate
	one := func(_ any, err error) error { return err }
	for what, err := range map[string]error{
		"Listen":         one(p.Listen("/run/m", 1, transport.ListenConfig{})),
		"Dial":           one(p.Dial("/run/l", deadline)),
		"Adopt":          one(p.Adopt(fd)),
		"AdoptListener":  one(p.AdoptListener(fd, transport.ListenConfig{})),
		"Attach":         one(p.Attach(c)),
		"AttachListener": one(p.AttachListener(l)),
		"Remove":         p.Remove("/run/l"),
		"Rename":         p.Rename("/run/l", "/run/m"),
		"Chmod":          p.Chmod("/run/l", 0),
		"Lock":           one(p.Lock("/run/lock", deadline)),
		"Sleep":          p.Sleep(deadline),
		"AfterFunc":      one(p.AfterFunc("f", deadline, func() { t.Error("ran") })),
		"Go":             p.Go("f", func() { t.Error("ran") }),
		"Background":     p.Background("f", func() { t.Error("ran") }),
		"Wait":           n.Wait(deadline),
		"view":           view.Sleep(deadline),
		"Send":           one(c.Send(bytes("x"), nil, deadline)),
		"CloseRead":      c.CloseRead(),
		"CloseWrite":     c.CloseWrite(),
		"Dup":            one(c.Dup()),
		"PeerCred":       one(c.PeerCred()),
		"SetDeadline":    c.SetReadDeadline(deadline),
		"SendBuffer":     one(c.(transport.SendBuffer).SendBuffer()),
		"Close":          c.Close(),
		"Accept":         one(l.Accept(deadline)),
		"Listener.Dup":   one(l.Dup()),
		"Listener.Close": l.Close(),
		"FD.Close":       fd.Close(),
		"Chdir":          p.Chdir("/"),
		"SetUmask":       p.SetUmask(0),
		"SetNOFILE":      p.SetNOFILE(10),
	} {
		want(t, what, err, syscall.ESRCH)
	}
	_, _, err := p.Pair()
	want(t, "Pair", err, syscall.ESRCH)
	_, _, err = c.Recv(bytes("x"), nil, deadline)
	want(t, "Recv", err, syscall.ESRCH)
	n.Notify()
	p.Yield()
	if timer.Stop() {
		t.Error("a timer of a dead process was stopped")
	}
	if _, _, err := far.Recv(bytes("x"), nil, never); err != io.EOF {
		t.Errorf("the peer of a dead process: %v, want EOF", err)
	}
	if names := must(w.Names("/run"))(t); !slices.Equal(names, []string{"l"}) {
		t.Errorf("in /run are %q, want the socket file", names)
	}
	_, err = other.Dial("/run/l", deadline)
	want(t, "dial a dead listener", err, syscall.ECONNREFUSED)
}

// TestKillBlocked kills a process in each kind of blocked call.
func TestKillBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := simnet.NewWorld(simnet.Config{})
		p, other := w.Process("victim"), w.Process("other")
		c, _ := connected(t, p, other)
		full, _ := connected(t, p, other)
		full.Send([][]byte{make([]byte, 1<<20)}, nil, transport.Immediate)
		l := must(p.Listen("/run/l", 1, transport.ListenConfig{}))(t)
		crowded := must(other.Listen("/run/crowded", 0, transport.ListenConfig{}))(t)
		must(other.Dial("/run/crowded", never))(t)
		held := must(other.Lock("/run/lock", never))(t)
		view, cancel := p.WithCancel(context.Background())
		defer cancel()
		results := make(chan error, 7)
		for _, f := range []func() error{
			func() error { _, _, err := c.Recv(bytes("x"), nil, never); return err },
			func() error { _, err := full.Send(bytes("x"), nil, never); return err },
			func() error { _, err := l.Accept(never); return err },
			func() error { _, err := p.Dial("/run/crowded", never); return err },
			func() error { _, err := view.Lock("/run/lock", never); return err },
			func() error { return view.Sleep(never) },
			func() error { return p.NewNotifier().Wait(never) },
		} {
			go func() { results <- f() }()
		}
		synctest.Wait()
		p.Kill()
		for range cap(results) {
			want(t, "a blocked call", <-results, syscall.ESRCH)
		}
		// What the dead would have got, others get.
		must(crowded.Accept(never))(t)
		_, err := crowded.Accept(transport.Immediate)
		want(t, "accept", err, syscall.ETIMEDOUT)
		ok(t, held.Close())
		must(other.Lock("/run/lock", transport.Immediate))(t)
	})
}

func TestRestart(t *testing.T) {
	w := simnet.NewWorld(simnet.Config{})
	ok(t, w.Mkdir("/srv", 0o700))
	ok(t, w.Chown("/srv", 7, 7))
	p := must(w.Start(simnet.ProcessConfig{Name: "daemon", UID: 7, GID: 7, Dir: "/srv"}))(t)
	cfg := transport.ListenConfig{Takeover: true, Mode: 0o600}
	l := must(p.Listen("app.sock", 4, cfg))(t)
	next := must(p.Restart())(t)
	if next.Name() != "daemon" || next.Incarnation() != 2 || next.PID() == p.PID() || next.World() != w {
		t.Errorf("the next incarnation is %s#%d, process %d", next.Name(), next.Incarnation(), next.PID())
	}
	_, err := l.Accept(transport.Immediate)
	want(t, "accept", err, syscall.ESRCH)
	l = must(next.Listen("app.sock", 4, cfg))(t) // the lock died with its predecessor
	if st := must(w.Stat("/srv/app.sock"))(t); st.Mode != fs.ModeSocket|0o600 || st.UID != 7 {
		t.Errorf("the socket file is %v of %d", st.Mode, st.UID)
	}
	c := must(next.Dial("app.sock", never))(t)
	if cred := must(c.PeerCred())(t); cred != (transport.Cred{PID: next.PID(), UID: 7, GID: 7}) {
		t.Errorf("the peer is %+v", cred)
	}
	ok(t, w.Remove("/srv/app.sock"))
	ok(t, l.Close())
	ok(t, w.Chmod("/srv", 0))
	_, err = next.Restart()
	want(t, "restart without its directory", err, syscall.EACCES)
}

func TestLimits(t *testing.T) {
	w := simnet.NewWorld(simnet.Config{})
	p := must(w.Start(simnet.ProcessConfig{UID: 1, NOFILE: 3}))(t)
	a, b, err := p.Pair()
	ok(t, err)
	_, _, err = p.Pair()
	want(t, "pair with one number left", err, syscall.EMFILE)
	ok(t, p.SetNOFILE(4))
	c, d, err := p.Pair()
	ok(t, err)
	ok(t, c.Close())
	ok(t, d.Close())
	ok(t, w.SetMaxFiles(2))
	_, _, err = p.Pair()
	want(t, "pair in a full machine", err, syscall.ENFILE)
	root := w.Process("root")
	c, d, err = root.Pair() // exempt
	ok(t, err)
	want(t, "negative", p.SetNOFILE(-1), syscall.EINVAL)
	want(t, "negative", w.SetMaxFiles(-1), syscall.EINVAL)
	for _, x := range []transport.Conn{a, b, c, d} {
		ok(t, x.Close())
	}

	// A fault is for one call, of this process.
	ok(t, w.SetMaxFiles(100))
	p.Fault(syscall.ENOMEM)
	_, _, err = root.Pair()
	ok(t, err)
	_, err = p.Dial("/nowhere", never)
	want(t, "fault", err, syscall.ENOMEM)
	_, err = p.Dial("/nowhere", never)
	want(t, "after the fault", err, syscall.ENOENT)
}

// TestForeign passes what belongs to another process, or another world.
func TestForeign(t *testing.T) {
	w := simnet.NewWorld(simnet.Config{})
	p, neighbour := w.Process("p"), w.Process("neighbour")
	stranger := simnet.NewWorld(simnet.Config{}).Process("stranger")
	a, b, err := p.Pair()
	ok(t, err)
	for _, q := range []*simnet.Process{neighbour, stranger} {
		c, _, err := q.Pair()
		ok(t, err)
		fd := must(c.Dup())(t)
		l := must(q.Listen("/run/s", 1, transport.ListenConfig{Unlink: true}))(t)
		_, err = p.Adopt(fd)
		want(t, "adopt", err, syscall.EBADF)
		_, err = p.AdoptListener(must(l.Dup())(t), transport.ListenConfig{})
		want(t, "adopt listener", err, syscall.EBADF)
		_, err = p.Attach(c)
		want(t, "attach", err, syscall.EBADF)
		_, err = p.AttachListener(l)
		want(t, "attach listener", err, syscall.EBADF)
		n, err := a.Send(bytes("x"), []transport.FD{fd}, never)
		want(t, "send", err, syscall.EBADF)
		if n != 0 {
			t.Errorf("%d bytes went with a foreign descriptor", n)
		}
		ok(t, fd.Close())
		ok(t, q.Remove("/run/s"))
	}
	_, _, err = b.Recv(bytes("x"), nil, transport.Immediate)
	want(t, "recv", err, syscall.ETIMEDOUT)
}

// TestBadInput has what only a mistake, or malice, would pass.
func TestBadInput(t *testing.T) {
	w := simnet.NewWorld(simnet.Config{})
	p := w.Process("p")
	a, b, err := p.Pair()
	ok(t, err)
	big := make([]byte, 1<<20)
	for _, bufs := range [][][]byte{nil, {}, {nil}, {{}, nil}} {
		if n, err := a.Send(bufs, nil, never); n != 0 || err != nil {
			t.Error(n, err)
		}
		if n, nfd, err := b.Recv(bufs, nil, never); n != 0 || nfd != 0 || err != nil {
			t.Error(n, nfd, err)
		}
	}
	n, err := a.Send([][]byte{nil, big, nil}, nil, transport.Immediate)
	want(t, "a MiB at once", err, syscall.ETIMEDOUT)
	if m, _, err := b.Recv([][]byte{nil, big}, nil, never); m != n || err != nil {
		t.Errorf("%d bytes arrived of %d, error %v", m, n, err)
	}
	_, err = a.Send(nil, make([]transport.FD, 1), never)
	want(t, "descriptors without a byte", err, syscall.EINVAL)
	_, err = a.Send(bytes("x"), make([]transport.FD, 254), never)
	want(t, "254 descriptors", err, syscall.EINVAL)
	_, err = a.Send(bytes("x"), make([]transport.FD, 1), never)
	want(t, "a nil descriptor", err, syscall.EBADF)
	want(t, "size", a.(transport.SendBuffer).SetSendBuffer(-1), syscall.EINVAL)
	_, err = p.Adopt(nil)
	want(t, "adopt nil", err, syscall.EBADF)
	_, err = p.Attach(nil)
	want(t, "attach nil", err, syscall.EBADF)
	_, err = p.AttachListener(nil)
	want(t, "attach nil", err, syscall.EBADF)
	want(t, "go nil", p.Go("f", nil), syscall.EINVAL)
	_, err = p.AfterFunc("f", never, nil)
	want(t, "afterfunc nil", err, syscall.EINVAL)
	want(t, "mode", p.Chmod("/run", fs.ModeSetuid), syscall.EINVAL)
	ok(t, a.Close())
	want(t, "close again", a.Close(), syscall.EBADF)
	if err := a.Close(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	var none context.Context
	view, cancel := p.WithCancel(none)
	defer cancel()
	want(t, "nil context", view.Sleep(never), syscall.EINVAL)

	for _, name := range []string{"@", "@\x00", "@" + strings.Repeat("n", 106), "/run/" + strings.Repeat("n", 102)} {
		l := must(p.Listen(name, 0, transport.ListenConfig{}))(t)
		c := must(p.Dial(name, never))(t)
		if l.Addr().String() != name || c.RemoteAddr().String() != name {
			t.Errorf("%q is called %q and %q", name, l.Addr(), c.RemoteAddr())
		}
		_, err := p.Listen(name, 0, transport.ListenConfig{})
		want(t, "taken", err, syscall.EADDRINUSE)
	}
	_, err = p.Listen("/run/"+strings.Repeat("n", 103), 0, transport.ListenConfig{})
	want(t, "108 bytes", err, syscall.ENAMETOOLONG)
	_, err = p.Listen("/run/x", -1, transport.ListenConfig{})
	want(t, "backlog", err, syscall.EINVAL)
}

// TestPaths has a working directory that is gone, and one link too many.
func TestPaths(t *testing.T) {
	w := simnet.NewWorld(simnet.Config{})
	ok(t, w.MkdirAll("/home/me", 0o755))
	p := must(w.Start(simnet.ProcessConfig{Dir: "/home/me"}))(t)
	l := must(p.Listen("here", 1, transport.ListenConfig{Unlink: true}))(t)
	ok(t, p.Chdir("/"))
	ok(t, l.Close())
	if names := must(w.Names("/home/me"))(t); len(names) != 0 {
		t.Errorf("left behind: %q", names)
	}
	ok(t, p.Chdir("home/me"))
	ok(t, w.Remove("/home/me"))
	_, err := p.Listen("here", 1, transport.ListenConfig{})
	want(t, "a removed directory", err, syscall.ENOENT)
	_, err = p.Lock("lock", never)
	want(t, "a removed directory", err, syscall.ENOENT)
	must(p.Listen("../there", 1, transport.ListenConfig{}))(t)

	ok(t, p.Chdir("/tmp"))
	must(p.Listen("end", 1, transport.ListenConfig{}))(t)
	ok(t, w.Symlink("end", "/tmp/1"))
	for i := 2; i <= 41; i++ {
		ok(t, w.Symlink(strconv.Itoa(i-1), "/tmp/"+strconv.Itoa(i)))
	}
	must(p.Dial("40", never))(t)
	_, err = p.Dial("41", never)
	want(t, "41 links", err, syscall.ELOOP)

	ok(t, w.SetReadOnly("/tmp", true))
	_, err = p.Listen("other", 1, transport.ListenConfig{})
	want(t, "read-only", err, syscall.EROFS)
	if err := p.Remove("end"); !errors.Is(err, syscall.EROFS) {
		t.Error(err)
	}
	if _, err := w.Stat("/tmp/none"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// Nothing of a process that is paused runs before it goes on: tasks that others
// start, or its timers, no more than those that it had.
func TestPauseHolds(t *testing.T) {
	var ran []time.Duration
	res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
		p, q := w.Process("p"), w.Process("q")
		begin := p.Now()
		run := func() { ran = append(ran, p.Now().Sub(begin)) }
		p.Go("main", run)
		must(p.AfterFunc("timer", begin.Add(time.Second), run))(t)
		q.Go("main", func() {
			q.Sleep(begin.Add(time.Second / 2))
			ok(t, p.Pause())
			ok(t, p.Go("other", run))
			q.Sleep(begin.Add(time.Minute))
			ok(t, p.Resume())
		})
	})
	ok(t, res.Err)
	if want := []time.Duration{0, time.Minute, time.Minute}; !slices.Equal(ran, want) {
		t.Errorf("ran at %v, want %v", ran, want)
	}
}

// A task that restarts its own process goes no further: the next incarnation does.
func TestRestartItself(t *testing.T) {
	lives, after := 0, false
	res := simnet.Run(simnet.Config{Once: true}, func(w *simnet.World) {
		given(w.Start(simnet.ProcessConfig{Name: "p", Main: func(p *simnet.Process) {
			if lives++; lives == 1 {
				p.Restart()
				after = true
			}
		}}))
	})
	if ok(t, res.Err); lives != 2 || after {
		t.Errorf("%d lives; the first went on: %v", lives, after)
	}
}

// A view is cancelled with the one that it was derived from, whichever others of
// that were cancelled before.
func TestDerivedViews(t *testing.T) {
	for _, gone := range [][]int{{0, 1}, {1, 0}, {0, 2}, {2, 0}, {1, 2}, {2, 1}} {
		p := simnet.NewWorld(simnet.Config{}).Process("p")
		parent, cancel := p.WithCancel(t.Context())
		var views [3]transport.Transport
		var cancels [3]func()
		for i := range views {
			views[i], cancels[i] = parent.WithCancel(t.Context())
		}
		for _, i := range gone {
			cancels[i]()
		}
		_, _, err := views[3-gone[0]-gone[1]].Pair()
		ok(t, err)
		cancel()
		for _, v := range views {
			_, _, err := v.Pair()
			want(t, "pair", err, syscall.ECANCELED)
		}
	}
}
