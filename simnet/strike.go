package simnet

import (
	"path"
	"strconv"
	"syscall"
	"time"

	"example.com/brine/simnet/internal/afunix"
	"example.com/brine/transport"
)

// What the answers to questions about faults are.
var (
	lates   = [...]time.Duration{time.Millisecond, 100 * time.Millisecond, 10 * time.Second}
	jumps   = [...]time.Duration{time.Second, time.Minute, time.Hour}
	buffers = [...]int{4608, 16384} // the least there is (SOCK_MIN_SNDBUF), and little
)

const pauseTime = time.Second

// weigh sets the rates of the options that have been collected, and returns their
// sum. What is alike shares its rate.
func (st *striker) weigh() (sum int) {
	st.rates = st.rates[:0]
	for i := range st.options {
		f := st.options[i].f
		same := 0
		for j := range st.options {
			if st.options[j].f == f {
				same++
			}
		}
		r := st.set[f].Rate
		if r > 0 {
			r = max(1, r/same)
		}
		st.rates = append(st.rates, r)
		sum += r
	}
	return sum
}

// drawn returns the option that an answer means, nil for the calm one.
func (st *striker) drawn(i int) *option {
	if i == 0 {
		return nil
	}
	return &st.options[i-1]
}

// draw puts the question whose options have been collected, all of one kind. It
// returns nil for the calm answer.
func (s *sched) draw() *option {
	st := s.fault
	if len(st.options) == 0 {
		return nil
	}
	rate := st.weigh()
	s.rates = st.rates
	i := s.choose(st.options[0].f.Kind(), len(st.options)+1, rate)
	s.rates = nil
	return st.drawn(i)
}

// drawOf puts a question about an alarm, whose options are all of one fault.
func (s *sched) drawOf(a *alarm) *option {
	st := s.fault
	st.weigh()
	f := st.options[0].f
	s.rates = st.rates
	i := s.chooseOf(a, f.Kind(), len(st.options)+1, st.set[f].Rate)
	s.rates = nil
	return st.drawn(i)
}

// struck counts a fault.
func (s *sched) struck(f Fault) {
	s.fault.left[f]--
	s.fault.fired[f]++
	s.hash = mix(s.hash, uint64(f)<<8|1)
}

// strike asks for the faults that an operation of the running task may meet, and
// brings them about.
func (s *sched) strike(t *task) {
	st := s.fault
	s.befall() // others may run meanwhile, and leave something behind
	st.errno, st.partial = 0, false
	s.leap()
	if t.path != "" {
		s.meddle(t)
	}
	if t.op == OpDial && st.on(FaultFull) {
		s.crowd(t)
	}
	s.fail(t)
}

// befall asks whether a process is killed, restarted or paused.
func (s *sched) befall() {
	if p := s.victim(FaultKill); p != nil {
		s.w.kill(p)
		s.w.vanish()
	}
	if p := s.victim(FaultRestart); p != nil {
		s.w.kill(p)
		s.w.start(p.cfg, p.incarnation+1) // can fail if its directory is gone: then it does not come up
		s.w.vanish()
	}
	if p := s.victim(FaultPause); p != nil {
		s.pauseFor(p, pauseTime)
		if t := s.task; t.p == p {
			t.state = held
			s.block(t)
		}
	}
}

// victim asks which process a fault strikes, and returns nil for none.
func (s *sched) victim(f Fault) *Process {
	st := s.fault
	if !st.on(f) {
		return nil
	}
	st.options = st.options[:0]
	for _, p := range s.processes {
		if p.dead || p.cfg.Spared || f == FaultRestart && p.cfg.Main == nil || f == FaultPause && p.paused {
			continue
		}
		st.options = append(st.options, option{f: f, p: p})
	}
	o := s.draw()
	if o == nil {
		return nil
	}
	s.struck(f)
	return o.p
}

// leap asks whether the clock jumps. Every timer that is due by then goes off.
func (s *sched) leap() {
	st := s.fault
	if !st.on(FaultJump) {
		return
	}
	st.options = st.options[:0]
	for _, d := range jumps {
		st.options = append(st.options, option{f: FaultJump, value: int64(d), name: d.String()})
	}
	if o := s.draw(); o != nil {
		s.struck(FaultJump)
		s.now = later(s.now, o.value)
		for a := s.first(); a != nil && a.at <= s.now; a = s.first() {
			s.ring(a)
		}
	}
}

// meddle asks what has become of a socket file that an operation is about to look
// for.
func (s *sched) meddle(t *task) {
	st, w := s.fault, s.w
	if !st.on(FaultRemoved) && !st.on(FaultReplaced) && !st.on(FaultForbidden) && !st.on(FaultDirGone) {
		return
	}
	switch t.op {
	case OpDial, OpListen, OpChmod, OpRename, OpRemove:
	default:
		return
	}
	if t.on == nil || transport.Addr(t.path).Abstract() {
		return
	}
	file := t.on.absolute(t.path)
	stat, errno := w.k.Lstat(w.root, file)
	if errno != 0 || stat.Kind != afunix.Sock {
		return
	}
	st.options = st.options[:0]
	for _, f := range [...]Fault{FaultRemoved, FaultReplaced, FaultForbidden, FaultDirGone} {
		if st.on(f) && (f != FaultDirGone || path.Dir(file) != "/") {
			st.options = append(st.options, option{f: f, name: f.String()})
		}
	}
	o := s.draw()
	if o == nil {
		return
	}
	s.struck(o.f)
	events := func(_ syscall.Errno, woken []afunix.Waiter) { w.events(woken) }
	switch o.f {
	case FaultRemoved:
		events(w.k.Unlink(w.root, file))
	case FaultReplaced:
		events(w.k.Unlink(w.root, file))
		events(w.k.Mknod(w.root, file, afunix.Regular, stat.Mode&0o777))
	case FaultForbidden:
		events(w.k.Chmod(w.root, file, 0))
	case FaultDirGone:
		dir := path.Dir(file)
		w.renamed = true
		events(w.k.Rename(w.root, dir, dir+".gone"))
	}
}

// crowd asks whether other clients have filled the backlog that a Dial is about to
// join. They are a process of their own, which dies with its connections pending.
func (s *sched) crowd(t *task) {
	st, w := s.fault, s.w
	if t.on == nil {
		return
	}
	name := sunPath(t.path)
	if !transport.Addr(t.path).Abstract() {
		name = t.on.absolute(t.path)
	}
	info, ok := w.k.Listening(w.root, name)
	if !ok || info.Pending > info.Backlog {
		return
	}
	st.options = append(st.options[:0], option{f: FaultFull})
	if s.draw() == nil {
		return
	}
	s.struck(FaultFull)
	p, _ := w.k.Spawn(afunix.Process{NoFile: 1 << 20})
	for errno := syscall.Errno(0); errno == 0; {
		var d afunix.Desc
		if d, errno = w.k.Socket(p, afunix.Stream); errno == 0 {
			_, joined, woken := w.k.Connect(p, d, name)
			w.events(woken)
			errno = joined
		}
	}
	w.events(w.k.Exit(p))
}

// fail asks whether an operation fails. What it is to fail with, the operation
// asks for where it would find out: after its arguments were found valid.
func (s *sched) fail(t *task) {
	st := s.fault
	st.options = st.options[:0]
	switch t.op {
	case OpListen, OpDial, OpPair, OpAccept, OpLock:
		st.offer(FaultEMFILE)
		st.offer(FaultENFILE)
		st.offer(FaultENOMEM)
	case OpAdopt, OpAdoptListener, OpDup:
		st.offer(FaultEMFILE)
	case OpSend:
		if s.resettable(t) {
			st.offerAs(FaultReset, syscall.EPIPE)
		}
		st.offer(FaultENOBUFS)
		st.offer(FaultENOMEM)
	case OpRecv:
		if s.resettable(t) {
			st.offerAs(FaultReset, syscall.ECONNRESET)
		}
	}
	o := s.draw()
	switch {
	case o == nil:
	case o.f == FaultReset:
		s.struck(FaultReset)
		s.reset(t)
	default:
		st.errno, st.cause = faultTable[o.f].errno, o.f
	}
}

func (st *striker) offer(f Fault) { st.offerAs(f, faultTable[f].errno) }

func (st *striker) offerAs(f Fault, errno syscall.Errno) {
	if st.on(f) {
		st.options = append(st.options, option{f: f, name: transport.ErrnoName(errno)})
	}
}

// resettable reports whether a reset of the connection that a task is about to use
// would arrive at once.
func (s *sched) resettable(t *task) bool {
	if !s.fault.on(FaultReset) {
		return false
	}
	if _, ok := s.w.k.PeerID(t.opID); !ok {
		return false
	}
	return t.op == OpSend || s.w.k.PollID(t.opID)&afunix.PollIn == 0
}

// reset resets the connection that a task is about to use.
func (s *sched) reset(t *task) {
	_, woken := s.w.k.SeverID(t.opID)
	s.w.events(woken)
}

// failing returns the errno that the operation under way is to fail with, once.
func (s *sched) failing() syscall.Errno {
	st := s.fault
	if st == nil || st.errno == 0 {
		return 0
	}
	errno := st.errno
	st.errno = 0
	s.struck(st.cause)
	return errno
}

// again asks for the faults of a blocked call that is about to be tried again.
func (s *sched) again(t *task) syscall.Errno {
	st := s.fault
	st.errno, st.partial = 0, false
	switch t.op {
	case OpRecv, OpSend, OpAccept:
		s.fail(t)
	}
	return s.failing()
}

// shorten returns how many of n bytes, all of which could be moved, an operation
// moves at once.
func (s *sched) shorten(n int) int {
	st := s.fault
	if n < 2 || !st.on(FaultShort) {
		return n
	}
	st.options = append(st.options[:0], option{f: FaultShort, value: 1, name: "1"})
	if n/2 > 1 {
		st.options = append(st.options, option{f: FaultShort, value: int64(n / 2), name: "half"})
	}
	if n-1 > max(1, n/2) {
		st.options = append(st.options, option{f: FaultShort, value: int64(n - 1), name: "most"})
	}
	o := s.draw()
	if o == nil {
		return n
	}
	s.struck(FaultShort)
	st.partial = true
	return int(o.value)
}

// shrink asks how big the send buffer of a new socket is.
func (w *World) shrink(p *Process, d afunix.Desc) {
	s := w.sched
	if s == nil || s.fault == nil || !s.fault.on(FaultBuffer) {
		return
	}
	st := s.fault
	st.options = st.options[:0]
	for _, n := range buffers {
		st.options = append(st.options, option{f: FaultBuffer, value: int64(n), name: strconv.Itoa(n)})
	}
	if o := s.draw(); o != nil {
		s.struck(FaultBuffer)
		_, woken := w.k.SetSndBuf(p.id, d, int(o.value/2)) // which doubles it
		w.events(woken)
	}
}

// delay asks whether an alarm that is due goes off late, once for each, and puts
// it off if so.
func (s *sched) delay(a *alarm) bool {
	st := s.fault
	if a.late || a.call == nil && a.timer == nil || !st.on(FaultLate) {
		return false
	}
	st.options = st.options[:0]
	for _, d := range lates {
		st.options = append(st.options, option{f: FaultLate, value: int64(d), name: d.String()})
	}
	a.late = true
	o := s.drawOf(a)
	if o == nil {
		return false
	}
	s.struck(FaultLate)
	s.unset(a)
	a.at = later(max(a.at, s.now), o.value)
	s.set(a)
	return true
}

// hurry asks whether time passes to the next alarm although tasks could run.
func (s *sched) hurry() {
	st, a := s.fault, s.first()
	if a == nil || !st.on(FaultEarly) {
		return
	}
	st.options = append(st.options[:0], option{f: FaultEarly})
	if s.drawOf(a) != nil {
		s.struck(FaultEarly)
		s.expire()
	}
}
