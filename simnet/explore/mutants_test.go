package explore_test

// mutants prune what must not be, each for another reason: what stands in the
// file, which is there exactly once, and what is to stand there.
var mutants = []struct {
	name  string
	edits []edit
}{
	{"the run queue is not in the state", []edit{{causalFile,
		"h = mix(h, uint64(id))\n\t}\n\tx.f.", "_ = id\n\t}\n\tx.f."}}},
	{"the order of the run queue is not in the state", []edit{{causalFile,
		"h = mix(h, uint64(id))\n\t}\n\tx.f.", "h += mix(1, uint64(id))\n\t}\n\tx.f."}}},
	// The current task alone would be no loss: it is whoever could go on and is not
	// in the queue.
	{"neither the current task nor the run queue is in the state", []edit{{causalFile,
		"h = mix(h, 1<<32^uint64(t.id))", ""}, {causalFile,
		"h = mix(h, uint64(id))\n\t}\n\tx.f.", "_ = id\n\t}\n\tx.f."}}},
	{"deviations left do not matter", []edit{{exhaustFile,
		"\tnext := 0\n", "\tif e.c.Complete = e.deep(0, 0) && !e.more; e.c.Complete {\n\t\te.c.Covered = e.c.Bound\n\t\treturn\n\t}\n\tnext := len(e.nodes)\n"}, {exhaustFile,
		"// execute executes a run, and appends", `// deep executes what follows from a run before those beside it.
func (e *exhaustion) deep(i, d int) bool {
	e.chooser.branching = d < e.c.Bound
	e.chooser.following = e.cfg.Isolated && e.chooser.branching
	k := len(e.nodes)
	ok := e.execute(i)
	for end := len(e.nodes); k < end && ok; k++ {
		ok = e.deep(k, d+1)
	}
	return ok
}

// execute executes a run, and appends`}}},
	{"deadlines are independent", []edit{
		{causalFile, "x.scope = max(x.scope, single) }", "}"},
		{causalFile, "OpSleep, OpAfterFunc,", ""},
		{causalFile, "OpBegin, OpEnd,", "OpSleep, OpAfterFunc, OpBegin, OpEnd,"},
		{causalFile, "x.notes = mix(x.notes, uint64(n)^1<<63)", "return"}}},
	{"descriptor numbers are independent", []edit{
		{causalFile, "OpListen, OpDial, OpPair, OpAccept, OpClose, OpDup,", ""},
		{causalFile, "OpBegin, OpEnd,", "OpListen, OpDial, OpPair, OpAccept, OpClose, OpDup, OpBegin, OpEnd,"},
		{causalFile, "\t\tx.scope = whole // and with it whatever it refers to\n", ""},
		{causalFile, "x.notes = mix(x.notes, uint64(n)^1<<63)", "return"}}},
	{"tasks of a process commute", []edit{{causalFile,
		"mark{&x.procs, int(t.p.id)}", "mark{&x.procs, 100 + int(t.id)}"}, {causalFile,
		"mark{&x.procs, int(d.on)}", "mark{&x.procs, 100 + int(t.id)}"}, {causalFile,
		"x.notes = mix(x.notes, uint64(n)^1<<63)", "return"}}},
	{"the ends of a connection are independent", []edit{{causalFile,
		"d.peer, _ = x.s.w.k.PeerID(d.sock)", ""}, {causalFile,
		"x.notes = mix(x.notes, uint64(n)^1<<63)", "return"}}},
	{"connections do not matter", []edit{{causalFile,
		"if d.sock != 0 {\n\t\thad", "if false {\n\t\thad"}, {causalFile,
		"if d.peer != 0 {\n\t\thad", "if false {\n\t\thad"}, {causalFile,
		"x.notes = mix(x.notes, uint64(n)^1<<63)", "return"}}},
	{"a kill is independent", []edit{{causalFile,
		"OpBegin, OpEnd,", "OpKill, OpBegin, OpEnd,"}, {causalFile,
		"x.notes = mix(x.notes, uint64(n)^1<<63)", "return"}}},
	{"answers do not matter", []edit{{causalFile,
		"x.notes = mix(x.notes^uint64(k)<<32, uint64(n)<<32^uint64(i))", ""}, {causalFile,
		"i != 0 && k > KindShort", "false"}}},
	{"names are independent", []edit{
		{causalFile, "OpListen, OpDial,", ""},
		{causalFile, "OpBegin, OpEnd,", "OpListen, OpDial, OpRemove, OpBegin, OpEnd,"},
		{causalFile, "x.notes = mix(x.notes, uint64(n)^1<<63)", "return"}}},
	{"everything is independent", []edit{{causalFile,
		"h = mix(h^uint64(o.i), *at(o.list, o.i))", "at(o.list, o.i)"}, {causalFile,
		"h = mix(h, x.one)", ""}, {causalFile,
		"h = mix(h, x.sum)", ""}}},
}

const (
	causalFile  = "../causal.go"
	exhaustFile = "exhaust.go"
)

type edit struct{ file, old, new string }
