package conform

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"

	"example.com/brine/simnet/internal/afunix"
)

// A generator thinks ops up. It looks at the core, to make calls that mean
// something more often than not.
type generator struct {
	rng     *rand.Rand
	r       *runner
	weights [nverbs]int
	total   int
	abs     string // what abstract names begin with: all processes share them
	uid     int
	noFile  bool // the limit on descriptors is low
	script  []op
}

// Out of how many; each script has moods, by which some verbs are rarer or more
// frequent.
var weights = [nverbs]int{
	vSocket: 60, vPair: 40, vBind: 110, vListen: 80, vConnect: 150, vAccept: 90, vSend: 170, vFill: 12, vRecv: 150, vPeek: 50, vRead: 40,
	vShutdown: 35, vClose: 70, vDup: 20, vSndBuf: 30, vSockErr: 30, vPeerCred: 15, vFchmod: 8, vOpen: 15, vLock: 15, vUnlock: 8, vMkdir: 8,
	vMknod: 6, vSymlink: 8, vLink: 16, vRename: 24, vUnlink: 30, vRmdir: 8, vChmod: 25, vStat: 20, vChdir: 8, vUser: 14, vUmask: 4,
	vNoFile: 8, vCloseAll: 1,
}

func newGenerator(r *runner, seed uint64) *generator {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 0x62726e65)), r: r, uid: r.kernel.uid}
	g.abs = "\x00brine" + strconv.Itoa(os.Getpid()) + "-"
	for v, w := range weights {
		g.weights[v] = w * [...]int{1, 2, 2, 2, 2, 6}[g.rng.IntN(6)]
		g.total += g.weights[v]
	}
	g.scene()
	return g
}

// scene is what a script begins with.
func (g *generator) scene() {
	add := func(o op) { g.script = append(g.script, o) }
	add(op{verb: vMkdir, name: "d", n: 0777})
	add(op{verb: vChmod, name: "d", n: 0777})
	add(op{verb: vMkdir, name: "e", n: 0755})
	add(op{verb: vMknod, name: "f", n: 0666})
	add(op{verb: vMknod, name: "fifo", n: 0644, m: 1})
	add(op{verb: vSymlink, name: "loop", name2: "loop"})
	add(op{verb: vSymlink, name: "gone", name2: "dangling"})
	add(op{verb: vSymlink, name: "d", name2: "dlink"})
	add(op{verb: vSymlink, name: "a", name2: "l"})
	add(op{verb: vSymlink, name: strings.Repeat("n", 256), name2: "big"})
	if g.rng.IntN(4) == 0 {
		add(op{verb: vSymlink, name: "a", name2: "s1"})
		for i := 2; i <= 41; i++ {
			add(op{verb: vSymlink, name: "s" + strconv.Itoa(i-1), name2: "s" + strconv.Itoa(i)})
		}
	}
}

func (g *generator) chance(percent int) bool { return g.rng.IntN(100) < percent }

func (g *generator) one(of ...int) int { return of[g.rng.IntN(len(of))] }

// unset returns a variable for a result.
func (g *generator) unset() (int8, bool) {
	from := g.rng.IntN(nvars)
	for i := range nvars {
		if v := (from + i) % nvars; g.r.vars[v] < 0 {
			return int8(v), true
		}
	}
	return 0, false
}

// What the generator looks for in a variable.
type want uint8

const (
	anything want = iota
	fresh         // a stream socket without connection
	unbound
	bound
	listens
	conn
	open // a connection to write to
	readable
	file
	other // type of socket
)

func (g *generator) is(d afunix.Desc, w want) bool {
	k, p := g.r.core.k, g.r.core.p
	typ, l, errno := k.SockType(p, d)
	if errno != 0 || typ != afunix.Stream {
		return w == file && errno != 0 || w == other && errno == 0
	}
	_, unpeered := k.PeerName(p, d)
	switch w {
	case fresh:
		return !l && unpeered != 0
	case unbound:
		name, _ := k.SockName(p, d)
		return !l && name == ""
	case open:
		m, _ := k.Poll(p, d)
		return unpeered == 0 && m&(afunix.PollHup|afunix.PollOut) == afunix.PollOut
	case bound:
		name, _ := k.SockName(p, d)
		return !l && unpeered != 0 && name != ""
	case listens:
		return l
	case conn:
		return unpeered == 0
	case readable:
		n, _ := k.Unread(p, d)
		return n > 0
	}
	return false
}

// set returns a variable that is set, to what is wanted if there is such a one.
// Stream sockets and files only: of others little is modelled.
func (g *generator) set(w want) (int8, bool) {
	if g.chance(8) {
		w = anything
	}
	from := g.rng.IntN(nvars)
	second := int8(-1)
	for i := range nvars {
		v := (from + i) % nvars
		d := g.r.vars[v]
		if d < 0 {
			continue
		}
		if w != anything && g.is(d, w) {
			return int8(v), true
		}
		if typ, _, errno := g.r.core.k.SockType(g.r.core.p, d); second < 0 && (errno != 0 || typ == afunix.Stream) {
			second = int8(v)
		}
	}
	return second, second >= 0 && (w == anything || g.chance(30))
}

// open counts the variables that are set.
func (g *generator) open() (n int) {
	for _, d := range g.r.vars {
		if d >= 0 {
			n++
		}
	}
	return n
}

// bases are what paths are made of.
var bases = strings.Fields(`
	a a a a a b b b b c c ./a ../a d d/a d/a d/b d/b d/../a d//b d/d d/d/a e e/a e/a f fifo . .. /
	l l l/ dlink/a dlink/ dlink/ loop loop/ dangling big big/ big/x nodir/x f/x a/x s40 s40 s41 s41 w ../w`)

func (g *generator) path() string {
	name := bases[g.rng.IntN(len(bases))]
	switch g.rng.IntN(40) {
	case 0, 1:
		name += "/"
	case 2:
		name += "/."
	case 3:
		name += "/x"
	case 4:
		if name != ".." && name != "." {
			name += "/.."
		}
	case 5:
		name = strings.Repeat("n", g.one(107, 108))
	}
	if name == "/" || strings.HasPrefix(name, "/") {
		name = "/" // and nothing that is in it
	}
	return name
}

// sockName is a name for bind or connect: that of a listener, now and then.
func (g *generator) sockName(v verb) string {
	if v == vConnect && g.chance(50) {
		if l, ok := g.set(listens); ok {
			if name, _ := g.r.core.k.SockName(g.r.core.p, g.r.vars[l]); name != "" && g.r.core.auto[name] == "" {
				return name
			}
		}
	}
	switch g.rng.IntN(24) {
	case 0:
		return ""
	case 1, 2, 3:
		return g.abs + [...]string{"x", "y", "x\x00", strings.Repeat("z", 80), "a/b"}[g.rng.IntN(5)]
	case 4:
		return g.path() + "\x00junk"
	case 5:
		if g.chance(20) {
			return strings.Repeat("n", 109)
		}
	}
	return g.path()
}

func (g *generator) size() int {
	switch g.rng.IntN(20) {
	case 0:
		return 0
	case 1, 2:
		return g.one(192, 193, 704, 705, 1728, 1729, 3776, 3777, 4096, 4097, 36544, 36545)
	case 3:
		return g.rng.IntN(100000)
	case 4:
		return g.one(65536, 1<<19)
	case 5, 6, 7:
		return 1
	case 8, 9, 10:
		return g.rng.IntN(5000)
	}
	return g.rng.IntN(200)
}

// next thinks up an op.
func (g *generator) next() op {
	if len(g.script) > 0 {
		o := g.script[0]
		g.script = g.script[1:]
		return o
	}
	if g.noFile && g.chance(10) {
		g.noFile = false
		return op{verb: vNoFile, n: 1000}
	}
	if g.chance(2) {
		g.motif()
		return g.next()
	}
	for {
		n := g.rng.IntN(g.total)
		v := verb(0)
		for n >= g.weights[v] {
			n -= g.weights[v]
			v++
		}
		if g.open() > nvars*3/4 && g.chance(50) {
			v = vClose
		}
		if o, ok := g.op(v); ok {
			return o
		}
	}
}

// op thinks up an op of one kind. ok is false where that makes no sense now.
func (g *generator) op(v verb) (o op, ok bool) {
	o.verb, ok = v, true
	if o.on() {
		w := anything
		switch v {
		case vBind, vConnect:
			w = fresh
			if v == vBind && g.chance(70) {
				w = unbound
			} else if v == vBind && g.chance(30) {
				w = other
			}
		case vListen:
			w = bound
			if g.chance(30) {
				w = listens
			}
		case vAccept:
			w = listens
		case vSend, vFill:
			w = conn
			if g.chance(70) {
				w = open
			}
		case vRecv, vPeek, vRead:
			w = readable
			if g.chance(50) {
				w = conn
			}
		case vShutdown, vSndBuf, vSockErr:
			if g.chance(80) {
				w = conn
			}
		case vClose, vFchmod, vPeerCred:
		case vLock, vUnlock:
			w = file
		}
		if o.v, ok = g.set(w); !ok {
			return o, false
		}
	}
	if len(o.makes()) > 0 {
		if o.w, ok = g.unset(); !ok {
			return o, false
		}
	}
	switch v {
	case vSocket:
		if g.chance(4) {
			o.n = g.one(1, 2)
		}
	case vPair:
		for o.x, ok = g.unset(); o.x == o.w; o.x = int8(g.rng.IntN(nvars)) {
		}
		return o, ok && g.r.vars[o.x] < 0
	case vBind, vConnect:
		o.name = g.sockName(v)
	case vListen:
		o.n = g.one(0, 0, 1, 1, 2, 3, -1, 5000)
	case vSend, vFill, vRecv, vPeek, vRead:
		g.transfer(&o)
		if n, _ := g.r.core.k.Charged(g.r.core.p, g.r.vars[o.v]); g.r.loose && o.verb == vSend && n > 20000 {
			return o, false
		}
	case vShutdown:
		o.n = g.one(0, 0, 1, 1, 2, 3)
	case vSndBuf:
		o.n = g.one(0, 1, 2304, 2305, 4608, 4610, 8192, 106496, 1<<20, -1, 1<<23)
		return o, !g.r.loose
	default:
		return g.fileOp(o)
	}
	return o, true
}

// transfer fills in an op that moves bytes.
func (g *generator) transfer(o *op) {
	o.n = g.size()
	o.split = g.chance(15)
	for i := range o.vars {
		o.vars[i] = int8(g.rng.IntN(nvars))
	}
	switch o.verb {
	case vFill:
		o.n = g.one(1000, 4096, 16384, 100000)
		if g.r.loose {
			o.n = 0
		}
	case vSend:
		if g.chance(15) {
			o.m = g.one(1, 1, 1, 2, 3, 6, 12, 253, 254)
			if o.m > 200 && g.chance(80) {
				o.m = 1
			}
			for i := range o.vars {
				if v, ok := g.set(anything); ok && g.chance(95) {
					o.vars[i] = v
				}
			}
		}
		if g.r.loose {
			o.n = min(o.n, 100)
		}
	case vRecv, vPeek:
		if g.chance(40) {
			o.m = g.one(1, 2, 3, 8, 253)
		}
		if o.verb == vRecv && g.chance(50) {
			o.n = 1 << 20
		}
	case vRead:
		o.m = 0
	}
}

// fileOp fills in an op on files or on the process.
func (g *generator) fileOp(o op) (op, bool) {
	switch o.verb {
	case vFchmod:
		o.n = g.one(0777, 0755, 0700, 0600, 0666, 0, 0077, 0477)
	case vOpen:
		o.name, o.n = g.path(), g.rng.IntN(4)
	case vMkdir:
		o.name, o.n = g.path(), g.one(0777, 0755, 0700, 01777)
	case vMknod:
		o.name, o.n, o.m = g.path(), 0644, g.rng.IntN(2)
	case vSymlink:
		o.name, o.name2 = [...]string{"a", "b", "d", "d/a", "e", "l", "f", "a/", "d/", "nodir/x"}[g.rng.IntN(10)], g.path()
	case vLink, vRename:
		o.name, o.name2 = g.path(), g.path()
	case vUnlink, vRmdir, vStat:
		o.name = g.path()
	case vChmod:
		o.name, o.n = g.path(), g.one(0777, 0755, 0700, 0600, 0, 0444, 0222, 0666, 0711, 01777, 0077, 0577)
		if o.name == "/" || strings.HasPrefix(o.name, "..") {
			return o, false
		}
	case vChdir:
		o.name = [...]string{"d", "e", "..", ".", "../w", "d/d", "f", "a"}[g.rng.IntN(8)]
	case vUser:
		if g.r.kernel.other == 0 {
			return o, false
		}
		if g.uid == 0 {
			g.uid = g.r.kernel.other
		} else {
			g.uid = 0
		}
		o.n = g.uid
	case vUmask:
		o.n = g.one(0, 0, 022, 077, 0777)
	case vNoFile:
		if g.noFile = !g.noFile; g.noFile {
			o.n = g.rng.IntN(g.open() + 6)
		} else {
			o.n = 1000
		}
	}
	if (o.name == "/" || o.name2 == "/") && o.verb != vStat && o.verb != vUnlink && o.verb != vRmdir {
		return o, false
	}
	return o, true
}
