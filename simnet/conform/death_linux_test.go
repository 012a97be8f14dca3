package conform

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/brine/simnet/internal/afunix"
)

const beVictim = "BRINE_TEST_BE_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(beVictim) != "" {
		os.Stdout.Write([]byte("x")) // ready
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A process that is killed releases its descriptors from the highest number
// down: who waits for their peers wakes in that order.
func TestDeath(t *testing.T) {
	const n = 8
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	victim := exec.Command(self)
	victim.Env = append(os.Environ(), beVictim+"=1")
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(epoll)
	for i := range n {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fds[0])
		far := os.NewFile(uintptr(fds[1]), "far")
		defer far.Close()
		victim.ExtraFiles = append(victim.ExtraFiles, far) // in ascending order
		ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(i)}
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fds[0], &ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	for _, f := range victim.ExtraFiles {
		f.Close()
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	victim.Process.Kill()
	victim.Wait()
	events := make([]unix.EpollEvent, 2*n)
	got, err := unix.EpollWait(epoll, events, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kernel, core []int
	for _, e := range events[:got] {
		kernel = append(kernel, int(e.Fd))
	}

	k := afunix.New(afunix.Config{})
	p, _ := k.Spawn(afunix.Process{})
	q, _ := k.Spawn(afunix.Process{})
	l, _ := k.Socket(p, afunix.Stream)
	k.Bind(p, l, "s")
	k.Listen(p, l, 0)
	c, _ := k.Socket(q, afunix.Stream)
	k.Connect(q, c, "s")
	s, _, _ := k.Accept(p, l)
	ids := map[afunix.ID]int{}
	one, room := [][]byte{{0}}, make([]afunix.Desc, 1)
	for i := range n {
		near, far, _ := k.Pair(p)
		id, _ := k.ID(p, near)
		ids[id] = i
		k.Send(p, s, one, []afunix.Desc{far})
		k.Close(p, far)
		k.Recv(q, c, one, room, 0)
	}
	for _, w := range k.Exit(q) {
		if i, ok := ids[w.ID]; ok {
			core = append(core, i)
		}
	}
	if !slices.Equal(kernel, core) || len(kernel) != n {
		t.Errorf("the kernel wakes %d, the core %d", kernel, core)
	}
}
