package simnet_test

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"example.com/brine/realunix"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var differSeeds = flag.Int("differ", 60, "scripts of calls to compare realunix and simnet by")

// Random scripts of calls that do not block go the same on both transports:
// results, errnos, bytes, descriptors and names. (Package conform compares the
// rules below; this is about what the two backends make of them.)
func TestSameAsRealunix(t *testing.T) {
	for seed := range *differSeeds {
		dir, err := os.MkdirTemp("", "brine")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		w := simnet.NewWorld(simnet.Config{})
		if err := w.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		p, err := w.Start(simnet.ProcessConfig{Name: "p", UID: os.Getuid(), GID: os.Getgid()})
		if err != nil {
			t.Fatal(err)
		}
		real := &side{tr: realunix.New(realunix.Config{}), dir: dir}
		sim := &side{tr: p, dir: dir}
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		var told []string
		for range 400 {
			c := think(rng)
			want, got := real.act(c), sim.act(c)
			told = append(told, fmt.Sprintf("%-60s %s", c.String(), want))
			if want != got {
				t.Errorf("seed %d:\n%s\nrealunix: %s\nsimnet:   %s", seed, strings.Join(told, "\n"), want, got)
				break
			}
		}
		real.end()
		sim.end()
		if t.Failed() {
			return
		}
	}
}

// A deed is a call with its arguments, which are numbers of variables.
type deed struct {
	what       string
	a, b, n    int
	name, to   string
	cfg        transport.ListenConfig
	backlog, f int
}

func (d deed) String() string {
	return fmt.Sprintf("%s a=%d b=%d n=%d fd=%d %q %q backlog=%d %+v", d.what, d.a, d.b, d.n, d.f, d.name, d.to, d.backlog, d.cfg)
}

const vars = 6

func think(rng *rand.Rand) deed {
	names := []string{"a", "b", "c", "@n", "", "x/y", "a/", strings.Repeat("n", 200), "a\x00b"}
	name := func() string {
		if rng.IntN(8) > 0 {
			return names[rng.IntN(3)]
		}
		return names[rng.IntN(len(names))]
	}
	whats := []string{"pair", "listen", "listen", "dial", "dial", "dial", "accept", "accept", "send", "send", "send", "fill", "recv", "recv", "recv",
		"closeread", "closewrite", "close", "close", "closelistener", "dup", "duplistener", "adopt", "adoptlistener", "closefd", "attach",
		"remove", "rename", "chmod", "lock", "cred", "names", "sendbuffer", "setsendbuffer"}
	d := deed{what: whats[rng.IntN(len(whats))], a: rng.IntN(vars), b: rng.IntN(vars), n: rng.IntN(5000), name: name(), to: name(),
		backlog: rng.IntN(4) - 1, f: -1}
	if rng.IntN(4) == 0 {
		d.f = rng.IntN(vars)
	}
	if rng.IntN(10) == 0 {
		d.n = 0
	}
	if rng.IntN(3) == 0 {
		d.cfg = transport.ListenConfig{Mode: []fs.FileMode{0, 0o600, 0o4600}[rng.IntN(3)], Unlink: rng.IntN(2) == 0, Takeover: rng.IntN(2) == 0}
	}
	if rng.IntN(6) == 0 {
		d.cfg.AllowUID = []int{os.Getuid() + rng.IntN(2)}
	}
	return d
}

// A side carries deeds out on one transport.
type side struct {
	tr        transport.Transport
	dir       string
	conns     [vars]transport.Conn
	listeners [vars]transport.Listener
	fds       [vars]transport.FD
	file      [vars]bool // it is a file's
	sent      byte
}

func (x *side) path(name string) string {
	if name == "" || name[0] == '@' {
		if name != "" {
			return name + x.dir
		}
		return ""
	}
	return x.dir + "/" + name
}

// verdict is how a call went, as far as both transports must agree.
func (x *side) verdict(err error) string {
	switch e, ok := err.(*transport.Error); {
	case err == nil:
		return "ok"
	case err == io.EOF:
		return "EOF"
	case !ok:
		return fmt.Sprintf("%T %v", err, err)
	default:
		return fmt.Sprintf("%s %s %s", e.Op, e.Path, transport.ErrnoName(e.Err))
	}
}

func (x *side) act(d deed) string {
	switch d.what {
	case "pair":
		if d.a == d.b {
			return ""
		}
		a, b, err := x.tr.Pair()
		if err == nil {
			x.put(d.a, a)
			x.put(d.b, b)
		}
		return x.verdict(err)
	case "listen":
		l, err := x.tr.Listen(x.path(d.name), d.backlog, d.cfg)
		if err == nil {
			x.putListener(d.a, l)
		}
		return x.verdict(err)
	case "dial":
		c, err := x.tr.Dial(x.path(d.name), transport.Immediate)
		if err == nil {
			x.put(d.a, c)
		}
		return x.verdict(err)
	case "remove":
		return x.verdict(x.tr.Remove(x.path(d.name)))
	case "rename":
		return x.verdict(x.tr.Rename(x.path(d.name), x.path(d.to)))
	case "chmod":
		return x.verdict(x.tr.Chmod(x.path(d.name), fs.FileMode(d.n)&0o4777))
	case "lock":
		fd, err := x.tr.Lock(x.path(d.name), transport.Immediate)
		if err == nil {
			x.putFD(d.a, fd)
			x.file[d.a] = true
		}
		return x.verdict(err)
	case "adopt", "adoptlistener", "closefd":
		return x.actFD(d)
	case "accept", "closelistener", "duplistener":
		return x.actListener(d)
	}
	if c := x.conns[d.a]; c != nil {
		return x.actConn(d, c)
	}
	return ""
}

func (x *side) actFD(d deed) string {
	switch fd := x.fds[d.a]; d.what {
	case "adopt":
		c, err := x.tr.Adopt(fd)
		if err == nil {
			x.put(d.b, c)
		}
		return x.verdict(err)
	case "adoptlistener":
		l, err := x.tr.AdoptListener(fd, d.cfg)
		if err == nil {
			x.putListener(d.b, l)
		}
		return x.verdict(err)
	default:
		if fd == nil {
			return ""
		}
		return x.verdict(fd.Close())
	}
}

func (x *side) actListener(d deed) string {
	l := x.listeners[d.a]
	if l == nil {
		return ""
	}
	switch d.what {
	case "accept":
		c, err := l.Accept(transport.Immediate)
		if err == nil {
			x.put(d.b, c)
		}
		return x.verdict(err)
	case "closelistener":
		return x.verdict(l.Close())
	default:
		fd, err := l.Dup()
		if err == nil {
			x.putFD(d.b, fd)
		}
		return x.verdict(err)
	}
}

func (x *side) actConn(d deed, c transport.Conn) string {
	switch d.what {
	case "send", "fill":
		size := d.n
		if d.what == "fill" {
			size = 400_000
		}
		p := make([]byte, size)
		for i := range p {
			x.sent++
			p[i] = x.sent
		}
		// Files only: sockets in flight may end up referring to each other, and the
		// kernel collects those at a time of its own.
		var fds []transport.FD
		if d.f >= 0 && x.file[d.f] {
			fds = []transport.FD{x.fds[d.f]}
		}
		n, err := c.Send([][]byte{p[:size/3], nil, p[size/3:]}, fds, transport.Immediate)
		return fmt.Sprint(n, " ", x.verdict(err))
	case "recv":
		p := make([]byte, d.n)
		var fds []transport.FD
		if d.f >= 0 {
			fds = make([]transport.FD, 1)
		}
		n, nfd, err := c.Recv([][]byte{p[:d.n/2], p[d.n/2:]}, fds, transport.Immediate)
		if nfd > 0 {
			x.putFD(d.f, fds[0])
			x.file[d.f] = true
		}
		sum := 0
		for i, b := range p[:n] {
			sum += (i + 1) * int(b)
		}
		return fmt.Sprint(n, " ", nfd, " ", sum, " ", x.verdict(err))
	case "closeread":
		return x.verdict(c.CloseRead())
	case "closewrite":
		return x.verdict(c.CloseWrite())
	case "close":
		return x.verdict(c.Close())
	case "dup":
		fd, err := c.Dup()
		if err == nil {
			x.putFD(d.b, fd)
		}
		return x.verdict(err)
	case "attach":
		o, err := x.tr.Attach(c)
		if err == nil {
			x.conns[d.a] = o
		}
		return x.verdict(err)
	case "cred":
		cred, err := c.PeerCred()
		return fmt.Sprint(cred.UID, " ", cred.GID, " ", x.verdict(err))
	case "names":
		return fmt.Sprintf("%q %q", c.LocalAddr(), c.RemoteAddr())
	case "sendbuffer":
		n, err := c.(transport.SendBuffer).SendBuffer()
		return fmt.Sprint(n, " ", x.verdict(err))
	default:
		return x.verdict(c.(transport.SendBuffer).SetSendBuffer(d.n*10 - 1000))
	}
}

func (x *side) put(i int, c transport.Conn) {
	if x.conns[i] != nil {
		x.conns[i].Close()
	}
	x.conns[i] = c
}

func (x *side) putListener(i int, l transport.Listener) {
	if x.listeners[i] != nil {
		x.listeners[i].Close()
	}
	x.listeners[i] = l
}

func (x *side) putFD(i int, fd transport.FD) {
	if x.fds[i] != nil {
		x.fds[i].Close()
	}
	x.fds[i], x.file[i] = fd, false
}

func (x *side) end() {
	for i := range vars {
		x.put(i, nil)
		x.putListener(i, nil)
		x.putFD(i, nil)
	}
}
