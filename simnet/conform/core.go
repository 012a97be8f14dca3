package conform

import (
	"fmt"
	"strings"
	"syscall"

	"example.com/brine/simnet/internal/afunix"
)

// A core is the simulation's side.
type core struct {
	k     *afunix.Kernel
	p     afunix.ProcID
	base  int
	buf   []byte
	bufs  [][]byte
	room  []afunix.Desc
	woken []uint64
	fault string            // what the core contradicts itself in
	auto  map[string]string // names given by the kernel, by those given here
}

// newCore returns a core whose process has base descriptors that are of no
// concern, as the test's own process has.
func newCore(cfg afunix.Config, uid, gid, base int) *core {
	c := &core{k: afunix.New(cfg), base: base, buf: make([]byte, 1<<20), room: make([]afunix.Desc, 512)}
	c.begin(uid, gid)
	return c
}

// begin makes an empty world: a directory, and one in it to work in.
func (c *core) begin(uid, gid int) {
	k := c.k
	k.Reset()
	root, _ := k.Spawn(afunix.Process{})
	must(k.Mkdir(root, "w", 0755))
	must(k.Mkdir(root, "w/w", 0755))
	must(k.Chown(root, "w", uid, gid))
	must(k.Chown(root, "w/w", uid, gid))
	k.Mknod(root, "w/none", afunix.Regular, 0644)
	must(k.Chown(root, "w/none", uid, gid))
	k.Exit(root)
	c.p, _ = k.Spawn(afunix.Process{UID: uid, GID: gid, Dir: "/w/w", NoFile: 1 << 16})
	none, _ := k.Open(c.p, "../none", false, true, 0)
	for i := 1; i < c.base; i++ {
		k.Dup(c.p, none, 0)
	}
	c.auto = map[string]string{}
	c.woken, c.fault = c.woken[:0], ""
}

func must(errno syscall.Errno, _ []afunix.Waiter) {
	if errno != 0 {
		panic("the scene cannot be set: " + errno.Error())
	}
}

// note keeps who became ready. What is reported of a socket has to be what poll
// says of it; only Shutdown may tell its own side more.
func (c *core) note(v verb, woken []afunix.Waiter) {
	for _, w := range woken {
		got := w.Events & (afunix.In | afunix.Out)
		if got == 0 {
			continue
		}
		c.woken = append(c.woken, uint64(w.ID))
		m, want := c.k.PollID(w.ID), afunix.Events(0)
		if m&(afunix.PollIn|afunix.PollRdHup|afunix.PollHup|afunix.PollErr) != 0 {
			want |= afunix.In
		}
		if m&(afunix.PollOut|afunix.PollHup|afunix.PollErr) != 0 {
			want |= afunix.Out
		}
		if got != want && v != vShutdown {
			c.fault = fmt.Sprintf("the core reports events %b of socket %d, of which poll says %v", got, w.ID, m)
		}
	}
}

// fresh notes a socket that epoll is about to look at for the first time.
func (c *core) fresh(d afunix.Desc) {
	if typ, _, errno := c.k.SockType(c.p, d); errno == 0 && typ == afunix.Stream {
		id, _ := c.k.ID(c.p, d)
		c.woken = append(c.woken, uint64(id))
	}
}

func (c *core) do(o *call, r *result) {
	r.reset()
	var woken []afunix.Waiter
	switch {
	case o.verb < vSend || o.verb == vShutdown || o.verb == vClose || o.verb == vDup:
		woken = c.socket(o, r)
	case o.verb <= vRead:
		woken = c.transfer(o, r)
	case o.verb < vOpen:
		woken = c.option(o, r)
	default:
		r.errno, woken = c.file(o, r)
	}
	c.note(o.verb, woken)
	if r.errno == 0 && o.verb <= vAccept {
		for _, d := range r.fd {
			c.fresh(d)
		}
	}
}

// socket makes, names, connects and closes.
func (c *core) socket(o *call, r *result) (woken []afunix.Waiter) {
	k, p := c.k, c.p
	switch o.verb {
	case vSocket:
		r.fd[0], r.errno = k.Socket(p, afunix.Type(o.n))
	case vPair:
		r.fd[0], r.fd[1], r.errno = k.Pair(p)
	case vBind:
		r.errno = k.Bind(p, o.d, o.name)
	case vListen:
		r.errno, woken = k.Listen(p, o.d, o.n)
	case vConnect:
		_, r.errno, woken = k.Connect(p, o.d, o.name)
	case vAccept:
		r.fd[0], r.errno, woken = k.Accept(p, o.d)
	case vShutdown:
		r.errno, woken = k.Shutdown(p, o.d, o.n)
	case vClose:
		r.errno, woken = k.Close(p, o.d)
	case vDup:
		r.fd[0], r.errno = k.Dup(p, o.d, 0)
	}
	return woken
}

// transfer moves bytes.
func (c *core) transfer(o *call, r *result) (woken []afunix.Waiter) {
	k, p := c.k, c.p
	switch o.verb {
	case vSend:
		c.bufs = o.parts(o.bytes(), c.bufs[:0])
		r.n, r.errno, woken = k.Send(p, o.d, c.bufs, o.fds)
	case vFill:
		c.bufs = append(c.bufs[:0], o.bytes())
		for range fillMax {
			n, errno, woken := k.Send(p, o.d, c.bufs, nil)
			c.note(o.verb, woken)
			if r.errno = errno; errno != 0 {
				break
			}
			r.n += n
		}
	case vRecv, vPeek:
		flags := afunix.Flags(0)
		if o.verb == vPeek {
			flags = afunix.Peek
		}
		c.bufs = o.parts(c.buf[:o.n], c.bufs[:0])
		var nfd int
		r.n, nfd, r.cut, r.errno, woken = k.Recv(p, o.d, c.bufs, c.room[:o.m], flags)
		r.data = c.buf[:r.n]
		c.note(o.verb, woken)
		woken = nil
		for _, d := range c.room[:nfd] {
			r.fds = append(r.fds, d)
			id, _ := k.ID(p, d)
			r.who = append(r.who, uint64(id))
		}
	case vRead:
		r.n, r.errno, woken = k.Read(p, o.d, c.buf[:o.n])
		r.data = c.buf[:r.n]
	}
	return woken
}

// option asks for what a socket is, and sets it.
func (c *core) option(o *call, r *result) (woken []afunix.Waiter) {
	k, p := c.k, c.p
	switch o.verb {
	case vSndBuf:
		r.errno, woken = k.SetSndBuf(p, o.d, o.n)
		if r.errno == 0 {
			r.n, r.errno = k.SndBuf(p, o.d)
		}
	case vSockErr:
		var pending syscall.Errno
		pending, r.errno = k.SockError(p, o.d)
		r.n = int(pending)
	case vPeerCred:
		r.cred, r.errno = k.PeerCred(p, o.d)
	case vFchmod:
		r.errno = k.SetSockMode(p, o.d, uint32(o.n))
	}
	return woken
}

func (c *core) file(o *call, r *result) (errno syscall.Errno, woken []afunix.Waiter) {
	k, p := c.k, c.p
	switch o.verb {
	case vOpen:
		r.fd[0], errno = k.Open(p, o.name, o.n&1 != 0, o.n&2 != 0, 0644)
		return errno, nil
	case vLock:
		_, errno = k.Lock(p, o.d)
		return errno, nil
	case vUnlock:
		return k.Unlock(p, o.d)
	case vMkdir:
		return k.Mkdir(p, o.name, uint32(o.n))
	case vMknod:
		kind := afunix.Regular
		if o.m != 0 {
			kind = afunix.Fifo
		}
		return k.Mknod(p, o.name, kind, uint32(o.n))
	case vSymlink:
		return k.Symlink(p, o.name, o.name2)
	case vLink:
		return k.Link(p, o.name, o.name2)
	case vRename:
		return k.Rename(p, o.name, o.name2)
	case vUnlink:
		return k.Unlink(p, o.name)
	case vRmdir:
		return k.Rmdir(p, o.name)
	case vChmod:
		return k.Chmod(p, o.name, uint32(o.n))
	case vChdir:
		return k.Chdir(p, o.name), nil
	case vStat:
		r.stat, errno = k.Lstat(p, o.name)
		r.stat.Ino = 0
		if r.stat.Kind == afunix.Dir {
			r.stat.Links = 0 // file systems count differently
		}
		return errno, nil
	case vUser:
		return k.SetUser(p, o.n, o.n), nil
	case vUmask:
		old, errno := k.SetUmask(p, uint32(o.n))
		r.n = int(old)
		return errno, nil
	case vNoFile:
		return k.SetNoFile(p, c.base+o.n), nil
	}
	panic("no such verb")
}

// ready appends the sockets that became ready since the last call, and what poll
// says of them.
func (c *core) ready(ids []uint64) []uint64 {
	for _, id := range c.woken {
		if m := c.k.PollID(afunix.ID(id)); m != 0 {
			ids = append(ids, id<<16|uint64(m))
		}
	}
	c.woken = c.woken[:0]
	return ids
}

func (c *core) state(ds []afunix.Desc, into []state) {
	for i, d := range ds {
		s := &into[i]
		s.mask, _ = c.k.Poll(c.p, d)
		s.inq, s.errno[0] = c.k.Unread(c.p, d)
		s.outq, _ = c.k.Charged(c.p, d)
		s.sock, _ = c.k.SockName(c.p, d)
		s.peer, s.errno[1] = c.k.PeerName(c.p, d)
		s.sock, s.peer = c.named(s.sock), c.named(s.peer)
	}
}

// named translates the names that the kernel chooses.
func (c *core) named(name string) string {
	if strings.HasPrefix(name, "\x00") && len(name) == 6 {
		if n, ok := c.auto[name]; ok {
			return n
		}
	}
	return name
}
