package simnet_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/brine/ipc"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// farewell is a client and a server that greet each other, and how the client
// says good-bye: the server's own Close tells whether that was orderly.
func farewell(bye func(*ipc.Conn) error) func(*simnet.World) {
	return func(w *simnet.World) {
		server, client := w.Process("server"), w.Process("client")
		l, err := ipc.Listen(server, "/run/app.sock", 1, transport.ListenConfig{})
		if err != nil {
			panic(err)
		}
		server.Go("main", func() {
			c, err := l.Accept(time.Time{})
			if err != nil {
				w.TB().Fatal(err)
			}
			for _, s := range []string{"hello", "there"} {
				if err := c.Send([]byte(s), time.Time{}); err != nil {
					w.TB().Fatalf("send %q: %v", s, err)
				}
			}
			if err := c.Close(time.Time{}); err != nil {
				w.TB().Fatalf("close: %v", err)
			}
		})
		client.Go("main", func() {
			c, err := ipc.Connect(client, "/run/app.sock", time.Time{})
			if err != nil {
				w.TB().Fatal(err)
			}
			var buf [5]byte
			if err := c.Recv(buf[:], time.Time{}); err != nil || string(buf[:]) != "hello" {
				w.TB().Fatalf("recv %q, %v", buf, err)
			}
			if err := bye(c); err != nil {
				w.TB().Fatalf("bye: %v", err)
			}
		})
	}
}

// TestSeededBug has the random chooser find what a Close does wrong that forgets
// to read what is still on its way, and the report say who noticed, and replay.
// In Close as it is there is nothing to be found.
func TestSeededBug(t *testing.T) {
	orderly := func(c *ipc.Conn) error { return c.Close(time.Time{}) }
	hasty := func(c *ipc.Conn) error { // Close without its second half
		if err := c.Done(); err != nil {
			return err
		}
		return c.Abort()
	}
	found := 0
	simnet.Loop(func(r *simnet.Runner) {
		for seed := range uint64(1000) {
			cfg := simnet.Config{Chooser: simnet.Random(seed)}
			if res := r.Run(cfg, farewell(orderly)); res.Err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, res.Err, res.Trace)
			}
			cfg.Chooser = simnet.Random(seed)
			res := r.Run(cfg, farewell(hasty))
			var failure *simnet.Failure
			if !errors.As(res.Err, &failure) {
				if res.Err != nil {
					t.Fatalf("seed %d: %v", seed, res.Err)
				}
				continue
			}
			found++
			if found > 1 {
				continue
			}
			if !strings.HasPrefix(failure.Task, "server/") || res.Trace == nil || len(res.Script.Lines) == 0 {
				t.Errorf("seed %d: %v\n%v", seed, res.Err, res.Trace)
			}
			if again := r.Run(simnet.Config{Chooser: simnet.Replay(res.Script)}, farewell(hasty)); again.Hash != res.Hash {
				t.Errorf("seed %d: its script is of another run:\n%s", seed, res.Script)
			}
		}
	})
	if found == 0 {
		t.Error("nobody has found the bug")
	}
	t.Logf("found by %d of 1000 seeds", found)
}
