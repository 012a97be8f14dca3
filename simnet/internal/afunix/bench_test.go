package afunix

import (
	"runtime"
	"strconv"
	"syscall"
	"testing"
)

// benchPair is a process with a connection.
func benchPair() (k *Kernel, p ProcID, a, b Desc) {
	k = New(Config{})
	p, _ = k.Spawn(Process{})
	a, b, _ = k.Pair(p)
	return k, p, a, b
}

func BenchmarkSendRecv64(b *testing.B) {
	k, p, x, y := benchPair()
	bufs := [][]byte{make([]byte, 64)}
	b.ReportAllocs()
	for b.Loop() { // two operations
		k.Send(p, x, bufs, nil)
		k.Recv(p, y, bufs, nil, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(2*b.N), "ns/operation")
}

func BenchmarkSendRecv64KiB(b *testing.B) {
	k, p, x, y := benchPair()
	bufs := [][]byte{make([]byte, 64<<10)}
	b.SetBytes(64 << 10)
	b.ReportAllocs()
	for b.Loop() {
		k.Send(p, x, bufs, nil)
		k.Recv(p, y, bufs, nil, 0)
	}
}

func BenchmarkRecvNothing(b *testing.B) {
	k, p, x, _ := benchPair()
	bufs := [][]byte{make([]byte, 64)}
	b.ReportAllocs()
	for b.Loop() {
		k.Recv(p, x, bufs, nil, 0)
	}
}

func BenchmarkRecvSize(b *testing.B) {
	k, p, x, y := benchPair()
	k.Send(p, x, [][]byte{make([]byte, 64)}, nil)
	b.ReportAllocs()
	for b.Loop() {
		k.RecvSize(p, y, 100)
	}
}

func BenchmarkPoll(b *testing.B) {
	k, p, x, _ := benchPair()
	b.ReportAllocs()
	for b.Loop() {
		k.Poll(p, x)
	}
}

func BenchmarkPass(b *testing.B) {
	k, p, x, y := benchPair()
	bufs, fds := [][]byte{make([]byte, 1)}, []Desc{x}
	b.ReportAllocs()
	for b.Loop() { // three operations
		k.Send(p, x, bufs, fds)
		k.Recv(p, y, bufs, fds, 0)
		k.Close(p, fds[0])
		fds[0] = x
	}
}

func BenchmarkConnect(b *testing.B) {
	k := New(Config{})
	p, _ := k.Spawn(Process{})
	l, _ := k.Socket(p, Stream)
	k.Mkdir(p, "run", 0755)
	k.Bind(p, l, "/run/s")
	k.Listen(p, l, 1)
	b.ReportAllocs()
	for b.Loop() { // five operations
		c, _ := k.Socket(p, Stream)
		k.Connect(p, c, "/run/s")
		s, _, _ := k.Accept(p, l)
		k.Close(p, c)
		k.Close(p, s)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(5*b.N), "ns/operation")
}

func BenchmarkReset(b *testing.B) {
	k := New(Config{})
	bufs := [][]byte{make([]byte, 64)}
	b.ReportAllocs()
	for b.Loop() {
		p, _ := k.Spawn(Process{})
		for range 10 {
			x, _, _ := k.Pair(p)
			k.Send(p, x, bufs, nil)
		}
		k.Reset()
	}
}

// tiny is what a simulator does between two Resets.
func tiny(k *Kernel, bufs [][]byte) {
	p, _ := k.Spawn(Process{})
	k.Spawn(Process{})
	x, y, _ := k.Pair(p)
	for range 10 {
		k.Send(p, x, bufs, nil)
		k.Recv(p, y, bufs, nil, 0)
	}
}

// small is tiny, with names and a descriptor in flight.
func small(k *Kernel, bufs [][]byte) {
	tiny(k, bufs)
	p, _ := k.Spawn(Process{UID: 1000})
	k.Mkdir(1, "run", 0777)
	x, y, _ := k.Pair(p)
	k.Bind(p, x, "run/s")
	k.Bind(p, y, "\x00s")
	k.Open(p, "run/lock", true, false, 0600)
	k.Send(p, x, bufs, []Desc{y})
}

// huge makes more of everything than a run of a simulator needs.
func huge(k *Kernel) {
	connections(k, 10_000)
	bufs := [][]byte{make([]byte, 1)}
	for i := range 10_000 {
		p, _ := k.Spawn(Process{UID: i + 1})
		a, b, _ := k.Pair(p)
		s, _ := k.Socket(p, Stream)
		k.Bind(p, s, "\x00"+strconv.Itoa(i))
		k.Send(p, a, bufs, []Desc{s})
		if i%100 == 0 {
			k.Recv(p, b, bufs, []Desc{0}, 0)
		}
		k.Mknod(1, strconv.Itoa(i), Regular, 0)
	}
}

// What a Reset costs is in proportion to what was done since the last, whatever
// was before.
func BenchmarkResetTiny(b *testing.B) {
	for _, c := range []struct {
		name   string
		before func(*Kernel)
		run    func(*Kernel, [][]byte)
	}{{"AtFirst", func(*Kernel) {}, tiny}, {"AfterHuge", huge, tiny}, {"SmallAtFirst", func(*Kernel) {}, small}, {"SmallAfterHuge", huge, small}} {
		b.Run(c.name, func(b *testing.B) {
			bufs := [][]byte{make([]byte, 64)}
			var ks [8]*Kernel
			for i := range ks {
				ks[i] = New(Config{})
				c.before(ks[i])
				ks[i].Reset()
			}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				for _, k := range ks {
					c.run(k, bufs)
				}
				b.StartTimer()
				for _, k := range ks {
					k.Reset()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(len(ks)*b.N), "ns/Reset")
		})
	}
}

func BenchmarkTiny(b *testing.B) {
	k := New(Config{})
	bufs := [][]byte{make([]byte, 64)}
	b.ReportAllocs()
	for b.Loop() { // 23 operations and a Reset
		tiny(k, bufs)
		k.Reset()
	}
}

// connections makes n idle ones, through which something has gone.
func connections(k *Kernel, n int) {
	p, _ := k.Spawn(Process{NoFile: 1 << 20})
	bufs := [][]byte{make([]byte, 1000)}
	for range n {
		a, b, _ := k.Pair(p)
		k.Send(p, a, bufs, nil)
		k.Recv(p, b, bufs, nil, 0)
	}
}

func BenchmarkIdle(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(idle(100_000), "B/connection")
	}
}

// idle returns how many bytes one of n idle connections takes.
func idle(n int) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	k := New(Config{})
	connections(k, n)
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(k)
	return float64(after.HeapAlloc-before.HeapAlloc) / float64(n)
}

func TestIdleConnections(t *testing.T) {
	if b := idle(100_000); b > 1024 {
		t.Errorf("%.0f bytes each", b)
	} else {
		t.Logf("%.0f bytes each", b)
	}
}

// In a steady state nothing is allocated, whatever the operation.
func TestNoAllocations(t *testing.T) {
	k, p, x, y := benchPair()
	l, _ := k.Socket(p, Stream)
	k.Mkdir(p, "d", 0755)
	k.Symlink(p, "d", "l")
	k.Bind(p, l, "l/s")
	k.Listen(p, l, 0)
	bufs, big := [][]byte{make([]byte, 64)}, [][]byte{make([]byte, 1<<20)}
	fds := []Desc{x, l, x}
	room := make([]Desc, 2)
	id, _ := k.ID(p, x)
	holders := make([]ProcID, 0, 1)
	all := func() {
		k.PeerID(id)
		k.Describe(id)
		k.Holders(holders, id)
		k.Descs(p, func(Desc, Ref) {})
		k.Send(p, x, bufs, fds)
		k.Send(p, x, big, nil)
		k.Recv(p, y, big, room, Peek)
		k.Close(p, room[0])
		k.Close(p, room[1])
		k.Recv(p, y, bufs, room, 0)
		k.Close(p, room[0])
		k.Close(p, room[1])
		k.Recv(p, y, big, nil, 0)
		c, _ := k.Socket(p, Stream)
		d, _ := k.Socket(p, Stream)
		k.Connect(p, c, "l/s")
		if _, errno, _ := k.Connect(p, d, "/d/../d/s"); errno != syscall.EAGAIN {
			t.Fatal(errno)
		}
		k.Send(p, c, bufs, nil)
		s, _, _ := k.Accept(p, l)
		k.Poll(p, s)
		k.Rename(p, "d/s", "d/t")
		k.Rename(p, "d/t", "d/s")
		f, _ := k.Open(p, "lock", true, false, 0600)
		k.Lock(p, f)
		e, _ := k.Dup(p, f, 0)
		k.Bind(p, d, "d/x")
		k.Unlink(p, "d/x")
		for _, d := range []Desc{c, d, s, f, e} {
			k.Close(p, d)
		}
		q, _ := k.Spawn(Process{Dir: "l"})
		e, _, _ = k.Pair(q)
		k.Send(q, e, big, nil)
		k.Sever(q, e)
		k.Exit(q)
	}
	all()
	// The table of processes grows by a word with each.
	if n := testing.AllocsPerRun(1000, all); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}
