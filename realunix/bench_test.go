//go:build unix

package realunix_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/brine/ipc"
	"example.com/brine/realunix"
	"example.com/brine/transport"
)

// Every benchmark here runs brine and package net in turn, block by block, and
// reports both and the median of the ratios of neighbouring blocks, so that a
// machine that changes its pace in between does not decide:
//
//	go test ./realunix -run '^$' -bench . -count 5
//
// The time that the testing package itself reports is left out: it would be
// the sum of the two.

const blocks = 20

// paired runs two ways of doing the same, each n operations at a time, and
// reports what one operation costs.
func paired(b *testing.B, brine, net func(n int)) {
	n := max(b.N/blocks, 1)
	var ours, theirs []float64
	time1 := func(f func(int)) float64 {
		start := time.Now()
		f(n)
		return float64(time.Since(start)) / float64(n)
	}
	brine(n) // warm up
	net(n)
	for range blocks {
		ours = append(ours, time1(brine))
		theirs = append(theirs, time1(net))
	}
	report(b, "ns", ours, theirs)
}

func report(b *testing.B, unit string, ours, theirs []float64) {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / theirs[i]
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours), "brine-"+unit)
	b.ReportMetric(median(theirs), "net-"+unit)
	b.ReportMetric(median(ratios), "brine/net")
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// dir makes a directory whose path leaves room for a socket's name.
func dir(b *testing.B) string {
	d, err := os.MkdirTemp("", "brine")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(d) })
	return d
}

func check(b *testing.B, err error) {
	if err != nil {
		b.Helper()
		b.Fatal(err)
	}
}

// echo sends back what it receives, until the connection ends.
func echo(c transport.Conn, size int) {
	defer c.Close()
	in := [][]byte{make([]byte, size)}
	out := [][]byte{nil}
	for {
		n, _, err := c.Recv(in, nil, never)
		if err != nil {
			return
		}
		out[0] = in[0][:n]
		if _, err := c.Send(out, nil, never); err != nil {
			return
		}
	}
}

func echoNet(c net.Conn, size int) {
	defer c.Close()
	buf := make([]byte, size)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

// A process started with this variable serves both peers' echo in the directory
// that it names, until its standard input ends.
const echoVar = "BRINE_BENCH_ECHO"

func init() {
	d := os.Getenv(echoVar)
	if d == "" {
		return
	}
	tr := realunix.New(realunix.Config{})
	l, err := tr.Listen(filepath.Join(d, "brine"), 10, transport.ListenConfig{})
	if err == nil {
		go func() {
			for {
				c, err := l.Accept(never)
				if err != nil {
					return
				}
				go echo(c, 64<<10)
			}
		}()
		var nl net.Listener
		if nl, err = net.Listen("unix", filepath.Join(d, "net")); err == nil {
			go func() {
				for {
					c, err := nl.Accept()
					if err != nil {
						return
					}
					go echoNet(c, 64<<10)
				}
			}()
		}
	}
	fmt.Println(err)
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// connections returns connections to an echo: in a second process, or in this.
// Two processes can each be given a processor of their own; otherwise the
// kernel may well put both on one, where they wake each other at leisure.
func connections(b *testing.B, processes int, apart bool) (transport.Conn, net.Conn) {
	tr := realunix.New(realunix.Config{})
	d := dir(b)
	if processes == 2 {
		exe, err := os.Executable()
		check(b, err)
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), echoVar+"="+d)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		check(b, err)
		out, err := cmd.StdoutPipe()
		check(b, err)
		check(b, cmd.Start())
		b.Cleanup(func() { in.Close(); cmd.Wait() })
		var ready string
		if fmt.Fscan(out, &ready); ready != "<nil>" {
			b.Fatal("the other process: ", ready)
		}
		if apart {
			pin(b, cmd.Process.Pid, 1)
			pin(b, os.Getpid(), 0)
		}
	} else {
		l, err := tr.Listen(filepath.Join(d, "brine"), 1, transport.ListenConfig{})
		check(b, err)
		nl, err := net.Listen("unix", filepath.Join(d, "net"))
		check(b, err)
		go func() {
			if c, err := l.Accept(never); err == nil {
				l.Close()
				echo(c, 64<<10)
			}
		}()
		go func() {
			if c, err := nl.Accept(); err == nil {
				nl.Close()
				echoNet(c, 64<<10)
			}
		}()
	}
	c, err := tr.Dial(filepath.Join(d, "brine"), never)
	check(b, err)
	nc, err := net.Dial("unix", filepath.Join(d, "net"))
	check(b, err)
	b.Cleanup(func() { c.Close(); nc.Close() })
	return c, nc
}

// laps keeps how long each of many operations took.
type laps struct{ took []float64 }

func (l *laps) add(start time.Time) { l.took = append(l.took, float64(time.Since(start))) }

func (l *laps) at(percent int) float64 {
	slices.Sort(l.took)
	return l.took[(len(l.took)-1)*percent/100]
}

// BenchmarkRoundTrip: 64 bytes there and back.
func BenchmarkRoundTrip(b *testing.B) {
	for _, processes := range []int{2, 1} {
		for _, procs := range []int{2, 1} {
			name := fmt.Sprintf("processes=%d/procs=%d", processes, procs)
			if processes == 2 {
				b.Run(name+"/apart", func(b *testing.B) { roundTrip(b, processes, procs, true) })
			}
			b.Run(name, func(b *testing.B) { roundTrip(b, processes, procs, false) })
		}
	}
}

func roundTrip(b *testing.B, processes, procs int, apart bool) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
	c, nc := connections(b, processes, apart)
	l := [][]byte{make([]byte, 64)}
	var ours, theirs laps
	paired(b, func(n int) {
		for range n {
			start := time.Now()
			_, err := c.Send(l, nil, never)
			check(b, err)
			_, _, err = c.Recv(l, nil, never)
			check(b, err)
			ours.add(start)
		}
	}, func(n int) {
		for range n {
			start := time.Now()
			_, err := nc.Write(l[0])
			check(b, err)
			_, err = nc.Read(l[0])
			check(b, err)
			theirs.add(start)
		}
	})
	b.ReportMetric(ours.at(50), "brine-p50-ns")
	b.ReportMetric(ours.at(99), "brine-p99-ns")
	b.ReportMetric(theirs.at(50), "net-p50-ns")
	b.ReportMetric(theirs.at(99), "net-p99-ns")
	b.ReportMetric(ours.at(50)/theirs.at(50), "p50-brine/net")
}

// netPair is a connected pair of package net's.
func netPair(b *testing.B) (net.Conn, net.Conn) {
	name := filepath.Join(dir(b), "s")
	l, err := net.Listen("unix", name)
	check(b, err)
	defer l.Close()
	a, err := net.Dial("unix", name)
	check(b, err)
	c, err := l.Accept()
	check(b, err)
	b.Cleanup(func() { a.Close(); c.Close() })
	return a, c
}

// background does f n times in a goroutine. The result waits for the end.
func background(n int, f func() error) (wait func(*testing.B)) {
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < n && err == nil; i++ {
			err = f()
		}
		done <- err
	}()
	return func(b *testing.B) { check(b, <-done) }
}

// BenchmarkStream: 64 KiB at a time one way, as fast as it goes.
func BenchmarkStream(b *testing.B) {
	const size = 64 << 10
	tr := realunix.New(realunix.Config{})
	x, y := pair(b, tr)
	nx, ny := netPair(b)
	out, in := [][]byte{make([]byte, size)}, [][]byte{make([]byte, size)}
	b.SetBytes(size)
	paired(b, func(n int) {
		defer background(n, func() error { _, err := x.Send(out, nil, never); return err })(b)
		for left := n * size; left > 0; {
			k, _, err := y.Recv(in, nil, never)
			check(b, err)
			left -= k
		}
	}, func(n int) {
		defer background(n, func() error { _, err := nx.Write(out[0]); return err })(b)
		for left := n * size; left > 0; {
			k, err := ny.Read(in[0])
			check(b, err)
			left -= k
		}
	})
}

// BenchmarkReceive: messages of 64 bytes, each received by a call of its own,
// from a sender who sends a thousand at a time and so is not what limits:
// ipc.Recv, which reads ahead, and net.UnixConn.Read without bufio.
func BenchmarkReceive(b *testing.B) { messages(b, 1024) }

// BenchmarkMessages: the same with a sender who sends each by a call of its own,
// which then is what limits.
func BenchmarkMessages(b *testing.B) { messages(b, 1) }

func messages(b *testing.B, atOnce int) {
	const size = 64
	tr := realunix.New(realunix.Config{})
	x, y, err := ipc.Pair(tr)
	check(b, err)
	defer x.Abort()
	defer y.Abort()
	nx, ny := netPair(b)
	out, in := make([]byte, size*atOnce), make([]byte, size)
	chunks := func(n int) int { return (n + atOnce - 1) / atOnce }
	paired(b, func(n int) {
		defer background(chunks(n), func() error { return x.Send(out, never) })(b)
		for range chunks(n) * atOnce {
			check(b, y.Recv(in, never))
		}
	}, func(n int) {
		defer background(chunks(n), func() error { _, err := nx.Write(out); return err })(b)
		for range chunks(n) * atOnce {
			_, err := io.ReadFull(ny, in)
			check(b, err)
		}
	})
}

// cpu is the processor time of this process so far.
func cpu(b *testing.B) time.Duration {
	var r unix.Rusage
	check(b, unix.Getrusage(unix.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkSparse: a request and its answer every millisecond; what is reported
// is processor time per message, both ends together.
func BenchmarkSparse(b *testing.B) {
	c, nc := connections(b, 1, false)
	l := [][]byte{make([]byte, 64)}
	n := max(b.N/blocks, 1)
	var ours, theirs []float64
	spent := func(f func()) float64 {
		start, next := cpu(b), time.Now()
		for range n {
			next = next.Add(time.Millisecond)
			time.Sleep(time.Until(next))
			f()
		}
		return float64(cpu(b)-start) / float64(2*n)
	}
	for range blocks {
		ours = append(ours, spent(func() {
			_, err := c.Send(l, nil, never)
			check(b, err)
			_, _, err = c.Recv(l, nil, never)
			check(b, err)
		}))
		theirs = append(theirs, spent(func() {
			_, err := nc.Write(l[0])
			check(b, err)
			_, err = nc.Read(l[0])
			check(b, err)
		}))
	}
	report(b, "cpu-ns", ours, theirs)
}

// BenchmarkIdle: a thousand connections on which nothing happens, each with a
// reader; one operation is a tenth of a second of that.
func BenchmarkIdle(b *testing.B) {
	const conns = 1000
	tr := realunix.New(realunix.Config{})
	var readers sync.WaitGroup
	spent := func(open func() io.Closer) float64 {
		all := make([]io.Closer, conns)
		for i := range all {
			all[i] = open()
		}
		runtime.GC() // of what making them left, finalizers included
		runtime.GC()
		start := cpu(b)
		for range b.N {
			time.Sleep(100 * time.Millisecond)
		}
		spent := float64(cpu(b)-start) / float64(b.N) / 1e3
		for _, c := range all {
			c.Close()
		}
		readers.Wait()
		return spent
	}
	name := filepath.Join(dir(b), "s")
	l, err := net.Listen("unix", name)
	check(b, err)
	defer l.Close()
	var ours, theirs []float64
	for range 5 {
		ours = append(ours, spent(func() io.Closer {
			x, y, err := tr.Pair()
			check(b, err)
			readers.Go(func() { tryRecv(y, never); y.Close() })
			return x
		}))
		theirs = append(theirs, spent(func() io.Closer {
			x, err := net.Dial("unix", name)
			check(b, err)
			y, err := l.Accept()
			check(b, err)
			readers.Go(func() { y.Read(make([]byte, 16)); y.Close() })
			return x
		}))
	}
	report(b, "cpu-µs", ours, theirs)
}
