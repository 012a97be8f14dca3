package explore_test

import (
	"fmt"
	"math/rand/v2"

	"example.com/brine/simnet"
)

// A maker makes little programs at random.
type maker struct{ *rand.Rand }

// makeLittle returns the program of a number: two to four processes, with one or two
// tasks each and, mostly, connections between them.
func makeLittle(seed uint64) little {
	m := maker{rand.New(rand.NewPCG(seed, 1))}
	l := little{name: fmt.Sprint("program ", seed)}
	n := 2 + m.IntN(3)
	l.procs = make([]littleProc, n)
	var used [4]int
	for range 1 + m.IntN(n) {
		w := wire{from: m.IntN(n), to: m.IntN(n)}
		if w.from == w.to || used[w.from] > 1 || used[w.to] > 1 {
			continue
		}
		w.fromReg, w.toReg = used[w.from], used[w.to]
		used[w.from]++
		used[w.to]++
		l.wires = append(l.wires, w)
	}
	left := 4 + m.IntN(4) // operations
	daemons := m.IntN(2) == 0
	for i := range l.procs {
		p := &l.procs[i]
		if m.IntN(4) == 0 {
			p.uid = 1 + m.IntN(2)
		}
		tasks := 1
		if m.IntN(4) == 0 {
			tasks = 2
		}
		for range tasks {
			p.tasks = append(p.tasks, littleTask{daemon: daemons || m.IntN(3) > 0})
		}
	}
	theme := m.IntN(len(themes))
	for i := 0; left > 0; i++ {
		p := &l.procs[i%n]
		t := &p.tasks[m.IntN(len(p.tasks))]
		if m.IntN(4) > 0 || i < n {
			t.ops = append(t.ops, m.instr(theme, n, used[i%n]))
			left--
		}
	}
	for i := 2; i < n && m.IntN(2) == 0; i++ {
		// One that stands by: what the others have done can come to the same while it
		// could still be asked for.
		l.procs[i].tasks = []littleTask{{daemon: true, ops: []instr{{op: vYield}}}}
	}
	if m.IntN(8) == 0 {
		l.files = 2*len(l.wires) + m.IntN(4)
	}
	if m.IntN(8) == 0 {
		l.world.Faults = faultSets[m.IntN(len(faultSets))]
	}
	return l
}

var faultSets = []simnet.Faults{
	{simnet.FaultShort: {Rate: 1}},
	{simnet.FaultReset: {Rate: 1, Max: 1}},
	{simnet.FaultKill: {Rate: 1, Max: 1}},
	{simnet.FaultEarly: {Rate: 1}},
	{simnet.FaultLate: {Rate: 1, Max: 1}},
	{simnet.FaultENOBUFS: {Rate: 1, Max: 1}, simnet.FaultEMFILE: {Rate: 1}},
	{simnet.FaultPause: {Rate: 1, Max: 1}},
	{simnet.FaultRemoved: {Rate: 1}, simnet.FaultFull: {Rate: 1}},
}

// themes are what programs are about, beside what all have.
var themes = [][]verb{
	{vSend, vRecv, vYield},
	{vSend, vRecv, vCloseWrite, vCloseRead, vClose},
	{vListen, vAccept, vDial, vDial, vCloseListener, vRemove, vTakeover},
	{vSleep, vReadDeadline, vAfter, vWait, vNow, vRecv},
	{vNotify, vWait, vAfter, vYield},
	{vPass, vTake, vPass, vTake, vClose},
	{vKill, vPause, vResume, vRecv},
	{vPair, vFiles, vLimit, vClose, vDial, vListen},
	{vView, vCancel, vRecv, vCancel},
	{vTimeout, vRecv, vSleep, vCancel},
	{vSmall, vSend, vRecv, vRecv},
	{vLock, vListen, vLock, vKill},
}

func (m maker) instr(theme, procs, regs int) instr {
	list := themes[theme]
	if m.IntN(3) == 0 {
		list = themes[m.IntN(2)]
	}
	if m.IntN(24) == 0 {
		return instr{op: verb(m.IntN(int(numVerbs))), a: m.IntN(min(procs, 3)), b: 1, wait: 1}
	}
	i := instr{op: list[m.IntN(len(list))], a: m.reg(regs)}
	switch m.IntN(4) {
	case 0:
		i.wait = -1
	case 1, 2:
		i.wait = 1 + m.IntN(2)
	}
	switch i.op {
	case vSend, vRecv:
		if i.b = 1 + m.IntN(3); theme == 10 && m.IntN(2) == 0 {
			i.b = 5000
		}
		if m.IntN(2) == 0 {
			i.wait = 0
		}
	case vListen, vTakeover, vRemove, vLock:
		i.a = 0
	case vDial, vAccept:
		i.a = 2
	case vPair:
		i.a, i.b = 1, 2
	case vPass, vTake:
		i.b = m.IntN(2)
	case vKill, vPause, vResume:
		i.a = m.IntN(procs)
	case vFiles, vLimit:
		i.a = 1 + m.IntN(6)
	case vSleep, vTimeout, vAfter:
		i.wait = 1 + m.IntN(2)
	}
	return i
}

// reg returns a register that most likely holds a connection.
func (m maker) reg(used int) int {
	if used > 0 && m.IntN(8) > 0 {
		return m.IntN(used)
	}
	return m.IntN(3)
}
