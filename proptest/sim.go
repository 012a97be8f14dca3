package proptest

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/brine/simnet"
	"example.com/brine/simnet/explore"
	"example.com/brine/transport"
)

// A Sim is what a body sets up, runs and looks at, once. It is a testing.TB of its
// own: a body, and the tasks that it starts, fail by it, and not by the test around
// them.
//
// It goes through three states. At first the scene is set: processes are started,
// data drawn. [Sim.Run] executes all that, and returns when it is over and has
// passed. Then the body looks at what came of it. Before and after Run only the
// goroutine that the body was called on may use it, during Run only tasks.
type Sim struct {
	testing.TB // nil: it has the private method

	c *check
	x *explore.Execution
	journal

	state    state
	scene    []func(w *simnet.World) error // what Run does first, in a simulation
	procs    []*Process
	finals   []final
	w        *simnet.World // of the run, in a simulation and in free mode
	g        *goroutines   // nil in a simulation
	res      *simnet.Result
	err      error // the body's own verdict
	cleanups []func()
	ctx      context.Context
	cancel   context.CancelFunc
	dirs     int
	draws

	// Room for what most bodies need: a run of microseconds notices an allocation.
	someScene [6]func(w *simnet.World) error
	someProcs [4]*Process
}

type state uint8

const (
	setting state = iota // before Run
	running
	passed // after Run
	ended  // after the body
)

// A final is what Finally was given.
type final struct {
	name string
	f    func(transport.Transport)
}

// draws is the data of a run.
type draws struct {
	t    *rapid.T       // nil if nobody has drawn yet, or if all was drawn before
	held []simnet.Datum // what is drawn, if t is nil
	data []simnet.Datum // what was drawn so far, if words is set
	n    int            // how much that is
	word bool           // data is kept

	undrawn bool // it was ended because it draws, and nothing was prepared for that
}

// stopped is what ends a body that has failed, or skipped its run.
type stopped struct{}

// Error says what it is to those who see it: a body that recovers it, and a program
// that dies of it, since it was a goroutine of the body's own that the Sim has ended.
func (stopped) Error() string {
	return "proptest: the Sim has ended the run; only the goroutine that the body was called on may have it do so"
}

// Run executes what was set up. It blocks until every task has returned that is
// not in the background, and nothing is left that can go on. If the run fails, it
// does not return. It is for the body, once.
func (s *Sim) Run() {
	switch {
	case s.undrawn:
		panic(stopped{}) // once more: the body has recovered the first
	case s.state == running:
		s.Fatal("Run is for the body; a task starts others with Go of its process")
	case s.state != setting:
		s.Fatal("Run was called twice; a body has one run")
	case len(s.procs) == 0:
		s.Fatal("there is nothing to run: start a process before Run")
	}
	s.state = running
	if s.g != nil {
		s.res = s.g.execute(s)
	} else {
		s.res = s.x.Run(s.build)
	}
	s.state = passed
	if s.res.Err != nil {
		panic(stopped{})
	}
}

// build sets the scene of a simulated run.
func (s *Sim) build(w *simnet.World) {
	s.w = w
	for _, f := range s.scene {
		if err := f(w); err != nil {
			w.TB().Fatalf("the scene cannot be set: %v", err)
		}
	}
	for _, f := range s.finals {
		err := w.Finally(simnet.ProcessConfig{Name: f.name, Spared: true, Main: func(p *simnet.Process) { f.f(p) }})
		if err != nil {
			w.TB().Fatalf("the scene cannot be set: %v", err)
		}
	}
}

// live calls the body, and returns what came of its run.
func (s *Sim) live(body func(*Sim)) *simnet.Result {
	s.call(func() { body(s) })
	if s.state == setting && s.err == nil && !s.failed && !s.skipped {
		s.err = &simnet.Misuse{What: "the body has returned and never called Run; it tests nothing"}
	}
	s.state = ended
	if s.cancel != nil {
		s.cancel()
	}
	for n := len(s.cleanups); n > 0; n = len(s.cleanups) {
		f := s.cleanups[n-1]
		s.cleanups = s.cleanups[:n-1]
		s.call(f)
	}
	return s.verdict()
}

// verdict puts together what the run and the body say.
func (s *Sim) verdict() *simnet.Result {
	res := s.res
	if res == nil {
		res = &simnet.Result{}
	}
	log := s.text()
	res.Log += log
	_, skipped := res.Err.(*simnet.Skipped) // the body, or what it left to be cleaned up, may have failed all the same
	switch {
	case res.Err != nil && !skipped:
		if f, ok := res.Err.(*simnet.Failure); ok {
			f.Log += log
		}
	case s.err != nil:
		res.Err = s.err
	case s.failed:
		res.Err = &simnet.Failure{Task: "body", Log: res.Log, Stack: s.stack}
	case s.skipped:
		res.Err = &simnet.Skipped{Task: "body", Log: res.Log}
	}
	if s.word && len(s.data) == s.n { // a generator that has failed has left none
		res.Script.Data = s.data
		if res.Trace != nil {
			res.Trace.Script.Data = s.data
		}
	}
	return res
}

// call calls a function of the test's, and notes how it ended if not by returning.
func (s *Sim) call(f func()) {
	returned := false
	defer func() {
		if returned {
			return
		}
		switch v := recover(); v := v.(type) {
		case nil: // runtime.Goexit, as by the outer test's Fatal: explore notices
		case stopped:
		default:
			if s.err == nil {
				s.err = &simnet.Panic{Task: "body", Value: v, Stack: string(debug.Stack())}
			}
		}
	}()
	f()
	returned = true
}

// Simulated reports whether the run is a simulation, in which processes can be
// killed and faults ordered, and not one of ordinary goroutines. Any goroutine may
// call it.
func (s *Sim) Simulated() bool { return s.g == nil }

// simulatedOnly ends a body that asks for what there is only in a simulation.
func (s *Sim) simulatedOnly(what string) {
	s.Skipf("%s is simulated only", what)
}

// Setup has f set the scene, before the processes start that are set up after it:
// directories, files, limits. It is for the body, before Run. With the backend
// "real" there is no world, and the test is skipped.
func (s *Sim) Setup(f func(w *simnet.World)) {
	switch {
	case s.state != setting:
		s.Fatal("Setup is for the body, before Run")
	case s.g != nil && s.g.w == nil:
		s.simulatedOnly("Setup")
	case s.g != nil:
		f(s.g.w)
	default:
		s.scene = append(s.scene, func(w *simnet.World) error {
			f(w)
			return nil
		})
	}
}

// Order has questions of the run answered as lines of a script say, whatever is
// explored: a fault, or another task, at a precise point.
//
//	s.Order("client/main 5 fail ECONNRESET")
//
// A run that does not carry out an order fails. It is for the body, before Run, and
// simulated only: elsewhere the test is skipped.
func (s *Sim) Order(lines string) {
	switch {
	case s.state != setting:
		s.Fatal("Order is for the body, before Run")
	case s.g != nil:
		s.simulatedOnly("Order")
	default:
		s.scene = append(s.scene, func(w *simnet.World) error { return w.Order(lines) })
	}
}

// World returns the machine of the run: nil before Run, and where the transport is
// real. After Run it can be looked at.
func (s *Sim) World() *simnet.World { return s.w }

// Path returns the path of a socket or another file of the run that is right on
// the backend in use: short, in a directory that every process may use. Equal names
// have equal paths. A name has no slash in it. Any goroutine may call it.
func (s *Sim) Path(name string) string {
	if name == "" || strings.ContainsAny(name, "/\x00") {
		panic(fmt.Sprintf("proptest: Path(%q): a name has no slash in it", name))
	}
	if s.g != nil && s.g.dir != "" {
		return s.g.dir + "/" + name
	}
	return "/run/" + name
}

// Finally has f called by a process of its own, of root's, when the run would have
// passed: every foreground task has returned, and nothing is left that can go on.
// From then on no fault strikes, and its calls have to end within Config.Within. It
// is for what must be so in the end, whatever happened on the way: the server
// answers again, the file is gone. It is for the body, before Run.
func (s *Sim) Finally(name string, f func(tr transport.Transport)) {
	if s.state != setting {
		s.Fatal("Finally is for the body, before Run")
	}
	s.finals = append(s.finals, final{name, f})
}
