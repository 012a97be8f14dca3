// Package proptest tests properties of programs that talk over Unix-domain
// sockets. A test is one function, the body; proptest executes it with many data,
// in many schedules and with many faults on package simnet, and reports the
// smallest story that breaks the property.
//
//	func TestEcho(t *testing.T) {
//		proptest.Check(t, func(s *proptest.Sim) {
//			msg := proptest.Draw(s, rapid.SliceOfN(rapid.Byte(), 1, 100), "msg")
//			var got []byte
//			s.Daemon("server", serve)
//			s.Process("client", func(tr transport.Transport) { got = ask(tr, msg) })
//			s.Run()
//			if !bytes.Equal(got, msg) {
//				s.Errorf("got %q, sent %q", got, msg)
//			}
//		})
//	}
//
// # The body
//
// A body sets the scene ([Sim.Process], [Sim.Daemon], [Sim.Setup]), draws data
// ([Draw]), has all that executed ([Sim.Run]), and looks at what came of it. It is
// called once for each run, on several goroutines at once, and again where a run has
// failed or is verified: whatever a run changes, the body makes anew. Variables
// outside the body are for reading only. A body, and its tasks, fail by the [Sim],
// which is a testing.TB, and not by the test around them.
//
// What a run is, how tasks wait, what faults there are and what is not simulated,
// the documentation of package simnet says. A run fails by its own verdict, too: a
// deadlock, a panic, a task that blocks outside its transport, no end after a
// million operations.
//
// # What is explored
//
// Schedules always; faults if [Config].Faults switches them on; data if the body
// draws any. Runs are planned by a strategy, by default a mixture of all; package
// explore says what they are. A test has 1,000 runs unless told otherwise, on all
// processors. Runs are numbered, and everything in a run is a function of the seed
// and its number: the same seed finds the same failure, with the same report, on
// any number of processors. A failure is the first by number. The seed is new in
// each process, unless it is set, and always printed.
//
// # A failure
//
// When a run fails, its data are made small by package rapid, then the script of
// its deviations from the calm run by package explore. The report tells what
// failed; that script, in words; the trace of the run, a column for each task; who
// waits for whom, if it hangs; and two lines to execute it again, one for a shell
// and one for a test ([Replay]). The script is kept in testdata/brine, under the
// test's name, and is executed first the next time; when the body has changed so
// that a line of it does not apply any more, that is logged. To keep it as a
// regression test, commit it; to forget it, delete it. Beside it is a page for a
// browser (package traceview): the run in a drawing, next to the calm one, with the
// state of every socket at each event. It is not for version control, and a
// .gitignore says so. With go test -artifacts the report, the script, the trace and
// the page are also kept where that says.
//
// # Not in vain
//
// A test that passes says what it has exercised: how many runs, how many different
// traces among them, how often each fault has struck, how often each label was
// true. It fails if a fault that is on has never struck, if the condition of a
// [Sim.Sometimes] was never true, if nearly all runs were skipped, unless [Config]
// says of that very one that it is expected, and why. Some runs are executed twice
// and compared step by step, because a program that does not do the same each time
// cannot be explored.
//
// [Sim.Finally] is for what must be so in the end: it begins when all is over, and
// from then on no fault strikes. Faults also end after Config.FaultSteps operations
// of a run. A foreground call that is still blocked Config.Within later fails the
// run.
//
// # Exhaust
//
// [Exhaust] executes every run with at most so many deviations from the calm one:
// for small programs that is a certificate, and not a sample.
//
// # Flags
//
// Flags go before a Config, and each can be given as a variable of the environment
// instead, BRINE_RUNS for -brine.runs. In a command line they stand behind the packages,
// all of which have to know them, that is, import this one; for ./... use variables.
//
//	-brine.runs N       how many runs a test has at most
//	-brine.time D       for how long it begins runs, such as 30s, instead or besides
//	-brine.seed N       the seed
//	-brine.strategy S   walk, pct, pos, uniform, swarm or portfolio
//	-brine.cores N      how many runs are executed at once
//	-brine.replay FILE  executes a script, and nothing else
//	-brine.backend B    simulated, free or real
//	-brine.shard 2/4    executes the second of four parts; the variables that GitLab,
//	                    CircleCI, Buildkite, Azure Pipelines and Bazel set are known
//
// Package rapid, which draws the data, has flags of its own; of these -rapid.checks
// says how many sets of data there are (two for each check), and -rapid.seed, if it
// is not set, is set to the seed of brine.
//
// # Other backends
//
// The same body runs on ordinary goroutines: with -brine.backend=free on the
// simulated sockets, with -brine.backend=real on transports that Config.Real hands
// over. Nothing is chosen then, and no fault strikes; a test that asks for what is
// simulated only ([Process.Kill], [Sim.Order]) is skipped. Simulated tasks never run
// at the same moment, so that a data race in the program is for the race detector to
// find there:
//
//	BRINE_BACKEND=free go test -race ./...
package proptest
