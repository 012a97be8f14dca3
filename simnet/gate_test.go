package simnet

import (
	"context"
	"testing"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// A counter is a gate that lets everybody pass and sees that whoever has entered
// leaves, and that nothing is held meanwhile.
type counter struct {
	t       *testing.T
	w       *World
	entered map[string]int
	inside  int
}

func (c *counter) enter(p *Process, op Op, id afunix.ID, path string) error {
	c.free(op)
	c.entered[op.String()]++
	c.inside++
	return nil
}

func (c *counter) leave(p *Process, op Op, n int, err error) {
	c.free(op)
	c.inside--
}

func (c *counter) free(op Op) {
	if !c.w.mu.TryLock() {
		c.t.Errorf("%s: the gate is passed with the lock held", op)
		return
	}
	c.w.mu.Unlock()
}

// TestGate makes every call there is: each passes the gate, twice.
func TestGate(t *testing.T) {
	w := NewWorld(Config{})
	g := &counter{t: t, w: w, entered: map[string]int{}}
	w.gate = g
	p := w.Process("p")
	now := transport.Immediate
	calls := 0
	pass := func(op string, f func()) {
		t.Helper()
		before := g.entered[op]
		f()
		if g.entered[op] != before+1 || g.inside != 0 {
			t.Errorf("%s: entered %d times, %d are inside", op, g.entered[op]-before, g.inside)
		}
		calls++
	}
	var l transport.Listener
	var a, b transport.Conn
	var fd transport.FD
	var timer transport.Timer
	pass("listen", func() { l, _ = p.Listen("/run/s", 1, transport.ListenConfig{}) })
	pass("dial", func() { p.Dial("/run/s", now) })
	pass("accept", func() { l.Accept(now) })
	pass("accept", func() { l.Accept(now) }) // would block
	pass("setdeadline", func() { l.SetDeadline(now) })
	pass("dup", func() { fd, _ = l.Dup() })
	pass("attachlistener", func() { p.AttachListener(l) })
	pass("adoptlistener", func() { p.AdoptListener(fd, transport.ListenConfig{}) })
	pass("close", func() { l.Close() })
	pass("pair", func() { a, b, _ = p.Pair() })
	pass("send", func() { a.Send([][]byte{{1}}, nil, now) })
	pass("send", func() { a.Send(nil, nil, now) })
	pass("recv", func() { b.Recv([][]byte{{1}}, nil, now) })
	pass("recv", func() { b.Recv([][]byte{{1}}, nil, now) }) // would block
	pass("recv", func() { b.Recv(nil, nil, now) })
	pass("setdeadline", func() { a.SetReadDeadline(now) })
	pass("setdeadline", func() { a.SetWriteDeadline(now) })
	pass("closeread", func() { a.CloseRead() })
	pass("closewrite", func() { a.CloseWrite() })
	pass("peercred", func() { a.PeerCred() })
	pass("sendbuffer", func() { a.(transport.SendBuffer).SendBuffer() })
	pass("setsendbuffer", func() { a.(transport.SendBuffer).SetSendBuffer(1) })
	pass("attach", func() { p.Attach(a) })
	pass("dup", func() { fd, _ = a.Dup() })
	pass("adopt", func() { p.Adopt(fd) })
	pass("close", func() { fd.Close() })
	pass("close", func() { a.Close() })
	pass("remove", func() { p.Remove("/run/s") })
	pass("rename", func() { p.Rename("/run/s", "/run/t") })
	pass("chmod", func() { p.Chmod("/run", 0o755) })
	pass("lock", func() { p.Lock("/run/lock", now) })
	pass("lock", func() { p.Lock("/run/lock", now) }) // would block
	pass("sleep", func() { p.Sleep(now) })
	pass("afterfunc", func() { timer, _ = p.AfterFunc("f", time.Time{}, func() {}) })
	pass("stop", func() { timer.Stop() })
	pass("go", func() { p.Go("f", func() {}) })
	pass("background", func() { p.Background("f", func() {}) })
	pass("yield", func() { p.Yield() })
	pass("wait", func() { p.NewNotifier().Wait(now) })
	pass("notify", func() { p.NewNotifier().Notify() })
	var cancel func()
	pass("withcancel", func() { _, cancel = p.WithCancel(context.Background()) })
	pass("cancel", func() { cancel() })
	pass("umask", func() { p.SetUmask(0) })
	pass("chdir", func() { p.Chdir("/") })
	pass("setrlimit", func() { p.SetNOFILE(1) })
	pass("start", func() { w.Process("q") })
	pass("fault", func() { p.Fault(0) })
	pass("setrlimit", func() { w.SetMaxFiles(100) })
	pass("mkdir", func() { w.Mkdir("/d", 0o755) })
	pass("create", func() { w.Create("/d/f", 0o644) })
	pass("symlink", func() { w.Symlink("f", "/d/l") })
	pass("link", func() { w.Link("/d/f", "/d/g") })
	pass("chmod", func() { w.Chmod("/d/f", 0o600) })
	pass("chown", func() { w.Chown("/d/f", 1, 1) })
	pass("remount", func() { w.SetReadOnly("/d", false) })
	pass("rename", func() { w.Rename("/d/g", "/d/h") })
	pass("remove", func() { w.Remove("/d/h") })
	pass("stat", func() { w.Stat("/d/f") })
	pass("readdir", func() { w.Names("/d") })
	pass("pause", func() { p.Pause() })
	pass("resume", func() { p.Resume() })
	pass("kill", func() { p.Kill() })
	pass("restart", func() { p.Restart() })
	if err := w.k.Check(); err != nil {
		t.Error(err)
	}
}
