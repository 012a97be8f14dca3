package proptest_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
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

// TestPage: a failure is drawn without being asked for, beside its script, and
// again when the script is executed; git is told not to keep that.
func TestPage(t *testing.T) {
	cfg := proptest.Config{Faults: simnet.Faults{simnet.FaultShort: {Rate: 6000}}, Seed: 1}
	k := judge(t, func(t testing.TB) { cfg.Check(t, half) })
	pages := func() []string {
		names, _ := filepath.Glob(filepath.Join(k.dir, "testdata", "brine", "TestPage", "*.html"))
		return names
	}
	names := pages()
	if len(names) != 1 {
		t.Fatalf("there are the pages %q", names)
	}
	base := strings.TrimSuffix(filepath.Base(names[0]), ".html")
	k.fails(t, "to look at it: "+filepath.Join("testdata", "brine", "TestPage", base+".html"), base+".script")
	text, err := os.ReadFile(names[0])
	for _, want := range []string{"<!doctype html>", "<title>TestPage", "short 1", base + ".script", `"calm":{`, "check_test.go:"} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, and there is no %q in it", names[0], err, want)
		}
	}
	ignore := filepath.Join(k.dir, "testdata", "brine", ".gitignore")
	if text, err := os.ReadFile(ignore); err != nil || !strings.Contains(string(text), "\n*.html\n") {
		t.Errorf("%s: %v, %q", ignore, err, text)
	}

	// What is not there is drawn anew, and what somebody else has written stays.
	os.Remove(names[0])
	os.WriteFile(ignore, []byte("mine\n"), 0o666)
	k = judgeIn(t, k.dir, func(t testing.TB) { cfg.Check(t, half) })
	k.fails(t, ".script fails", "to look at it: ")
	if again := pages(); !slices.Equal(again, names) {
		t.Errorf("there are the pages %q, and were %q", again, names)
	}
	if text, err := os.ReadFile(ignore); err != nil || string(text) != "mine\n" {
		t.Errorf("%s: %v, %q", ignore, err, text)
	}

	// Where it cannot be written, the failure is told all the same.
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "testdata", "brine", "TestPage", base+".html"), 0o777); err != nil {
		t.Fatal(err)
	}
	k = judgeIn(t, dir, func(t testing.TB) { cfg.Check(t, half) })
	k.fails(t, "got 1 bytes of 2", "the page cannot be kept: ")
	if strings.Contains(k.log.String(), "to look at it") {
		t.Error("a page is told of that there is not")
	}
}

// TestOnlyItsFaults: what a failure is shrunk to has no fault that is not on, though
// one that is milder would do. The program need not endure that.
func TestOnlyItsFaults(t *testing.T) {
	ask := func(s *proptest.Sim) {
		path := s.Path("app.sock")
		var l transport.Listener
		server := s.Daemon("server", func(tr transport.Transport) {
			for {
				c, err := l.Accept(time.Time{})
				if err != nil {
					return
				}
				c.Send([][]byte{[]byte("yes")}, nil, time.Time{})
				c.Close()
			}
		})
		server.Setup(func(tr transport.Transport) { l, _ = tr.Listen(path, 8, transport.ListenConfig{}) })
		s.Process("client", func(tr transport.Transport) {
			soon := tr.Now().Add(100 * time.Millisecond)
			c, err := tr.Dial(path, soon)
			if err == nil {
				_, _, err = c.Recv([][]byte{make([]byte, 3)}, nil, soon)
			}
			if err != nil {
				s.Fatal("no answer")
			}
		})
		s.Run()
	}
	kill, pause := simnet.Faults{simnet.FaultKill: {Rate: 6000}}, simnet.Faults{simnet.FaultKill: {Rate: 6000}}
	pause[simnet.FaultPause].Rate = 1
	for want, faults := range map[string]simnet.Faults{"kill server": kill, "pause server": pause} {
		cfg := proptest.Config{Faults: faults, Seed: 1}
		k := judge(t, func(t testing.TB) { cfg.Check(t, ask) })
		k.fails(t, "1 deviation makes it fail", "   "+want)
	}
}
