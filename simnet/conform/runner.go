package conform

import (
	"fmt"
	"slices"
	"strings"

	"example.com/brine/simnet/internal/afunix"
)

const (
	fillMax = 400 // calls of a fill
	sweep   = 24  // ops between two looks at all sockets
	corePID = 2   // of the process whose calls are compared
)

// A runner carries ops out on both machines and compares.
type runner struct {
	kernel  *kernel
	core    *core
	loose   bool // buffers are counted differently here
	circles bool // send descriptors in circles, too
	tally   *Tally

	vars   [nvars]afunix.Desc // -1 where unset
	seq    int
	call   call
	got    [2]result
	ids    [2][]uint64
	descs  []afunix.Desc
	states [2][nvars]state
}

// begin makes empty worlds.
func (r *runner) begin() error {
	for i := range r.vars {
		r.vars[i] = -1
	}
	r.seq = 0
	r.core.begin(r.kernel.uid, r.kernel.gid)
	return r.kernel.begin()
}

// step carries out an op, and returns in what the machines differ, "" if in
// nothing.
func (r *runner) step(o *op) string {
	if o.verb == vCloseAll {
		return r.closeAll()
	}
	for _, v := range o.makes() {
		if r.vars[v] >= 0 {
			if diff := r.step(&op{verb: vClose, v: v}); diff != "" {
				return diff
			}
		}
	}
	if !r.resolve(o) {
		return ""
	}
	form := ""
	if o.named() {
		form = r.core.form(o.name)
		if _, _, errno := r.core.k.SockType(r.core.p, r.call.d); errno != 0 {
			form = "on what is not a socket"
		}
	}
	a, b := &r.got[0], &r.got[1]
	if p := r.try(b); p != "" {
		return p
	}
	r.kernel.do(&r.call, a)
	r.tally.count(o, form, a, b)
	if !a.same(b) && !(r.loose && o.verb == vSndBuf) {
		return a.differs(b)
	}
	r.settle(o, a)
	if r.seq++; r.seq%sweep == 0 {
		if diff := r.sweep(); diff != "" {
			return diff
		}
	}
	return r.ready()
}

// try makes the call on the core, which must not panic, whatever it is asked.
func (r *runner) try(b *result) (panicked string) {
	defer func() {
		if p := recover(); p != nil {
			panicked = fmt.Sprintf("the core panics: %v", p)
		}
	}()
	r.core.do(&r.call, b)
	return r.core.fault
}

// resolve replaces variables by descriptors. It reports false for an op that
// has to be left out.
func (r *runner) resolve(o *op) bool {
	c := &r.call
	c.op, c.seq, c.fds = o, r.seq, c.fds[:0]
	if o.on() {
		if c.d = r.vars[o.v]; c.d < 0 {
			return false
		}
		if typ, _, errno := r.core.k.SockType(r.core.p, c.d); errno == 0 && typ != afunix.Stream {
			switch o.verb {
			case vBind, vClose, vDup, vFchmod:
			default:
				return false // not modelled
			}
		}
	}
	switch o.verb {
	case vSend:
		for i := range o.m {
			if d := r.vars[o.vars[i%len(o.vars)]]; d >= 0 {
				c.fds = append(c.fds, d)
			} else if i%5 == 4 {
				c.fds = append(c.fds, 1<<20) // EBADF
			}
		}
		// The kernel collects circles of descriptors in flight at a time of its own.
		if len(c.fds) > 0 && !r.circles && r.core.k.Cyclic(r.core.p, c.d, c.fds) {
			c.fds = c.fds[:0]
		}
	case vRead, vFchmod:
		// Files have no content here, and no other mode than their names'.
		_, _, errno := r.core.k.SockType(r.core.p, c.d)
		return errno == 0
	case vLock, vUnlock:
		// On the kernel even sockets can be locked.
		_, _, errno := r.core.k.SockType(r.core.p, c.d)
		return errno != 0
	case vChdir:
		// Not out of the world, where "none" is.
		if st, errno := r.core.k.Stat(r.core.p, o.name); errno == 0 && st.Ino == 1 {
			return false
		}
		if _, errno := r.core.k.Stat(r.core.p, o.name+"/none"); errno == 0 {
			return false
		}
	}
	return true
}

// settle keeps what a call made.
func (r *runner) settle(o *op, a *result) {
	if o.verb == vClose && a.errno == 0 {
		r.vars[o.v] = -1
	}
	if o.verb == vBind && o.name == "" && a.errno == 0 {
		// The kernel chooses at random: take its name for what the core chose.
		d := []afunix.Desc{r.call.d}
		r.kernel.state(d, r.states[0][:])
		name, _ := r.core.k.SockName(r.core.p, r.call.d)
		r.core.auto[name] = r.states[0][0].sock
	}
	for i, v := range o.makes() {
		if a.errno == 0 {
			r.vars[v] = a.fd[i]
			if o.verb <= vAccept {
				id, _ := r.core.k.ID(r.core.p, a.fd[i])
				r.kernel.register(a.fd[i], uint64(id), o.verb != vSocket || o.n == 0)
			}
		}
	}
	// Received descriptors go into variables that are free, or are closed.
	for i, d := range a.fds {
		if i < len(o.vars) && r.vars[o.vars[i]] < 0 {
			r.vars[o.vars[i]] = d
			continue
		}
		c := call{op: &op{verb: vClose}, d: d}
		r.core.do(&c, &r.got[1])
		var res result
		r.kernel.do(&c, &res)
	}
}

// ready compares who became ready.
func (r *runner) ready() string {
	a := r.kernel.ready(r.ids[0][:0])
	b := r.core.ready(r.ids[1][:0])
	slices.Sort(a)
	slices.Sort(b)
	a, b = slices.Compact(a), slices.Compact(b)
	r.ids[0], r.ids[1] = a, b
	if !slices.Equal(a, b) {
		return fmt.Sprintf("the kernel wakes %s, the core %s", events(a), events(b))
	}
	return ""
}

// events names sockets and what poll says of them.
func events(ids []uint64) string {
	if len(ids) == 0 {
		return "nobody"
	}
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = fmt.Sprintf("socket %d (%v)", id>>16, afunix.Mask(id))
	}
	return strings.Join(s, ", ")
}

// sweep compares all sockets.
func (r *runner) sweep() string {
	r.descs = r.descs[:0]
	for _, d := range r.vars {
		if d >= 0 {
			if typ, _, errno := r.core.k.SockType(r.core.p, d); errno == 0 && typ == afunix.Stream {
				r.descs = append(r.descs, d)
			}
		}
	}
	a, b := r.states[0][:], r.states[1][:]
	r.kernel.state(r.descs, a)
	r.core.state(r.descs, b)
	for i, d := range r.descs {
		_, l, _ := r.core.k.SockType(r.core.p, d)
		r.tally.masks[sideKernel][look{l, a[i].mask}]++
		r.tally.masks[sideCore][look{l, b[i].mask}]++
		if r.loose {
			a[i].outq, b[i].outq = 0, 0
		}
		if a[i] != b[i] {
			return fmt.Sprintf("descriptor %d: the kernel says %s, the core %s", d, a[i], b[i])
		}
	}
	r.tally.Sweeps++
	if r.tally.Sweeps%64 == 0 {
		if err := r.core.k.Check(); err != nil {
			return "the core is not what it should be: " + err.Error()
		}
	}
	return ""
}

func (s state) String() string {
	return fmt.Sprintf("{poll %v, SIOCINQ %d %s, SIOCOUTQ %d, name %q, peer %q %s}", s.mask, s.inq, errnoName(s.errno[0]), s.outq, s.sock, s.peer, errnoName(s.errno[1]))
}

// closeAll closes the descriptors in ascending order.
func (r *runner) closeAll() string {
	for {
		next := int8(-1)
		for v, d := range r.vars {
			if d >= 0 && (next < 0 || d < r.vars[next]) {
				next = int8(v)
			}
		}
		if next < 0 {
			return ""
		}
		if diff := r.step(&op{verb: vClose, v: next}); diff != "" {
			return diff
		}
	}
}

// play carries a whole script out in empty worlds, and returns at which op the
// machines differ, -1 if at none.
func (r *runner) play(s []op) (at int, diff string, err error) {
	if err := r.begin(); err != nil {
		return -1, "", err
	}
	defer r.kernel.end()
	for i := range s {
		if diff := r.step(&s[i]); diff != "" {
			return i, diff, nil
		}
	}
	if diff := r.sweep(); diff != "" {
		return len(s) - 1, diff, nil
	}
	return -1, "", nil
}
