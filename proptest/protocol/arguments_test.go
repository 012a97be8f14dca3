package protocol

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// A desk is where calls are made one after the other, by one task, each with one
// right answer.
type desk struct {
	s  *proptest.Sim
	tr transport.Transport
}

func (d desk) want(what string, err error, errno syscall.Errno) {
	d.s.Helper()
	check(d.s, what, err, verdict{errno})
}

func (d desk) ok(what string, err error) {
	d.s.Helper()
	d.want(what, err, 0)
}

func (d desk) pair() (a, b *ipc.Conn) {
	d.s.Helper()
	a, b, err := ipc.Pair(d.tr)
	d.ok("pair", err)
	return a, b
}

// at is a process with a desk.
func at(s *proptest.Sim, f func(d desk)) {
	s.Process("main", func(tr transport.Transport) { f(desk{s, tr}) })
	s.Run()
}

// handles: what is nil, zero or closed is EBADF, and no panic.
func handles(s *proptest.Sim, _ env) {
	at(s, func(d desk) {
		closed, other := d.pair()
		d.ok("abort", closed.Abort())
		d.ok("close", other.Close(never))
		for _, c := range []*ipc.Conn{nil, {}, closed, other} {
			d.want("send", c.Send([]byte("x"), never), syscall.EBADF)
			d.want("send nothing", c.Send(nil, never), syscall.EBADF)
			d.want("send list", c.SendList(nil, never), syscall.EBADF)
			d.want("recv", c.Recv(make([]byte, 1), never), syscall.EBADF)
			d.want("recv list", c.RecvList(nil, never), syscall.EBADF)
			d.want("skip", c.Skip(1, never), syscall.EBADF)
			d.want("sendfd", c.SendFD(nil, never), syscall.EBADF)
			_, err := c.RecvFD(never)
			d.want("recvfd", err, syscall.EBADF)
			d.want("done", c.Done(), syscall.EBADF)
			d.want("close", c.Close(never), syscall.EBADF)
			d.want("abort", c.Abort(), syscall.EBADF)
			d.want("attach", c.Attach(d.tr), syscall.EBADF)
			_, err = c.PeerCred()
			d.want("peercred", err, syscall.EBADF)
		}
		shut, err := ipc.Listen(d.tr, s.Path("l"), 1, transport.ListenConfig{Unlink: true})
		d.ok("listen", err)
		d.ok("close", shut.Close())
		for _, l := range []*ipc.Listener{nil, {}, shut} {
			_, err := l.Accept(never)
			d.want("accept", err, syscall.EBADF)
			d.want("accept in storage", l.AcceptMem(new(ipc.Conn), never), syscall.EBADF)
			_, err = l.Dup()
			d.want("dup", err, syscall.EBADF)
			d.want("close", l.Close(), syscall.EBADF)
		}
	})
}

// storage: none, and what is in use, is EINVAL; what was closed, or was never
// filled, can be used, and remembers nothing.
func storage(s *proptest.Sim, _ env) {
	at(s, func(d desk) {
		path := s.Path("l")
		l, used := new(ipc.Listener), new(ipc.Conn)
		d.ok("listen", ipc.ListenMem(l, d.tr, path, 5, transport.ListenConfig{Unlink: true}))
		d.ok("connect", ipc.ConnectMem(used, d.tr, path, never))
		for _, c := range []*ipc.Conn{nil, used} {
			d.want("connect", ipc.ConnectMem(c, d.tr, path, never), syscall.EINVAL)
			d.want("accept", l.AcceptMem(c, never), syscall.EINVAL)
			d.want("pair", ipc.PairMem(c, new(ipc.Conn), d.tr), syscall.EINVAL)
			d.want("pair", ipc.PairMem(new(ipc.Conn), c, d.tr), syscall.EINVAL)
			d.want("fromfd", ipc.FromFDMem(c, d.tr, nil), syscall.EINVAL)
		}
		one := new(ipc.Conn)
		d.want("pair of one", ipc.PairMem(one, one, d.tr), syscall.EINVAL)
		d.want("no transport", ipc.ConnectMem(one, nil, path, never), syscall.EINVAL)
		for _, in := range []*ipc.Listener{nil, l} {
			d.want("listen", ipc.ListenMem(in, d.tr, s.Path("m"), 5, transport.ListenConfig{}), syscall.EINVAL)
			d.want("listener of", ipc.ListenerFromFDMem(in, d.tr, nil, transport.ListenConfig{}), syscall.EINVAL)
		}

		served := new(ipc.Conn)
		for range 3 {
			d.want("connect to nothing", ipc.ConnectMem(one, d.tr, s.Path("none"), never), syscall.ENOENT)
			d.ok("accept", l.AcceptMem(served, never)) // the one of before
			d.want("recv", used.Recv(make([]byte, 1), transport.Immediate), syscall.ETIMEDOUT)
			d.ok("done", used.Done())
			d.ok("abort", used.Abort())
			d.ok("abort", served.Abort())
			d.ok("connect again", ipc.ConnectMem(used, d.tr, path, never))
			d.ok("send on what was used", used.Send([]byte("x"), never))
		}
		d.ok("accept", l.AcceptMem(served, never))
		d.ok("recv", served.Recv(make([]byte, 1), transport.Immediate))
		d.ok("abort", served.Abort())
		d.ok("abort", used.Abort())
		d.ok("close", l.Close())
		d.ok("listen again", ipc.ListenMem(l, d.tr, path, 5, transport.ListenConfig{Unlink: true}))
		d.ok("close again", l.Close())
	})
}

// adoption: fromfd takes a descriptor of the right kind, and closes it; on
// failure it is the caller's still.
func adoption(s *proptest.Sim, _ env) {
	at(s, func(d desk) {
		l, err := d.tr.Listen(s.Path("l"), 1, transport.ListenConfig{Unlink: true})
		d.ok("listen", err)
		x, y, err := d.tr.Pair()
		d.ok("pair", err)
		conn, err1 := x.Dup()
		listening, err2 := l.Dup()
		lock, err3 := d.tr.Lock(s.Path("lock"), never)
		d.ok("dup", errors.Join(err1, err2, err3))
		gone, err := x.Dup()
		d.ok("dup", err)
		d.ok("close", gone.Close())

		for _, c := range []struct {
			what           string
			fd             transport.FD
			conn, listener syscall.Errno
		}{
			{"no descriptor", nil, syscall.EBADF, syscall.EBADF},
			{"a closed one", gone, syscall.EBADF, syscall.EBADF},
			{"a lock", lock, syscall.EINVAL, syscall.EINVAL},
			{"a listener", listening, syscall.EINVAL, 0},
			{"a connection", conn, 0, syscall.EINVAL},
		} {
			if c.conn != 0 {
				_, err := ipc.FromFD(d.tr, c.fd)
				d.want("fromfd of "+c.what, err, c.conn)
			}
			if c.listener != 0 {
				_, err := ipc.ListenerFromFD(d.tr, c.fd, transport.ListenConfig{})
				d.want("listener of "+c.what, err, c.listener)
			}
		}
		d.ok("close the lock", lock.Close()) // it is ours still
		adopted(d, conn, x, y)

		_, err = ipc.ListenerFromFD(d.tr, listening, transport.ListenConfig{Mode: 0o600})
		d.want("a mode for what is there", err, syscall.EINVAL)
		m, err := ipc.ListenerFromFD(d.tr, listening, transport.ListenConfig{})
		d.ok("listener of", err)
		d.want("close what was taken", listening.Close(), syscall.EBADF)
		d.ok("close", l.Close())
		c, err := ipc.Connect(d.tr, s.Path("l"), transport.Immediate)
		d.ok("connect to what was handed over", err)
		d.ok("abort", c.Abort())
		d.ok("close", m.Close())
		d.ok("remove what stayed", d.tr.Remove(s.Path("l")))
	})
}

// adopted has package ipc take fd, which is of x, whose peer is y.
func adopted(d desk, fd transport.FD, x, y transport.Conn) {
	a, err := ipc.FromFD(d.tr, fd)
	d.ok("fromfd", err)
	d.want("close what was taken", fd.Close(), syscall.EBADF)
	d.ok("close", x.Close())
	d.ok("send", a.Send([]byte("x"), never))
	var p [1]byte
	_, _, err = y.Recv([][]byte{p[:]}, nil, transport.Immediate)
	d.ok("recv", err)
	d.ok("abort", a.Abort())
	_, _, err = y.Recv([][]byte{p[:]}, nil, transport.Immediate)
	if err == nil || transport.Errno(err) != 0 {
		d.s.Fatalf("the connection lives on: %v", err) // in the original
	}
	d.ok("close", y.Close())
}

// names: which paths there are, and which are none.
func names(s *proptest.Sim, _ env) {
	s.Setup(func(w *simnet.World) {
		w.Create("/run/file", 0o644)
		w.Symlink("loop", "/run/loop")
	})
	at(s, func(d desk) {
		for _, c := range []struct {
			path          string
			listen, reach syscall.Errno
		}{
			{"", syscall.ENOENT, syscall.ENOENT},
			{"a\x00b", syscall.EINVAL, syscall.EINVAL},
			{"\x00", syscall.EINVAL, syscall.EINVAL},
			{"/run/" + strings.Repeat("x", 102), 0, 0}, // 107 bytes
			{"/run/" + strings.Repeat("x", 103), syscall.ENAMETOOLONG, syscall.ENAMETOOLONG},
			{"@" + strings.Repeat("x", 106), 0, 0},
			{"@" + strings.Repeat("x", 107), syscall.ENAMETOOLONG, syscall.ENAMETOOLONG},
			{"@a\x00b", 0, 0},
			{"/none/s", syscall.ENOENT, syscall.ENOENT},
			{"/run/file", syscall.EADDRINUSE, syscall.ECONNREFUSED},
			{"/run/file/s", syscall.ENOTDIR, syscall.ENOTDIR},
			{"/run/loop/s", syscall.ELOOP, syscall.ELOOP},
		} {
			l, err := ipc.Listen(d.tr, c.path, 1, transport.ListenConfig{Unlink: true})
			d.want("listen at "+c.path, err, c.listen)
			x, err := ipc.Connect(d.tr, c.path, transport.Immediate)
			d.want("connect to "+c.path, err, c.reach)
			if l != nil {
				if l.Addr() != transport.Addr(c.path) || x.RemoteAddr() != l.Addr() {
					s.Fatalf("listening at %q, the address is %q, to who connects %q", c.path, l.Addr(), x.RemoteAddr())
				}
				d.ok("abort", x.Abort())
				d.ok("close", l.Close())
				_, err := ipc.Connect(d.tr, c.path, transport.Immediate)
				want := syscall.ENOENT
				if l.Addr().Abstract() {
					want = syscall.ECONNREFUSED
				}
				d.want("connect to what was removed", err, want)
			}
		}
		for _, backlog := range []int{-1, -1 << 31} {
			_, err := ipc.Listen(d.tr, s.Path("s"), backlog, transport.ListenConfig{})
			d.want("a negative backlog", err, syscall.EINVAL)
		}
	})
}

// files: a listener's file stays, unless it is to be removed, is still its own,
// and the listener was not handed over.
func files(s *proptest.Sim, _ env) {
	at(s, func(d desk) {
		path := s.Path("s")
		listen := func(cfg transport.ListenConfig) *ipc.Listener {
			l, err := ipc.Listen(d.tr, path, 1, cfg)
			d.ok("listen", err)
			return l
		}
		plain := listen(transport.ListenConfig{})
		d.ok("close", plain.Close())
		_, err := ipc.Listen(d.tr, path, 1, transport.ListenConfig{})
		d.want("listen where a file stayed", err, syscall.EADDRINUSE)

		taken := listen(transport.ListenConfig{Takeover: true, Unlink: true})
		_, err = ipc.Listen(d.tr, path, 1, transport.ListenConfig{Takeover: true})
		d.want("take over from who listens", err, syscall.EADDRINUSE)
		_, err = d.tr.Lock(path+".lock", transport.Immediate)
		d.want("lock what is held as long as it listens", err, syscall.ETIMEDOUT)
		d.ok("close", taken.Close())
		d.want("remove what was removed", d.tr.Remove(path), syscall.ENOENT)

		first := listen(transport.ListenConfig{Unlink: true})
		_, err = ipc.Listen(d.tr, path, 1, transport.ListenConfig{Takeover: true})
		d.want("take over from who has no lock", err, syscall.EADDRINUSE)
		lock, err := d.tr.Lock(path+".lock", transport.Immediate)
		d.ok("lock what nobody holds any more", err)
		d.ok("unlock", lock.Close())
		d.ok("remove", d.tr.Remove(path))
		second := listen(transport.ListenConfig{Unlink: true})
		d.ok("close", first.Close())
		c, err := ipc.Connect(d.tr, path, transport.Immediate)
		d.ok("connect to the second", err)
		d.ok("abort", c.Abort())

		fd, err := second.Dup()
		d.ok("dup", err)
		d.ok("close", second.Close())
		c, err = ipc.Connect(d.tr, path, transport.Immediate)
		d.ok("connect to what was handed over", err)
		d.ok("abort", c.Abort())
		d.ok("close", fd.Close())
		d.ok("remove", d.tr.Remove(path))
	})
}

// clocks: libdill's milliseconds.
func clocks(s *proptest.Sim, _ env) {
	at(s, func(d desk) {
		a, b := d.pair()
		start := d.tr.Now()
		d.ok("sleep", d.tr.Sleep(start.Add(1500*time.Microsecond)))
		now := ipc.Now(d.tr)
		if got := ipc.Millis(d.tr, now).Sub(start); got != time.Millisecond {
			s.Fatalf("now is %v after the beginning, and not a millisecond", got)
		}
		d.want("recv at once", a.Recv(make([]byte, 1), ipc.Millis(d.tr, 0)), syscall.ETIMEDOUT)
		d.want("recv in the past", b.Recv(make([]byte, 1), ipc.Millis(d.tr, now)), syscall.ETIMEDOUT)
		d.ok("abort", a.Abort())
		d.ok("abort", b.Abort())
		if at := d.tr.Now(); at != start.Add(1500*time.Microsecond) {
			s.Fatalf("receiving at once took until %v", at)
		}
		a, b = d.pair()
		d.want("recv", a.Recv(make([]byte, 1), ipc.Millis(d.tr, now+3)), syscall.ETIMEDOUT)
		if at := d.tr.Now(); at != start.Add(4*time.Millisecond) {
			s.Fatalf("a deadline of 4ms came after %v", at.Sub(start))
		}
		d.ok("send", a.Send([]byte("x"), never))
		d.ok("recv", b.Recv(make([]byte, 1), ipc.Millis(d.tr, -1)))
		if !ipc.Millis(d.tr, -1).IsZero() {
			s.Fatalf("-1 is a deadline")
		}
		d.ok("abort", a.Abort())
		d.ok("abort", b.Abort())
	})
}

// readsAhead: what was read ahead counts as received, and what was not is a reset.
func readsAhead(s *proptest.Sim, _ env) {
	at(s, func(d desk) {
		for _, c := range []struct {
			size        int
			recv, close syscall.Errno
		}{
			{2, syscall.EPIPE, 0},
			{1 + readAhead, syscall.EPIPE, 0},
			{2 + readAhead, syscall.ECONNRESET, syscall.ECONNRESET},
			{10_000, syscall.ECONNRESET, syscall.ECONNRESET},
		} {
			for _, closing := range []bool{false, true} {
				a, b := d.pair()
				d.ok("send", a.Send(pattern(0, c.size), never))
				d.ok("recv", b.Recv(make([]byte, 1), never))
				d.ok("abort", b.Abort())
				if closing {
					d.want("close", a.Close(never), c.close)
					continue
				}
				d.want("recv of who was left", a.Recv(make([]byte, 1), never), c.recv)
				d.ok("abort", a.Abort())
			}
		}
	})
}

// errorsTell: every error has the errno, and what package os, net and context call
// the same.
func errorsTell(s *proptest.Sim, _ env) {
	at(s, func(d desk) {
		view, cancel := d.tr.WithCancel(context.Background())
		a, b, err := ipc.Pair(view)
		d.ok("pair", err)
		late := a.Recv(make([]byte, 1), transport.Immediate)
		cancel()
		canceled := b.Recv(make([]byte, 1), never)
		d.ok("abort", a.Abort())
		d.ok("abort", b.Abort())
		_, missing := ipc.Connect(d.tr, s.Path("none"), never)
		for _, c := range []struct {
			err    error
			errno  syscall.Errno
			as     error
			path   string
			op     string
			expiry bool
		}{
			{late, syscall.ETIMEDOUT, os.ErrDeadlineExceeded, "", "recv", true},
			{canceled, syscall.ECANCELED, context.Canceled, "", "recv", false},
			{a.Abort(), syscall.EBADF, net.ErrClosed, "", "abort", false},
			{missing, syscall.ENOENT, fs.ErrNotExist, s.Path("none"), "connect", false},
		} {
			var te *transport.Error
			if !errors.As(c.err, &te) || te.Err != c.errno || te.Op != c.op || te.Path != c.path {
				s.Fatalf("%v: want %s of %s at %q", c.err, transport.ErrnoName(c.errno), c.op, c.path)
			}
			if !errors.Is(c.err, c.errno) || !errors.Is(c.err, c.as) || te.Timeout() != c.expiry {
				s.Fatalf("%v: is %s: %v, is %v: %v, timeout: %v", c.err,
					transport.ErrnoName(c.errno), errors.Is(c.err, c.errno), c.as, errors.Is(c.err, c.as), te.Timeout())
			}
		}
	})
}

// identity: who is at the other end, and who may be.
func identity(s *proptest.Sim, _ env) {
	refused := 0
	s.Start(proptest.ProcessConfig{Name: "server", UID: 7, GID: 8, Umask: 0o077, Main: func(tr transport.Transport) {
		d := desk{s, tr}
		l, err := ipc.Listen(tr, "/tmp/s", 8, transport.ListenConfig{AllowUID: []int{9}, Mode: 0o622, Unlink: true})
		d.ok("listen", err)
		for range 2 {
			c, err := l.Accept(tr.Now().Add(time.Minute))
			d.ok("accept", err)
			cred, err := c.PeerCred()
			d.ok("peercred", err)
			if cred.UID != 9 || cred.GID != 10 {
				s.Fatalf("the client is %+v, and not of uid 9, gid 10", cred)
			}
			d.ok("send", c.Send([]byte("y"), never))
			d.ok("close", c.Close(never))
		}
		_, err = l.Accept(tr.Now().Add(time.Minute))
		d.want("accept of nobody", err, syscall.ETIMEDOUT)
		d.ok("close", l.Close())
	}})
	for _, uid := range []int{9, 11, 9} {
		s.Start(proptest.ProcessConfig{Name: "client", UID: uid, GID: uid + 1, Main: func(tr transport.Transport) {
			d := desk{s, tr}
			var c *ipc.Conn
			for err := error(syscall.ENOENT); errors.Is(err, syscall.ENOENT); {
				if c, err = ipc.Connect(tr, "/tmp/s", never); errors.Is(err, syscall.ENOENT) {
					tr.Sleep(tr.Now().Add(time.Millisecond))
				} else {
					d.ok("connect", err)
				}
			}
			cred, err := c.PeerCred()
			d.ok("peercred", err)
			if cred.UID != 7 || cred.GID != 8 {
				s.Fatalf("the server is %+v, and not of uid 7, gid 8", cred)
			}
			err = c.Recv(make([]byte, 1), never)
			if uid == 9 {
				d.ok("recv", err)
				d.ok("close", c.Close(never))
				return
			}
			d.want("recv", err, syscall.EPIPE)
			refused++
			d.ok("abort", c.Abort())
		}})
	}
	s.Run()
	if refused != 1 {
		s.Fatalf("%d were refused", refused)
	}
}
