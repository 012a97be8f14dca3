package conform

import (
	"slices"
	"strconv"
)

// A motif is a short story that chance alone would tell too rarely. It is a part
// of a script like any other: its ops are carried out one after the other,
// whatever became of the ones before. Variables are numbered from 0.
type motif func(g *generator) []op

// vars of a motif.
const nroles = 6

// motif puts the ops of a motif in front of what the script has yet to do, with
// its variables replaced by some that are free.
func (g *generator) motif() {
	var roles [nroles]int8
	taken := map[int8]bool{}
	for i := range roles {
		for try := 0; ; try++ {
			v, ok := g.unset()
			if !ok || try > 100 {
				return // too much is open
			}
			if !taken[v] {
				roles[i], taken[v] = v, true
				break
			}
		}
	}
	ops := motifs[g.rng.IntN(len(motifs))](g)
	if g.r.loose {
		ops = slices.DeleteFunc(ops, func(o op) bool { return o.verb == vFill || o.verb == vSndBuf || o.verb == vSend && o.n > 1000 })
	}
	for i := range ops {
		o := &ops[i]
		o.v, o.w, o.x = roles[o.v], roles[o.w], roles[o.x]
		for j, v := range o.vars {
			o.vars[j] = roles[v]
		}
	}
	g.script = append(ops, g.script...)
}

// listen makes role 0 listen at name.
func listen(name string, backlog int) []op {
	return []op{{verb: vSocket, w: 0}, {verb: vUnlink, name: name}, {verb: vBind, name: name}, {verb: vListen, n: backlog}}
}

// dial makes a role a client of name.
func dial(role int8, name string) []op {
	return []op{{verb: vSocket, w: role}, {verb: vConnect, v: role, name: name}}
}

func join(parts ...[]op) (all []op) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

var motifs = []motif{
	// The quarter: three messages of one byte in a buffer of 9216.
	func(g *generator) []op {
		ops := []op{{verb: vPair, w: 0, x: 1}, {verb: vSndBuf, v: 0, n: g.one(4608, 4610, 4612)}}
		for range 4 {
			ops = append(ops, op{verb: vSend, v: 0, n: 1}, op{verb: vShutdown, v: 2, n: 0})
		}
		for range 3 {
			ops = append(ops, op{verb: vRecv, v: 1, n: 1})
		}
		return append(ops, op{verb: vSndBuf, v: 0, n: g.one(0, 3000, 4611)})
	},
	// A full queue, whose clients go away.
	func(g *generator) []op {
		ops := listen("m", g.one(0, 1, 1, -1))
		for role := int8(1); role < 5; role++ {
			ops = append(ops, dial(role, "m")...)
		}
		ops = append(ops, op{verb: vClose, v: 1}, op{verb: vConnect, v: 4, name: "m"}, op{verb: vSend, v: 2, n: 3},
			op{verb: vListen, n: g.one(0, 1, 3)}, op{verb: vConnect, v: 4, name: "m"})
		return append(ops, op{verb: vAccept, v: 0, w: 1}, op{verb: vRecv, v: 1, n: 9}, op{verb: vRecv, v: 1, n: 9},
			op{verb: vConnect, v: 4, name: "m"}, op{verb: vAccept, v: 0, w: 5}, op{verb: vRecv, v: 5, n: 9})
	},
	// A listener goes, and with it who was waiting.
	func(g *generator) []op {
		ops := join(listen("m", 3), dial(1, "m"), dial(2, "m"))
		if g.chance(50) {
			ops = append(ops, op{verb: vSend, v: 1, n: 5})
		}
		if g.chance(30) {
			ops = append(ops, op{verb: vShutdown, v: 1, n: g.one(0, 1, 2)})
		}
		ops = append(ops, op{verb: vClose}, op{verb: vSend, v: 1, n: g.one(0, 1)})
		if g.chance(30) {
			ops = append(ops, op{verb: vSockErr, v: 1})
		}
		return append(ops, op{verb: vRecv, v: 1, n: g.one(0, 9)}, op{verb: vRecv, v: 1, n: 9}, op{verb: vPeek, v: 2, n: 1}, op{verb: vRead, v: 2, n: 1},
			op{verb: vConnect, v: 1, name: "m"}, op{verb: vSocket, w: 3}, op{verb: vConnect, v: 3, name: "m"}, op{verb: vBind, v: 3, name: "m"})
	},
	// Data, then the reset, then the end.
	func(g *generator) []op {
		ops := []op{{verb: vPair, w: 0, x: 1}, {verb: vSend, v: 0, n: 5}, {verb: vSend, v: 1, n: g.one(0, 7)}}
		if g.chance(30) {
			ops = append(ops, op{verb: vShutdown, v: 0, n: g.one(0, 1, 2)})
		}
		ops = append(ops, op{verb: vClose, v: 1}, op{verb: vSend, v: 0, n: g.one(0, 1)})
		for range 4 {
			ops = append(ops, op{verb: verb(g.one(int(vRecv), int(vRecv), int(vPeek), int(vSockErr), int(vRead))), v: 0, n: g.one(0, 1, 9)})
		}
		return ops
	},
	// Full, then the peer or this side ends it.
	func(g *generator) []op {
		ops := []op{{verb: vPair, w: 0, x: 1}, {verb: vSndBuf, v: 0, n: g.one(0, 8192, 106496)}, {verb: vFill, v: 0, n: g.one(1000, 100000)},
			{verb: vSend, v: 0, n: 0}, {verb: vShutdown, v: int8(g.one(0, 1)), n: g.one(0, 1, 2)}, {verb: vSend, v: 0, n: 1}}
		if g.chance(50) {
			ops = append(ops, op{verb: vClose, v: 1})
		}
		return append(ops, op{verb: vRecv, v: 1, n: 2000}, op{verb: vRecv, v: 1, n: 1 << 20}, op{verb: vRecv, v: 0, n: 1})
	},
	// Descriptors and what may merge with them.
	func(g *generator) []op {
		ops := []op{{verb: vPair, w: 0, x: 1}, {verb: vPair, w: 2, x: 3}, {verb: vSend, v: 0, n: g.one(0, 3)}}
		send := op{verb: vSend, v: 0, n: g.one(1, 4, 300), m: g.one(1, 2, 3), vars: [3]int8{2, 3, 2}}
		ops = append(ops, send, op{verb: vSend, v: 0, n: 2})
		if g.chance(50) {
			ops = append(ops, send, op{verb: vSend, v: 0, n: 2})
		}
		if g.chance(30) {
			ops = append(ops, op{verb: vClose, v: 2})
		}
		get := verb(g.one(int(vPeek), int(vRecv), int(vRecv), int(vRead)))
		ops = append(ops, op{verb: get, v: 1, n: g.one(0, 1, 2, 4, 99), m: g.one(0, 1, 3), vars: [3]int8{4, 5, 2}})
		for range 4 {
			ops = append(ops, op{verb: vRecv, v: 1, n: g.one(1, 2, 99, 1000), m: g.one(0, 1, 2, 8), vars: [3]int8{4, 5, 2}})
		}
		return append(ops, op{verb: vClose, v: 4}, op{verb: vClose, v: 5})
	},
	// Descriptors in flight when their receiver goes.
	func(g *generator) []op {
		return []op{{verb: vPair, w: 0, x: 1}, {verb: vPair, w: 2, x: 3}, {verb: vSend, v: 3, n: g.one(0, 4)},
			{verb: vSend, v: 0, n: 1, m: 2, vars: [3]int8{2, 2, 2}}, {verb: vClose, v: 2}, {verb: vSend, v: 3, n: 1}, {verb: vClose, v: int8(g.one(1, 0))},
			{verb: vRecv, v: 3, n: 1}, {verb: vRecv, v: 0, n: 1}, {verb: vRecv, v: 3, n: 1}}
	},
	// More in flight than a user may have.
	func(g *generator) []op {
		if g.r.kernel.other == 0 {
			return nil
		}
		send := op{verb: vSend, v: 0, n: g.one(1, 50000), m: g.one(7, 253), vars: [3]int8{2, 3, 2}}
		ops := []op{{verb: vPair, w: 0, x: 1}, {verb: vPair, w: 2, x: 3}, {verb: vUser, n: g.r.kernel.other}, {verb: vNoFile, n: 0}}
		for range 8 {
			ops = append(ops, send)
		}
		return append(ops, op{verb: vSend, v: 0, n: 3}, op{verb: vRecv, v: 1, n: 9, m: 253, vars: [3]int8{4, 5, 4}}, send, op{verb: vUser, n: 0}, send,
			op{verb: vNoFile, n: 1000}, op{verb: vUser, n: g.uid}, op{verb: vClose, v: 1}, op{verb: vClose, v: 0}, op{verb: vClose, v: 4}, op{verb: vClose, v: 5})
	},
	// As many in flight as a user may have, to the point.
	func(g *generator) []op {
		ops := []op{{verb: vPair, w: 0, x: 1}, {verb: vPair, w: 2, x: 3}, {verb: vUser, n: g.r.kernel.other}, {verb: vNoFile, n: 0}}
		if g.r.kernel.other == 0 {
			return nil
		}
		for rest := g.r.kernel.base; rest > 0; rest -= 253 {
			ops = append(ops, op{verb: vSend, v: 0, n: 1, m: min(rest, 253), vars: [3]int8{2, 3, 2}})
		}
		one := op{verb: vSend, v: 0, n: 1, m: 1, vars: [3]int8{2, 3, 2}}
		return append(ops, one, one, op{verb: vNoFile, n: 1000}, op{verb: vUser, n: g.uid}, op{verb: vClose, v: 1}, op{verb: vClose, v: 0})
	},
	// Few numbers left.
	func(g *generator) []op {
		return join(listen("m", 3), dial(1, "m"), []op{{verb: vPair, w: 2, x: 3}, {verb: vSend, v: 2, n: 4, m: 3, vars: [3]int8{0, 1, 0}},
			{verb: vNoFile, n: g.open() + 4 + g.one(0, 1, 2)}, {verb: vAccept, v: 0, w: 4}, {verb: vAccept, v: 0, w: 4}, {verb: vPair, w: 4, x: 5},
			{verb: vRecv, v: 3, n: 9, m: 3, vars: [3]int8{4, 5, 4}}, {verb: vSocket, w: 5}, {verb: vDup, v: 1, w: 5},
			{verb: vNoFile, n: 1000}, {verb: vAccept, v: 0, w: 4}})
	},
	// Names of one file, and of one that took its place.
	func(g *generator) []op {
		name := [...]string{"m", "m2", "d/m", "m/", "dlink/m", "s40", "s41", "s1"}[g.rng.IntN(8)]
		return join(listen("m", 3), []op{{verb: vUnlink, name: "m2"}, {verb: verb(g.one(int(vLink), int(vRename))), name: "m", name2: "m2"},
			{verb: vRename, name: "m2", name2: "d/m"}}, dial(1, name), dial(2, "d/m"), []op{{verb: vBind, v: 1, name: "m2"},
			{verb: vUnlink, name: "d/m"}, {verb: vConnect, v: 3, name: "d/m"}, {verb: vAccept, w: 4}})
	},
	// As many links as there may be, and one more.
	func(g *generator) []op {
		ops := listen("m", 5)
		ops = append(ops, op{verb: vSymlink, name: "m", name2: "t1"})
		for i := 2; i <= 41; i++ {
			ops = append(ops, op{verb: vSymlink, name: "t" + strconv.Itoa(i-1), name2: "t" + strconv.Itoa(i)})
		}
		ops = append(ops, dial(1, "t40")...)
		return append(append(ops, dial(2, "t41")...), op{verb: vSocket, w: 3}, op{verb: vBind, v: 3, name: "t40"}, op{verb: vUnlink, name: "t1"})
	},
	// Whose names and modes.
	func(g *generator) []op {
		if g.r.kernel.other == 0 {
			return nil
		}
		dir := [...]string{"", "d/", "q/"}[g.rng.IntN(3)]
		ops := []op{{verb: vUser, n: 0}, {verb: vMkdir, name: "q", n: 0711}, {verb: vChmod, name: "q", n: g.one(0711, 0700, 0755, 0777, 01777, 0766)},
			{verb: vUmask, n: g.one(0, 022)}, {verb: vSocket, w: 0}, {verb: vFchmod, v: 0, n: g.one(0777, 0755, 0444, 0222, 0600, 0, 0077, 0577)},
			{verb: vUnlink, name: dir + "m"}, {verb: vUser, n: g.one(0, 0, g.r.kernel.other)}, {verb: vBind, v: 0, name: dir + "m"},
			{verb: vListen, v: 0, n: 5}, {verb: vUser, n: g.r.kernel.other}}
		ops = append(ops, dial(1, dir+"m")...)
		ops = append(ops, op{verb: vPeerCred, v: 1}, op{verb: vSocket, w: 2}, op{verb: vBind, v: 2, name: dir + "m"}, op{verb: vBind, v: 2, name: dir + "m3"},
			op{verb: vUnlink, name: dir + "m"}, op{verb: vLink, name: dir + "m", name2: "d/m4"}, op{verb: vRename, name: dir + "m", name2: dir + "m5"})
		return append(ops, op{verb: vUser, n: 0}, op{verb: vAccept, v: 0, w: 3}, op{verb: vPeerCred, v: 3}, op{verb: vUser, n: g.uid}, op{verb: vUmask, n: 0})
	},
	// Who holds a lock.
	func(g *generator) []op {
		return []op{{verb: vOpen, w: 0, name: "lk", n: 1}, {verb: vOpen, w: 1, name: "lk", n: 1}, {verb: vDup, v: 0, w: 2}, {verb: vLock, v: 0},
			{verb: vLock, v: 1}, {verb: vLock, v: 2}, {verb: vClose, v: 0}, {verb: vLock, v: 1}, {verb: verb(g.one(int(vClose), int(vUnlock))), v: 2},
			{verb: vLock, v: 1}, {verb: vUnlink, name: "lk"}, {verb: vOpen, w: 0, name: "lk", n: 1}, {verb: vLock, v: 0}, {verb: vClose, v: 0},
			{verb: vClose, v: 1}, {verb: vClose, v: 2}}
	},
	// Shut before it is connected, and after.
	func(g *generator) []op {
		return join(listen("m", 3), []op{{verb: vSocket, w: 1}, {verb: vShutdown, v: 1, n: g.one(0, 1, 2)}, {verb: vConnect, v: 1, name: "m"},
			{verb: vAccept, w: 2}, {verb: vSend, v: 1, n: 3}, {verb: vSend, v: 2, n: 3}, {verb: vRecv, v: 1, n: 9}, {verb: vRecv, v: 2, n: 9},
			{verb: vBind, v: 1, name: "d/late"}, {verb: vShutdown, v: int8(g.one(0, 1, 2)), n: g.one(0, 1, 2)}, {verb: vSend, v: 2, n: 1},
			{verb: vSend, v: 1, n: 1}, {verb: vListen, n: 1}, {verb: vConnect, v: 3, name: "m"}, {verb: vUnlink, name: "d/late"}},
			dial(4, "m"), []op{{verb: vAccept, w: 5}, {verb: vRecv, v: 2, n: 9}})
	},
	// Abstract names.
	func(g *generator) []op {
		a, b := g.abs+"m", g.abs+"m\x00"
		return join([]op{{verb: vSocket, w: 0}, {verb: vBind, name: a}, {verb: vListen, n: 1}}, dial(1, b), dial(2, a), []op{{verb: vSocket, w: 3},
			{verb: vBind, v: 3, name: a}, {verb: vBind, v: 3, name: b}, {verb: vBind, v: 3, name: a}, {verb: vBind, v: 3, name: "d/n"},
			{verb: vAccept, w: 4}, {verb: vClose, v: 0}, {verb: vSocket, w: 5}, {verb: vBind, v: 5, name: a}, {verb: vClose, v: 5},
			{verb: vClose, v: 3}})
	},
}
