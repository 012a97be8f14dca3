package conform

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/brine/simnet/internal/afunix"
)

// Sever is no call of any kernel, so that no script has it. What it says it is
// like is done here: two connections, and a middle that passes on what it reads,
// but for one byte from either side, and then is gone.
func TestSever(t *testing.T) {
	// Both ends are asked the same, in turn.
	asks := [][]string{
		{"poll", "inq", "outq", "peername", "recv", "poll", "recv", "poll", "recv", "poll", "recv", "send", "poll", "peername"},
		{"send", "poll", "peek", "read a byte", "inq", "recv", "recv", "peek", "sockerr", "recv"},
		{"sockerr", "poll", "sockerr", "recv", "recv", "recv"},
		{"shutdown", "recv", "recv", "recv", "send"},
	}
	for _, before := range []string{
		"", "send b", "send a", "send a, send b", "send b, send b, read a byte a", "send a, recv b", "fill a", "fill a, fill b",
		"shut WR a", "send a, shut WR a", "send a, send b, shut WR a", "send a, send b, shut WR a, shut WR b", "send b, shut WR a, recv a",
		"shut RD a", "send a, send b, shut RD a", "send a, shut RDWR a", "send b, shut RD a, shut WR a",
	} {
		for i := range asks {
			if diff := severed(t, before, asks[i]); diff != "" {
				t.Fatalf("severed after %q: %s", before, diff)
			}
		}
	}
}

// severed compares, and says what differs.
func severed(t *testing.T, before string, asks []string) string {
	kernel, err := newMiddle()
	if err != nil {
		t.Skip(err)
	}
	defer kernel.close()
	core := newWhole()
	for step := range strings.SplitSeq(before, ", ") {
		if step == "" {
			continue
		}
		at := strings.LastIndexByte(step, ' ')
		end := int(step[at+1] - 'a')
		k, c := kernel.before(end, step[:at]), core.ask(end, step[:at])
		if k != c {
			return fmt.Sprintf("%s: the kernel answers %s, the core %s", step, k, c)
		}
	}
	if k, c := kernel.cut(), core.cut(); k != c {
		return fmt.Sprintf("the kernel wakes %s, the core %s", k, c)
	}
	for i, ask := range asks {
		for end, name := range []string{"a", "b"} {
			if k, c := kernel.ask(end, ask), core.ask(end, ask); k != c {
				return fmt.Sprintf("call %d: %s of %s: the kernel answers %s, the core %s", i, ask, name, k, c)
			}
		}
	}
	if err := core.k.Check(); err != nil {
		return err.Error()
	}
	return ""
}

// How many bytes the steps move: a few, and so many that poll does not say OUT.
const few, many = 7, 100_000

// A middle is two connections of the kernel. The ends are asked; the inner ones
// bear the name of the end behind them.
type middle struct {
	ends, inner [2]int
	epoll       int
	buf         []byte
}

func newMiddle() (*middle, error) {
	m := &middle{ends: [2]int{-1, -1}, inner: [2]int{-1, -1}, epoll: -1, buf: make([]byte, 1<<20)}
	err := m.begin()
	if err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *middle) begin() (err error) {
	if m.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	for i := range 2 {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return err
		}
		m.ends[i], m.inner[i] = fds[0], fds[1]
		ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(i)}
		if err := errors.Join(
			unix.Bind(fds[1], &unix.SockaddrUnix{Name: fmt.Sprintf("@brine-sever-%d-%s", os.Getpid(), endName(1-i))}),
			unix.EpollCtl(m.epoll, unix.EPOLL_CTL_ADD, fds[0], &ev)); err != nil {
			return err
		}
		if _, err := unix.Write(fds[0], []byte("h")); err != nil { // what the middle holds
			return err
		}
	}
	return nil
}

func endName(end int) string { return string(rune('a' + end)) }

func (m *middle) close() {
	for _, fd := range []int{m.ends[0], m.ends[1], m.inner[0], m.inner[1], m.epoll} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// before lets an end do something, and the middle pass it on.
func (m *middle) before(end int, what string) string {
	answer := m.ask(end, what)
	far := m.inner[1-end]
	switch what {
	case "send", "fill":
		n := few
		if what == "fill" {
			n = many
		}
		got, err := unix.Read(m.inner[end], m.buf[:n])
		if err != nil || got != n {
			return fmt.Sprintf("the middle reads %d (%v)", got, err)
		}
		if put, err := unix.Write(far, m.buf[:n]); err != nil || put != n {
			return fmt.Sprintf("the middle writes %d (%v)", put, err)
		}
	case "shut RD", "shut WR", "shut RDWR":
		unix.Shutdown(far, hows[what])
	}
	return answer
}

var hows = map[string]int{"shut RD": unix.SHUT_RD, "shut WR": unix.SHUT_WR, "shut RDWR": unix.SHUT_RDWR, "shutdown": unix.SHUT_RDWR}

// cut closes the middle, and says which ends epoll reports, with what.
func (m *middle) cut() string {
	events := make([]unix.EpollEvent, 4)
	unix.EpollWait(m.epoll, events, 0)
	for i := range m.inner {
		unix.Close(m.inner[i])
		m.inner[i] = -1
	}
	var masks [2]afunix.Mask
	n, _ := unix.EpollWait(m.epoll, events, 0)
	for _, e := range events[:n] {
		masks[e.Fd] = afunix.Mask(e.Events)
	}
	return fmt.Sprintf("a %v, b %v", masks[0], masks[1])
}

func (m *middle) ask(end int, what string) string {
	fd := m.ends[end]
	switch what {
	case "send", "fill":
		n := few
		if what == "fill" {
			n = many
		}
		n, err := unix.SendmsgN(fd, m.buf[:n], nil, nil, unix.MSG_NOSIGNAL)
		return answer(n, err)
	case "recv":
		n, _, err := unix.Recvfrom(fd, m.buf, 0)
		return answer(n, err)
	case "peek":
		n, _, err := unix.Recvfrom(fd, m.buf, unix.MSG_PEEK)
		return answer(n, err)
	case "read a byte":
		n, err := unix.Read(fd, m.buf[:1])
		return answer(n, err)
	case "poll":
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLOUT | unix.POLLRDHUP}}
		_, err := unix.Poll(fds, 0)
		return fmt.Sprint(afunix.Mask(fds[0].Revents), err)
	case "inq":
		n, err := unix.IoctlGetInt(fd, unix.SIOCINQ)
		return answer(n, err)
	case "outq":
		n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		return answer(n, err)
	case "sockerr":
		n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		return answer(n, err)
	case "peername":
		sa, err := unix.Getpeername(fd)
		if err != nil {
			return answer(0, err)
		}
		name := sa.(*unix.SockaddrUnix).Name
		return name[strings.LastIndexByte(name, '-')+1:]
	}
	return answer(0, unix.Shutdown(fd, hows[what]))
}

func answer(n int, err error) string {
	errno := syscall.Errno(0)
	if err != nil && !errors.As(err, &errno) {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", max(n, 0), errnoName(errno))
}

// A whole is one connection of the core.
type whole struct {
	k    *afunix.Kernel
	p    afunix.ProcID
	ends [2]afunix.Desc
	buf  []byte
}

func newWhole() *whole {
	w := &whole{k: afunix.New(afunix.Config{}), buf: make([]byte, 1<<20)}
	w.p, _ = w.k.Spawn(afunix.Process{})
	w.ends[0], w.ends[1], _ = w.k.Pair(w.p)
	for i, d := range w.ends {
		w.k.Bind(w.p, d, "\x00"+endName(i))
	}
	return w
}

func (w *whole) cut() string {
	_, woken := w.k.Sever(w.p, w.ends[0])
	var masks [2]afunix.Mask
	for _, e := range woken {
		for i, d := range w.ends {
			if id, _ := w.k.ID(w.p, d); id == e.ID && e.Events == afunix.In|afunix.Out {
				masks[i] = w.k.PollID(id)
			}
		}
	}
	return fmt.Sprintf("a %v, b %v", masks[0], masks[1])
}

func (w *whole) ask(end int, what string) string {
	k, p, d := w.k, w.p, w.ends[end]
	n, errno := 0, syscall.Errno(0)
	switch what {
	case "send":
		n, errno, _ = k.Send(p, d, [][]byte{w.buf[:few]}, nil)
	case "fill":
		n, errno, _ = k.Send(p, d, [][]byte{w.buf[:many]}, nil)
	case "recv":
		n, _, _, errno, _ = k.Recv(p, d, [][]byte{w.buf}, nil, 0)
	case "peek":
		n, _, _, errno, _ = k.Recv(p, d, [][]byte{w.buf}, nil, afunix.Peek)
	case "read a byte":
		n, errno, _ = k.Read(p, d, w.buf[:1])
	case "poll":
		m, _ := k.Poll(p, d)
		return fmt.Sprint(m, nil)
	case "inq":
		n, errno = k.Unread(p, d)
	case "outq":
		n, errno = k.Charged(p, d)
	case "sockerr":
		var pending syscall.Errno
		pending, errno = k.SockError(p, d)
		n = int(pending)
	case "peername":
		name, errno := k.PeerName(p, d)
		if errno != 0 {
			return answer(0, errno)
		}
		return strings.TrimPrefix(name, "\x00")
	default:
		errno, _ = k.Shutdown(p, d, hows[what])
	}
	return fmt.Sprintf("%d %s", n, errnoName(errno))
}
