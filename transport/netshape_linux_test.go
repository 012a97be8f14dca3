package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// A kit is a way to make connections: package net's, or the adapters on the
// same kernel or on a simulated one.
type kit struct {
	dir    string
	file   func(path string) error // makes an empty file
	stale  func(path string) error // leaves a socket file behind
	gram   func(path string) error // makes a datagram socket; nil where there are none
	tight  func() (relax func())   // leaves no descriptor to be had
	raw    bool                    // has raw connections
	listen func(path string) (net.Listener, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	pair   func() (net.Conn, net.Conn, error)
}

// kernelKit is what kits on the kernel have in common.
func kernelKit(t *testing.T) *kit {
	return &kit{
		dir:  t.TempDir(),
		raw:  true,
		file: func(path string) error { return os.WriteFile(path, nil, 0o600) },
		stale: func(path string) error {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err != nil {
				return err
			}
			l.SetUnlinkOnClose(false)
			return l.Close()
		},
		gram: func(path string) error {
			c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
			if err == nil {
				t.Cleanup(func() { c.Close() })
			}
			return err
		},
		tight: func() func() {
			var limit syscall.Rlimit
			if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
				t.Fatal(err)
			}
			fd, err := syscall.Dup(0)
			if err != nil {
				t.Fatal(err)
			}
			syscall.Close(fd)
			low := limit
			low.Cur = uint64(fd)
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
					t.Fatal(err)
				}
			}
		},
	}
}

func netKit(t *testing.T) *kit {
	k := kernelKit(t)
	k.listen = func(path string) (net.Listener, error) { return net.Listen("unix", path) }
	k.dial = new(net.Dialer).DialContext
	k.pair = func() (net.Conn, net.Conn, error) {
		fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			return nil, nil, err
		}
		var c [2]net.Conn
		for i, fd := range fds {
			syscall.CloseOnExec(fd)
			f := os.NewFile(uintptr(fd), "")
			if c[i], err = net.FileConn(f); err != nil {
				return nil, nil, err
			}
			f.Close()
		}
		return c[0], c[1], nil
	}
	return k
}

// adapted has the adapters make the connections of k, on tr.
func adapted(k *kit, tr transport.Transport) *kit {
	k.listen = func(path string) (net.Listener, error) {
		l, err := tr.Listen(path, 8, transport.ListenConfig{Unlink: true})
		if err != nil {
			return nil, err
		}
		return transport.NetListener(tr, l), nil
	}
	k.dial = transport.Dialer(tr)
	k.pair = func() (net.Conn, net.Conn, error) {
		a, b, err := tr.Pair()
		if err != nil {
			return nil, nil, err
		}
		return transport.NetConn(tr, a), transport.NetConn(tr, b), nil
	}
	return k
}

func ownKit(t *testing.T) *kit { return adapted(kernelKit(t), newReal(t)) }

// simulatedKit has all of its own: sockets, files and limits.
func simulatedKit(t *testing.T) *kit {
	w := simnet.NewWorld(simnet.Config{})
	p, dir := w.Process("p"), t.TempDir()
	if err := w.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return adapted(&kit{
		dir:  dir,
		file: func(path string) error { return w.Create(path, 0o600) },
		stale: func(path string) error {
			l, err := p.Listen(path, 1, transport.ListenConfig{})
			if err != nil {
				return err
			}
			return l.Close()
		},
		tight: func() func() {
			if err := p.SetNOFILE(0); err != nil {
				t.Fatal(err)
			}
			return func() { p.SetNOFILE(1024) }
		},
	}, p)
}

// shape flattens the chain of err: the dynamic type and what can be told from
// each link, and what errors.Is says of the whole.
func shape(err error) string {
	if err == nil {
		return "nil"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%v", err)
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(&b, "\n      %T", e)
		switch e := e.(type) {
		case *net.OpError:
			fmt.Fprintf(&b, " op=%s net=%s source=%s addr=%s", e.Op, e.Net, shapeOfAddr(e.Source), shapeOfAddr(e.Addr))
		case *os.SyscallError:
			fmt.Fprintf(&b, " call=%s", e.Syscall)
		case syscall.Errno:
			fmt.Fprintf(&b, " %s", transport.ErrnoName(e))
		default:
			fmt.Fprintf(&b, " %q", e)
		}
		if e, ok := e.(interface {
			Timeout() bool
			Temporary() bool
		}); ok {
			fmt.Fprintf(&b, " timeout=%t temporary=%t", e.Timeout(), e.Temporary())
		}
	}
	for _, target := range []error{io.EOF, net.ErrClosed, os.ErrDeadlineExceeded, os.ErrNotExist, os.ErrPermission,
		context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, target) {
			fmt.Fprintf(&b, "\n      is %v", target)
		}
	}
	return b.String()
}

func shapeOfAddr(a net.Addr) string {
	if a == nil {
		return "nil"
	}
	return fmt.Sprintf("%T(%s %q)", a, a.Network(), a.String())
}

// A passed is a context that is not done although its deadline has passed.
type passed struct{ context.Context }

func (passed) Deadline() (time.Time, bool) { return past, true }

// Every story goes the same on the adapters as on package net, down to the
// types of the errors inside the errors, on the kernel and on a simulated one.
func TestNetShapes(t *testing.T) {
	leaks(t)
	for _, backend := range []struct {
		name string
		kit  func(*testing.T) *kit
		told int // what is compared at least
	}{{"realunix", ownKit, 85}, {"simnet", simulatedKit, 75}} {
		t.Run(backend.name, func(t *testing.T) {
			told := 0
			for _, s := range stories {
				t.Run(s.name, func(t *testing.T) { told += compare(t, s, netKit(t), backend.kit(t)) })
			}
			if told < backend.told {
				t.Errorf("only %d comparisons", told)
			}
		})
	}
}

// compare tells a story with package net's kit and with another, and returns how
// much there was to compare.
func compare(t *testing.T, s story, theirs, ours *kit) int {
	play := func(k *kit) []string {
		var lines []string
		s.play(t, k, func(what string, n int, err error) {
			if !ours.raw && strings.HasPrefix(what, "raw: ") || ours.gram == nil && strings.HasPrefix(what, "gram: ") {
				return // there is nothing of the kind to compare with
			}
			line := fmt.Sprintf("%s: %d, %s", what, n, shape(err))
			lines = append(lines, strings.ReplaceAll(line, k.dir, "DIR"))
		})
		return lines
	}
	want, got := play(theirs), play(ours)
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Errorf("\nnet:   %s\nbrine: %s", line(want, i), line(got, i))
		}
	}
	if testing.Verbose() {
		t.Log(strings.Join(got, "\n"))
	}
	return len(want)
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

// What the adapters do otherwise, net still does as the list in netconn.go says.
func TestNetStillDiffers(t *testing.T) {
	k := netKit(t)
	a, b := mustPair(t, k)
	b.Close()
	if _, err := a.Write(nil); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("Write of nothing to a peer that is gone: %v", err)
	}
	path := full(t, newReal(t))
	if _, err := k.dial(context.Background(), "unix", path); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("dial to a full backlog: %v", err)
	}
	if _, err := k.dial(context.Background(), "unix", path+"\x00/sock"); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("dial with a NUL: %v", err)
	}
	if _, err := k.dial(context.Background(), "unix", "@"+strings.Repeat("x", 107)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial to a name of 108 bytes: %v", err)
	}
	l := must[net.Listener](t)(k.listen(k.dir + "/gone"))
	l.Close()
	if _, err := os.Lstat(k.dir + "/gone"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket file after Close: %v", err)
	}
}
