package realunix

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/brine/transport"
)

// What others can do to a socket that is shared with them, and to a listener
// that they may reach.

var never time.Time

func place(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "brine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func streams(t *testing.T) (a, b *conn) {
	t.Helper()
	x, y, err := New(Config{}).Pair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close(); y.Close() })
	return x.(*conn), y.(*conn)
}

func recvOne(c transport.Conn, deadline time.Time) error {
	_, _, err := c.Recv([][]byte{make([]byte, 1)}, nil, deadline)
	return err
}

// Whoever has a duplicate can make the socket blocking for all.
func TestMadeBlocking(t *testing.T) {
	for _, parked := range []bool{false, true} {
		a, b := streams(t)
		if parked {
			recvOne(b, time.Now().Add(time.Millisecond))
		}
		if err := unix.SetNonblock(b.fd, false); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := recvOne(b, time.Now().Add(5*time.Millisecond)); transport.Errno(err) != syscall.ETIMEDOUT {
				t.Errorf("parked before %t: %v", parked, err)
			}
		}
		if _, err := a.Send([][]byte{{1}}, nil, never); err != nil {
			t.Error(err)
		}
		if err := recvOne(b, never); err != nil {
			t.Error(err)
		}
	}
	l, err := New(Config{}).Listen(place(t), 1, transport.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	fd, err := l.Dup()
	if err != nil {
		t.Fatal(err)
	}
	defer fd.Close()
	for range 2 {
		unix.SetNonblock(fd.(*descriptor).fd, false)
		if _, err := l.Accept(transport.Immediate); transport.Errno(err) != syscall.ETIMEDOUT {
			t.Error(err)
		}
	}
}

// Options that have the kernel add to what is received are taken back.
func TestAdoptedWithOptions(t *testing.T) {
	tr := New(Config{})
	for name, option := range map[string]int{"SO_PASSCRED": unix.SO_PASSCRED, "SO_PASSPIDFD": 76} {
		fds, err := newPair()
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, option, 1); err != nil {
			t.Logf("not tried: %s: %v", name, err)
			unix.Close(fds[0])
			unix.Close(fds[1])
			continue
		}
		a, err := tr.Adopt(newFD(fds[0]))
		if err != nil {
			t.Fatal(err)
		}
		b, err := tr.Adopt(newFD(fds[1]))
		if err != nil {
			t.Fatal(err)
		}
		b.Send([][]byte{{1}}, nil, never)
		room := make([]transport.FD, 1)
		if n, nfd, err := a.Recv([][]byte{make([]byte, 4)}, room, never); n != 1 || nfd != 0 || err != nil {
			t.Errorf("%s: %d, %d, %v", name, n, nfd, err)
		}
		d, err := b.Dup()
		if err != nil {
			t.Fatal(err)
		}
		b.Send([][]byte{{1}}, []transport.FD{d}, never)
		d.Close()
		if n, nfd, err := a.Recv([][]byte{make([]byte, 4)}, room, never); n != 1 || nfd != 1 || err != nil {
			t.Errorf("%s: %d, %d, %v", name, n, nfd, err)
		} else {
			room[0].Close()
		}
		a.Close()
		b.Close()
	}
}

// A control message that carries a descriptor nobody asked for does not leak it.
func TestReceivedPidfdIsClosed(t *testing.T) {
	fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	oob := unix.UnixRights(fd)
	oob[12] = scmPidfd // the type of the message, little endian
	if n := received(oob, make([]transport.FD, 1)); n != 0 {
		t.Errorf("%d descriptors", n)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
		t.Error("still open: ", err)
	}
}

// Users above 1<<31 are themselves.
func TestLargeUID(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("taking on another user takes root")
	}
	const uid = 3_000_000_000
	var cred transport.Cred
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uid, ^uintptr(0)); errno != 0 {
			done <- errno
			return
		}
		a, b, err := New(Config{}).Pair()
		if err == nil {
			cred, err = a.PeerCred()
			a.Close()
			b.Close()
		}
		done <- err
	}()
	if err := <-done; err != nil || int64(cred.UID) != uid && cred.UID >= 0 {
		t.Errorf("%+v, %v", cred, err)
	}
	if id(^uint32(0)) != -1 {
		t.Error("nobody has an ID")
	}
}

// Peers that are refused keep coming: neither the deadline nor Close waits for
// them to tire.
func TestRefusedPeersDoNotHoldUpAccept(t *testing.T) {
	name := place(t)
	l, err := New(Config{}).Listen(name, 4000, transport.ListenConfig{AllowUID: []int{os.Getuid() + 1}})
	if err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var dialers sync.WaitGroup
	for range 4 {
		dialers.Go(func() {
			for !stop.Load() {
				if fd, err := newSocket(); err == nil {
					connect(fd, name)
					unix.Close(fd)
				}
			}
		})
	}
	_, err = l.Accept(time.Now().Add(20 * time.Millisecond))
	if transport.Errno(err) != syscall.ETIMEDOUT {
		t.Error(err)
	}
	errs := make(chan error)
	go func() { _, err := l.Accept(never); errs <- err }()
	l.Close()
	if err := <-errs; transport.Errno(err) != syscall.EBADF {
		t.Error(err)
	}
	stop.Store(true)
	dialers.Wait()
}

// Between fork and exec a child has a copy of every descriptor, a lock's too.
func TestTakeoverAgainWhileForking(t *testing.T) {
	tr, name := New(Config{}), place(t)
	stop := make(chan struct{})
	var forks sync.WaitGroup
	forks.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				exec.Command("/proc/self/exe", "-test.list", "^$").Run()
			}
		}
	})
	for range 200 {
		l, err := tr.Listen(name, 1, transport.ListenConfig{Takeover: true, Unlink: true})
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		lock, err := tr.Lock(name+".other", transport.Immediate)
		if err != nil {
			t.Fatal(err)
		}
		lock.Close()
	}
	close(stop)
	forks.Wait()
}

// Of a dying process's descriptors the greatest number goes first, and the lock
// must go last.
func TestTakeoverLockGoesLast(t *testing.T) {
	l, err := New(Config{}).Listen(place(t), 1, transport.ListenConfig{Takeover: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a := l.(*listener).acceptor; a.lock.fd >= a.socket.fd {
		t.Errorf("lock %d, listener %d", a.lock.fd, a.socket.fd)
	}
	// Also if a lower number became free in between.
	low, err := newSocket()
	if err != nil {
		t.Fatal(err)
	}
	lock, errno := tryLock(place(t))
	if errno != 0 {
		t.Fatal(errno)
	}
	defer lock.Close()
	fd, errno := lockLast(lock, low)
	if errno != 0 || fd <= lock.fd {
		t.Errorf("lock %d, listener %d, %v", lock.fd, fd, errno)
	}
	if _, err := unix.FcntlInt(uintptr(low), unix.F_GETFD, 0); err != unix.EBADF {
		t.Error("the low number is still open: ", err)
	}
	unix.Close(fd)
}

// The listener has to have a number above the lock's; no number is EMFILE.
func TestTakeoverAtTheLimit(t *testing.T) {
	var old, low unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	var held []int
	highest := 0
	for range 50 { // no gaps below
		fd, err := newSocket()
		if err != nil {
			t.Fatal(err)
		}
		held, highest = append(held, fd), max(highest, fd)
	}
	low = old
	low.Cur = uint64(highest) + 2 // the lock's file, and no more
	name := place(t)
	unix.Setrlimit(unix.RLIMIT_NOFILE, &low)
	_, err := New(Config{}).Listen(name, 1, transport.ListenConfig{Takeover: true})
	unix.Setrlimit(unix.RLIMIT_NOFILE, &old)
	for _, fd := range held {
		unix.Close(fd)
	}
	if transport.Errno(err) != syscall.EMFILE {
		t.Error(err)
	}
	if _, err := os.Lstat(name); err == nil {
		t.Error("a socket file was left behind")
	}
}

// A descriptor that has been delivered can be closed while the rest of its
// message waits for room.
func TestSentDescriptorIsFree(t *testing.T) {
	a, b := streams(t)
	x, _ := streams(t)
	d, err := x.Dup()
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan error)
	go func() { _, err := a.Send([][]byte{make([]byte, 1<<20)}, []transport.FD{d}, never); errs <- err }()
	got := make([]transport.FD, 1)
	if _, nfd, err := b.Recv([][]byte{make([]byte, 1)}, got, never); nfd != 1 || err != nil {
		t.Fatal(nfd, err)
	}
	if err := d.Close(); err != nil { // hangs if it must wait for the Send
		t.Error(err)
	}
	got[0].Close()
	a.Close()
	if err := <-errs; transport.Errno(err) != syscall.EBADF {
		t.Error(err)
	}
}

// Recv without room does not wait for its turn.
func TestRecvOfNothingDoesNotQueue(t *testing.T) {
	_, b := streams(t)
	errs := make(chan error)
	go func() { errs <- recvOne(b, never) }()
	for !b.rd.parked.Load() {
		runtime.Gosched()
	}
	if n, _, err := b.Recv(nil, nil, never); n != 0 || err != nil {
		t.Error(n, err)
	}
	b.Close()
	<-errs
}

// The function that RawConn calls is the user's: it may panic.
func TestRawConnPanics(t *testing.T) {
	a, b := streams(t)
	raw, err := b.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, calls := range []int{1, 3} { // at once, and parked
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was lost")
				}
			}()
			n := 0
			raw.Read(func(uintptr) bool {
				if n++; n == calls {
					panic("user's")
				}
				if n == 2 {
					a.Send([][]byte{{1}}, nil, never) // wakes it again
				}
				return false
			})
		}()
		a.Send([][]byte{{1}}, nil, never)
		if err := recvOne(b, transport.Immediate); err != nil {
			t.Errorf("after a panic in call %d: %v", calls, err)
		}
	}
}

// A call of RawConn that is queued when the cap passes tries once.
func TestRawConnBehindTheCap(t *testing.T) {
	for _, c := range []struct {
		done  bool
		errno syscall.Errno
	}{{false, syscall.ETIMEDOUT}, {true, 0}} {
		_, b := streams(t)
		raw, err := b.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		first, queued := make(chan error), make(chan error)
		go func() { first <- raw.Read(func(uintptr) bool { return false }) }()
		for !b.rd.parked.Load() {
			runtime.Gosched()
		}
		go func() { queued <- raw.Read(func(uintptr) bool { return c.done }) }()
		for b.rd.turn.state.Load() != 2 {
			runtime.Gosched()
		}
		// As SetReadDeadline does, but so that the first call does not notice.
		b.rd.mu.Lock()
		b.rd.cap = transport.Immediate
		b.rd.mu.Unlock()
		b.rd.turn.kick()
		if err := <-queued; transport.Errno(err) != c.errno {
			t.Errorf("%v, want %v", err, c.errno)
		}
		b.Close()
		if err := <-first; transport.Errno(err) != syscall.EBADF {
			t.Error(err)
		}
	}
}

// A descriptor handed out while the listener is closed keeps the file.
func TestDupWhileClosing(t *testing.T) {
	tr, name := New(Config{}), place(t)
	for i := range 500 {
		l, err := tr.Listen(name, 1, transport.ListenConfig{Unlink: true})
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan transport.FD)
		go func() { fd, _ := l.Dup(); got <- fd }()
		for range i % 50 {
			runtime.Gosched()
		}
		l.Close()
		fd := <-got
		_, err = os.Lstat(name)
		switch {
		case fd != nil && err != nil:
			t.Fatal("handed out, and the file is gone: ", err)
		case fd == nil && err == nil:
			t.Fatal("not handed out, and the file is left")
		}
		if fd != nil {
			fd.Close()
		}
		os.Remove(name)
	}
}

// A deadline on the wall clock, which is then set back.
func TestWallClockSetBack(t *testing.T) {
	_, b := streams(t)
	recvOne(b, time.Now().Add(time.Millisecond)) // parks, and so is known to the poller
	deadline := time.Now().Add(50 * time.Millisecond).Round(0)
	b.rd.mu.Lock()
	b.rd.armed = deadline // as the clock has it now
	b.rd.mu.Unlock()
	b.file.SetReadDeadline(past) // as it had it before
	before := b.rd.tries
	if err := recvOne(b, deadline); transport.Errno(err) != syscall.ETIMEDOUT {
		t.Error(err)
	}
	if n := b.rd.tries - before; n > 10 {
		t.Errorf("%d tries: busy", n)
	}
}
