package explore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// A little is a program in a language of its own, small enough to be enumerated.
// Its processes share no memory: each has registers and a log of what its own
// operations returned.
type little struct {
	name  string
	procs []littleProc
	wires []wire // connections that are there from the beginning
	world simnet.Config
	files int // SetMaxFiles; 0 is no limit
}

type littleProc struct {
	uid   int
	tasks []littleTask
}

type littleTask struct {
	daemon bool // it may be left waiting
	ops    []instr
}

// A wire connects a register of one process with one of another.
type wire struct{ from, fromReg, to, toReg int }

// An instr is one operation. What a, b and wait mean is the operation's.
type instr struct {
	op   verb
	a, b int
	wait int // milliseconds; 0 is for ever, -1 not at all
}

type verb int

const (
	vYield         verb = iota
	vListen             // at path a
	vTakeover           // at path a
	vAccept             // into register a
	vDial               // path b into register a
	vPair               // into registers a and b
	vSend               // b bytes on register a
	vRecv               // up to b bytes from register a
	vClose              // register a
	vCloseListener      //
	vCloseWrite         // register a
	vCloseRead          // register a
	vPass               // a descriptor of register b over register a
	vTake               // a descriptor from register a, adopted into register b
	vSleep              //
	vReadDeadline       // of register a
	vAfter              // a task that notifies, after wait
	vNotify             //
	vWait               // for a notifier
	vKill               // process a
	vPause              // process a
	vResume             // process a
	vFiles              // of process: at most a descriptors
	vLimit              // all processes: at most a files
	vSmall              // send buffer of register a is the least there is
	vView               // from now on: a view that vCancel cancels
	vCancel             //
	vTimeout            // from now on: a view whose context expires after wait
	vRemove             // path a
	vLock               // path a
	vNow                // the time
	numVerbs
)

var verbNames = [numVerbs]string{
	"yield", "listen", "takeover", "accept", "dial", "pair", "send", "recv", "close", "closelistener", "closewrite", "closeread",
	"pass", "take", "sleep", "readdeadline", "after", "notify", "wait", "kill", "pause", "resume", "files", "limit", "small",
	"view", "cancel", "timeout", "remove", "lock", "now",
}

func (i instr) String() string {
	return fmt.Sprintf("%s(%d,%d,%d)", verbNames[i.op], i.a, i.b, i.wait)
}

// String writes the program for whoever has to find out what goes wrong in it.
func (l little) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s wires %v files %d buffer %d\n", l.name, l.wires, l.files, l.world.SendBuffer)
	for i, p := range l.procs {
		for _, t := range p.tasks {
			fmt.Fprintf(&b, "  p%d uid %d daemon %v: %v\n", i, p.uid, t.daemon, t.ops)
		}
	}
	return b.String()
}

// mem is the memory of one process.
type mem struct {
	p      *simnet.Process
	tr     transport.Transport
	conns  [3]transport.Conn
	fds    []transport.FD
	l      transport.Listener
	n      transport.Notifier
	cancel func()
	log    []byte
}

// program makes it one, which tells its outcome: the kind of verdict, and what
// each process has seen. It never fails.
func (l little) program(outcome func(x *explore.Execution, what string)) explore.Program {
	return func(x *explore.Execution) *simnet.Result {
		mems := make([]*mem, len(l.procs)+2)
		res := x.Run(func(w *simnet.World) { l.build(w, mems) })
		what := verdict(res.Err)
		for i, m := range mems {
			what = append(what, ' ', 'p', byte('0'+i), ':')
			what = append(what, m.log...)
		}
		outcome(x, string(what))
		passed := *res
		switch res.Err.(type) {
		case *simnet.Deadlock:
			passed.Err = nil // one outcome among others
		}
		return &passed
	}
}

func verdict(err error) []byte {
	if err == nil {
		return []byte("passed")
	}
	return fmt.Appendf(nil, "%T", err)
}

func (l little) build(w *simnet.World, mems []*mem) {
	if err := w.Chmod("/run", 0o777); err != nil {
		panic(err)
	}
	for i, p := range l.procs {
		proc, err := w.Start(simnet.ProcessConfig{Name: numbered("p", i), UID: p.uid})
		if err != nil {
			panic(err)
		}
		mems[i] = &mem{p: proc, tr: proc}
		mems[i].n = proc.NewNotifier()
	}
	for i, r := range l.wires {
		path := numbered("@wire", i)
		from, to := mems[r.from], mems[r.to]
		lis, err := to.p.Listen(path, 1, transport.ListenConfig{})
		if err != nil {
			panic(err)
		}
		c, err := from.p.Dial(path, time.Time{})
		if err != nil {
			panic(err)
		}
		from.conns[r.fromReg] = c
		if to.conns[r.toReg], err = lis.Accept(time.Time{}); err != nil {
			panic(err)
		}
		lis.Close()
	}
	copy(mems[len(l.procs):], coin(w))
	if l.files > 0 {
		w.SetMaxFiles(l.files)
	}
	for i, p := range l.procs {
		m := mems[i]
		for j, t := range p.tasks {
			start := m.p.Go
			if t.daemon {
				start = m.p.Background
			}
			start(numbered("t", j), func() {
				for _, op := range t.ops {
					m.step(j, op, w, mems)
				}
			})
		}
	}
}

// coin leaves one more thing open in the end: which of two processes binds a name. So
// every outcome but for this is two, and who prunes the rest of a run loses one.
func coin(w *simnet.World) []*mem {
	mems := []*mem{{}, {}}
	for _, m := range mems {
		err := w.Finally(simnet.ProcessConfig{Name: "coin", Spared: true, Main: func(p *simnet.Process) {
			m.log = nil
			_, err := p.Listen("@coin", 0, transport.ListenConfig{})
			m.log = append(m.log, word(err)...)
		}})
		if err != nil {
			panic(err)
		}
	}
	return mems
}

// by is when an operation that begins now is to give up.
func (m *mem) by(i instr) time.Time {
	switch {
	case i.wait < 0:
		return transport.Immediate
	case i.wait == 0:
		return time.Time{}
	}
	return m.p.Now().Add(time.Duration(i.wait) * time.Millisecond)
}

func (m *mem) path(n int) string { return numbered("/run/s", n) }

func numbered(s string, n int) string { return s + string(rune('0'+n)) }

// step carries out one operation and logs what came of it.
func (m *mem) step(task int, i instr, w *simnet.World, mems []*mem) {
	n, err := m.do(i, w, mems)
	m.log = append(m.log, byte('0'+task))
	m.log = append(m.log, verbNames[i.op]...)
	m.log = strconv.AppendInt(m.log, int64(n), 10)
	m.log = append(m.log, word(err)...)
	m.log = append(m.log, ';')
}

func word(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil:
		return ""
	case err == io.EOF:
		return "EOF"
	case errors.As(err, &errno):
		return transport.ErrnoName(errno)
	}
	return err.Error()
}

// errNone is what comes of an operation on a register that is empty.
var errNone = errors.New("none")

func (m *mem) do(i instr, w *simnet.World, mems []*mem) (n int, err error) {
	switch i.op {
	case vSend, vRecv, vClose, vCloseWrite, vCloseRead, vPass, vTake, vReadDeadline, vSmall:
		if m.conns[i.a] == nil {
			return 0, errNone
		}
		return m.doConn(i, m.conns[i.a])
	case vListen, vTakeover, vAccept, vDial, vPair, vCloseListener, vRemove, vLock:
		return 0, m.doName(i)
	case vKill:
		mems[i.a].p.Kill()
	case vPause:
		return 0, mems[i.a].p.Pause()
	case vResume:
		return 0, mems[i.a].p.Resume()
	case vFiles:
		return 0, m.p.SetNOFILE(i.a)
	case vLimit:
		return 0, w.SetMaxFiles(i.a)
	default:
		return m.doTask(i)
	}
	return 0, nil
}

func (m *mem) doTask(i instr) (n int, err error) {
	switch i.op {
	case vYield:
		m.tr.Yield()
	case vSleep:
		err = m.tr.Sleep(m.by(i))
	case vAfter:
		_, err = m.tr.AfterFunc("after", m.by(i), func() { m.log = append(m.log, "fired;"...); m.n.Notify() })
	case vNotify:
		m.n.Notify()
	case vWait:
		err = m.n.Wait(m.by(i))
	case vView:
		m.tr, m.cancel = m.p.WithCancel(context.Background())
		m.reattach()
	case vTimeout:
		var ctx context.Context
		ctx, m.cancel = m.p.Clock().WithDeadline(context.Background(), m.by(i))
		m.tr, _ = m.p.WithCancel(ctx)
		m.reattach()
	case vCancel:
		if m.cancel == nil {
			return 0, errNone
		}
		m.cancel()
	case vNow:
		n = int(m.p.Now().Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) / time.Millisecond)
	}
	return n, err
}

// reattach has the view cancel what the process has.
func (m *mem) reattach() {
	for r, c := range m.conns {
		if c != nil {
			if a, err := m.tr.Attach(c); err == nil {
				m.conns[r] = a
			}
		}
	}
}

func (m *mem) doName(i instr) (err error) {
	switch i.op {
	case vListen, vTakeover:
		var l transport.Listener
		l, err = m.tr.Listen(m.path(i.a), 0, transport.ListenConfig{Mode: fs.FileMode(0o666), Takeover: i.op == vTakeover})
		if err == nil {
			m.l = l
		}
	case vAccept:
		if m.l == nil {
			return errNone
		}
		var c transport.Conn
		if c, err = m.l.Accept(m.by(i)); err == nil {
			m.conns[i.a] = c
		}
	case vDial:
		var c transport.Conn
		if c, err = m.tr.Dial(m.path(i.b), m.by(i)); err == nil {
			m.conns[i.a] = c
		}
	case vPair:
		var a, b transport.Conn
		if a, b, err = m.tr.Pair(); err == nil {
			m.conns[i.a], m.conns[i.b] = a, b
		}
	case vCloseListener:
		if m.l == nil {
			return errNone
		}
		err = m.l.Close()
	case vRemove:
		err = m.tr.Remove(m.path(i.a))
	case vLock:
		var fd transport.FD
		if fd, err = m.tr.Lock(m.path(i.a)+".lock", m.by(i)); err == nil {
			m.fds = append(m.fds, fd)
		}
	}
	return err
}

func (m *mem) doConn(i instr, c transport.Conn) (n int, err error) {
	switch i.op {
	case vSend:
		n, err = c.Send([][]byte{make([]byte, i.b)}, nil, m.by(i))
	case vRecv:
		n, _, err = c.Recv([][]byte{make([]byte, i.b)}, nil, m.by(i))
	case vClose:
		err = c.Close()
	case vCloseWrite:
		err = c.CloseWrite()
	case vCloseRead:
		err = c.CloseRead()
	case vReadDeadline:
		err = c.SetReadDeadline(m.by(i))
	case vSmall:
		err = c.(transport.SendBuffer).SetSendBuffer(1)
	case vPass:
		var fd transport.FD
		if m.conns[i.b] == nil {
			return 0, errNone
		}
		if fd, err = m.conns[i.b].Dup(); err == nil {
			n, err = c.Send([][]byte{{0}}, []transport.FD{fd}, m.by(i))
			fd.Close()
		}
	case vTake:
		fds := make([]transport.FD, 1)
		var nfd int
		if n, nfd, err = c.Recv([][]byte{make([]byte, 4)}, fds, m.by(i)); nfd == 1 {
			var got transport.Conn
			if got, err = m.tr.Adopt(fds[0]); err == nil {
				m.conns[i.b] = got
			}
			n += 100
		}
	}
	return n, err
}
