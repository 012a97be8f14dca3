package afunix

import (
	"fmt"
	"slices"
)

// Check verifies what the comments of the types say is always true between two
// operations. It is for tests: it looks at everything.
func (k *Kernel) Check() error {
	c := checker{k: k, refs: map[*file]int32{}, holds: map[*inode]int{}, flight: map[int]int{}, flights: map[*file]int32{}, holders: map[*file][]ProcID{},
		kept: map[*socket]int{}}
	for _, p := range k.procs {
		if p != nil {
			c.process(p)
		}
	}
	for _, s := range k.socks[:k.top] {
		if s.peer != nil {
			c.kept[s.peer]++
		}
	}
	live := 0
	for _, s := range k.socks[:k.top] {
		if c.inUse(s) {
			live++
			c.socket(s)
		}
	}
	c.that(live == k.nsocks, "%d sockets, counted %d", live, k.nsocks)
	c.that(len(c.refs) == k.nfiles, "%d descriptions, counted %d", len(c.refs), k.nfiles)
	received := k.receivable()
	for f, n := range c.refs {
		c.that(f.flight == c.flights[f], "a description is in flight %d times and counts %d", c.flights[f], f.flight)
		c.that(f.sock == nil || received[f.sock], "nobody can receive a socket in flight")
		c.that(f.refs == n, "a description has %d references and counts %d", n, f.refs)
		if f.node != nil {
			c.holds[f.node]++
		}
	}
	for uid, n := range k.inflight {
		c.that(n == c.flight[uid], "%d descriptors of user %d in flight, counted %d", c.flight[uid], uid, n)
	}
	named := 0
	for _, s := range k.byAbs {
		for ; s != nil; s = s.abs {
			named++
			c.that(s.entered, "socket %d is found by a name that it has not", s.id)
		}
	}
	c.that(named == c.entered, "%d sockets with abstract names, counted %d", c.entered, named)
	c.names()
	c.that(len(k.closing) == 0, "%d descriptions to be released", len(k.closing))
	return c.err
}

type checker struct {
	k       *Kernel
	err     error
	refs    map[*file]int32
	holds   map[*inode]int
	flight  map[int]int
	flights map[*file]int32
	holders map[*file][]ProcID
	kept    map[*socket]int // by whose peer they are
	entered int
}

func (c *checker) that(ok bool, format string, args ...any) {
	if !ok && c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *checker) inUse(s *socket) bool {
	for f := c.k.pool.socks; f != nil; f = f.next {
		if f == s {
			return false
		}
	}
	return true
}

func (c *checker) process(p *process) {
	c.holds[p.cwd]++
	for d, f := range p.files {
		c.that((f != nil) == (p.used[d/64]&(1<<(d%64)) != 0), "process %d: descriptor %d and its bit differ", p.id, d)
		c.that(f != nil || d >= p.next, "process %d: descriptor %d is free and below %d", p.id, d, p.next)
		if f != nil {
			c.refs[f]++
			if who := c.holders[f]; len(who) == 0 || who[len(who)-1] != p.id {
				c.holders[f] = append(who, p.id)
			}
			c.that((f.sock != nil) != (f.node != nil), "process %d: descriptor %d of nothing", p.id, d)
		}
	}
}

func (c *checker) socket(s *socket) {
	c.that(s.dead || s.file != nil || s.peer != nil, "socket %d has neither file nor client", s.id)
	c.that(s.file == nil || s.file.sock == s, "socket %d is not what its description is of", s.id)
	c.that(s.dead || s.state != connected || s.peer != nil, "socket %d is connected to nothing", s.id)
	c.that(s.state == connected || s.peer == nil, "socket %d has a peer and is not connected", s.id)
	if s.dead {
		c.that(s.rq.npieces == 0 && s.npending == 0, "socket %d is dead and holds things", s.id)
		c.that(s.file == nil && s.peer == nil && s.node == nil && !s.entered, "socket %d is dead and attached", s.id)
		c.that(c.kept[s] == 1, "socket %d is dead and the peer of %d", s.id, c.kept[s])
	}
	var holders []ProcID
	if s.file != nil {
		holders = c.holders[s.file]
	}
	who := c.k.Holders(nil, s.id)
	c.that(slices.Equal(who, holders), "socket %d is held by %d, counted %d", s.id, holders, who)
	_, ok := c.k.Describe(s.id)
	c.that(ok != s.dead, "socket %d can be described: %t", s.id, ok)
	peer, ok := c.k.PeerID(s.id)
	back, _ := c.k.PeerID(peer)
	c.that(ok == (s.peer != nil && !s.peer.dead), "socket %d has a peer: %t", s.id, ok)
	c.that(!ok || back == s.id, "socket %d: its peer %d says %d", s.id, peer, back)
	if p := s.peer; p != nil {
		c.that(p.dead || p.peer == s, "socket %d: its peer %d has another", s.id, p.id)
		owed := 0
		for i := range p.rq.npieces {
			owed += int(p.rq.at(i).charge)
		}
		c.that(s.outq == owed, "socket %d is charged %d and owes %d", s.id, s.outq, owed)
		if p.dead {
			owed = 0
			for i := range s.rq.npieces {
				owed += int(s.rq.at(i).charge)
			}
			c.that(p.outq == owed, "socket %d is dead, charged %d, and owes %d", p.id, p.outq, owed)
		}
	}
	bytes := 0
	for i := range s.rq.npieces {
		e := s.rq.at(i)
		bytes += int(e.left)
		c.that(e.left > 0 && int(e.left) <= maxPiece, "socket %d: a piece of %d bytes", s.id, e.left)
		if e.rights != nil {
			c.flight[e.rights.uid] += len(e.rights.files)
			for _, f := range e.rights.files {
				c.refs[f]++
				c.flights[f]++
			}
		}
	}
	c.that(bytes == s.rq.nbytes, "socket %d: %d bytes queued, counted %d", s.id, bytes, s.rq.nbytes)
	c.that(s.rq.npieces > 0 || s.rq.block == nil, "socket %d is idle and has buffers", s.id)
	n := 0
	for e := s.pending; e != nil; e = e.next {
		n++
		c.that(!e.dead && e.file == nil && e.peer != nil, "socket %d: %d waits and is no embryo", s.id, e.id)
	}
	c.that(n == s.npending, "socket %d: %d wait, counted %d", s.id, n, s.npending)
	if s.node != nil {
		c.holds[s.node]++
		c.that(s.node.sock == s, "socket %d: its file is another's", s.id)
	}
	if s.entered {
		c.entered++
		c.that(c.k.abstract(s.name, s.typ) == s, "socket %d: its name is another's", s.id)
	}
}

func (c *checker) names() {
	t := &c.k.tree
	links, entries, socks := map[*inode]int{t.root: 1}, 0, 0
	for at, e := range t.entries {
		links[e.file]++
		if e.file.kind == Sock {
			socks++
		}
		c.that(e.key == at, "%q of directory %d is entered as %q of %d", e.name, e.dir, at.name, at.dir)
	}
	free := map[*inode]bool{}
	for n := t.free; n != nil; n = n.next {
		free[n] = true
	}
	for _, n := range t.nodes[:t.top] {
		if !free[n] && n.kind == Dir {
			c.holds[n.parent]++
		}
	}
	c.holds[t.root]-- // it is its own parent, and does not count that
	for _, n := range t.nodes[:t.top] {
		if free[n] {
			continue
		}
		c.that(n.links == links[n], "file %d has %d names, counted %d", n.ino, links[n], n.links)
		c.that(n.refs == c.holds[n], "file %d is held by %d, counted %d", n.ino, c.holds[n], n.refs)
		c.that(n.links+n.refs > 0, "file %d is kept for nobody", n.ino)
		for e, prev := n.first, (*entry)(nil); e != nil; prev, e = e, e.next {
			entries++
			c.that(n.kind == Dir && e.dir == n.ino && e.prev == prev && t.entries[e.key] == e, "%q in %d is of %d", e.name, n.ino, e.dir)
		}
		c.that(n.sock == nil || n.sock.node == n, "file %d leads to a socket of another name", n.ino)
		c.that(n.lock == nil || n.lock.node == n, "file %d is locked through another", n.ino)
	}
	c.that(entries == len(t.entries), "%d names, counted %d", entries, len(t.entries))
	files := c.k.SocketFiles(nil)
	c.that(len(files) == socks, "%d names of sockets, found %d", socks, len(files))
	for i, f := range files {
		l, ok := c.k.Describe(f.Listener)
		c.that(ok == (f.Listener != 0) && ok == l.Listening, "socket %d is behind %s", f.Listener, f.Path)
		c.that(i == 0 || files[i-1].Path < f.Path, "%s comes before %s", files[max(i-1, 0)].Path, f.Path)
	}
}
