// Package simnet is the transport of a machine that exists in memory: processes
// with users, working directories and descriptor tables, a tree of files, and
// AF_UNIX stream sockets by Linux's rules, errno for errno. Nothing of it can be
// seen outside the program, and nothing of the real machine in it.
//
// A [World] is a machine, a [Process] one of its processes, which is a
// [transport.Transport]. Programs written on one run here in two ways: as tasks,
// one at a time, in an order that a [Chooser] decides ([Run]), or as ordinary
// goroutines (free mode).
//
// # Runs
//
//	res := simnet.Run(simnet.Config{Chooser: simnet.Random(seed)}, func(w *simnet.World) {
//		server, client := w.Process("server"), w.Process("client")
//		server.Go("main", func() { … })
//		client.Go("main", func() { … })
//	})
//	if res.Err != nil { … }
//
// Run executes the program once. The function sets the scene and starts tasks,
// which begin when it has returned; the run ends when every foreground task has
// returned and nothing is left that can go on. What it found is in the [Result].
//
// A run is a function of the program and of the answers of its Chooser. Whatever
// the real world leaves open is a question with a number for an answer, and 0 is
// always the calm one: the running task goes on, everything is moved, nothing
// fails, no time passes while anyone can run. The same answers give the same run,
// operation by operation, on every machine; [Result].Hash says in a number which
// run it was. [Calm] answers 0, [Random] by a seed, [Replay] as a [Script] says,
// and [Record] writes one.
//
// # Scheduling points
//
// A task is a coroutine. It runs without interruption from one operation to the
// next: an operation is a call on its transport, its process or the world ([Op]).
// Before each, the question is who goes on ([KindRun]): this task, or any other
// that could. So all that happens between two operations of a task is one step,
// which no other task sees the middle of; memory that tasks share needs no lock
// for the simulation's sake, and a data race in the program is for the race
// detector to find, in free mode or on the real transport.
//
// A call that cannot go on blocks its task; when what it waits for happens, the
// task becomes runnable, and tries again once it is chosen. In between others may
// run, and may take what it was woken for, as on a real machine; only among calls
// of one direction of one process's socket is the order that in which they came.
// Where tasks of several processes wait for the same event, who is woken is a
// question ([KindWake]).
//
// Tasks wait by means of their transport: sockets, Sleep, AfterFunc, and what is
// built on Notifier: transport.Queue, Mutex and Group. A task that waits for
// something else (a channel, a sync.Mutex that another task holds across a call,
// the network) holds up everybody: the run ends with [*Blocked]. Goroutines of
// one's own have no place in a run: a call that one makes fails, and so does the
// run ([*Misuse]). Where tasks must share a library's goroutines, use free mode.
//
// # Time
//
// A world begins at midnight of 2000-01-01, UTC, and its clock stands still while
// any task can run. When none can, it moves to the next point in time that anyone
// waits for, so that a timeout of an hour costs nothing and a deadline is met to
// the nanosecond. Timers and deadlines that are due at the same time go off
// together, in the order in which they were set, before any task runs; whether
// one of them goes off alone, before the others, is a question ([KindTimer]).
// Whether time passes although tasks could run is one too, if it is switched on
// ([FaultEarly]).
//
// Deadlines are points on the transport's clock: tr.Now().Add(d). A deadline of
// the real clock is a mistake that is noticed by its monotonic reading (EINVAL,
// [*Misuse]). [Process.Clock] is the clock for code that takes a
// github.com/benbjohnson/clock.
//
// # Faults
//
// [Config].Faults switches on what may fail, and how often: resets, short reads
// and writes, EMFILE, ENFILE, ENOMEM, ENOBUFS, full backlogs, small buffers, late
// timers, clock jumps, files that go away, processes that are killed, restarted or
// paused. Each is an answer to a question that is put before, or in, the operation
// that it concerns. A fault makes no state that the kernel could not be in, and
// what follows from it follows by the same rules as everything else. What is not
// switched on is not asked.
//
// # Death
//
// [Process.Kill] is SIGKILL: in one step the process's descriptors are closed, its
// sockets' peers see the end or ECONNRESET, its locks are free, its socket files
// stay behind, and its tasks never run again. Nothing that they have put off
// happens: their deferred calls are made only after the verdict, when no call has
// an effect any more. [Process.Restart] begins the next incarnation, with
// [ProcessConfig].Main. [Process.Pause] is SIGSTOP.
//
// # Verdicts
//
// [Result].Err is nil, or says why the run failed: a [*Deadlock] draws who waits
// for whom, a [*Stuck] run had no end, a task panicked ([*Panic]), left
// ([*Exit]), failed by [World.TB] ([*Failure]), blocked outside ([*Blocked]) or
// broke a rule ([*Misuse]). A run that fails is executed again with the same
// answers and with tracing, so that the Result has the [Trace] and the [Script] of
// its deviations from the calm run. The program has to be the same each time: no
// map iteration, global random numbers or real time may decide anything. [Verify]
// executes a run twice and names the first step that differs.
//
// # What is simulated
//
// Processes, users and permissions, descriptor tables and limits, the files around
// sockets (without content), AF_UNIX stream sockets with buffers charged as Linux
// charges them, descriptors passed over them, advisory locks, clocks. What is not:
// other kinds of sockets, signals other than KILL, STOP and CONT, the memory of a
// process (variables live on after a kill: keep a process's state in its Main),
// preemption between operations, and the cost of anything: nothing takes time but
// waiting. The page docs/fidelity.md says how it is held to the kernel.
//
// # Free mode
//
//	w := simnet.NewWorld(simnet.Config{})
//	server, client := w.Process("server"), w.Process("client")
//	l, err := server.Listen("/run/app.sock", 8, transport.ListenConfig{Mode: 0o600})
//	c, err := client.Dial("/run/app.sock", time.Time{})
//
// Where a test has net.Pipe or a listener in memory, [Pipe] and [NewListener] take
// their place in one line. Callers are ordinary goroutines, any number at once, and
// the clock is the real one unless [Config] has another, such as a clock.Mock that
// the test moves. A call that blocks parks its goroutine on a channel, holding
// nothing: inside a bubble of testing/synctest it is durably blocked, and time
// goes on. Make the World inside the bubble whose goroutines use it.
//
// What a call waits for, it is given by the one who brings it about, before that
// one's call returns: calls that are blocked in one direction of a socket are
// served in the order in which they came, those of different processes included.
// simnet starts no goroutine but those it is asked for: by Go, Background,
// AfterFunc, and by a context that ends.
//
// Limits can be lowered ([Process.SetNOFILE], [World.SetMaxFiles]), files made,
// changed and taken away ([World.Chmod], [World.SetReadOnly] and others), a
// process killed and started again, and the next call that makes a descriptor made
// to fail ([Process.Fault]).
package simnet
