package simnet_test

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"example.com/brine/ipc/ipctest"
	"example.com/brine/simnet"
	"example.com/brine/transport"
)

// simulate tells a saga in a run.
func simulate(saga *saga, dir string, faults bool) (told []string, _ error) {
	st := &simVenue{dir: dir, byFaults: faults, roles: map[string]*simRole{}}
	cfg := simnet.Config{Chooser: st, Once: true}
	if faults {
		cfg.Faults = simnet.AllFaults(1)
	}
	res := simnet.Run(cfg, func(w *simnet.World) {
		st.w = w
		if err := errors.Join(w.MkdirAll(path.Dir(dir), 0o777), w.Mkdir(dir, 0o755), w.Mkdir(dir+"/d", 0o755)); err != nil {
			panic(err)
		}
		st.test, _ = w.Start(simnet.ProcessConfig{Name: "test", Spared: true})
		st.test.Go("main", func() { told = saga.tell(st, dir, faults) })
	})
	fired := 0
	for _, n := range res.Fired {
		fired += n
	}
	switch {
	case res.Err != nil:
		return told, res.Err
	case st.ordered || fired != st.orders:
		return told, fmt.Errorf("%d faults were ordered, %d struck: %v", st.orders, fired, res.Fired)
	case faults && st.orders == 0:
		return told, errors.New("no fault was ordered")
	}
	return told, nil
}

// simVenue has every role in a simulated process. It is the run's Chooser, too,
// and answers 0 to all but what was ordered.
type simVenue struct {
	dir      string
	byFaults bool
	w        *simnet.World
	test     *simnet.Process // whose main task tells
	roles    map[string]*simRole

	ordered bool // an order has not been carried out yet
	orders  int
	kind    simnet.Kind
	whom    string
	answers []string

	paused time.Time // when a fault has paused somebody
}

type simRole struct {
	p      *simnet.Process
	puppet *puppet
	begun  *simCall
	fill   []transport.FD // what it has only for having no room
}

type simCall struct {
	answer string
	ended  transport.Notifier
}

func (st *simVenue) Choose(p *simnet.Point) int {
	if !st.ordered || p.Kind != st.kind || st.whom != "" && p.Name(p.Task).Process != st.whom {
		return 0
	}
	for i := 1; i < p.N; i++ {
		name, _, _ := strings.Cut(p.Answer(i), "#")
		if slices.Contains(st.answers, name) {
			st.ordered = false
			return i
		}
	}
	return 0
}

func (st *simVenue) order(f simnet.Fault, whom string, answers ...string) string {
	if st.ordered {
		return "!the order before was not carried out"
	}
	st.ordered, st.kind, st.whom, st.answers = true, f.Kind(), whom, answers
	st.orders++
	return ""
}

// befall has a process meet a fault now.
func (st *simVenue) befall(f simnet.Fault, role string) string {
	if why := st.order(f, "", role); why != "" {
		return why
	}
	st.test.Yield()
	if st.ordered {
		return "!no opportunity"
	}
	return ""
}

func (st *simVenue) start(role, user string) string {
	cfg := simnet.ProcessConfig{Name: role}
	if user != "" {
		cfg.UID, cfg.GID = ipctest.OtherUID, ipctest.OtherUID
	}
	cfg.Main = func(p *simnet.Process) { st.enter(role, p) }
	p, err := st.w.Start(cfg)
	if err != nil {
		return "!" + err.Error()
	}
	st.enter(role, p)
	return ""
}

// enter gives a role to a process, whose first life or next one it is.
func (st *simVenue) enter(role string, p *simnet.Process) {
	if r := st.roles[role]; r == nil || r.p != p {
		st.roles[role] = &simRole{p: p, puppet: newPuppet(p, st.dir)}
	}
}

// call has a task of the role's make a call, as its own program would.
func (st *simVenue) call(role string, words []string) string {
	r := st.roles[role]
	switch {
	case r == nil:
		return "!no process " + role
	case words[0] == "begin":
		var why string
		r.begun, why = st.begin(r, words[1:])
		st.test.Sleep(st.test.Now().Add(time.Nanosecond)) // meanwhile it comes as far as it can
		return why
	case words[0] == "ends":
		return st.ends(r.begun)
	}
	c, why := st.begin(r, words)
	if why != "" {
		return why
	}
	return st.ends(c)
}

func (st *simVenue) begin(r *simRole, words []string) (*simCall, string) {
	c := &simCall{ended: st.test.NewNotifier()}
	err := r.p.Background("call", func() {
		c.answer = r.puppet.do(words)
		c.ended.Notify()
	})
	if err != nil {
		return nil, "!" + err.Error()
	}
	return c, ""
}

func (st *simVenue) ends(c *simCall) string {
	if c.ended.Wait(st.test.Now().Add(patience+time.Second)) != nil {
		return "has not ended"
	}
	return c.answer
}

func (st *simVenue) kill(role string) string {
	if st.byFaults {
		return st.befall(simnet.FaultKill, role)
	}
	st.roles[role].p.Kill()
	return ""
}

func (st *simVenue) restart(role string) string {
	r := st.roles[role]
	if !st.byFaults {
		if _, err := r.p.Restart(); err != nil {
			return "!" + err.Error()
		}
	} else if why := st.befall(simnet.FaultRestart, role); why != "" {
		return why
	}
	for range 100 { // its main task is to come
		if st.roles[role] != r {
			return ""
		}
		st.test.Sleep(st.test.Now().Add(time.Nanosecond))
	}
	return "!it does not come up"
}

func (st *simVenue) pause(role string) string {
	if st.byFaults {
		st.paused = st.test.Now()
		return st.befall(simnet.FaultPause, role)
	}
	if err := st.roles[role].p.Pause(); err != nil {
		return "!" + err.Error()
	}
	return ""
}

// resume waits for a process that a fault has paused: it goes on by itself.
func (st *simVenue) resume(role string) string {
	if st.byFaults {
		st.test.Sleep(st.paused.Add(time.Second + time.Nanosecond))
		return ""
	}
	if err := st.roles[role].p.Resume(); err != nil {
		return "!" + err.Error()
	}
	return ""
}

func (st *simVenue) file(what, name string) string {
	was, err := st.w.Stat(name)
	if err != nil {
		return "!" + err.Error()
	}
	switch what {
	case "removed":
		err = st.w.Remove(name)
	case "replaced":
		err = errors.Join(st.w.Remove(name), st.w.Create(name, was.Mode.Perm()))
	case "forbidden":
		err = st.w.Chmod(name, 0)
	case "dirgone":
		err = st.w.Rename(path.Dir(name), path.Dir(name)+".gone")
	}
	if err != nil {
		return "!" + err.Error()
	}
	return ""
}

// room has a process use up all numbers below a limit. (One that is 0 already
// makes an EINVAL of what fcntl(2) is asked for.)
func (st *simVenue) room(role string, enough bool) string {
	r := st.roles[role]
	if enough {
		for _, c := range r.fill {
			c.Close()
		}
		r.fill = nil
		return ""
	}
	if err := r.p.SetNOFILE(50); err != nil {
		return "!" + err.Error()
	}
	for {
		a, b, err := r.p.Pair()
		if err != nil {
			break
		}
		r.fill = append(r.fill, a, b)
	}
	if fd, err := r.fill[0].(transport.Conn).Dup(); err == nil { // one was left
		r.fill = append(r.fill, fd)
	}
	return ""
}
