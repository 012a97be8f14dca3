// Package ipctest holds libdill's IPC protocol, package ipc, to its rules on any
// transport. It is to a [transport.Transport] what golang.org/x/net/nettest is
// to a net.Conn.
//
// A [Scenario] is a story in one or more processes: a main role, and others
// that it starts. A role is a function of a transport and a [T]. It does all it
// does through that transport, waiting and telling the time included, so the
// same scenarios are played by goroutines and processes on the kernel and by
// coroutines in a simulated world.
//
//	func TestRules(t *testing.T) { ipctest.Run(t, backend{}) }
//
// Run plays them all and then prints a table of libdill's calls and their
// errors. Each error of the contract has to have been provoked in that run, or
// there is a reason why not: it cannot happen, or the backend lacks the ability
// it takes. One that was provoked although it cannot happen is a failure too.
//
// # A backend
//
// A [Backend] owns what a process is. Its Run makes a directory, sets
// [Scenario.Scene] in it, and calls [Scenario.Play] for the main role with the
// transport of a first process, on that process's main task:
//
//	func (backend) Run(s *ipctest.Scenario, note func(ipctest.Event)) {
//		res := simnet.Run(simnet.Config{}, func(w *simnet.World) {
//			dir := scene(w, s.Scene) // a directory with that in it
//			w.Start(simnet.ProcessConfig{Name: "main", Main: func(p *simnet.Process) {
//				s.Play(ipctest.MainRole, "", &stage{dir: dir, process: p}, p, note)
//			}})
//		})
//		if res.Err != nil {
//			note(ipctest.Event{Kind: ipctest.Failed, Text: res.Err.Error()})
//		}
//	}
//
// The [Stage] that goes with it starts the other roles, by Play as well. All
// roles run at the same time. Run returns when they have ended, which they do by
// themselves within a minute of the transport's time. A role that gives up ends
// its task by runtime.Goexit; that is no more than a failed test.
//
// Where a process has to be a real one, because it is killed or is another
// user's, a backend starts the test binary again and hands it a [Part].
//
// What a backend cannot do it says by [Backend.Lacks], with a reason that is
// printed. It never skips in silence.
package ipctest
