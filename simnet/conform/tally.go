package conform

import (
	"maps"
	"slices"
	"strings"
	"syscall"

	"example.com/brine/simnet/internal/afunix"
)

// A Tally counts what was compared.
type Tally struct {
	Ops    int // carried out on both sides
	Sweeps int // looks at all sockets

	errnos [2]map[syscall.Errno]int
	cases  [2]map[string]int
	masks  [2]map[look]int
	key    []byte
}

// A look is what poll said of a socket.
type look struct {
	listens bool
	mask    afunix.Mask
}

// The sides of a Tally.
const (
	sideKernel = iota
	sideCore
)

func newTally() *Tally {
	t := &Tally{}
	for i := range t.cases {
		t.errnos[i], t.cases[i] = map[syscall.Errno]int{}, map[string]int{}
		t.masks[i] = map[look]int{}
	}
	return t
}

// An ErrnoCount says how often an errno was answered.
type ErrnoCount struct {
	Name         string
	Kernel, Core int
}

// Errnos returns the errnos that were answered, by name.
func (t *Tally) Errnos() []ErrnoCount {
	var all []ErrnoCount
	for e, n := range t.errnos[sideKernel] {
		all = append(all, ErrnoCount{errnoName(e), n, t.errnos[sideCore][e]})
	}
	for e, n := range t.errnos[sideCore] {
		if t.errnos[sideKernel][e] == 0 {
			all = append(all, ErrnoCount{errnoName(e), 0, n})
		}
	}
	slices.SortFunc(all, func(a, b ErrnoCount) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// named reports whether the form of an op's name is of interest.
func (o *op) named() bool { return o.verb == vBind || o.verb == vConnect }

// count counts a call and its results.
func (t *Tally) count(o *op, form string, kernel, core *result) {
	t.Ops++
	for side, r := range [2]*result{kernel, core} {
		t.errnos[side][r.errno]++
		t.key = append(t.key[:0], verbNames[o.verb]...)
		if form != "" {
			t.key = append(append(t.key, ' '), form...)
		}
		t.key = append(append(t.key, ": "...), outcome(o, r)...)
		t.cases[side][string(t.key)]++
	}
}

// outcome puts a result into a word.
func outcome(o *op, r *result) string {
	if r.errno != 0 {
		return errnoName(r.errno)
	}
	switch o.verb {
	case vSend:
		switch {
		case o.n == 0 && o.m > 0:
			return "nothing, fds dropped"
		case o.n == 0:
			return "nothing"
		case r.n < o.n:
			return "part"
		case o.m > 0:
			return "with fds"
		}
	case vRecv, vPeek, vRead:
		switch {
		case r.cut && len(r.fds) > 0:
			return "some fds, cut"
		case r.cut:
			return "no fds, cut"
		case len(r.fds) > 0:
			return "with fds"
		case o.n == 0:
			return "nothing"
		case r.n == 0:
			return "EOF"
		}
	case vSockErr:
		return errnoName(syscall.Errno(r.n))
	case vShutdown:
		return [...]string{"RD", "WR", "RDWR"}[o.n]
	case vPeerCred:
		if r.cred.PID == 0 {
			return "nobody"
		}
	case vListen:
		if o.n < 0 {
			return "negative"
		}
	}
	return "ok"
}

// form says what kind of a name is bound or connected to, as things are before
// the call.
func (c *core) form(name string) string {
	switch {
	case name == "":
		return "unnamed"
	case name[0] == 0:
		return "abstract"
	case len(name) == 107:
		return "of 107 bytes"
	case len(name) > 108:
		return "of 109 bytes"
	case len(name) == 108 && !strings.Contains(name, "\x00"):
		return "of 108 bytes"
	}
	if i := strings.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	slash := ""
	if len(name) > 1 && strings.HasSuffix(name, "/") {
		name, slash = strings.TrimRight(name, "/"), "/"
	}
	st, errno := c.k.Lstat(c.p, name)
	if errno != 0 {
		if strings.ContainsAny(name, "/") {
			return "elsewhere" + slash
		}
		return "missing" + slash
	}
	switch st.Kind {
	case afunix.Dir:
		return "dir" + slash
	case afunix.Regular:
		return "file" + slash
	case afunix.Fifo:
		return "fifo" + slash
	case afunix.Symlink:
		return "symlink" + slash
	}
	if st.Links > 1 {
		return "hardlink" + slash
	}
	return "socket" + slash
}

// Missing returns which of the cases that have to occur did not, on each side,
// at least least times, and which of them cannot here.
func (t *Tally) Missing(least int, root, loose bool) (missing, skipped []string) {
	for _, c := range Cases {
		switch {
		case c.Root && !root:
			skipped = append(skipped, c.String()+" (needs root)")
		case c.Exact && loose:
			skipped = append(skipped, c.String()+" (buffers are counted differently here)")
		case t.Count(c.Op+": "+c.Result) < least:
			missing = append(missing, c.String())
		}
	}
	return missing, skipped
}

// Count says how often a case, "op: result", occurred, on the side where that
// was less often.
func (t *Tally) Count(key string) int {
	t.fold()
	return min(t.cases[sideKernel][key], t.cases[sideCore][key])
}

// fold puts what poll said among the cases.
func (t *Tally) fold() {
	for side := range t.masks {
		for l, n := range t.masks[side] {
			key := "poll: "
			if l.listens {
				key = "poll of a listener: "
			}
			t.cases[side][key+l.mask.String()] += n
		}
		clear(t.masks[side])
	}
}

// Keys returns all cases that occurred, sorted.
func (t *Tally) Keys() []string {
	t.fold()
	return slices.Sorted(maps.Keys(t.cases[sideKernel]))
}
