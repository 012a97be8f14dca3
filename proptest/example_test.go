package proptest_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// t stands for the test of these examples. It prints what it is told.
var t = &printed{}

type printed struct{ testing.TB }

func (*printed) Name() string                 { return "TestShout" }
func (*printed) Helper()                      {}
func (*printed) Log(args ...any)              { fmt.Println(args...) }
func (*printed) Logf(f string, args ...any)   { fmt.Printf(f+"\n", args...) }
func (*printed) Errorf(f string, args ...any) { fmt.Printf(f+"\n", args...) }

// shout accepts a connection and answers a line in capitals.
func shout(l transport.Listener) error {
	c, err := l.Accept(time.Time{})
	if err != nil {
		return err
	}
	defer c.Close()
	var line []byte
	for buf := make([]byte, 64); !bytes.HasSuffix(line, []byte("\n")); {
		n, _, err := c.Recv([][]byte{buf}, nil, time.Time{})
		if err != nil {
			return err
		}
		line = append(line, buf[:n]...)
	}
	_, err = c.Send([][]byte{bytes.ToUpper(line)}, nil, time.Time{})
	return err
}

// shouting is the body of these examples: a client asks a server, and is answered.
func shouting(s *proptest.Sim) {
	words := proptest.Draw(s, rapid.SliceOfN(rapid.StringMatching(`[a-z]+`), 1, 3), "words")
	path, got := s.Path("app.sock"), ""
	var l transport.Listener
	server := s.Daemon("server", func(transport.Transport) { shout(l) })
	server.Setup(func(tr transport.Transport) {
		l, _ = tr.Listen(path, 8, transport.ListenConfig{})
	})
	s.Process("client", func(tr transport.Transport) {
		conn, err := tr.Dial(path, time.Time{})
		if err != nil {
			s.Fatal(err)
		}
		c := transport.NetConn(tr, conn)
		for i, w := range words {
			if i > 0 {
				w = " " + w
			}
			io.WriteString(c, w)
		}
		io.WriteString(c, "\n")
		answer, err := io.ReadAll(c)
		if err != nil {
			s.Error(err)
		}
		got = string(answer)
	})
	s.Run()
	s.Sometimes("several words", len(words) > 1)
	if want := strings.ToUpper(strings.Join(words, " ")) + "\n"; got != want {
		s.Errorf("the answer is %q, want %q", got, want)
	}
}

// In a test, t is its own.
func ExampleCheck() {
	proptest.Config{Seed: 1, Strategy: "walk", Cores: 1}.Check(t, shouting)
	// Output:
	// 1000 runs (strategy walk, seed 1), 552 distinct traces, 10349 operations, 1 verified; labels: "several words" in 465 of 1000
}

// Faults are switched on by kind, and every kind has to strike.
func ExampleConfig_Check() {
	proptest.Config{
		Seed:     1,
		Strategy: "walk",
		Faults:   simnet.Faults{simnet.FaultShort: {Rate: 6000}, simnet.FaultBuffer: {Rate: 600}},
	}.Check(t, shouting)
	// Output:
	// 1000 runs (strategy walk, seed 1), 711 distinct traces, 10686 operations, 1 verified; faults: short 446, buffer 20; labels: "several words" in 465 of 1000
}

// Every run with at most two deviations from the calm one.
func ExampleExhaust() {
	proptest.Config{Seed: 1}.Exhaust(t, 2, shouting)
	// Output:
	// complete: 38 runs with at most 2 deviations, nothing pruned, as processes are not Isolated
	// every run had these data:
	// brine script 1
	// data words ["jarxz","bp"]
}

// What a failure reports, pasted into a test.
func ExampleReplay() {
	proptest.Replay(t, "brine script 1\ndata words [\"a\",\"b\"]\nclient/main 3 run server/main\n", shouting)
	// Output:
	// the script: passed, 1 of 1 lines applied
}

// A report is what a test prints; without a test it is a value.
func ExampleConfig_Explore() {
	rep, err := proptest.Config{Seed: 1, Strategy: "walk"}.Explore("hasty", hasty)
	if err != nil || rep.Failure == nil {
		fmt.Println(err)
		return
	}
	f := rep.Failure
	fmt.Println("run", f.Index, "fails; deviations that it takes:", f.After)
	fmt.Print(f.Script)
	// Output:
	// run 0 fails; deviations that it takes: 1
	// brine script 1
	// p/writer 2   run p/main   # before its 2nd operation (send), p/main goes first
}

// hasty takes what one Recv brings for the whole message.
func hasty(s *proptest.Sim) {
	s.Process("p", func(tr transport.Transport) {
		a, b, _ := tr.Pair()
		tr.Go("writer", func() {
			a.Send([][]byte{[]byte("hel")}, nil, time.Time{})
			a.Send([][]byte{[]byte("lo")}, nil, time.Time{})
		})
		buf := make([]byte, 10)
		n, _, _ := b.Recv([][]byte{buf}, nil, time.Time{})
		s.Always("whole messages", string(buf[:n]) == "hello")
	})
	s.Run()
}

// What must be so in the end, whatever happened on the way.
func ExampleSim_Finally() {
	proptest.Config{
		Seed:     1,
		Strategy: "walk",
		Faults:   simnet.Faults{simnet.FaultReset: {Rate: 3000}},
	}.Check(t, func(s *proptest.Sim) {
		path := s.Path("app.sock")
		var l transport.Listener
		server := s.Daemon("server", func(transport.Transport) {
			for {
				shout(l) // whatever becomes of one connection
			}
		})
		server.Setup(func(tr transport.Transport) {
			l, _ = tr.Listen(path, 8, transport.ListenConfig{})
		})
		ask := func(tr transport.Transport) string {
			conn, err := tr.Dial(path, time.Time{})
			if err != nil {
				return ""
			}
			c := transport.NetConn(tr, conn)
			defer c.Close()
			io.WriteString(c, "still there?\n")
			answer, _ := io.ReadAll(c)
			return string(answer)
		}
		s.Process("client", func(tr transport.Transport) { ask(tr) })
		s.Finally("last client", func(tr transport.Transport) {
			s.Always("served again", ask(tr) == "STILL THERE?\n")
		})
		s.Run()
	})
	// Output:
	// 1000 runs (strategy walk, seed 1), 103 distinct traces, 18777 operations, 1 verified; faults: reset 163; labels: always "served again" in 1000 runs
}
