package proptest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/brine/proptest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

func echo(s *proptest.Sim) {
	msg := proptest.Draw(s, rapid.SliceOfN(rapid.Byte(), 1, 100), "msg")
	path := s.Path("app.sock")
	s.Daemon("server", func(tr transport.Transport) {
		l, err := tr.Listen(path, 8, transport.ListenConfig{})
		if err != nil {
			s.Fatal(err)
		}
		for {
			c, err := l.Accept(time.Time{})
			if err != nil {
				return
			}
			tr.Go("conn", func() {
				defer c.Close()
				buf := make([]byte, 64)
				for {
					n, _, err := c.Recv([][]byte{buf}, nil, time.Time{})
					if err != nil {
						return
					}
					for b := buf[:n]; len(b) > 0; {
						n, err := c.Send([][]byte{b}, nil, time.Time{})
						if err != nil {
							return
						}
						b = b[n:]
					}
				}
			})
		}
	})
	got := []byte{}
	s.Process("client", func(tr transport.Transport) {
		var c transport.Conn
		var err error
		for {
			if c, err = tr.Dial(path, time.Time{}); err == nil {
				break
			}
			tr.Sleep(tr.Now().Add(time.Millisecond))
		}
		defer c.Close()
		c.Send([][]byte{msg}, nil, time.Time{})
		c.CloseWrite()
		buf := make([]byte, 64)
		for {
			n, _, err := c.Recv([][]byte{buf}, nil, time.Time{})
			got = append(got, buf[:n]...)
			if err != nil {
				return
			}
		}
	})
	s.Run()
	s.Sometimes("echoed", len(got) > 0)
	if string(got) != string(msg) {
		s.Errorf("got %q, sent %q", got, msg)
	}
}

func TestEcho(t *testing.T) {
	proptest.Check(t, echo)
}

// half is a program that takes what one Recv brings for all there is.
func half(s *proptest.Sim) {
	msg := proptest.Draw(s, rapid.SliceOfN(rapid.Byte(), 1, 100), "msg")
	var got []byte
	p := s.Process("p", nil)
	p.Go("main", func(tr transport.Transport) {
		a, b, err := tr.Pair()
		if err != nil {
			s.Fatal(err)
		}
		a.Send([][]byte{msg}, nil, time.Time{})
		buf := make([]byte, 200)
		n, _, _ := b.Recv([][]byte{buf}, nil, time.Time{})
		got = buf[:n]
	})
	s.Run()
	if string(got) != string(msg) {
		s.Errorf("got %d bytes of %d", len(got), len(msg))
	}
}

func TestShort(t *testing.T) {
	cfg := proptest.Config{Faults: simnet.Faults{simnet.FaultShort: {Rate: 6000}}, Seed: 1}
	k := judge(t, func(t testing.TB) { cfg.Check(t, half) })
	k.fails(t,
		"got 1 bytes of 2", // the data are as small as they can be
		`data msg "AAA="`,
		"short 1",
		"-brine.replay=testdata/brine/TestShort/",
		"go test example.com/brine/proptest -run '^TestShort$'",
		"proptest.Replay(t, ",
	)
	t.Log(k.log.String())

	// The script that it has left is what fails first, the next time.
	k = judgeIn(t, k.dir, func(t testing.TB) { cfg.Check(t, half) })
	k.fails(t, ".script fails", "go test example.com/brine/proptest -run '^TestShort$' -brine.replay=testdata/brine/TestShort/", "proptest.Replay(t, ")
}

// TestArtifacts: what a person may want to look at is kept if go test was told so.
func TestArtifacts(t *testing.T) {
	kept := flag.Lookup("test.artifacts")
	before := kept.Value.String()
	defer kept.Value.Set(before)
	for _, keep := range []string{"true", "false"} {
		kept.Value.Set(keep)
		cfg := proptest.Config{Faults: simnet.Faults{simnet.FaultShort: {Rate: 6000}}, Seed: 1}
		k := judge(t, func(t testing.TB) { cfg.Check(t, half) })
		k.fails(t, "got 1 bytes of 2")
		for _, file := range [][2]string{
			{"report.txt", "1 deviation makes it fail"}, {"run.script", "short 1"},
			{"trace.jsonl", `"op":"recv"`}, {"trace.html", "short 1"},
		} {
			text, err := os.ReadFile(filepath.Join(k.dir, file[0]))
			if keep == "false" {
				if err == nil {
					t.Errorf("%s is kept", file[0])
				}
			} else if err != nil || !strings.Contains(string(text), file[1]) {
				t.Errorf("%s: %v, %.200s", file[0], err, text)
			}
		}
		if keep == "true" {
			k.says(t, "artifacts: "+k.dir)
		}
	}
}
