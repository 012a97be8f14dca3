package simnet_test

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

var updateDigests = flag.Bool("update-digests", false, "write testdata/determinism/digests.txt anew")

// programs are what determinism is tried with: together they make every kind of
// call and of choice.
var programs = []struct {
	name  string
	cfg   simnet.Config
	build func(w *simnet.World)
}{
	{"echo", simnet.Config{}, echoProgram},
	{"protocol", simnet.Config{}, protocolProgram},
	{"pipeline", simnet.Config{}, pipelineProgram},
	{"time", simnet.Config{}, timingProgram},
	{"handover", simnet.Config{}, handoverProgram},
	{"faults", simnet.Config{SendBuffer: 4608, Faults: simnet.AllFaults(1000)}, protocolProgram},
}

// aSecond is a deadline one second off on a transport's clock.
func aSecond(tr transport.Clock) time.Time { return tr.Now().Add(time.Second) }

// echoProgram is a server with three clients, one of which does not wait for its answer.
func echoProgram(w *simnet.World) {
	server := w.Process("server")
	l, err := server.Listen("/run/echo", 1, transport.ListenConfig{})
	if err != nil {
		panic(err)
	}
	server.Background("accept", func() {
		for {
			c, err := l.Accept(time.Time{})
			if err != nil {
				return
			}
			server.Background("conn", func() {
				defer c.Close()
				for p := make([]byte, 5); ; {
					n, _, err := c.Recv([][]byte{p}, nil, time.Time{})
					if err != nil {
						return
					}
					if _, err := c.Send([][]byte{p[:n]}, nil, time.Time{}); err != nil {
						return
					}
				}
			})
		}
	})
	for i := range 3 {
		client := w.Process("client")
		client.Go("main", func() {
			c, err := client.Dial("/run/echo", time.Time{})
			if err != nil {
				panic(err)
			}
			defer c.Close()
			for range 2 {
				c.Send([][]byte{[]byte("hello "), []byte("echo")}, nil, time.Time{})
				if i == 2 {
					return
				}
				for n := 0; n < 10; {
					m, _, err := c.Recv([][]byte{make([]byte, 16)}, nil, time.Time{})
					if err != nil {
						panic(err)
					}
					n += m
				}
			}
		})
	}
}

// protocolProgram is package ipc's, to its terminal handshake. It puts up with whatever
// fails.
func protocolProgram(w *simnet.World) {
	server := w.Process("server")
	server.Background("accept", func() {
		l, err := ipc.Listen(server, "/run/ipc", 2, transport.ListenConfig{Unlink: true})
		if err != nil {
			return
		}
		for {
			c, err := l.Accept(time.Time{})
			if errors.Is(err, syscall.EBADF) || errors.Is(err, syscall.ESRCH) {
				return
			} else if err != nil {
				if server.Sleep(aSecond(server)) != nil {
					return
				}
				continue
			}
			server.Background("conn", func() {
				p := make([]byte, 3)
				for c.Recv(p, aSecond(server)) == nil {
					c.Send(p, aSecond(server))
				}
				c.Close(aSecond(server))
			})
		}
	})
	for range 2 {
		client := w.Process("client")
		client.Go("main", func() {
			var c *ipc.Conn
			for range 5 {
				var err error
				if c, err = ipc.Connect(client, "/run/ipc", aSecond(client)); err == nil {
					break
				}
				client.Sleep(aSecond(client))
			}
			if c == nil {
				return
			}
			client.Go("send", func() {
				for range 3 {
					c.Send([]byte("abc"), aSecond(client))
				}
			})
			p := make([]byte, 3)
			for range 3 {
				c.Recv(p, aSecond(client))
			}
			c.Done()
			c.Close(aSecond(client))
		})
	}
}

// pipeline passes numbers on through queues, in tasks of a group, which share a
// count under a mutex.
func pipelineProgram(w *simnet.World) {
	p := w.Process("pipeline")
	p.Go("main", func() {
		g := transport.NewGroup(p)
		in, out := transport.NewQueue[int](g.Transport()), transport.NewQueue[int](p)
		mu := transport.NewMutex(p)
		done := 0
		for i := range 2 {
			g.Go("make", func(tr transport.Transport) {
				for j := range 5 {
					in.Push(10*i + j)
					tr.Yield()
				}
			})
		}
		for range 3 {
			g.Background("work", func(tr transport.Transport) {
				for {
					n, err := in.Pop(time.Time{})
					if err != nil {
						return
					}
					mu.Lock()
					tr.Yield()
					done++
					mu.Unlock()
					out.Push(n * n)
				}
			})
		}
		sum := 0
		for range 10 {
			n, err := out.Pop(time.Time{})
			if err != nil {
				panic(err)
			}
			sum += n
		}
		if err := g.Stop(aSecond(p)); err != nil {
			panic(err)
		}
		if want := 0 + 1 + 4 + 9 + 16 + 100 + 121 + 144 + 169 + 196; sum != want || done != 10 {
			panic(fmt.Sprint(sum, done))
		}
	})
}

// timingProgram is timers, some of one time and some of no time, deadlines that pass,
// and views that are cancelled.
func timingProgram(w *simnet.World) {
	p := w.Process("time")
	p.Go("main", func() {
		start := p.Now()
		rung := transport.NewQueue[int](p)
		for i := range 4 {
			p.AfterFunc("ring", start.Add(time.Duration(i/2)*time.Second), func() { rung.Push(i) })
		}
		t, err := p.AfterFunc("stopped", start.Add(time.Second), func() { rung.Push(4) })
		if err != nil {
			panic(err)
		}
		a, b, err := p.Pair()
		if err != nil {
			panic(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		view, undo := p.WithCancel(ctx)
		defer undo()
		v, err := view.Attach(b)
		if err != nil {
			panic(err)
		}
		p.Go("cancelled", func() {
			v.Recv([][]byte{make([]byte, 1)}, nil, time.Time{})
			rung.Push(10)
		})
		p.Go("late", func() {
			a.Recv([][]byte{make([]byte, 1)}, nil, start.Add(time.Second))
			rung.Push(20)
		})
		p.Sleep(start.Add(time.Second))
		stopped := t.Stop()
		cancel()
		p.Yield()
		n := 7
		if stopped {
			n = 6
		}
		for range n {
			if _, err := rung.Pop(aSecond(p)); err != nil {
				panic(err)
			}
		}
		if _, err := rung.Pop(aSecond(p)); !errors.Is(err, syscall.ETIMEDOUT) {
			panic(fmt.Sprint("there is more: ", err))
		}
	})
}

// handoverProgram is a keeper that hands its listener to two workers, one of which is
// killed now and then and started again, and clients that find somebody all the
// same.
func handoverProgram(w *simnet.World) {
	keeper := w.Process("keeper")
	l, err := keeper.Listen("/run/keeper", 4, transport.ListenConfig{})
	if err != nil {
		panic(err)
	}
	service, err := keeper.Listen("/run/service", 4, transport.ListenConfig{})
	if err != nil {
		panic(err)
	}
	keeper.Background("main", func() {
		for {
			c, err := l.Accept(time.Time{})
			if err != nil {
				return
			}
			if fd, err := service.Dup(); err == nil {
				c.Send([][]byte{{0}}, []transport.FD{fd}, time.Time{})
				fd.Close()
			}
			c.Close()
		}
	})
	work := func(p *simnet.Process) {
		c, err := p.Dial("/run/keeper", time.Time{})
		if err != nil {
			panic(err)
		}
		var fds [1]transport.FD
		if _, n, err := c.Recv([][]byte{make([]byte, 1)}, fds[:], time.Time{}); n != 1 {
			panic(err)
		}
		c.Close()
		l, err := p.AdoptListener(fds[0], transport.ListenConfig{})
		if err != nil {
			panic(err)
		}
		p.Background("serve", func() {
			for {
				c, err := l.Accept(time.Time{})
				if err != nil {
					return
				}
				c.Send([][]byte{[]byte("served")}, nil, time.Time{})
				c.Close()
			}
		})
	}
	workers := [2]*simnet.Process{}
	for i := range workers {
		if workers[i], err = w.Start(simnet.ProcessConfig{Name: "worker", Main: work}); err != nil {
			panic(err)
		}
	}
	init := w.Process("init")
	init.Go("restart", func() {
		p := workers[1]
		for range 2 {
			init.Sleep(init.Now().Add(time.Millisecond))
			p.Kill()
			init.Yield()
			if p, err = p.Restart(); err != nil {
				panic(err)
			}
		}
	})
	for range 3 {
		client := w.Process("client")
		client.Go("main", func() {
			for range 4 {
				c, err := client.Dial("/run/service", time.Time{})
				if err != nil {
					panic(err)
				}
				_, _, err = c.Recv([][]byte{make([]byte, 6)}, nil, aSecond(client))
				c.Close()
				if err == nil {
					return
				}
				client.Sleep(client.Now().Add(time.Millisecond))
			}
		})
	}
}

// How many seeds there are of each program, and how many there are in a short
// test.
const (
	manySeeds = 2000
	someSeeds = 200
)

// fewSeeds is set under the race detector, which makes a run take twenty times as
// long.
var fewSeeds = false

// A digest is of all runs of a program with the seeds from 0 on.
type digest struct {
	name      string
	some, all uint64 // of someSeeds, of manySeeds
	failed    error  // the first run that did, which none should
}

func (d digest) String() string { return fmt.Sprintf("%s %016x %016x\n", d.name, d.some, d.all) }

// digests runs all programs with so many seeds, several at once.
func digests(seeds uint64) []digest {
	all := make([]digest, len(programs))
	var wg sync.WaitGroup
	for i, p := range programs {
		wg.Go(func() {
			h := fnv.New64a()
			all[i].name = p.name
			simnet.Loop(func(r *simnet.Runner) {
				for seed := range seeds {
					cfg := p.cfg
					cfg.Chooser = simnet.Random(seed)
					res := r.Run(cfg, p.build)
					add(h, res)
					if res.Err != nil && cfg.Faults == (simnet.Faults{}) && all[i].failed == nil {
						all[i].failed = fmt.Errorf("%s, seed %d: %w", p.name, seed, res.Err)
					}
					if seed == someSeeds-1 {
						all[i].some = h.Sum64()
					}
				}
			})
			if seeds == manySeeds {
				all[i].all = h.Sum64()
			}
		})
	}
	wg.Wait()
	return all
}

func add(h hash.Hash64, res *simnet.Result) {
	verdict := "passed"
	if res.Err != nil {
		verdict = fmt.Sprintf("%T", res.Err)
	}
	io.WriteString(h, verdict)
	for _, n := range []uint64{res.Hash, uint64(res.Steps), uint64(res.Elapsed)} {
		h.Write(binary.LittleEndian.AppendUint64(nil, n))
	}
}

// inChild tells a test that it is to print the digests, and be compared.
const inChild = "BRINE_PRINT_DIGESTS"

// TestDeterminism compares the digests of this process with those of others, on
// one processor and on two, and with those in testdata, which were made on
// another machine, another system, or without the race detector.
//
// That file is for comparing machines, not versions: whoever changes what
// happens in a run, or these programs, writes it anew with -update-digests, and
// nobody has to explain the difference.
func TestDeterminism(t *testing.T) {
	seeds := uint64(manySeeds)
	if testing.Short() || fewSeeds {
		seeds = someSeeds
	}
	if os.Getenv(inChild) != "" {
		for _, d := range digests(seeds) {
			fmt.Print("digest ", d)
			if d.failed != nil {
				t.Error(d.failed)
			}
		}
		return
	}
	leaks(t)
	here := digests(seeds)
	for _, d := range here {
		if d.failed != nil {
			t.Error(d.failed)
		}
	}
	for _, procs := range []string{"1", "2"} {
		there := childDigests(t, procs)
		for i, d := range here {
			if there[i] != d.String() {
				t.Errorf("another process with GOMAXPROCS=%s has\n%sand this one (GOMAXPROCS=%d)\n%s", procs, there[i], runtime.GOMAXPROCS(0), d)
			}
		}
	}
	file := filepath.Join("testdata", "determinism", "digests.txt")
	if *updateDigests {
		if seeds != manySeeds {
			t.Fatal("-update-digests is neither for -short nor for -race")
		}
		writeDigests(t, file, here)
		return
	}
	for i, want := range readDigests(t, file) {
		d := here[i]
		d.failed = nil
		if seeds == someSeeds {
			d.all = want.all
		}
		if d != want {
			t.Errorf("testdata has\n%sand here it is\n%s"+
				"If what happens in a run was changed, or a program of this test, run it with -update-digests; "+
				"otherwise runs on this machine (%s/%s) are not those of others.", want, d, runtime.GOOS, runtime.GOARCH)
		}
	}
}

// childDigests returns what this test prints in another process.
func childDigests(t *testing.T, procs string) []string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestDeterminism$", fmt.Sprintf("-test.short=%t", testing.Short()))
	cmd.Env = append(os.Environ(), inChild+"=1", "GOMAXPROCS="+procs)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var all []string
	for line := range strings.Lines(string(out)) {
		if d, ok := strings.CutPrefix(line, "digest "); ok {
			all = append(all, d)
		}
	}
	if len(all) != len(programs) {
		t.Fatalf("another process says:\n%s", out)
	}
	return all
}

func writeDigests(t *testing.T, file string, all []digest) {
	var b strings.Builder
	b.WriteString("# For comparing machines, not versions: see TestDeterminism.\n")
	fmt.Fprintf(&b, "# program, digest of %d seeds, of %d\n", someSeeds, manySeeds)
	for _, d := range all {
		b.WriteString(d.String())
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

func readDigests(t *testing.T, file string) []digest {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []digest
	for line := range strings.Lines(string(text)) {
		var d digest
		if strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := fmt.Sscanf(line, "%s %x %x", &d.name, &d.some, &d.all); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, d)
	}
	if len(all) != len(programs) {
		t.Fatalf("testdata has %d programs, not %d: run with -update-digests", len(all), len(programs))
	}
	return all
}
